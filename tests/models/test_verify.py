"""What is right passes; every flipped byte and every wrong answer is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.errors import ModelError
from edge_app.models.calibration import ReportText, TextSet
from edge_app.models.fidelity import Answer
from edge_app.models.fit import Room
from edge_app.models.golden import Golden, read_golden, write_golden
from edge_app.models.manifest import describe, read_manifest, verify, write_manifest
from edge_app.models.original import original_at
from edge_app.models.prepare import prepare, wanted
from edge_app.models.verify import Check, compare, failed, first_difference, verify_model
from tests.models.tiny import byte_tokenizer, counting_model

TinyModel = Callable[[str], tuple[Any, Path]]
TEXTS = TextSet(tuple(ReportText(f"Weld {at}: crack 裂纹 of {at} mm", None) for at in range(12)))


def quiet(_step: str, _share: float) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with safetensors, as a hub has it: DeepSeek-V2's latent attention and experts.

    It brings its own code, as DeepSeek-V2-Lite does: a family that transformers knows does without.
    """
    folder = tmp_path_factory.mktemp("published")
    counting_model("deepseek_v2").half().save_pretrained(folder)
    byte_tokenizer(folder).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_deepseek.DeepseekV2ForCausalLM"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "modeling_deepseek.py").write_text("raise SystemExit('code of a model was run')\n")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Counting\n")
    return folder


@pytest.fixture(scope="module")
def home(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model in FP16 and INT8."""
    models = tmp_path_factory.mktemp("models")
    prepare(wanted(str(published), "counting"), models, ["int8"], TEXTS, quiet)
    return models / "counting"


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    """FP16, to be damaged."""
    return Path(shutil.copytree(home / "fp16", tmp_path / "fp16"))


def checked(folder: Path, source: Path | None = None, texts: TextSet = TEXTS) -> dict[str, Check]:
    original = original_at(source) if source else None
    return {each.name: each for each in verify_model(folder, texts, original, quiet)}


def test_fp16_is_compared_with_torch(home: Path, published: Path) -> None:
    found = checked(home / "fp16", published)
    assert not failed(list(found.values()))
    assert found["greedy text against torch"].found == "4 of 4 prompts equal over 64 tokens"
    assert found["top-1 agreement with torch"].passed
    assert found["golden prompts"].found.endswith("sure tokens of 64")
    assert read_manifest(home / "fp16").licence == "mit"


def test_int8_is_compared_with_fp16(home: Path) -> None:
    found = checked(home / "int8")
    assert not failed(list(found.values()))
    assert found["top-1 agreement with fp16"].passed
    assert found["perplexity over fp16"].passed


def test_what_cannot_be_checked_is_said(home: Path, copy: Path) -> None:
    assert checked(copy)["against torch"].passed is None
    assert checked(home / "int8", texts=TextSet())["against fp16"].found == "no texts"
    alone = Path(shutil.copytree(home / "int8", copy.parent / "alone" / "int8"))
    assert "fp16" in checked(alone)["against fp16"].found


@pytest.mark.parametrize(
    "name",
    [
        "openvino_model.bin",
        "openvino_model.xml",
        "openvino_tokenizer.bin",
        "openvino_tokenizer.xml",
        "openvino_detokenizer.bin",
        "tokenizer.json",
        "golden.json",
        "config.json",
    ],
)
def test_a_flipped_byte_is_found_and_named(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{copy / name} has changed since"):
        verify(copy)
    (check,) = verify_model(copy, TEXTS, None, quiet)
    assert (check.name, check.passed) == ("files", False)
    assert str(copy / name) in check.found


def sealed(folder: Path) -> None:
    """Describe the files anew: what a wrong preparation would have left."""
    write_manifest(folder, read_manifest(folder).model_copy(update={"files": describe(folder)}))


def exchange(place: Path, tiny_model: TinyModel) -> None:
    """Another model's weights in the place of the right ones."""
    _, other = tiny_model("deepseek_v2")
    for suffix in (".xml", ".bin"):
        shutil.copy(other / f"openvino_model{suffix}", place)


def test_wrong_weights_under_a_right_manifest_fail_at_the_golden_prompts(
    copy: Path, published: Path, tiny_model: TinyModel
) -> None:
    exchange(copy, tiny_model)
    sealed(copy)
    found = checked(copy, published)
    assert found["files"].passed
    assert not found["golden prompts"].passed
    assert not found["logits against torch"].passed
    assert not found["greedy text against torch"].passed


def test_weights_that_do_not_load_are_named(copy: Path) -> None:
    (copy / "openvino_model.bin").write_bytes(b"")
    sealed(copy)
    check = checked(copy)["loads and runs"]
    assert check.passed is False
    assert "openvino_model.xml" in check.found


def test_a_tokenizer_that_does_not_load_is_a_check_that_failed(copy: Path) -> None:
    (copy / "openvino_tokenizer.xml").write_text("<net/>")
    sealed(copy)
    check = checked(copy)["loads and runs"]
    assert check.passed is False
    assert "tokenizer does not load" in check.found


def test_without_the_files_of_transformers_the_tokenizer_is_not_compared(copy: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        (copy / name).unlink()
    sealed(copy)
    found = checked(copy)
    assert found["tokenizer round trip"].passed
    assert found["tokenizer against transformers"].passed is None
    assert found["tokenizer against transformers"].found.startswith("transformers: ")
    assert found["golden prompts"].passed


def test_what_would_not_fit_in_memory_is_not_loaded(home: Path) -> None:
    room = Room(total=10**9, available=10**8, share=1.0)
    last = list(verify_model(home / "int8", TEXTS, None, quiet, room))[-1]
    assert (last.name, last.passed) == ("golden prompts", None)
    assert "needs 0.42 GB" in last.found


def test_a_wrong_golden_prompt_is_named(copy: Path) -> None:
    golden = read_golden(copy)
    assert golden is not None
    first = golden.prompts[0]
    assert first.sure
    write_golden(
        copy, Golden(prompts=(first.model_copy(update={"tokens": (7, *first.tokens[1:])}), *golden.prompts[1:]))
    )
    sealed(copy)
    assert "token 1: " in checked(copy)["golden prompts"].found


def test_int8_that_is_far_from_fp16_fails(home: Path, tmp_path: Path, tiny_model: TinyModel) -> None:
    other = Path(shutil.copytree(home, tmp_path / "counting"))
    exchange(other / "fp16", tiny_model)
    found = checked(other / "int8")
    assert not found["top-1 agreement with fp16"].passed
    assert [name for name, each in found.items() if each.about_precision] == [
        "top-1 agreement with fp16",
        "perplexity over fp16",
    ]


def test_a_torn_download_is_named(published: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(published, tmp_path / "torn"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelError, match="torn: "):
        prepare(wanted(str(folder)), tmp_path / "models", [], TEXTS, quiet)


ROW = np.array([[0.0, 1.0, 3.0]], np.float32)


def answer(*tokens: int, lead: float = 2.0) -> Answer:
    return Answer(tokens, (lead,) * len(tokens))


def results(ours: Any, theirs: Any) -> dict[str, bool | None]:
    return {each.name: each.passed for each in compare([(ours, answer(2))], [(theirs, answer(2))])}


def test_a_small_error_passes_and_a_large_one_does_not() -> None:
    assert set(results(ROW + 0.001, ROW).values()) == {True}
    assert not results(ROW * 1.1, ROW)["logits against torch"]
    assert not results(ROW[:, ::-1], ROW)["logits against torch"]


def test_a_tie_may_fall_either_way_and_a_decision_may_not() -> None:
    tie = np.array([[0.0, 3.0, 3.001]], np.float32)
    other = np.array([[0.0, 3.002, 3.0]], np.float32)
    assert results(other, tie)["top-1 agreement with torch"]
    assert first_difference(answer(1, 2), answer(1, 3, lead=0.001), tie=0.02) == ""
    assert first_difference(answer(1, 2), answer(1, 3), tie=0.02) == "token 2 differs, decided by 2.000"


@given(st.lists(st.integers(0, 9), min_size=1), st.floats(0, 5))
def test_equal_answers_never_differ(tokens: list[int], tie: float) -> None:
    assert first_difference(answer(*tokens), answer(*tokens, lead=0.0), tie) == ""


def test_a_wrong_precision_leaves_the_other_one_right(home: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(home, tmp_path / "counting"))
    (other / "int8" / "openvino_model.bin").write_bytes(b"torn")
    assert not checked(other / "int8")["files"].passed
    assert set(checked(other / "fp16")) > {"files", "golden prompts"}
    assert not failed(list(checked(other / "fp16").values()))

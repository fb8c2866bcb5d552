"""INT8 and INT4 are smaller and still the same model, for every family."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError
from edge_app.models.compress import compress, spread
from edge_app.models.export import IR_NAME
from edge_app.models.fidelity import EXACT, IrScorer
from edge_app.models.recipes import DEFAULT, RECIPES, Recipe, recipe_named, recipes_for

TinyModel = Callable[[str], tuple[Any, Path]]
TEXTS = np.random.default_rng(5).integers(0, 256, (5, 40)).tolist()
BIN = Path(IR_NAME).with_suffix(".bin")
SMALL_INT4 = Recipe(Precision.INT4, group=8, awq=True, scale_estimation=True, samples=4)
SMALL_GPTQ = Recipe(Precision.INT4, group=8, gptq=True, samples=4)

needs_nncf = pytest.mark.skipif(find_spec("nncf") is None, reason="nncf is not installed")
"""Asked without importing: that would switch its telemetry on."""


def size_after(folder: Path, fp16: Path) -> float:
    return (folder / BIN).stat().st_size / (fp16 / BIN).stat().st_size


def correlation(folder: Path, fp16: Path) -> float:
    ours, theirs = (IrScorer(each).logits(TEXTS[4]) for each in (folder, fp16))
    return float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])


def embedding_type(folder: Path) -> str:
    ops = ov.Core().read_model(folder / IR_NAME).get_ops()
    found = {op.get_friendly_name(): op for op in ops if op.get_type_name() == "Constant"}
    weight = max((name for name in found if "embed_tokens" in name), key=lambda name: found[name].get_byte_size())
    return str(found[weight].get_element_type().get_type_name())


def layers(folder: Path) -> set[str]:
    compiled = ov.Core().compile_model(folder / IR_NAME, "CPU", EXACT)
    return {op.get_rt_info()["layerType"].astype(str) for op in compiled.get_runtime_model().get_ops()}


@needs_nncf
@pytest.mark.parametrize("family", ["llama", "qwen2", "deepseek_v2", "deepseek_v3"])
@pytest.mark.parametrize(
    ("recipe", "size", "least"),
    [(RECIPES["int8-all"], 0.55, 0.99), (SMALL_INT4, 0.5, 0.75)],
    ids=["int8", "int4"],
)
def test_smaller_and_close(
    tiny_model: TinyModel,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    family: str,
    recipe: Recipe,
    size: float,
    least: float,
) -> None:
    _, fp16 = tiny_model(family)
    compress(fp16, tmp_path, recipe, TEXTS[:4])
    assert size_after(tmp_path, fp16) < size
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in fp16.iterdir()}
    assert correlation(tmp_path, fp16) > least
    assert ("GatherMatmul" in layers(tmp_path)) is family.startswith("deepseek")
    assert capsys.readouterr().out == ""


@needs_nncf
def test_the_embedding_of_a_small_model_keeps_its_16_bits(tiny_model: TinyModel, tmp_path: Path) -> None:
    _, fp16 = tiny_model("qwen2")
    kinds = {}
    for share in (0.01, 0.99):
        (folder := tmp_path / str(share)).mkdir()
        compress(fp16, folder, Recipe(Precision.INT8, wide_embedding=share))
        kinds[share] = embedding_type(folder)
    assert kinds == {0.01: "f16", 0.99: "u8"}


@needs_nncf
def test_gptq_is_for_models_without_experts(tiny_model: TinyModel, tmp_path: Path) -> None:
    _, fp16 = tiny_model("qwen2")
    compress(fp16, tmp_path, SMALL_GPTQ, TEXTS[:4])
    assert size_after(tmp_path, fp16) < 0.5
    assert correlation(tmp_path, fp16) > 0.75
    with pytest.raises(UsageError, match="mixture of experts"):
        compress(tiny_model("deepseek_v2")[1], tmp_path, SMALL_GPTQ, TEXTS[:4])


@needs_nncf
def test_a_group_that_does_not_divide_a_layer_is_made_smaller_there(tiny_model: TinyModel, tmp_path: Path) -> None:
    _, fp16 = tiny_model("deepseek_v3")  # widths 24 and 48 beside 64
    compress(fp16, tmp_path, Recipe(Precision.INT4, group=64))
    assert size_after(tmp_path, fp16) < 0.55


def test_a_recipe_with_calibration_refuses_to_work_without(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="calibration"):
        compress(tmp_path, tmp_path, SMALL_INT4)


def test_calibration_texts_are_taken_from_all_over() -> None:
    texts = [[at] for at in range(10)]
    assert spread(texts, 5) == [[0], [2], [4], [6], [8]]
    assert spread(texts, 20) == texts


def test_a_recipe_stands_for_its_precision() -> None:
    assert recipes_for([Precision.FP16, Precision.INT8, Precision.INT8]) == [DEFAULT[Precision.INT8]]
    assert recipes_for([Precision.INT4], "int4-data-free") == ["int4-data-free"]
    assert recipes_for([Precision.FP16]) == []
    with pytest.raises(UsageError, match="makes int4"):
        recipes_for([Precision.INT8], "int4-data-free")
    with pytest.raises(UsageError, match="no recipe 'int3'"):
        recipe_named("int3")
    assert {RECIPES[name].precision for name in DEFAULT.values()} == set(DEFAULT)

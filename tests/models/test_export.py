"""The exported IR computes what torch computes, in every way it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openvino as ov
import openvino_genai as genai
import pytest

from edge_app.errors import ModelError
from edge_app.models.export import IR_NAME, export_model
from edge_app.models.fidelity import EXACT, IrScorer, TorchScorer

FAMILIES = ("llama", "qwen2", "deepseek_v2", "deepseek_v3")
TinyModel = Callable[[str], tuple[Any, Path]]
IDS = np.random.default_rng(3).integers(0, 256, size=(2, 23))


def logits_of_torch(model: Any, ids: Any, mask: Any) -> Any:
    torch = pytest.importorskip("torch")
    positions = torch.tensor(np.maximum(mask.cumsum(axis=1) - 1, 0))
    with torch.no_grad():
        out = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), position_ids=positions)
    return out.logits.numpy()


def logits_of_ir(folder: Path, ids: Any, mask: Any, cuts: tuple[int, ...]) -> Any:
    """In pieces that end at ``cuts``: the state carries what came before."""
    request = ov.Core().compile_model(folder / IR_NAME, "CPU", EXACT).create_infer_request()
    positions = np.maximum(mask.cumsum(axis=1) - 1, 0)
    pieces = []
    for begin, end in zip((0, *cuts), (*cuts, ids.shape[1]), strict=True):
        inputs = {
            "input_ids": ids[:, begin:end],
            "attention_mask": mask[:, :end],
            "position_ids": positions[:, begin:end],
            "beam_idx": np.arange(len(ids), dtype=np.int32),
        }
        pieces.append(request.infer(inputs)["logits"].copy())
    return np.concatenate(pieces, axis=1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cuts", [(), (22,), (1, 2, 3), (7, 16)], ids=["prefill", "decode", "steps", "chunks"])
def test_ir_agrees_with_torch(tiny_model: TinyModel, family: str, cuts: tuple[int, ...]) -> None:
    model, folder = tiny_model(family)
    mask = np.ones_like(IDS)
    expected = logits_of_torch(model, IDS, mask)
    assert np.abs(logits_of_ir(folder, IDS, mask, cuts) - expected).max() < 1e-4 * np.abs(expected).max()


def test_padding_is_not_seen(tiny_model: TinyModel) -> None:
    model, folder = tiny_model("llama")
    mask = np.ones_like(IDS)
    mask[0, :5] = 0
    expected = logits_of_torch(model, IDS, mask)[:, 5:]
    found = logits_of_ir(folder, IDS, mask, (20,))[:, 5:]
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_unknown_architecture_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'mamba'"):
        export_model(SimpleNamespace(config=SimpleNamespace(model_type="mamba")), None, tmp_path)
    assert not list(tmp_path.iterdir())


def compiled_layers(folder: Path) -> list[str]:
    compiled = ov.Core().compile_model(folder / IR_NAME, "CPU", EXACT)
    return [op.get_rt_info()["layerType"].astype(str) for op in compiled.get_runtime_model().get_ops()]


@pytest.mark.parametrize("family", ["deepseek_v2", "deepseek_v3"])
def test_only_the_chosen_experts_are_computed(tiny_model: TinyModel, family: str) -> None:
    _, folder = tiny_model(family)
    assert any("GatherMatmul" in layer for layer in compiled_layers(folder))


@pytest.mark.parametrize("family", FAMILIES)
def test_64_greedy_tokens_are_those_of_torch_in_both_attention_kinds(tiny_model: TinyModel, family: str) -> None:
    model, folder = tiny_model(family)
    prompt = IDS[0, :16].tolist()
    expected = list(TorchScorer(model).greedy(prompt, 64).tokens)
    assert list(IrScorer(folder).greedy(prompt, 64).tokens) == expected
    assert paged(folder, prompt, 64) == expected


def paged(folder: Path, prompt: list[int], count: int) -> list[int]:
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = 1
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}
    pipeline = genai.ContinuousBatchingPipeline(str(folder), scheduler, "CPU", exact)
    config = genai.GenerationConfig(max_new_tokens=count, do_sample=False, ignore_eos=True)
    handle = pipeline.add_request(0, ov.Tensor(np.array([prompt])), config)
    while pipeline.has_non_finished_requests():
        pipeline.step()
    return list(handle.read_all()[0].generated_ids)


def test_how_experts_were_traced_does_not_stand_in_the_configuration(tiny_model: TinyModel) -> None:
    _, folder = tiny_model("deepseek_v2")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert not [key for key in config if "experts_implementation" in key]

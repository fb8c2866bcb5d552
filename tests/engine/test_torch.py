"""transformers on torch with a tiny random model: what only the real one can show. Needs no OpenVINO."""

from __future__ import annotations

import json
import math
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import FinishReason, Request
from edge_app.engine import ChildEngine, EngineSpec, open_engine
from edge_app.errors import ModelError

pytest.importorskip("llguidance")
torch = pytest.importorskip("torch")

WAIT_S = 60
DEVICE = os.environ.get("EDGE_TORCH_DEVICE", "torch:cpu")
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"status": {"enum": ["PASS", "FAIL"]}, "quote": {"type": "string", "maxLength": 20}},
        "required": ["status", "quote"],
    }
)
REQUEST = Request("r", "You judge reports. " * 20, "Crack of 4 mm in the weld, 裂纹", SCHEMA, 600, 60_000)


@pytest.fixture(scope="module")
def spec(tiny_source: Callable[[str], tuple[Any, Path]]) -> EngineSpec:
    _, folder = tiny_source("llama")
    return EngineSpec(folder, "tiny", "f" * 64, "fp16", DEVICE, 4)


@pytest.fixture(scope="module")
def engine(spec: EngineSpec) -> Iterator[ChildEngine]:
    with open_engine(spec) as made:
        yield made


def test_the_answer_follows_the_schema_and_is_the_same_again(engine: ChildEngine) -> None:
    first, second = (engine.submit(REQUEST).result(WAIT_S) for _ in range(2))
    assert first.finish_reason is FinishReason.STOP
    answer = dict(zip(("status", "quote"), first.text.split("\n"), strict=True))
    assert set(answer) == {"status", "quote"}
    assert len(answer["quote"]) <= 20
    assert second.text == first.text


def test_together_each_gets_the_answer_it_gets_alone(engine: ChildEngine) -> None:
    requests = [replace(REQUEST, id=str(number), user="weld " * number) for number in range(1, 8)]
    alone = [engine.submit(request).result(WAIT_S).text for request in requests]
    together = [engine.submit(request) for request in requests]
    assert [future.result(WAIT_S).text for future in together] == alone


def test_usage_is_counted_and_timed(engine: ChildEngine) -> None:
    usage = engine.submit(REQUEST).result(WAIT_S).usage
    template_tags = 5
    assert usage.input_tokens == len((REQUEST.system + REQUEST.user).encode()) + template_tags
    assert usage.output_tokens > 20
    assert usage.ttft_ms is not None
    assert usage.tpot_ms is not None
    assert 0 < usage.ttft_ms < usage.total_ms
    assert usage.tpot_ms * (usage.output_tokens - 1) < usage.total_ms


def test_a_broken_schema_costs_only_its_own_request(engine: ChildEngine) -> None:
    good = engine.submit(REQUEST)
    bad = engine.submit(replace(REQUEST, schema="{nope")).result(WAIT_S)
    assert (bad.finish_reason, "JSONDecodeError" in bad.error) == (FinishReason.ERROR, True)
    assert good.result(WAIT_S).finish_reason is FinishReason.STOP


def test_a_prompt_that_does_not_fit_is_refused_with_numbers(engine: ChildEngine) -> None:
    reply = engine.submit(replace(REQUEST, user="x" * 9000)).result(WAIT_S)
    assert "do not fit the context of 8192" in reply.error


def test_it_continues_as_transformers_does(tiny_source: Callable[[str], tuple[Any, Path]]) -> None:
    from edge_app.engine.torch import TorchBatch  # noqa: PLC0415  needs the optional packages

    model, folder = tiny_source("qwen2")
    batch = TorchBatch(EngineSpec(folder, "tiny", "f", "fp16", "torch:cpu"))
    prompts = [[3, 4, 5, 6], [9], [12, 7]]
    expected = [
        model.generate(torch.tensor([prompt]), max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)
        for prompt in prompts
    ]
    assert batch.greedy(prompts, 12) == [row[0, len(prompt) :].tolist() for prompt, row in zip(prompts, expected)]  # noqa: B905


def test_it_is_proven_by_golden_prompts(spec: EngineSpec, tiny_source: Callable[[str], tuple[Any, Path]]) -> None:
    model, _ = tiny_source("llama")
    ids = torch.tensor([[3, 4, 5, 6]])
    tokens = model.generate(ids, max_new_tokens=8, do_sample=False, eos_token_id=None, pad_token_id=0)[0, 4:].tolist()
    right = GoldenPrompt(prompt="p", input=(3, 4, 5, 6), tokens=tokens, sure=8)
    with open_engine(replace(spec, golden=(right,))) as engine:
        assert engine.facts.golden == 1
    wrong = right.model_copy(update={"tokens": (tokens[0] ^ 1, *tokens[1:])})
    with pytest.raises(ModelError, match=r"tiny in .* does not answer as it did .* golden prompt 'p', token 1"):
        open_engine(replace(spec, golden=(wrong,)))


def test_a_gguf_is_read_too(tiny_gguf: bytes, tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf)
    with open_engine(EngineSpec(tmp_path, "tiny", "f", "fp16", DEVICE)) as engine:
        reply = engine.submit(replace(REQUEST, system="", user="weld", max_new_tokens=100)).result(WAIT_S)
    assert reply.finish_reason is FinishReason.STOP, reply.error


def test_packed_weights_are_unpacked_when_read(
    packed_gguf: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left packed they are computed with by compiled kernels that are fetched from the hub."""
    from transformers.quantizers.quantizer_gguf import GgufHfQuantizer  # noqa: PLC0415  needs the optional packages

    from edge_app.engine.torch import TorchBatch  # noqa: PLC0415

    unpacks = []
    real = GgufHfQuantizer.validate_environment

    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        unpacks.append(self.quantization_config.dequantize)
        real(self, *args, **kwargs)

    monkeypatch.setattr(GgufHfQuantizer, "validate_environment", watched)
    (tmp_path / "tiny.gguf").write_bytes(packed_gguf)
    batch = TorchBatch(EngineSpec(tmp_path, "tiny", "f", "fp16", "torch:cpu"))
    assert len(batch.greedy([[3, 4]], 2)[0]) == 2
    assert set(unpacks) == {True}


def test_the_child_asks_no_hub(spec: EngineSpec) -> None:
    script = (
        "from pathlib import Path; from edge_app.engine import EngineSpec, load_torch; "
        f"load_torch(EngineSpec(Path({str(spec.folder)!r}), 'tiny', 'f', 'fp16', 'torch:cpu')); "
        "import huggingface_hub; print(huggingface_hub.constants.HF_HUB_OFFLINE)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["True"]


def test_a_torn_gguf_is_refused_by_name(packed_gguf: bytes, tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(packed_gguf[:3000])
    with pytest.raises(ModelError, match=r"torch:cpu refused .*tiny\.gguf"):
        open_engine(EngineSpec(tmp_path, "tiny", "f", "fp16", "torch:cpu"))


@pytest.mark.parametrize("device", ["torch:tpu", "torch:cuda:99"])
def test_a_device_that_is_not_there_is_refused_with_what_is(spec: EngineSpec, device: str) -> None:
    with pytest.raises(ModelError, match=f"device {device} is not there") as refused:
        open_engine(replace(spec, device=device))
    assert "torch:cpu" in refused.value.hint


class Bomb:
    """What a pickled model can hide."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:  # noqa: D105
        return Path.touch, (self.place,)


def test_pickled_weights_and_a_models_own_code_are_never_run(spec: EngineSpec, tmp_path: Path) -> None:
    folder = shutil.copytree(spec.folder, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(tmp_path / "pickle-ran")))
    with pytest.raises(ModelError, match="neither safetensors nor a GGUF"):
        open_engine(replace(spec, folder=folder))
    shutil.copy2(spec.folder / "model.safetensors", folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModelForCausalLM": "own.M"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"import pathlib\npathlib.Path({str(tmp_path / 'code-ran')!r}).touch()\n")
    with pytest.raises(ModelError, match="refused"):
        open_engine(replace(spec, folder=folder))
    assert not (tmp_path / "pickle-ran").exists()
    assert not (tmp_path / "code-ran").exists()


def test_it_is_as_sure_as_openvino_of_the_same_weights(
    engine: ChildEngine, tiny_model: Callable[[str], tuple[Any, Path]]
) -> None:
    pytest.importorskip("openvino")
    _, folder = tiny_model("llama")
    with open_engine(EngineSpec(folder, "tiny", "f" * 64, "fp16", "CPU", 4)) as other:
        ours, theirs = (each.submit(REQUEST).result(WAIT_S) for each in (engine, other))
    assert ours.text.split("\n")[0] == theirs.text.split("\n")[0]
    assert ours.confidence
    assert theirs.confidence
    assert math.log(ours.confidence) == pytest.approx(math.log(theirs.confidence), rel=0.05)

"""OpenVINO GenAI on the CPU with a tiny random model: what only the real pipeline can show."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_app.domain.inference import FinishReason, Request
from edge_app.engine import CompiledCache, Engine, EngineSpec, Tuning, open_engine
from edge_app.engine.openvino import _properties, _slot
from edge_app.errors import ModelError

WAIT_S = 60
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": ["PASS", "INDETERMINATE", "FAIL"]},
            "quote": {"type": "string", "maxLength": 20},
        },
        "required": ["status", "quote"],
        "additionalProperties": False,
    }
)
REQUEST = Request("r", "You judge reports. " * 20, "Crack of 4 mm in the weld", SCHEMA, 600, 60_000)


@pytest.fixture(scope="module")
def spec(tiny_model: Callable[[str], tuple[Any, Path]]) -> EngineSpec:
    _, folder = tiny_model("llama")
    return EngineSpec(folder, "tiny", "f" * 64, "fp16", "CPU", 4)


@pytest.fixture(scope="module")
def engine(spec: EngineSpec) -> Iterator[Engine]:
    with open_engine(spec) as made:
        yield made


def test_the_answer_follows_the_schema_and_is_the_same_again(engine: Engine) -> None:
    first, second = (engine.submit(REQUEST).result(WAIT_S) for _ in range(2))
    assert first.finish_reason is FinishReason.STOP
    status, quote = first.text.split("\n")
    assert status in {"PASS", "INDETERMINATE", "FAIL"}
    # The random model also writes code points that are no characters: each decodes to up to three marks.
    assert 0 < len(re.sub("\ufffd{1,3}", "?", quote)) <= 20
    assert second.text == first.text


def test_usage_is_counted_and_timed(engine: Engine) -> None:
    reply = engine.submit(REQUEST).result(WAIT_S)
    usage = reply.usage
    template_tags = 5
    assert usage.input_tokens == len(REQUEST.system) + len(REQUEST.user) + template_tags
    assert usage.output_tokens >= len(reply.text)
    assert usage.reasoning_tokens == 0
    assert usage.cached_tokens is None
    assert usage.queue_ms is not None
    assert usage.ttft_ms is not None
    assert usage.tpot_ms is not None
    assert 0 < usage.queue_ms < usage.ttft_ms < usage.total_ms
    assert usage.tpot_ms * (usage.output_tokens - 1) < usage.total_ms


def test_a_broken_schema_costs_only_its_own_request(engine: Engine) -> None:
    good = engine.submit(REQUEST)
    bad = engine.submit(replace(REQUEST, schema="{nope")).result(WAIT_S)
    assert bad.finish_reason is FinishReason.ERROR
    assert "JSONDecodeError" in bad.error
    assert good.result(WAIT_S).finish_reason is FinishReason.STOP


def test_a_prompt_that_does_not_fit_is_refused_with_numbers(engine: Engine) -> None:
    reply = engine.submit(replace(REQUEST, user="x" * 9000)).result(WAIT_S)
    assert reply.finish_reason is FinishReason.ERROR
    assert "do not fit the context of 8192" in reply.error


def test_the_info_names_the_device_that_runs_it(engine: Engine) -> None:
    assert (engine.info.provider, engine.info.model, engine.info.device) == ("openvino", "tiny", "CPU")
    assert engine.info.version[0].isdigit()


def test_a_device_that_is_not_there_is_refused_with_what_is(spec: EngineSpec) -> None:
    with pytest.raises(ModelError, match=r"device GPU\.7 is not there") as refused:
        open_engine(replace(spec, device="GPU.7"))
    assert "CPU" in refused.value.hint


@pytest.mark.parametrize("name", ["openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml"])
def test_damaged_files_are_refused_not_crashed_on(spec: EngineSpec, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(spec.folder, tmp_path / "model")
    (folder / name).write_bytes((folder / name).read_bytes()[:500])
    with pytest.raises(ModelError, match="model tiny"):
        open_engine(replace(spec, folder=folder))


def test_nothing_is_cached_where_it_saves_nothing(spec: EngineSpec, tmp_path: Path) -> None:
    with open_engine(replace(spec, cache=CompiledCache(tmp_path / "compiled", 2**30, "driver"))) as engine:
        assert engine.submit(REQUEST).result(WAIT_S).finish_reason is FinishReason.STOP
    assert not (tmp_path / "compiled").exists()


def test_the_device_that_was_chosen_batches_as_it_was_measured(spec: EngineSpec) -> None:
    one_by_one = replace(spec, device="AUTO", tuning=(Tuning("GPU", (), 32), Tuning("CPU", (), 1)))
    with open_engine(one_by_one) as engine:
        asked = [replace(REQUEST, id=str(number), user="weld " * number) for number in range(1, 5)]
        first, *_, last = [future.result(WAIT_S) for future in [engine.submit(each) for each in asked]]
    assert last.usage.ttft_ms is not None
    assert last.usage.ttft_ms > first.usage.total_ms


def slot_of(spec: EngineSpec, device: str = "GPU.0", **changed: Any) -> Path | None:
    slot = _slot(replace(spec, **changed), device)
    return slot.folder if slot else None


def test_a_gpu_keeps_its_compiled_model_by_all_it_depends_on(spec: EngineSpec, tmp_path: Path) -> None:
    cache = CompiledCache(tmp_path, 2**30, "driver 1")
    tuning = (Tuning("GPU", (("PERFORMANCE_HINT", "LATENCY"),)),)
    spec = replace(spec, cache=cache, tuning=tuning)
    own = slot_of(spec)
    assert own
    assert own.parent == tmp_path
    assert slot_of(spec, tuning=(Tuning("CPU", (("A", "1"),)), *tuning), max_in_flight=9) == own
    others = [
        slot_of(spec, "GPU.1"),
        slot_of(spec, fingerprint="e" * 64),
        slot_of(spec, cache=replace(cache, driver="driver 2")),
        slot_of(spec, tuning=(Tuning("GPU", (("PERFORMANCE_HINT", "THROUGHPUT"),)),)),
        slot_of(spec, tuning=()),
    ]
    assert len({own, *others}) == 1 + len(others)
    assert slot_of(spec, cache=None) is None
    assert slot_of(spec, "CPU") is None


def test_a_gpu_is_told_where_its_compiled_model_lies_and_what_was_measured(spec: EngineSpec, tmp_path: Path) -> None:
    tuned = replace(spec, tuning=(Tuning("GPU", (("PERFORMANCE_HINT", "LATENCY"),)),))
    told = _properties(tuned, "GPU.0", tmp_path)
    assert (told["CACHE_DIR"], told["PERFORMANCE_HINT"]) == (str(tmp_path), "LATENCY")
    assert not {"CACHE_DIR", "PERFORMANCE_HINT"} & _properties(tuned, "CPU", None).keys()

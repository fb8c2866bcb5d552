"""OpenVINO GenAI with continuous batching and a cached prompt prefix. Lives in the engine child only."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino
import openvino_genai as genai

from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request, Usage
from edge_app.engine.base import EngineSpec, StartFacts, Tuning, without_answer
from edge_app.engine.compiled import Slot
from edge_app.engine.confidence import confidence
from edge_app.engine.devices import choose_device
from edge_app.engine.grammar import answer_grammar
from edge_app.engine.reasoning import CLOSE, OPEN, count_reasoning, split
from edge_app.engine.start import start
from edge_app.errors import ModelError

_FINISH: Final = {
    genai.GenerationFinishReason.STOP: FinishReason.STOP,
    genai.GenerationFinishReason.LENGTH: FinishReason.LENGTH,
}


@dataclass(slots=True)
class _Open:
    request: Request
    handle: Any
    input_tokens: int
    begun: float


def load(spec: EngineSpec) -> tuple[OpenVinoBatch, StartFacts]:
    """A batch that has answered. Raises ModelError without the device, or when it refuses the model."""
    device = choose_device(spec.device, openvino.Core().available_devices, [each.device for each in spec.tuning])
    slot = _slot(spec, device)
    limit = spec.cache.limit if spec.cache else 0
    batch, facts = start(lambda compiled: OpenVinoBatch(spec, device, compiled), spec.golden, slot, limit, spec.warm_up)
    return batch, replace(facts, max_in_flight=_tuned(spec, device).max_in_flight)


class OpenVinoBatch:
    """Requests on one ``ContinuousBatchingPipeline``."""

    def __init__(self, spec: EngineSpec, device: str, compiled: Path | None = None) -> None:
        """Load the model for a device that exists. Raises ModelError when it refuses the model."""
        scheduler = genai.SchedulerConfig()
        scheduler.cache_size = spec.kv_cache_gb
        scheduler.max_num_seqs = spec.max_in_flight
        scheduler.enable_prefix_caching = True
        try:
            self._pipeline = genai.ContinuousBatchingPipeline(
                str(spec.folder), scheduler, device, _properties(spec, device, compiled)
            )
        except RuntimeError as error:
            said = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{device} refused {spec.folder}: {said}", f"edge-app model verify {spec.folder}; edge-app model advise"
            ) from error
        self._tokenizer = self._pipeline.get_tokenizer()
        self._context = _context_length(spec)
        self._think = tuple(self._token_id(tag) for tag in (OPEN, CLOSE))
        self._breaks = cache(lambda token: "\n" in self._tokenizer.decode([token]))
        self._open: dict[int, _Open] = {}
        self.info = EngineInfo(
            "openvino", spec.name, spec.fingerprint, spec.precision, device, genai.get_version().split("-")[0]
        )

    @property
    def active(self) -> bool:
        """Whether anything is open."""
        return bool(self._open)

    def add(self, number: int, request: Request) -> None:
        """See Batch."""
        ids = self._encode(request)
        length = ids.shape[1]
        if length + request.max_new_tokens > self._context:
            raise ValueError(f"prompt of {length} tokens and answer do not fit the context of {self._context}")
        handle = self._pipeline.add_request(number, ids, self._config(request))
        self._open[number] = _Open(request, handle, length, time.monotonic())

    def cancel(self, number: int) -> bool:
        """See Batch. The pipeline lets go of it with its next step."""
        request = self._open.pop(number, None)
        if request:
            request.handle.cancel()
        return request is not None

    def step(self) -> list[tuple[int, Reply]]:
        """See Batch."""
        self._pipeline.step()
        running = genai.GenerationStatus.RUNNING
        ended = [number for number, each in self._open.items() if each.handle.get_status() != running]
        return [(number, self._reply(self._open.pop(number))) for number in ended]

    def greedy(self, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        """See Provable."""
        config = genai.GenerationConfig()
        config.max_new_tokens, config.ignore_eos, config.do_sample = count, True, False
        tensors = (openvino.Tensor(np.array([list(prompt)], dtype=np.int64)) for prompt in prompts)
        handles = [self._pipeline.add_request(number, ids, config) for number, ids in enumerate(tensors)]
        while self._pipeline.has_non_finished_requests():
            self._pipeline.step()
        return [list(handle.read_all()[0].generated_ids) for handle in handles]

    def _encode(self, request: Request) -> Any:
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
        prompt = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True)
        return self._tokenizer.encode(prompt, add_special_tokens=False).input_ids

    def _config(self, request: Request) -> Any:
        """Greedy: the same report gives the same answer."""
        config = genai.GenerationConfig()
        config.max_new_tokens = request.max_new_tokens
        config.do_sample = False
        config.logprobs = 1
        config.eos_token_id = self._tokenizer.get_eos_token_id()
        config.stop_strings = {"\n"} if request.codes_only else set()
        config.structured_output_config = genai.StructuredOutputConfig(grammar=answer_grammar(request.schema))
        return config

    def _reply(self, ended: _Open) -> Reply:
        total_ms = (time.monotonic() - ended.begun) * 1000
        outputs = ended.handle.read_all()
        if not outputs or ended.handle.get_status() != genai.GenerationStatus.FINISHED:
            return without_answer(ended.request, FinishReason.ERROR, "key-value cache exhausted", total_ms)
        ids = outputs[0].generated_ids
        thought = split(self._tokenizer.decode(ids))
        metrics = ended.handle.get_perf_metrics()
        usage = Usage(
            input_tokens=ended.input_tokens,
            output_tokens=len(ids),
            reasoning_tokens=count_reasoning(ids, *self._think),
            ttft_ms=metrics.get_ttft().mean,
            tpot_ms=metrics.get_tpot().mean if len(ids) > 1 else None,
            total_ms=total_ms,
        )
        reason = _FINISH.get(outputs[0].finish_reason, FinishReason.ERROR)
        sure = confidence(ids, outputs[0].generated_log_probs, self._think[1], self._breaks)
        return Reply(
            ended.request.id,
            thought.answer,
            reason,
            usage,
            reasoning=thought.reasoning,
            confidence=sure if reason is FinishReason.STOP else None,
        )

    def _token_id(self, tag: str) -> int | None:
        """The id of a tag that is one token of the vocabulary."""
        ids = self._tokenizer.encode(tag, add_special_tokens=False).input_ids.data[0]
        return int(ids[0]) if len(ids) == 1 else None


def _properties(spec: EngineSpec, device: str, compiled: Path | None) -> dict[str, Any]:
    """Weights are mapped from the file, pages that the kernel may drop and reread: one copy of them less.

    A CPU still repacks the matrices into memory of its own at the first answer. No property of OpenVINO 2026.4
    avoids that.
    """
    cache = {"CACHE_DIR": str(compiled)} if compiled else {}
    return {"ENABLE_MMAP": True} | cache | dict(_tuned(spec, device).properties)


def _tuned(spec: EngineSpec, device: str) -> Tuning:
    """What was measured for the device that was chosen."""
    kind = device.split(".", maxsplit=1)[0]
    return next((each for each in spec.tuning if each.device in {device, kind}), Tuning(device, ()))


def _slot(spec: EngineSpec, device: str) -> Slot | None:
    """Not on a CPU: OpenVINO 2026.4 writes a blob of paged attention there that it cannot read, at every start."""
    if spec.cache is None or device == "CPU":
        return None
    runtime = genai.get_version()
    tuned = (f"{name}={value}" for name, value in _tuned(spec, device).properties)
    return Slot(spec.cache.root, (spec.fingerprint, runtime, spec.cache.driver, device, *tuned))


def _context_length(spec: EngineSpec) -> int:
    config = json.loads((spec.folder / "config.json").read_text(encoding="utf-8"))
    return int(config["max_position_embeddings"])

"""transformers on torch: for GPUs that OpenVINO does not drive (AMD, Apple, NVIDIA). Lives in the engine child only.

Requests are decoded together, one token a step; prompts are read in between. Answers are held to their form
by llguidance, as XGrammar holds them in OpenVINO. Slower to start; never loads pickle or a model's own code.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import llguidance
import llguidance.hf
import numpy as np
import torch

from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request, Usage
from edge_app.engine.base import EngineSpec, StartFacts
from edge_app.engine.confidence import confidence
from edge_app.engine.devices import TORCH
from edge_app.engine.grammar import answer_regex
from edge_app.engine.reasoning import CLOSE, OPEN, count_reasoning, split
from edge_app.engine.start import start
from edge_app.engine.torch_batch import Rows
from edge_app.errors import ModelError
from edge_app.weights import GGUF, read_weights

PREFILL_TOKENS: Final = 512
"""Prompt tokens read in one step, but at least one prompt: a step must not outlast a deadline."""
_SHORT: Final = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}
_WORD: Final = 32
"""Bits in a word of the token mask."""


@dataclass(slots=True)
class _Open:
    request: Request
    prompt: list[int]
    matcher: Any
    """Follows the answer's grammar; None lets any token through."""
    begun: float
    ids: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    first: float = 0.0
    has_line: bool = False

    def take(self, token: int, log_prob: float, *, breaks: bool) -> None:
        """Note a token; ``breaks``: it breaks the line."""
        self.has_line = self.has_line or breaks
        self.first = self.first or time.monotonic()
        self.ids.append(token)
        self.log_probs.append(log_prob)
        if self.matcher:
            self.matcher.consume_token(token)

    @property
    def finished(self) -> FinishReason | None:
        """How it ended, if it did."""
        if self.matcher and self.matcher.is_error():
            return FinishReason.ERROR
        if (self.matcher and self.matcher.is_stopped()) or (self.has_line and self.request.codes_only):
            return FinishReason.STOP
        return FinishReason.LENGTH if len(self.ids) >= self.request.max_new_tokens else None


def load(spec: EngineSpec) -> tuple[TorchBatch, StartFacts]:
    """A batch that has answered. Raises ModelError."""
    return start(lambda _: TorchBatch(spec), spec.golden, slot=None, warm_up=spec.warm_up)


class TorchBatch:
    """Requests on one transformers model."""

    def __init__(self, spec: EngineSpec) -> None:
        """Load safetensors or GGUF from ``spec.folder``. Raises ModelError without the device or the model."""
        device = torch_device(spec.device)
        source = _source(spec.folder)
        try:
            model, tokenizer = read_weights(source, _dtype(source, device))
            self._model = model.to(device)
        except (ModelError, RuntimeError) as error:
            said = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{spec.device} refused {spec.folder}: {said}", f"edge-app model pull {spec.name}"
            ) from error
        self._tokenizer = tokenizer
        self._rows = Rows(self._model)
        self._context = int(self._model.config.max_position_embeddings)
        self._vocabulary = llguidance.hf.from_tokenizer(tokenizer)
        self._think = tuple(self._token_id(tag) for tag in (OPEN, CLOSE))
        self._breaks = cache(lambda token: "\n" in tokenizer.decode([token]))
        self._waiting: deque[tuple[int, _Open]] = deque()
        self._running: dict[int, _Open] = {}
        """In the order of the rows."""
        dtype = str(self._model.dtype).removeprefix("torch.")
        self.info = EngineInfo(
            "torch", spec.name, spec.fingerprint, _SHORT.get(dtype, dtype), spec.device, torch.__version__.split("+")[0]
        )

    @property
    def active(self) -> bool:
        """Whether anything is open."""
        return bool(self._waiting or self._running)

    def add(self, number: int, request: Request) -> None:
        """See Batch."""
        prompt = self._encode(request)
        if len(prompt) + request.max_new_tokens > self._context:
            raise ValueError(f"prompt of {len(prompt)} tokens and answer do not fit the context of {self._context}")
        grammar = llguidance.LLMatcher.grammar_from_regex(answer_regex(request.schema))
        matcher = llguidance.LLMatcher(self._vocabulary, grammar)
        if matcher.is_error():
            raise ValueError(f"grammar: {matcher.get_error()}")
        self._waiting.append((number, _Open(request, prompt, matcher, time.monotonic())))

    def cancel(self, number: int) -> bool:
        """See Batch."""
        for entry in self._waiting:
            if entry[0] == number:
                self._waiting.remove(entry)
                return True
        if number not in self._running:
            return False
        self._drop({number})
        return True

    def step(self) -> list[tuple[int, Reply]]:
        """See Batch."""
        self._join()
        tokens, log_probs = self._choose()
        for each, token, log_prob in zip(self._running.values(), tokens, log_probs, strict=True):
            each.take(token, log_prob, breaks=self._breaks(token))
        ended = {number: reason for number, each in self._running.items() if (reason := each.finished)}
        replies = [(number, self._reply(self._running[number], reason)) for number, reason in ended.items()]
        staying = [token for number, token in zip(self._running, tokens, strict=True) if number not in ended]
        if ended:
            self._drop(ended.keys())
        if staying:
            self._rows.advance(staying)
        return replies

    def greedy(self, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        """See Provable."""
        rows = Rows(self._model)
        made: list[list[int]] = [[] for _ in prompts]
        for prompt in prompts:
            rows.join(prompt)
        for at in range(count):
            tokens = rows.logits.argmax(-1).tolist()
            for row, token in zip(made, tokens, strict=True):
                row.append(token)
            if at < count - 1:
                rows.advance(tokens)
        return made

    def _join(self) -> None:
        read = 0
        while self._waiting and (read == 0 or read + len(self._waiting[0][1].prompt) <= PREFILL_TOKENS):
            number, each = self._waiting.popleft()
            self._rows.join(each.prompt)
            self._running[number] = each
            read += len(each.prompt)

    def _choose(self) -> tuple[list[int], list[float]]:
        """The likeliest token of each row among those its grammar allows, and its log-probability among all."""
        logits = self._rows.logits
        words = np.zeros((len(self._running), -(-logits.shape[1] // _WORD)), dtype=np.uint32)
        for row, each in enumerate(self._running.values()):
            allowed = np.frombuffer(each.matcher.compute_bitmask(), dtype=np.uint32)
            words[row, : len(allowed)] = allowed[: words.shape[1]]
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, : logits.shape[1]]
        refused = torch.from_numpy(bits == 0).to(logits.device)
        chosen = logits.masked_fill(refused, float("-inf")).argmax(-1, keepdim=True)
        log_probs = logits.log_softmax(-1).gather(-1, chosen)
        return chosen.squeeze(-1).tolist(), log_probs.squeeze(-1).tolist()

    def _drop(self, numbers: Any) -> None:
        staying = [row for row, number in enumerate(self._running) if number not in numbers]
        self._rows.keep(staying)
        self._running = {number: each for number, each in self._running.items() if number not in numbers}

    def _encode(self, request: Request) -> list[int]:
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
        prompt = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        ids: list[int] = self._tokenizer.encode(prompt, add_special_tokens=False)
        return ids

    def _reply(self, ended: _Open, reason: FinishReason) -> Reply:
        now = time.monotonic()
        thought = split(self._tokenizer.decode(ended.ids, skip_special_tokens=True))
        more = len(ended.ids) - 1
        usage = Usage(
            input_tokens=len(ended.prompt),
            output_tokens=len(ended.ids),
            reasoning_tokens=count_reasoning(ended.ids, *self._think),
            ttft_ms=(ended.first - ended.begun) * 1000,
            tpot_ms=(now - ended.first) * 1000 / more if more else None,
            total_ms=(now - ended.begun) * 1000,
        )
        sure = confidence(ended.ids, ended.log_probs, self._think[1], self._breaks)
        return Reply(
            ended.request.id,
            thought.answer,
            reason,
            usage,
            reasoning=thought.reasoning,
            error=f"grammar: {ended.matcher.get_error()}" if reason is FinishReason.ERROR else "",
            confidence=sure if reason is FinishReason.STOP else None,
        )

    def _token_id(self, tag: str) -> int | None:
        """The id of a tag that is one token of the vocabulary."""
        ids = self._tokenizer.encode(tag, add_special_tokens=False)
        return int(ids[0]) if len(ids) == 1 else None


def torch_device(wanted: str) -> Any:
    """``torch:cuda:1`` as torch names it. Raises ModelError that says what exists."""
    name = wanted.removeprefix(TORCH)
    kind = name.split(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    number = int(name.partition(":")[2] or 0)
    if not there.get(kind) or (kind == "cuda" and number >= torch.cuda.device_count()):
        exist = ", ".join(f"{TORCH}{each}" for each, here in there.items() if here)
        raise ModelError(f"device {wanted} is not there", f"torch devices here: {exist}; check the GPU driver")
    return torch.device(name)


def _source(folder: Path) -> Path:
    """What to load: the folder's safetensors, else its GGUF. Pickled weights are not even looked for."""
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        return folder
    if found := sorted(folder.glob(f"*{GGUF}")):
        return found[0]
    raise ModelError(f"{folder} holds neither safetensors nor a GGUF", f"edge-app model pull {folder.parent.name}")


def _dtype(source: Path, device: Any) -> str:
    """A CPU's halves are slow or rounded differently. Elsewhere as stored, and unpacked as for a prepared model."""
    if device.type == "cpu":
        return "float32"
    return "float16" if source.suffix == GGUF else "auto"

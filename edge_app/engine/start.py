"""From loaded to ready: the model proves itself before it is believed.

It answers the golden prompts that were stored with it as it did when it was prepared, and it generates one
answer under a grammar. A compiled copy that fails, in whatever way, is thrown away once and compiled again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, TypeVar

from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import FinishReason, Request
from edge_app.engine.base import StartFacts
from edge_app.engine.compiled import Slot
from edge_app.engine.worker import Batch
from edge_app.errors import ModelError

CHECKED_TOKENS: Final = 16
"""Of each golden prompt. A wrong kernel or weight shows in the first few; more would only delay each start."""
WARM_TOKENS: Final = 8
_SCHEMA: Final = json.dumps({"type": "object", "properties": {"ready": {"enum": ["yes"]}}, "required": ["ready"]})
_WARM: Final = Request("warm-up", "You judge inspection reports.", "Are you ready?", _SCHEMA, WARM_TOKENS, 600_000)


class Provable(Batch, Protocol):
    """A batch that also continues plain tokens, which is how it is checked."""

    def greedy(self, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        """The likeliest ``count`` tokens after each prompt, an end of text not minded."""
        ...


B = TypeVar("B", bound=Provable)
Make = Callable[[Path | None], B]
"""Loads the model, with the folder of its compiled copy if it has one."""


def start(
    make: Make[B],
    golden: Sequence[GoldenPrompt],
    slot: Slot | None,
    limit: int = 0,
    warm_up: Request | None = None,
) -> tuple[B, StartFacts]:
    """Load, check, warm up, seal. Raises ModelError when the model does not load, or answers wrongly.

    ``golden``: what proves the model. ``limit``: bytes of compiled models to keep. ``warm_up``: in the form of
    what will be asked.
    """
    golden = [each for each in golden if each.sure]
    slot, found = _open(slot)
    discarded = list(found)
    begun = time.monotonic()
    ready = None
    try:
        ready = _ready(make, slot, golden, warm_up or _WARM)
    except Exception as error:
        if not (slot and slot.filled):
            raise
        discarded.append(f"{slot.folder}: {error}")
        slot.discard()
    # Not in the handler, which still holds the first batch: two models at once may not fit.
    batch, loaded = ready or _ready(make, slot, golden, warm_up or _WARM)
    warm = time.monotonic()
    cache = "off" if slot is None else "hit" if slot.used else "new"
    if slot:
        _keep(slot, limit)
    return batch, StartFacts(loaded - begun, warm - loaded, cache, len(golden), tuple(discarded))


def _open(slot: Slot | None) -> tuple[Slot | None, tuple[str, ...]]:
    """A place that cannot be written costs the copy, not the start."""
    try:
        return slot, slot.open() if slot else ()
    except OSError as error:
        return None, (f"no compiled models are kept: {error}",)


def _ready(make: Make[B], slot: Slot | None, golden: Sequence[GoldenPrompt], warm_up: Request) -> tuple[B, float]:
    """A batch that has answered, and when it was loaded and checked. Raises ModelError, or as the runtime does."""
    batch = make(slot.folder if slot else None)
    if wrong := _mismatch(batch, golden):
        raise ModelError(wrong, _hint(batch))
    loaded = time.monotonic()
    _warm_up(batch, warm_up)
    return batch, loaded


def _mismatch(batch: Provable, golden: Sequence[GoldenPrompt]) -> str:
    """The first sure golden token that comes out differently, or empty."""
    if not golden:
        return ""
    count = min(CHECKED_TOKENS, max(each.sure for each in golden))
    answers = batch.greedy([each.input for each in golden], count)
    wrong = (each.difference(said, count) for each, said in zip(golden, answers, strict=True))
    if what := next(filter(None, wrong), ""):
        info = batch.info
        where = f"{info.model} in {info.precision} on {info.device} ({info.provider} {info.version})"
        return f"{where} does not answer as it did when it was prepared: {what}"
    return ""


def _hint(batch: Batch) -> str:
    name = batch.info.model
    return f"edge-app model verify {name}; edge-app model prepare {name} --again; or set model.device to CPU"


def _warm_up(batch: Batch, request: Request) -> None:
    """Generate under a grammar, so that no report pays for the first time. Raises ModelError without an answer."""
    batch.add(0, replace(request, max_new_tokens=min(request.max_new_tokens, WARM_TOKENS)))
    while batch.active:
        for _, reply in batch.step():
            if reply.finish_reason is not FinishReason.STOP and reply.usage.output_tokens == 0:
                raise ModelError(
                    f"{batch.info.model} on {batch.info.device} generates nothing: {reply.error}", _hint(batch)
                )


def _keep(slot: Slot, limit: int) -> None:
    with suppress(OSError):  # a full disk: this start is good, the next one compiles again
        slot.seal()
        slot.prune(limit)

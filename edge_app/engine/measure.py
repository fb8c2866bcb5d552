"""How fast one setting of an engine is, and what it answers. Needs seconds to minutes, and the machine for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from edge_app.clock import Clock
from edge_app.domain.inference import FinishReason, Reply, Request
from edge_app.engine import EngineSpec, open_engine
from edge_app.engine.child import ChildEngine
from edge_app.errors import ModelError

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one setting. Durations in ms, memory in MB."""

    ttft_ms: float
    """To the first token, one request alone: the middle of several."""
    tpot_ms: float
    tokens_per_s: float
    """All requests together."""
    reports_per_min: float
    rss_mb: float
    load_s: float
    texts: tuple[str, ...]
    """Answers in the order asked: first those alone, then those together. Empty for one that was cut."""


def measure(spec: EngineSpec, alone: Sequence[Request], together: Sequence[Request], clock: Clock) -> Sample:
    """Open the engine and ask. The first of ``alone`` only fills the cache of the common prefix.

    Raises ModelError when the engine does not open or does not answer.
    """
    begun = clock.monotonic()
    with open_engine(spec, clock) as engine:
        load_s = clock.monotonic() - begun
        singles = [_asked(engine, request) for request in alone]
        begun = clock.monotonic()
        futures = [engine.submit(request) for request in together]
        batch = [_answered(future.result()) for future in futures]
        seconds = clock.monotonic() - begun
        rss = _rss_mb(engine.pid)
    timed = [reply.usage for reply in singles[1:] or singles]
    return Sample(
        ttft_ms=median(usage.ttft_ms or 0.0 for usage in timed),
        tpot_ms=median(usage.tpot_ms or 0.0 for usage in timed),
        tokens_per_s=sum(reply.usage.output_tokens for reply in batch) / seconds,
        reports_per_min=len(batch) * 60 / seconds,
        rss_mb=rss,
        load_s=load_s,
        texts=tuple(reply.text if reply.finish_reason is FinishReason.STOP else "" for reply in (*singles, *batch)),
    )


def _asked(engine: ChildEngine, request: Request) -> Reply:
    return _answered(engine.submit(request).result())


def _answered(reply: Reply) -> Reply:
    if reply.finish_reason not in {FinishReason.STOP, FinishReason.LENGTH}:
        raise ModelError(f"no answer: {reply.finish_reason} {reply.error}", "edge-app model advise")
    return reply


def _rss_mb(pid: int | None, proc: Path = _PROC) -> float:
    """Resident memory, file pages that are mapped included."""
    status = (proc / str(pid) / "status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024

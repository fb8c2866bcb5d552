"""The precision of one request: as exact as it is worth, as cheap as the machine needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.precision.question import Question, hardness, precedent

ORDER: Final = (Precision.INT4, Precision.INT8, Precision.FP16)
"""The cheapest first, the most exact last."""
AS_FAST: Final = 0.9
"""Of the fastest one's reports a minute: an exact precision that costs no more than this is simply taken."""
VERY_HARD: Final = 3
"""Things that make a request so hard that the exact precision is asked at once."""
PRESSED: Final = 10.0
"""PSI memory, some, avg10, in percent: from here on tasks wait for memory a tenth of the time."""
LITTLE: Final = 512 * 2**20
"""Bytes available, below which a request should not touch more memory than it must."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds when a request is to be sent."""

    ready: tuple[Precision, ...]
    """Loaded or being loaded, in any order; at least one."""
    ceiling: Precision = Precision.FP16
    ceiling_reason: str = ""
    pressure: float | None = None
    """As in Reading; None: not measured."""
    available_bytes: int | None = None
    left_ms: float = float("inf")
    """Until the report's deadline."""
    expected_ms: Mapping[Precision, float] = field(default_factory=dict)
    """What an answer lately took, where that is known."""
    sure: float = 0.0
    """Confidence with which a plain answer stands."""
    surer: float = 0.0
    """The same where something makes the request hard, or the answer contradicts the rules."""
    speeds: Mapping[Precision, float] = field(default_factory=dict)
    """Reports a minute as calibrated; empty or without one: not compared."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision and why, as it is stored."""

    precision: Precision
    reason: str
    sure: float = 0.0
    """Confidence with which an answer stands; below it a more exact precision is asked too. 0: it stands anyway."""


def choose(question: Question, now: Conditions) -> Choice:
    """What answers first. A more exact one may follow: see ``cascade``."""
    allowed = [each for each in ORDER if each in now.ready and _rank(each) <= _rank(now.ceiling)]
    if not allowed:
        cheapest = min(now.ready, key=_rank)
        return Choice(cheapest, f"the cheapest that is loaded; ceiling {now.ceiling}: {now.ceiling_reason}")
    if len(now.ready) == 1:
        return Choice(allowed[0], "the only one there is")
    if reason := _pressed(now):
        return Choice(allowed[0], reason)
    if len(allowed) == 1:
        return Choice(allowed[0], f"ceiling {now.ceiling}: {now.ceiling_reason}")
    return _in_time(_by_worth(question, allowed, now), allowed, now)


def _rank(precision: Precision) -> int:
    return ORDER.index(precision)


def _by_worth(question: Question, allowed: Sequence[Precision], now: Conditions) -> Choice:
    exact, usual = allowed[-1], Precision.INT8 if Precision.INT8 in allowed else allowed[0]
    if fast := _as_fast(allowed, now.speeds):
        return Choice(fast, f"{now.speeds[fast] / max(now.speeds.values()):.0%} of the fastest one's speed here")
    if reason := precedent(question.history):
        return Choice(exact, reason, now.surer)
    hard = hardness(question)
    if len(hard) >= VERY_HARD:
        return Choice(exact, ", ".join(hard), now.surer)
    if exact is usual:
        return Choice(usual, f"the most exact under the ceiling {now.ceiling}")
    return Choice(usual, ", ".join(hard), now.surer) if hard else Choice(usual, "plain", now.sure)


def _as_fast(allowed: Sequence[Precision], speeds: Mapping[Precision, float]) -> Precision | None:
    """The most exact one that costs next to nothing, if all were measured."""
    if not speeds.keys() >= set(allowed):
        return None
    return next(each for each in reversed(allowed) if speeds[each] >= AS_FAST * max(speeds[p] for p in allowed))


def _in_time(choice: Choice, allowed: Sequence[Precision], now: Conditions) -> Choice:
    """The next cheaper one, as long as the answer would come too late."""
    took = now.expected_ms.get(choice.precision)
    cheaper = [each for each in allowed if _rank(each) < _rank(choice.precision)]
    if took is None or took <= now.left_ms or not cheaper:
        return choice
    late = f"{choice.precision} took {took / 1000:.1f} s lately, {now.left_ms / 1000:.1f} s are left"
    return _in_time(Choice(cheaper[-1], late), allowed, now)


def _pressed(now: Conditions) -> str:
    if now.pressure is not None and now.pressure >= PRESSED:
        return f"memory pressure {now.pressure:.0f} %"
    if now.available_bytes is not None and now.available_bytes < LITTLE:
        return f"{now.available_bytes / 2**20:.0f} MB of memory available"
    return ""

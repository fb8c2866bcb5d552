"""Counters that only rise, wrap at a bound and start anew: what they say about the time between two looks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_STEP_S: Final = 0.05
"""Counters move in steps of up to this long: one may fall into a moment that is shorter."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A counter as it stood at a time, in s."""

    at: float
    value: int


def risen(before: int, now: int, span: int | None = None) -> int | None:
    """By how much. ``span``: what the counter adds up to before it is 0 again; None: it does not wrap."""
    if now >= before:
        return now - before
    return None if span is None else now - before + span


@dataclass(slots=True)
class Rate:
    """Units a second of one counter. ``most`` is the fastest that can be true."""

    most: float
    span: int | None = None
    last: Mark | None = None

    def per_second(self, at: float, value: int | None) -> float | None:
        """Mean since the last look. None: the first look, none at all, too long ago to count wraps, or absurd."""
        before, self.last = self.last, None if value is None else Mark(at, value)
        if before is None or value is None or at <= before.at:
            return None
        seconds = at - before.at
        if self.span is not None and seconds * self.most >= self.span:
            return None
        rise = risen(before.value, value, self.span)
        return None if rise is None or rise > self.most * (seconds + _STEP_S) else rise / seconds


@dataclass(slots=True)
class Events:
    """Events that several counters count, each those it met: a rise of the fastest is what happened."""

    total: int | None = None
    _last: Mapping[str, int] = field(default_factory=dict)

    def count(self, values: Mapping[str, int]) -> int | None:
        """Since boot, as far as seen. A counter that was away or fell begins anew, and adds nothing at first."""
        if values:
            rises = [max(0, value - self._last[name]) for name, value in values.items() if name in self._last]
            self.total = max(values.values()) if self.total is None else self.total + max(rises, default=0)
            self._last = values
        return self.total if values else None

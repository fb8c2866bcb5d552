"""Is the file finished? Decided from our own looks on a monotonic clock, never from its times.

A copier may preserve times and a share's clock may be wrong; what counts is that two looks,
``settle_s`` apart, saw the same file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from edge_app.intake.scan import Seen


class Step(StrEnum):
    """What to do with a file now."""

    READY = "ready"
    WAITING = "waiting"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` is stable: ``settling``, ``still-changing``, ``empty``."""

    step: Step
    reason: str = ""
    last_chance: bool = False
    """It has not changed for ``max_settle_s``: take it even if it looks preallocated."""


@dataclass(slots=True)
class _Watch:
    stamp: str
    since: float
    changes: int = 0


class Settler:
    """Remembers what each file looked like and since when. One per source."""

    def __init__(self, settle_s: float, max_settle_s: float) -> None:
        """Both in seconds."""
        self._settle_s = settle_s
        self._max_settle_s = max_settle_s
        self._watched: dict[bytes, _Watch] = {}

    def look(self, seen: Seen, now: float) -> Decision:
        """Judge one look at ``now``, seconds on a monotonic clock."""
        watch = self._watched.get(seen.name)
        if watch is None:
            watch = self._watched[seen.name] = _Watch(seen.stamp, now)
        elif watch.stamp != seen.stamp:
            watch.stamp, watch.since, watch.changes = seen.stamp, now, watch.changes + 1
        quiet = now - watch.since
        if quiet < self._settle_s:
            return Decision(Step.WAITING, "still-changing" if watch.changes else "settling")
        last_chance = quiet >= self._max_settle_s
        if seen.size == 0:
            return Decision(Step.GIVE_UP if last_chance else Step.WAITING, "empty")
        return Decision(Step.READY, last_chance=last_chance)

    def forget(self, name: bytes) -> None:
        """The file was taken or given up; a later look starts anew."""
        self._watched.pop(name, None)

    def keep_only(self, names: Collection[bytes]) -> None:
        """Drop files that the last scan did not see."""
        for name in self._watched.keys() - set(names):
            del self._watched[name]

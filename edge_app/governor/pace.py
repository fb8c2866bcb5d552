"""What limits the machine beside the clock: pauses between steps, a lower precision, fewer requests. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from edge_app.domain.inference import Precision
from edge_app.governor.heat import Marks
from edge_app.governor.policy import COOL_S, EASED_S, LEAST_DUTY, QUEUE_S, QUIET_S, STRAINED_S

_CEILINGS = tuple(Precision)
"""The costliest first."""
_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Duty:
    """Share of time in which the engine may work, in tenths."""

    tenths: int = _TENTHS
    changed_at: float = -math.inf

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.tenths / _TENTHS


def paced(duty: Duty, wanted: float, now: float) -> Duty:
    """Down at once, up by a tenth at a time, and only when two are wanted: it would be taken back otherwise."""
    tenths = max(round(LEAST_DUTY * _TENTHS), min(_TENTHS, math.floor(wanted * _TENTHS + 1e-9)))
    if tenths < duty.tenths:
        return Duty(tenths, now)
    is_more = tenths > duty.tenths + 1 or tenths == _TENTHS > duty.tenths
    if is_more and now - duty.changed_at >= COOL_S:
        return Duty(duty.tenths + 1, now)
    return duty


def wanted_duty(celsius: float, marks: Marks, *, can_turn: bool, at_floor: bool) -> float:
    """In place of a cap that cannot be turned, and below the lowest one."""
    if not can_turn:
        return 1 - (celsius - marks.cool) / (marks.hot - marks.cool)
    if at_floor:
        return 1 - (celsius - marks.hot) / (marks.critical - marks.hot)
    return 1.0


@dataclass(frozen=True, slots=True)
class Strain:
    """How long the machine has been at its limit.

    Each level costs one precision. The second also costs half of the requests in flight: they draw less together,
    but each costs more, so that comes last.
    """

    level: int = 0
    strained_since: float | None = None
    eased_since: float | None = None

    def ceiling(self, most: Precision) -> Precision:
        """The costliest precision that is left."""
        return _CEILINGS[min(_CEILINGS.index(most) + self.level, len(_CEILINGS) - 1)]

    def concurrency(self, most: int) -> int:
        """Requests in flight that are left."""
        return max(1, most >> (self.level // 2))


def strained(strain: Strain, *, is_at_limit: bool, now: float) -> Strain:
    """A level up after minutes at the limit, a level down after more minutes off it."""
    if is_at_limit:
        since = now if strain.strained_since is None else strain.strained_since
        if strain.level < len(_CEILINGS) - 1 and now - since >= STRAINED_S:
            return Strain(strain.level + 1, now)
        return replace(strain, strained_since=since, eased_since=None)
    since = now if strain.eased_since is None else strain.eased_since
    if strain.level and now - since >= EASED_S:
        return Strain(strain.level - 1, eased_since=now)
    return replace(strain, strained_since=None, eased_since=since)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Whether the economical clock does: nothing has waited for a while."""

    is_on: bool = False
    since: float | None = None
    """From when on the queue has said otherwise."""


def quieted(quiet: Quiet, queued: int, now: float) -> Quiet:
    """The next look at the queue."""
    if (queued == 0) == quiet.is_on:
        return replace(quiet, since=None)
    since = now if quiet.since is None else quiet.since
    if now - since >= (QUEUE_S if quiet.is_on else QUIET_S):
        return Quiet(not quiet.is_on)
    return replace(quiet, since=since)

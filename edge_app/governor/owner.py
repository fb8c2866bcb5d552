"""Who sets the GPU's clock: nobody is fought. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from edge_app.domain.stance import Reading
from edge_app.governor.cards import TOLERANCE_MHZ
from edge_app.governor.policy import FAILED_WRITES, FOREIGN_LOOKS, FORGIVEN_S, HANDS_OFF_S
from edge_app.governor.ports import Applied, Limits, Outcome

_NEVER: Final = -math.inf


@dataclass(frozen=True, slots=True)
class Ownership:
    """What was written to the clock and what became of it."""

    written: int | None = None
    """The cap that stands by our hand. None: the GPU's own range."""
    is_overdue: bool = False
    """What was written did not get there, or may be gone: write it again."""
    failed: int = 0
    """Writes in a row that did not get there, the last of them at ``failed_at``."""
    failed_at: float = _NEVER
    foreign: int = 0
    """Looks in a row at which somebody else's clock stood: nothing is written meanwhile."""
    hands_off_until: float = _NEVER
    outcome: str = ""
    """Of the last write: an ``Outcome`` and its detail."""

    @property
    def is_failing(self) -> bool:
        """Whether the clock is not to be relied on."""
        return self.failed >= FAILED_WRITES


def look(own: Ownership, reading: Reading, limits: Limits | None, now: float) -> Ownership:
    """Compare the read-back with what was written."""
    if own.failed and now - own.failed_at >= FORGIVEN_S:
        own = replace(own, failed=0)
    if limits is None:  # the driver is gone, and with it all that was written
        return replace(own, written=None, is_overdue=True, foreign=0)
    if own.written is None or own.is_overdue or reading.max_mhz is None or now < own.hands_off_until:
        return own
    if abs(reading.max_mhz - own.written) <= TOLERANCE_MHZ:
        return replace(own, foreign=0)
    if own.foreign + 1 < FOREIGN_LOOKS:
        return replace(own, foreign=own.foreign + 1)
    return replace(own, foreign=0, written=None, is_overdue=True, hands_off_until=now + HANDS_OFF_S)


def may_write(own: Ownership, limits: Limits | None, now: float) -> bool:
    """Whether the clock is ours to turn."""
    return limits is not None and limits.is_writable and now >= own.hands_off_until


def must_write(own: Ownership, cap_mhz: int | None) -> bool:
    """Whether ``cap_mhz`` does not stand yet. The GPU's own range is never written where nothing else was."""
    if own.foreign:
        return False
    return cap_mhz != own.written or (own.is_overdue and cap_mhz is not None)


def wrote(own: Ownership, cap_mhz: int | None, applied: Applied, now: float) -> Ownership:
    """What came of the write."""
    told = applied.outcome.value + (f": {applied.detail}" if applied.detail else "")
    if applied.outcome is Outcome.APPLIED:
        return replace(own, written=cap_mhz, is_overdue=False, failed=0, outcome=told)
    return replace(own, is_overdue=True, failed=own.failed + 1, failed_at=now, outcome=told)

"""Time as one small object, so that tests pass their own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_text(at: datetime) -> str:
    """ISO-8601 in UTC with milliseconds, as stored in the database: ``2026-01-31T08:05:00.123Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's clocks. Wall time is data; durations and deadlines are monotonic."""

    def now(self) -> datetime:
        """Wall time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds on CLOCK_MONOTONIC."""
        return time.monotonic()

    def boottime(self) -> float:
        """Seconds since the machine started, which go on while it sleeps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def text(self) -> str:
        """Wall time as stored."""
        return utc_text(self.now())

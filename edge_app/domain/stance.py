"""What the sensors said, and what the machine allows now."""

from __future__ import annotations

from dataclasses import dataclass

from edge_app.domain.inference import Precision


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the sensors. None: not measured, never "cool" or "idle"."""

    at: float
    """Monotonic seconds."""
    package_c: float | None = None
    limit_c: float | None = None
    """TjMax of the package."""
    reasons: frozenset[str] = frozenset()
    """Throttle reasons of the GPU that are set now: thermal, prochot, ratl, vr_thermalert, vr_tdc, pl1, pl2, pl4."""
    throttles: int | None = None
    """CPU package throttle events since boot."""
    actual_mhz: int | None = None
    """Of the GPU; 0 while it sleeps."""
    max_mhz: int | None = None
    """The cap as it reads back."""
    package_w: float | None = None
    """Mean power since the reading before."""
    gpu_w: float | None = None
    gpu_busy: float | None = None
    """Share of time that our own requests kept the GPU busy, 0 to 1."""
    npu_busy: float | None = None
    available_bytes: int | None = None
    pressure: float | None = None
    """PSI memory, some, avg10, in percent."""
    queued: int = 0
    """Requests that wait for the engine."""
    failures: tuple[str, ...] = ()
    """What could not be read, each with its cause."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What the machine allows now, and why."""

    cap_mhz: int | None
    """None: the GPU's own range."""
    ceiling: Precision
    """The costliest precision that may be chosen."""
    concurrency: int
    """Requests in flight."""
    is_paused: bool
    """No new request is admitted; running ones end."""
    duty: float
    """Share of time in which the engine may work, 1.0 without pacing."""
    reason: str

"""How far the clock has to come down for heat: fast down, slow up. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from edge_app.domain.stance import Reading
from edge_app.governor.policy import (
    BLIND_PAUSE_S,
    CLEAR_S,
    COOL_S,
    COOLER_C,
    CRITICAL_LOOKS,
    DEMAND,
    DWELL_S,
    HOT_LOOKS,
    LATCH_S,
    LEAST_LIMIT_C,
    LONGEST_LATCH_S,
    LOST_LOOKS,
    MOST_C,
    RESUME_S,
    TAKEN_BACK_S,
    VERY_HOT_C,
    Policy,
)

THERMAL: Final = frozenset({"thermal", "prochot", "ratl", "vr_thermalert"})
"""Throttle reasons that mean heat. The others (pl1, pl2, pl4, vr_tdc) are limits of power and current."""
_LEAST_C: Final = -40.0
_NEVER: Final = -math.inf


@dataclass(frozen=True, slots=True)
class Marks:
    """Where hot, cool and critical begin on this package."""

    limit: float
    hot: float
    cool: float
    critical: float


@dataclass(frozen=True, slots=True)
class Rungs:
    """Of the ladder, 0 is the highest clock."""

    standing: int
    """Where the clock is: a step down for heat starts here."""
    safe: int
    """Without a temperature."""
    floor: int


@dataclass(frozen=True, slots=True)
class Heat:
    """What is remembered of the temperature, and what follows from it."""

    rung: int = 0
    """The highest clock that the temperature allows."""
    is_paused: bool = False
    is_groping: bool = False
    """A pause ended without a temperature: as little as possible is done."""
    limit_c: float | None = None
    """Of the package, as it was told last: it does not change, and a read that fails must not loosen the law."""
    hot_looks: int = 0
    critical_looks: int = 0
    lost_looks: int = 0
    lost_since: float | None = None
    cool_since: float | None = None
    thermal_at: float = _NEVER
    is_pending: bool = False
    """The processor throttled, and no step down has answered it yet."""
    stepped_at: float = _NEVER
    """Up or down, and down alone."""
    lowered_at: float = _NEVER
    climbed_at: float = _NEVER
    climbed_c: float = MOST_C
    """The temperature at the last step up."""
    latch_s: float = LATCH_S
    """How long the next step up is held that has to be taken back."""
    held_until: float = _NEVER
    throttles: int | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the temperature is unknown for too long."""
        return self.lost_looks >= LOST_LOOKS


def marks_of(policy: Policy, heat: Heat) -> Marks:
    """The marks on this package."""
    limit = policy.assumed_limit_c if heat.limit_c is None else heat.limit_c
    hot = limit - policy.margin_c
    return Marks(limit, hot, hot - policy.band_c, limit - policy.critical_c)


def temperature_of(reading: Reading) -> float | None:
    """The package's temperature; None for one that no working sensor gives: missing, exactly zero, out of range."""
    return reading.package_c if reading.package_c and _is_sane(reading.package_c) else None


def feel(policy: Policy, heat: Heat, reading: Reading, rungs: Rungs, now: float) -> Heat:
    """What the next look changes."""
    celsius = temperature_of(reading)
    heat = replace(heat, limit_c=_told_limit(reading) or heat.limit_c)
    if celsius is None:
        return _blind(heat, max(rungs.safe, heat.rung), now)
    marks = marks_of(policy, heat)
    heat = _looked(heat, celsius, marks, reading, now)
    if heat.critical_looks >= CRITICAL_LOOKS:
        return replace(_lowered(heat, rungs.floor, now), is_paused=True)
    if heat.is_paused and heat.cool_since is not None and now - heat.cool_since >= RESUME_S:
        heat = replace(heat, is_paused=False)
    if steps := _steps_down(heat, celsius, marks, now):
        heat = replace(heat, is_pending=False)
        return _lowered(heat, min(max(heat.rung, rungs.standing) + steps, rungs.floor), now)
    if heat.rung and _may_climb(heat, reading, celsius, now):
        return replace(heat, rung=heat.rung - 1, stepped_at=now, climbed_at=now, climbed_c=celsius)
    return heat


def _is_sane(celsius: float) -> bool:
    return _LEAST_C <= celsius <= MOST_C


def _told_limit(reading: Reading) -> float | None:
    told = reading.limit_c
    return told if told is not None and LEAST_LIMIT_C <= told <= MOST_C else None


def _blind(heat: Heat, rung: int, now: float) -> Heat:
    """Never taken for cool: what was known stands still, then the safe rung is taken, and a pause ends at last."""
    since = now if heat.lost_since is None else heat.lost_since
    looks = heat.lost_looks + 1
    heat = replace(heat, lost_looks=looks, lost_since=since, cool_since=None, hot_looks=0, critical_looks=0)
    if heat.is_paused and now - since >= BLIND_PAUSE_S:
        heat = replace(heat, is_paused=False, is_groping=True)
    return replace(heat, rung=rung, stepped_at=now, lowered_at=now) if heat.is_lost and rung != heat.rung else heat


def _looked(heat: Heat, celsius: float, marks: Marks, reading: Reading, now: float) -> Heat:
    has_throttled = _throttled(heat, reading)
    is_thermal = has_throttled or not THERMAL.isdisjoint(reading.reasons)
    cool_since = now if heat.cool_since is None else heat.cool_since
    return replace(
        heat,
        hot_looks=heat.hot_looks + 1 if celsius >= marks.hot else 0,
        critical_looks=heat.critical_looks + 1 if celsius >= marks.critical else 0,
        lost_looks=0,
        lost_since=None,
        is_groping=False,
        cool_since=cool_since if celsius <= marks.cool else None,
        thermal_at=now if is_thermal else heat.thermal_at,
        is_pending=heat.is_pending or has_throttled,
        throttles=heat.throttles if reading.throttles is None else reading.throttles,
    )


def _throttled(heat: Heat, reading: Reading) -> bool:
    """Whether the processor throttled since the look before."""
    return heat.throttles is not None and reading.throttles is not None and reading.throttles > heat.throttles


def _steps_down(heat: Heat, celsius: float, marks: Marks, now: float) -> int:
    if now - heat.lowered_at < DWELL_S:
        return 0
    if heat.is_pending or heat.thermal_at == now or celsius >= marks.hot + VERY_HOT_C:
        return 2
    return 1 if heat.hot_looks >= HOT_LOOKS else 0


def _lowered(heat: Heat, rung: int, now: float) -> Heat:
    """A step up that is taken back soon is held: it would only be tried again and again."""
    if rung <= heat.rung:
        return heat
    heat = replace(heat, rung=rung, stepped_at=now, lowered_at=now)
    if now - heat.climbed_at >= TAKEN_BACK_S:
        return replace(heat, latch_s=LATCH_S)
    return replace(heat, held_until=now + heat.latch_s, latch_s=min(2 * heat.latch_s, LONGEST_LATCH_S))


def _may_climb(heat: Heat, reading: Reading, celsius: float, now: float) -> bool:
    in_demand = reading.gpu_busy is None or reading.gpu_busy > DEMAND
    return (
        in_demand
        and not heat.is_paused
        and heat.cool_since is not None
        and now - heat.cool_since >= COOL_S
        and now - heat.stepped_at >= COOL_S
        and now - heat.thermal_at >= CLEAR_S
        and (now >= heat.held_until or celsius <= heat.climbed_c - COOLER_C)
    )

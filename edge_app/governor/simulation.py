"""A shift on a simulated machine, in seconds instead of hours.

Sensors, law, loop and clock are the real ones; kernel, heat and work are models. What comes out compares ways of
keeping one model cool. It tells nothing of a real machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.domain.stance import Stance
from edge_app.governor.actuator import GpuClock
from edge_app.governor.cards import STEP_MHZ
from edge_app.governor.fake import Demand, FakeKernel, Profile
from edge_app.governor.loop import Governor
from edge_app.governor.policy import Policy
from edge_app.governor.sensors import MachineSensors

FIXED_MHZ: Final = 1200
_REPORT_S: Final = 0.9
"""Of the GPU at its highest clock, for a report at INT8 among others in flight."""
_COMPUTE: Final = 0.35
"""Share of it that follows the clock; the rest waits for memory."""
_MEMORY: Final = {Precision.FP16: 2.0, Precision.INT8: 1.0, Precision.INT4: 0.6}
"""Bytes that a token reads, against INT8."""
_EXACT: Final = 0.15
"""Share of reports that are worth FP16 where it is allowed."""
_ALONE: Final = 0.2
"""Share of a report's time that the others in flight would save it."""
_FULL: Final = 16
_MINUTE_S: Final = 60


class Load(StrEnum):
    """How reports come in."""

    STEADY = "steady"
    """36 a minute: six tenths of what the GPU can do at INT8 and its highest clock."""
    BURSTS = "bursts"
    """250 at once every half hour, 4 a minute otherwise."""
    BACKLOG = "backlog"
    """More than a shift can do, from the start."""


class Cooling(StrEnum):
    """Who keeps the machine cool."""

    GOVERNOR = "governor"
    FIRMWARE = "firmware"
    """Nobody but the firmware, which throttles at the limit."""
    FIXED = "fixed"
    """A cap of 1.2 GHz, and the firmware."""


@dataclass(slots=True)
class Minute:
    """What is drawn: one minute of the shift."""

    temperature_c: float = 0.0
    """The highest."""
    over_s: float = 0.0
    """Seconds above the limit."""
    cap_mhz: int | None = None
    actual_mhz: float = 0.0
    precision: Precision = Precision.FP16
    duty: float = 1.0
    is_paused: bool = False
    reports: float = 0.0
    queued: int = 0
    energy_j: float = 0.0


@dataclass(slots=True)
class Shift:
    """A whole run. Energies in J, temperatures in °C."""

    profile: Profile
    ambient_c: float
    load: Load
    cooling: Cooling
    limit_c: float
    highest_mhz: int
    """Of the GPU."""
    minutes: list[Minute] = field(default_factory=list)
    cap_changes: int = 0
    most_changes_a_minute: int = 0
    arrived: int = 0
    reports: float = 0.0
    energy_j: float = 0.0
    idle_j: float = 0.0
    """What the machine would have drawn without work."""
    waited_s: float = 0.0
    """Sum over reports, queued or being worked on."""

    @property
    def hours(self) -> float:
        """Simulated."""
        return len(self.minutes) / 60

    def summary(self) -> dict[str, float | int | str]:
        """One line of the comparison."""
        done = max(self.reports, 1e-9)
        return {
            "driver": self.profile.value,
            "ambient_c": self.ambient_c,
            "load": self.load.value,
            "cooling": self.cooling.value,
            "max_temperature_c": round(max(each.temperature_c for each in self.minutes), 1),
            "minutes_over_limit": round(sum(each.over_s for each in self.minutes) / 60, 1),
            "cap_changes_per_hour": round(self.cap_changes / self.hours, 1),
            "reports": round(self.reports),
            "joules_per_report": round((self.energy_j - self.idle_j) / done, 2),
            "joules_per_report_with_idle": round(self.energy_j / done, 2),
            "mean_wait_s": round(self.waited_s / done, 1),
            "paused_minutes": sum(each.is_paused for each in self.minutes),
        }


@dataclass(slots=True)
class Work:
    """Reports that wait, and what the GPU does about them."""

    load: Load
    chance: random.Random
    waiting: float = 0.0
    arrived: int = 0

    def arrive(self, second: int) -> None:
        """What comes in within one second."""
        count = self._count(second)
        self.arrived += count
        self.waiting += count

    def _count(self, second: int) -> int:
        if self.load is Load.BACKLOG:
            return 100_000 if second == 0 else 0
        if self.load is Load.BURSTS and second % 1800 == 0:
            return 250
        rate = (36 if self.load is Load.STEADY else 4) / 60
        return sum(self.chance.random() < rate / 4 for _ in range(4))


def report_s(stance: Stance, slowdown: float) -> float:
    """GPU seconds a report: ``slowdown`` is the highest clock over the actual one."""
    exact = _EXACT if stance.ceiling is Precision.FP16 else 0.0
    plain = Precision.INT4 if stance.ceiling is Precision.INT4 else Precision.INT8
    memory = exact * _MEMORY[Precision.FP16] + (1 - exact) * _MEMORY[plain]
    together = 1 - _ALONE + _ALONE * _FULL / min(stance.concurrency, _FULL)
    return _REPORT_S * ((1 - _COMPUTE) * memory + _COMPUTE * slowdown) * together


def most_a_minute(times: Sequence[float]) -> int:
    """The most of these moments, in seconds, that lie within one minute."""
    return max((sum(0 <= at - each < _MINUTE_S for each in times) for at in times), default=0)


FREE: Final = Stance(None, Precision.FP16, _FULL, is_paused=False, duty=1.0, reason="cool: nobody governs")


class Simulation:
    """One machine, one load, one cooling."""

    def __init__(
        self,
        profile: Profile,
        ambient_c: float,
        load: Load,
        cooling: Cooling,
        state: Path,
        policy: Policy | None = None,
        seed: int = 1,
    ) -> None:
        """``state``: an empty folder, for the clock's originals."""
        self._at = 0.0
        self.kernel = FakeKernel(profile, lambda: self._at, ambient_c)
        self._work = Work(load, random.Random(seed))  # noqa: S311  a simulation repeats
        self._clock = GpuClock(self.kernel, state, sleep=lambda _: None)
        self._tick = self._ticker(cooling, policy or Policy())
        body = self.kernel.plant.body
        self._shift = Shift(profile, ambient_c, load, cooling, body.limit_c, body.rp0_mhz)
        self._changed: list[float] = []

    def run(self, hours: float, watch: Callable[[float, Stance], None] = lambda *_: None) -> Shift:
        """``watch`` is called once a simulated second, and may do things to the kernel."""
        stance = FREE
        for second in range(round(hours * 3600)):
            before, stance = stance, self._tick()
            if stance.cap_mhz != before.cap_mhz:
                self._changed.append(self._at)
            watch(self._at, stance)
            self._second(second, stance)
        return self._closed(hours)

    def _ticker(self, cooling: Cooling, policy: Policy) -> Callable[[], Stance]:
        if cooling is Cooling.GOVERNOR:
            governor = Governor(policy, MachineSensors(self.kernel), self._clock, lambda: self._at, self._queued)
            return lambda: governor.tick().stance
        limits = self._clock.limits()
        if cooling is Cooling.FIXED and limits:
            self._clock.apply(min(FIXED_MHZ, limits.highest_mhz // STEP_MHZ * STEP_MHZ))
        return lambda: FREE

    def _queued(self) -> int:
        """What waits beside the requests in flight."""
        return max(0, int(self._work.waiting) - _FULL)

    def _second(self, second: int, stance: Stance) -> None:
        """Work as much as is allowed and as there is."""
        plant, work = self.kernel.plant, self._work
        work.arrive(second)
        cost = self._report_s(stance)
        most = 0.0 if stance.is_paused else stance.duty
        busy = min(most, work.waiting * cost)
        self.kernel.demand(Demand(busy=busy))
        before = plant.package_j
        self._at += 1.0
        self.kernel.demand(Demand(busy=busy))  # lets the second pass
        done = min(work.waiting, busy / self._report_s(stance))
        work.waiting -= done
        self._note(second, stance, done, plant.package_j - before)

    def _report_s(self, stance: Stance) -> float:
        plant = self.kernel.plant
        return report_s(stance, plant.body.rp0_mhz / (plant.actual_mhz or plant.body.rp0_mhz))

    def _note(self, second: int, stance: Stance, done: float, joules: float) -> None:
        plant, shift = self.kernel.plant, self._shift
        if second % _MINUTE_S == 0:
            shift.minutes.append(Minute(plant.temperature_c))
        minute = shift.minutes[-1]
        minute.temperature_c = max(minute.temperature_c, plant.temperature_c)
        minute.over_s += plant.temperature_c > shift.limit_c
        minute.cap_mhz, minute.precision, minute.duty = stance.cap_mhz, stance.ceiling, stance.duty
        minute.actual_mhz = max(minute.actual_mhz, plant.actual_mhz)
        minute.is_paused |= stance.is_paused
        minute.reports += done
        minute.queued = int(self._work.waiting)
        minute.energy_j += joules
        shift.reports += done
        shift.energy_j += joules
        shift.waited_s += self._work.waiting

    def _closed(self, hours: float) -> Shift:
        shift = self._shift
        self._clock.restore()
        shift.arrived = self._work.arrived
        shift.cap_changes = len(self._changed)
        shift.most_changes_a_minute = most_a_minute(self._changed)
        shift.idle_j = self.kernel.plant.body.idle_w * hours * 3600
        return shift

"""A simulated body of heat: what the silicon draws at a frequency and how warm that makes it.

Nothing here is measured. The shape is physics, the numbers are illustrative for a fanless box.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

_STEP_S: Final = 0.25
_FIRMWARE_MHZ: Final = 50
"""What the firmware takes off, or gives back, in one step."""
_CALM_C: Final = 1.0
"""Below the limit by this much, the firmware gives frequency back."""


@dataclass(frozen=True, slots=True)
class Body:
    """Power in W, resistance in K/W, time constants in s. The die follows in seconds, the case in minutes."""

    rp0_mhz: int
    efficient_mhz: int
    """Below it the voltage does not fall any further."""
    gpu_w: float = 20.0
    """Of the GPU, fully busy at RP0."""
    idle_w: float = 4.0
    busy_cpu_w: float = 6.0
    """Of the processor cores while the GPU is fed."""
    power_limit_w: float = 35.0
    """PL1."""
    limit_c: float = 100.0
    """TjMax: the firmware throttles here."""
    die_k_per_w: float = 0.4
    die_s: float = 2.0
    case_k_per_w: float = 1.6
    case_s: float = 50.0

    def gpu_power(self, mhz: float, busy: float) -> float:
        """f·V(f)² with a voltage that is flat below the efficient frequency."""
        return _relative_power(mhz / self.rp0_mhz, self.efficient_mhz / self.rp0_mhz) * self.gpu_w * busy


@lru_cache(maxsize=4096)
def _relative_power(speed: float, efficient: float, least: float = 0.62) -> float:
    above = max(0.0, speed - efficient) / (1.0 - efficient)
    return float(speed * (least + (1.0 - least) * above) ** 2)


@dataclass(frozen=True, slots=True)
class Demand:
    """What runs on the machine. Shares of time from 0 to 1."""

    busy: float = 0.0
    """Of the GPU, all clients."""
    own: float | None = None
    """Of the GPU, this process's part; None: all of it."""
    cpu_w: float = 0.0
    """What other programs draw."""
    npu: float = 0.0

    @property
    def own_busy(self) -> float:
        """What fdinfo of this process counts."""
        return self.busy if self.own is None else self.own


@dataclass(slots=True)
class Plant:
    """State that moves with time. Energies in J, times in s, all since the start."""

    body: Body
    ambient_c: float = 25.0
    demand: Demand = field(default_factory=Demand)
    die_k: float = 0.0
    case_k: float = 0.0
    """How much warmer than what lies outside of them."""
    firmware_mhz: float = math.inf
    """The firmware's own limit while it is too hot."""
    actual_mhz: float = 0.0
    is_throttling: bool = False
    is_power_limited: bool = False
    throttles: int = 0
    throttled_s: float = 0.0
    package_j: float = 0.0
    gpu_j: float = 0.0
    core_j: float = 0.0
    busy_s: float = 0.0
    own_s: float = 0.0
    idle_s: float = 0.0
    npu_s: float = 0.0
    gpu_cycles: float = 0.0
    """Millions of clock cycles in which the GPU worked."""

    @property
    def temperature_c(self) -> float:
        """Of the die."""
        return self.ambient_c + self.case_k + self.die_k

    def settle(self) -> None:
        """Begin in balance with the ambient and the idle power."""
        self.die_k, self.case_k = (k * self.body.idle_w for k in (self.body.die_k_per_w, self.body.case_k_per_w))

    def advance(self, seconds: float, requested_mhz: float) -> None:
        """Let time pass at what the driver asks for."""
        while seconds > 0:
            step = min(_STEP_S, seconds)
            self._step(step, requested_mhz)
            seconds -= step

    def _step(self, step: float, requested_mhz: float) -> None:
        body, demand = self.body, self.demand
        self._throttle(step)
        core_w = body.busy_cpu_w * demand.busy + demand.cpu_w
        mhz = self._within_power(min(requested_mhz, self.firmware_mhz), core_w) if demand.busy > 0 else 0.0
        gpu_w = body.gpu_power(mhz, demand.busy)
        watts = body.idle_w + core_w + gpu_w
        self.die_k += (body.die_k_per_w * watts - self.die_k) * -math.expm1(-step / body.die_s)
        self.case_k += (body.case_k_per_w * watts - self.case_k) * -math.expm1(-step / body.case_s)
        self.actual_mhz = mhz
        self._count(step, watts, gpu_w, core_w)

    def _throttle(self, step: float) -> None:
        body, temperature = self.body, self.temperature_c
        if temperature >= body.limit_c:
            self.throttles += not self.is_throttling
            self.is_throttling = True
            here = min(self.firmware_mhz, self.actual_mhz or body.rp0_mhz)
            self.firmware_mhz = max(body.efficient_mhz / 2, here - _FIRMWARE_MHZ)
        elif temperature < body.limit_c - _CALM_C:
            self.is_throttling = False
            if self.firmware_mhz < body.rp0_mhz:
                self.firmware_mhz += _FIRMWARE_MHZ
            else:
                self.firmware_mhz = math.inf
        self.throttled_s += step * self.is_throttling

    def _within_power(self, mhz: float, core_w: float) -> float:
        """The firmware keeps the package below PL1, 50 MHz at a time."""
        left = self.body.power_limit_w - self.body.idle_w - core_w
        self.is_power_limited = False
        while mhz > self.body.efficient_mhz / 2 and self.body.gpu_power(mhz, self.demand.busy) > left:
            mhz -= _FIRMWARE_MHZ
            self.is_power_limited = True
        return mhz

    def _count(self, step: float, watts: float, gpu_w: float, core_w: float) -> None:
        demand = self.demand
        self.package_j += watts * step
        self.gpu_j += gpu_w * step
        self.core_j += core_w * step
        self.busy_s += demand.busy * step
        self.own_s += demand.own_busy * step
        self.idle_s += (1.0 - demand.busy) * step
        self.npu_s += demand.npu * step
        self.gpu_cycles += self.actual_mhz * demand.busy * step

"""amdgpu: power level, clocks and load, to be read. During a reset everything is refused with EPERM."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, failure

_LEVELS = ("auto", "low", "high", "manual", "profile_standard", "profile_min_sclk", "profile_min_mclk", "profile_peak")
_CLOCKS = (400, 800, 2200)


@dataclass(slots=True)
class AmdGpu:
    """One iGPU."""

    plant: Plant
    is_resetting: Callable[[], bool]
    level: str = "auto"

    def requested_mhz(self) -> float:
        """The level ``low`` holds the lowest clock."""
        return _CLOCKS[0] if self.level == "low" else _CLOCKS[-1]

    def files(self, device: str, hwmon: str) -> Iterator[tuple[str, File]]:
        """Everything below the PCI device and its hwmon folder."""
        yield f"{device}/power_dpm_force_performance_level", File(self._level, self._set_level, 0o644)
        yield f"{device}/pp_dpm_sclk", File(self._clocks, self._set_clock, 0o644)
        yield f"{device}/gpu_busy_percent", File(lambda: self._told(round(self.plant.demand.busy * 100)))
        yield f"{device}/mem_busy_percent", File(lambda: self._told(round(self.plant.demand.busy * 60)))
        yield f"{hwmon}/name", File(lambda: "amdgpu\n")
        yield f"{hwmon}/temp1_label", File(lambda: "edge\n")
        yield f"{hwmon}/temp1_input", File(lambda: self._told(int(self.plant.temperature_c) * 1000))
        yield f"{hwmon}/power1_average", File(lambda: self._told(round(self._watts() * 1e6)))
        yield f"{hwmon}/freq1_input", File(lambda: self._told(round(self.plant.actual_mhz) * 1_000_000))

    def _watts(self) -> float:
        return self.plant.body.gpu_power(self.plant.actual_mhz, self.plant.demand.busy)

    def _told(self, value: int) -> str:
        self._answers()
        return f"{value}\n"

    def _answers(self) -> None:
        if self.is_resetting():
            raise failure(errno.EPERM)

    def _level(self) -> str:
        self._answers()
        return f"{self.level}\n"

    def _set_level(self, text: str) -> None:
        self._answers()
        if text.strip() not in _LEVELS:
            raise failure(errno.EINVAL)
        self.level = text.strip()

    def _clocks(self) -> str:
        self._answers()
        now = min(_CLOCKS, key=lambda mhz: abs(mhz - self.plant.actual_mhz))
        return "".join(f"{at}: {mhz}Mhz{' *' if mhz == now else ''}\n" for at, mhz in enumerate(_CLOCKS))

    def _set_clock(self, text: str) -> None:
        self._answers()
        if self.level != "manual" or not text.strip().isdigit():
            raise failure(errno.EINVAL)

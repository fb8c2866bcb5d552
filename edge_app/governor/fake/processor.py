"""The processor's throttle counters and its energy preference."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, Placed, failure

_CPUS: Final = "sys/devices/system/cpu"
_PREFERENCES: Final = ("default", "performance", "balance_performance", "balance_power", "power")


@dataclass(slots=True)
class Processor:
    """Four CPUs in one package, with their energy preference."""

    plant: Plant
    is_intel: bool
    offline: set[int] = field(default_factory=lambda: {3})
    preferences: list[str] = field(default_factory=lambda: ["balance_performance"] * 4)
    governor: str = "powersave"

    def placed(self) -> Placed:
        """Throttle counters exist on Intel only."""
        for number in range(len(self.preferences)):
            yield from self._policy(number, f"{_CPUS}/cpufreq/policy{number}")
            if self.is_intel:
                yield from self._counters(number, f"{_CPUS}/cpu{number}/thermal_throttle")
        yield f"{_CPUS}/intel_pstate/status", File(lambda: "active\n", mode=0o644)

    def _policy(self, number: int, folder: str) -> Placed:
        name = "energy_performance_preference"
        yield f"{folder}/{name}", File(partial(self._preference, number), partial(self._prefer, number), 0o644)
        yield f"{folder}/energy_performance_available_preferences", File(lambda: " ".join(_PREFERENCES) + "\n")
        yield f"{folder}/scaling_governor", File(lambda: f"{self.governor}\n", mode=0o644)

    def _preference(self, number: int) -> str:
        return f"{self.preferences[number]}\n"

    def _prefer(self, number: int, text: str) -> None:
        if text.strip() not in _PREFERENCES:
            raise failure(errno.EINVAL)
        if self.governor == "performance" and text.strip() != "performance":
            raise failure(errno.EBUSY)
        self.preferences[number] = text.strip()

    def _counters(self, number: int, folder: str) -> Placed:
        for name in ("core", "package"):
            yield f"{folder}/{name}_throttle_count", File(partial(self._told, number, lambda: self.plant.throttles))
        yield (
            f"{folder}/package_throttle_total_time_ms",
            File(partial(self._told, number, lambda: int(self.plant.throttled_s * 1000))),
        )

    def _told(self, number: int, value: Callable[[], int]) -> str:
        return "" if number in self.offline else f"{value()}\n"

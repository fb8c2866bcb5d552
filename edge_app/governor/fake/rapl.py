"""Energy counters of the package and its parts."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import Final

from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, Link, Placed, failure

RANGE_UJ: Final = 262_143_328_850
"""Where a counter wraps: 2^32 - 1 units of 61 µJ."""
_ZONES: Final = ("package-0", "core", "uncore", "psys")
_POWERCAP: Final = "sys/devices/virtual/powercap/intel-rapl"


@dataclass(slots=True)
class Rapl:
    """Energy counters by zone name. ``names``: the zones that this machine has."""

    plant: Plant
    names: tuple[str, ...] = ("package-0", "core", "uncore")
    offset_uj: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ZONES, 5_000_000_000))
    """Added to what was drawn: a counter starts anywhere, and anew after sleep."""

    def energy(self, name: str) -> int:
        """Counter in µJ."""
        plant = self.plant
        joules = {"core": plant.core_j, "uncore": plant.gpu_j, "psys": plant.package_j * 1.3}
        return int(joules.get(name, plant.package_j) * 1e6 + self.offset_uj.get(name, 0)) % RANGE_UJ

    def set(self, name: str, microjoules: int) -> None:
        """From now on the counter goes on from here."""
        self.offset_uj[name] = self.offset_uj.get(name, 0) + microjoules - self.energy(name)

    def placed(self) -> Placed:
        """Zones lie in one another; the class links to each."""
        inner = 0
        for name in self.names:
            if name in {"package-0", "psys"}:
                zone, folder = ("intel-rapl:0", "intel-rapl:0") if name == "package-0" else ("intel-rapl:1",) * 2
            else:
                zone, folder = f"intel-rapl:0:{inner}", f"intel-rapl:0/intel-rapl:0:{inner}"
                inner += 1
            yield f"sys/class/powercap/{zone}", Link(f"{_POWERCAP}/{folder}")
            yield from self._zone(name, f"{_POWERCAP}/{folder}")

    def _zone(self, name: str, folder: str) -> Placed:
        yield f"{folder}/name", File(lambda: f"{name}\n")
        yield f"{folder}/energy_uj", File(lambda: f"{self.energy(name)}\n", mode=0o400)
        yield f"{folder}/max_energy_range_uj", File(lambda: f"{RANGE_UJ}\n")
        if name == "package-0":
            limit = round(self.plant.body.power_limit_w * 1e6)
            yield f"{folder}/constraint_0_name", File(lambda: "long_term\n")
            yield f"{folder}/constraint_0_power_limit_uw", File(lambda: f"{limit}\n", _locked, 0o644)


def _locked(_: str) -> None:
    """The BIOS keeps its limits."""
    raise failure(errno.ENODATA)

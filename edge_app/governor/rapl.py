"""Energy counters of the package and of its GPU: zones are known by name, never by number.

``energy_uj`` is for root alone since CVE-2020-8694: a group must be let in. Source: powercap.rst, intel_rapl_common.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from edge_app.governor.counters import Rate
from edge_app.governor.look import Look

MOST_W: Final = 500.0
"""More than any line PC draws: a counter that rises faster began anew."""
_LARGEST: Final = 2**63 - 1
_TOP: Final = re.compile(r"sys/class/powercap/intel-rapl:\d+")
_PART: Final = re.compile(r"sys/class/powercap/intel-rapl:\d+:\d+")


@dataclass(frozen=True, slots=True)
class Zone:
    """One counter in µJ."""

    path: str
    span: int
    """Where it wraps."""

    def read(self, look: Look) -> int | None:
        """As it stands. Some newer parts have an ``uncore`` that is always 0: that is no counter."""
        return look.number(self.path, 0, _LARGEST) or None

    def rate(self) -> Rate:
        """µJ a second."""
        return Rate(MOST_W * 1e6, self.span)


@dataclass(frozen=True, slots=True)
class Zones:
    """None: this machine does not have it."""

    package: Zone | None = None
    gpu: Zone | None = None
    """``uncore``: PP1, the integrated GPU."""


def find_zones(look: Look) -> Zones:
    """Of the first package. The same package behind ``intel-rapl-mmio`` is not counted twice."""
    named = {path.removesuffix("/name"): look.text(path) for path in look.find("sys/class/powercap/intel-rapl:*/name")}
    packages = [path for path, name in named.items() if _TOP.fullmatch(path) and (name or "").startswith("package-")]
    parts = [path for path, name in named.items() if _PART.fullmatch(path) and name == "uncore"]
    return Zones(_zone(look, packages), _zone(look, parts))


def _zone(look: Look, paths: list[str]) -> Zone | None:
    if not paths:
        return None
    span = look.number(f"{paths[0]}/max_energy_range_uj", 1, _LARGEST)
    return None if span is None else Zone(f"{paths[0]}/energy_uj", span)

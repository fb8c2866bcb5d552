"""How warm the package is: the die's own sensor by its chip's name, thermal zones when there is none.

``acpitz`` often never moves and is not taken. Trip points of ``x86_pkg_temp`` are notifications, not limits: the limit
is ``temp1_crit`` of coretemp. Sources: coretemp.rst, k10temp.rst, x86_pkg_temp_thermal.c of the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_app.governor.look import Look
from edge_app.governor.policy import LEAST_LIMIT_C, MOST_C

_LEAST: Final = -40_000
_MOST: Final = round(MOST_C * 1000)
"""m°C beyond which a sensor is broken."""
_LEAST_LIMIT: Final = round(LEAST_LIMIT_C * 1000)
_CHIPS: Final = {"coretemp": ("Package id", "Physical id"), "k10temp": ("Tdie", "Tctl"), "zenpower": ("Tdie", "Tctl")}
"""By chip: the beginnings of labels that mean the whole package, the better one first."""
_ZONES: Final = ("x86_pkg_temp", "TCPU")
"""Types of thermal zones that measure the package, the better one first."""


@dataclass(frozen=True, slots=True)
class Thermometer:
    """Files to read, best first: all of one entry are read, the warmest counts; the next entry stands in."""

    inputs: tuple[tuple[str, ...], ...] = ()
    limit: str = ""


def find_thermometer(look: Look) -> Thermometer:
    """What this machine has."""
    chips = [found for name in _CHIPS for found in _chip(look, name)]
    zones = [(f"{path}/temp",) for kind in _ZONES for path in _zones(look, kind)]
    limits = [path for files in chips for path in look.find(files[0].replace("_input", "_crit"))]
    return Thermometer((*chips, *zones), limits[0] if limits else "")


def read_package(look: Look, thermometer: Thermometer) -> float | None:
    """°C of the package. What reads as zero, impossible or not at all is a failure, and the next sensor is asked."""
    for files in thermometer.inputs:
        found = [celsius for path in files if (celsius := _celsius(look, path)) is not None]
        if found:
            return max(found)
    if not thermometer.inputs:
        look.fail("temperature", "no sensor of the package")
    return None


def read_limit(look: Look, thermometer: Thermometer) -> float | None:
    """TjMax in °C; None where the chip does not tell it."""
    if not thermometer.limit:
        return None
    millidegrees = look.number(thermometer.limit, _LEAST_LIMIT, _MOST)
    return None if millidegrees is None else millidegrees / 1000


def _celsius(look: Look, path: str) -> float | None:
    millidegrees = look.number(path, _LEAST, _MOST)
    if millidegrees == 0:
        look.fail(path, "exactly 0 °C")
    return millidegrees / 1000 if millidegrees else None


def _chip(look: Look, name: str) -> list[tuple[str, ...]]:
    """The package's inputs of every chip of that name; one for each package."""
    folders = [path.removesuffix("/name") for path in look.find("sys/class/hwmon/*/name") if look.text(path) == name]
    labels = {path: look.text(path) or "" for folder in folders for path in look.find(f"{folder}/temp*_label")}
    for beginning in _CHIPS[name]:
        files = tuple(path.replace("_label", "_input") for path, label in labels.items() if label.startswith(beginning))
        if files:
            return [files]
    return []


def _zones(look: Look, kind: str) -> list[str]:
    types = look.find("sys/class/thermal/thermal_zone*/type")
    return [path.removesuffix("/type") for path in types if look.text(path) == kind]

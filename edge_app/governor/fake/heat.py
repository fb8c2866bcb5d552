"""Temperature sensors: chips of hwmon and thermal zones, the useless ones too."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial

from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, Link, Placed, failure


def hwmon(number: int, device: str, files: dict[str, Callable[[], str]]) -> Placed:
    """One chip; its number is not the same on every boot."""
    folder = f"{device}/hwmon/hwmon{number}"
    yield f"sys/class/hwmon/hwmon{number}", Link(folder)
    yield from ((f"{folder}/{name}", File(read)) for name, read in files.items())


def coretemp(plant: Plant, number: int = 4) -> Placed:
    """Intel's die sensor: whole degrees."""
    limit = f"{round(plant.body.limit_c * 1000)}\n"
    files: dict[str, Callable[[], str]] = {
        "name": lambda: "coretemp\n",
        "temp1_label": lambda: "Package id 0\n",
        "temp1_input": partial(_millidegrees, plant),
        "temp1_max": lambda: limit,
        "temp1_crit": lambda: limit,
        "temp1_crit_alarm": lambda: "0\n",
        "temp2_label": lambda: "Core 0\n",
        "temp2_input": partial(_millidegrees, plant),
    }
    return hwmon(number, "sys/devices/platform/coretemp.0", files)


def k10temp(plant: Plant, number: int = 2) -> Placed:
    """AMD's control temperature; no limit is told."""
    files: dict[str, Callable[[], str]] = {
        "name": lambda: "k10temp\n",
        "temp1_label": lambda: "Tctl\n",
        "temp1_input": partial(_millidegrees, plant),
    }
    return hwmon(number, "sys/devices/pci0000:00/0000:00:18.3", files)


def disk_sensor() -> Placed:
    """Another chip, colder than the die."""
    files: dict[str, Callable[[], str]] = {"name": lambda: "nvme\n", "temp1_input": lambda: "38850\n"}
    return hwmon(0, "sys/devices/pci0000:00/0000:00:06.0/nvme/nvme0", files)


def _millidegrees(plant: Plant) -> str:
    return f"{int(plant.temperature_c) * 1000}\n"


def zones(plant: Plant, *, is_intel: bool) -> Placed:
    """Acpitz never moves; the radio's zone fails while it is down; the package's trip points are unset."""
    found: list[tuple[str, Callable[[], str]]] = [("acpitz", lambda: "27800\n"), ("iwlwifi_1", _down)]
    if is_intel:
        found += [("x86_pkg_temp", partial(_millidegrees, plant)), ("INT3400 Thermal", lambda: "20000\n")]
    for number, (kind, read) in enumerate(found):
        folder = f"sys/devices/virtual/thermal/thermal_zone{number}"
        yield f"sys/class/thermal/thermal_zone{number}", Link(folder)
        yield f"{folder}/type", File(partial(_line, kind))
        yield f"{folder}/temp", File(read)
        if kind == "x86_pkg_temp":
            yield f"{folder}/trip_point_0_temp", File(lambda: "-274000\n", mode=0o644)
            yield f"{folder}/trip_point_0_type", File(lambda: "passive\n")


def _line(text: str) -> str:
    return f"{text}\n"


def _down() -> str:
    raise failure(errno.ENODATA)

"""A machine's sensor files as one readable text, so that a machine in the field becomes a test.

One entry a line, all paths relative to the root:

    0644 sys/devices/…/gt_max_freq_mhz 1300
    0400 sys/devices/…/energy_uj !EACCES
    0444 proc/meminfo MemTotal: 16000000 kB
    <tab>MemAvailable: 11000000 kB
    link sys/class/drm/card1 ../../devices/pci0000:00/0000:00:02.0/drm/card1
    dir sys/bus/pci/drivers/i915

``#`` begins a remark; ``!`` stands before the error of a file that could not be read. Nothing is written to the
machine; neither serial numbers nor names of it or its users are taken.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_app.governor.look import cause
from edge_app.governor.sysfs import KernelFiles

_CARD: Final = "sys/class/drm/card[0-9]*"
_CPU: Final = "sys/devices/system/cpu"
PATTERNS: Final = (
    "proc/meminfo",
    "proc/pressure/memory",
    "proc/sys/kernel/osrelease",
    "sys/class/drm/renderD*",
    _CARD,
    *(f"{_CARD}/{name}" for name in ("gt_*_mhz", "power/rc6_residency_ms", "gt/gt*/*", "gt/gt*/.defaults/*")),
    *(f"{_CARD}/device/{name}" for name in ("driver", "vendor", "device", "*_busy_percent", "pp_dpm_sclk")),
    *(f"{_CARD}/device/tile*/gt*/{name}" for name in ("freq0/*", "freq0/throttle/*", "gtidle/*")),
    f"{_CARD}/device/power_dpm_force_performance_level",
    *(
        f"sys/class/hwmon/hwmon*/{name}"
        for name in ("name", "temp*_*", "power*_average", "power*_input", "freq*_input")
    ),
    *(f"sys/class/thermal/thermal_zone*/{name}" for name in ("type", "temp", "mode", "policy", "trip_point_*")),
    *(f"sys/class/powercap/intel-rapl*/{name}" for name in ("name", "energy_uj", "max_energy*", "enabled")),
    "sys/class/powercap/intel-rapl*/constraint_*",
    "sys/class/accel/accel*/device/npu_*",
    f"{_CPU}/cpu[0-9]*/thermal_throttle/*",
    *(f"{_CPU}/cpufreq/policy*/{name}" for name in ("energy_performance_*", "scaling_governor", "scaling_*_freq")),
    f"{_CPU}/intel_pstate/*",
    "sys/firmware/acpi/platform_profile*",
)
"""All that is looked at."""


def collect(root: Path = Path("/")) -> str:
    """The text of a machine: what can be read is read once, what cannot is written down with its error."""
    entries: dict[str, str] = {}
    for pattern in PATTERNS:
        for path in KernelFiles(root).glob(pattern):
            for place, line in _trail(root, path):
                entries.setdefault(place, line)
    return "".join(f"{line}\n" for _, line in sorted(entries.items()))


def lay_out(text: str, root: Path) -> None:
    """The files, links and modes of a text below ``root``. What could not be read is empty."""
    lines = [line for line in text.replace("\n\t", "\0").split("\n") if line and not line.startswith("#")]
    for entry in lines:
        kind, path, *rest = entry.split(" ", 2)
        content = rest[0].replace("\0", "\n") if rest else ""
        place = root / path
        (place if kind == "dir" else place.parent).mkdir(parents=True, exist_ok=True)
        if kind == "link":
            place.symlink_to(content)
        elif kind != "dir":
            place.write_text("" if content.startswith("!") else f"{content}\n", encoding="utf-8")
            place.chmod(int(kind, 8))


def _trail(root: Path, path: str) -> Iterator[tuple[str, str]]:
    """The links on the way to a file, then the file or folder behind them. What vanished meanwhile is left out."""
    left, real = path.split("/"), ""
    while left:
        real = f"{real}/{left.pop(0)}".lstrip("/")
        if (root / real).is_symlink():
            target = os.readlink(root / real)  # noqa: PTH115  the text as it is
            yield real, f"link {real} {target}"
            if target.startswith("/"):
                return
            left, real = [*os.path.normpath(f"{real}/../{target}").split("/"), *left], ""
    yield from _entry(root, real)


def _entry(root: Path, path: str) -> Iterator[tuple[str, str]]:
    try:
        mode = (root / path).stat().st_mode
    except OSError:
        return
    if stat.S_ISDIR(mode):
        yield path, f"dir {path}"
    else:
        yield path, f"{stat.S_IMODE(mode):04o} {path} {_content(root, path)}".rstrip()


def _content(root: Path, path: str) -> str:
    try:
        return KernelFiles(root).read_text(path).replace("\n", "\n\t")
    except OSError as error:
        return f"!{cause(error)}"

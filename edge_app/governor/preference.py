"""What the CPU prefers, speed or power (EPP). The package's power budget is shared, so less CPU leaves more GPU.

Off unless asked for: power-profiles-daemon or the administrator own this setting. Source: ``intel_pstate.rst``.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from contextlib import suppress

from edge_app.governor.sysfs import SysFs

_FOLDER = "sys/devices/system/cpu/cpufreq"
_FILE = "energy_performance_preference"
_CHOICES = "energy_performance_available_preferences"


def preference_files(kernel: SysFs) -> dict[str, str]:
    """Path by policy; empty where the processor knows no preference. Raises OSError."""
    return {path.split("/")[-2]: path for path in kernel.glob(f"{_FOLDER}/policy*/{_FILE}")}


def read_preferences(kernel: SysFs) -> dict[str, str]:
    """By policy, for those that can be read."""
    found = {}
    with suppress(OSError):
        for policy, path in preference_files(kernel).items():
            with suppress(OSError):  # the CPU is offline
                found[policy] = kernel.read_text(path)
    return found


def put_preferences(kernel: SysFs, wanted: Mapping[str, str]) -> list[OSError]:
    """Write what differs, only to policies that are there and only what their list of choices holds."""
    if not wanted:
        return []
    try:
        files = preference_files(kernel)
    except OSError as error:
        return [error]
    errors = []
    for policy in sorted(files.keys() & wanted.keys()):
        try:
            _put(kernel, files[policy], wanted[policy])
        except OSError as error:
            errors.append(OSError(error.errno, error.strerror, files[policy]))
    return errors


def _put(kernel: SysFs, path: str, wanted: str) -> None:
    if kernel.read_text(path) == wanted:
        return
    if wanted not in kernel.read_text(path.replace(_FILE, _CHOICES)).split():
        raise OSError(errno.EINVAL, "not among the choices")
    kernel.write_text(path, wanted)

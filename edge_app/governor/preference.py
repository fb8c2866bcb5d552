"""What the CPU prefers, speed or power (EPP). The package's power budget is shared, so less CPU leaves more GPU.

Off unless asked for: power-profiles-daemon or the administrator own this setting. Source: ``intel_pstate.rst``.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping

from edge_app.governor.sysfs import SysFs

_FOLDER = "sys/devices/system/cpu/cpufreq"
_FILE = "energy_performance_preference"
_CHOICES = "energy_performance_available_preferences"


def preference_files(kernel: SysFs) -> dict[str, str]:
    """Path by policy; empty where the processor knows no preference."""
    return {path.split("/")[-2]: path for path in kernel.glob(f"{_FOLDER}/policy*/{_FILE}")}


def read_preferences(kernel: SysFs) -> dict[str, str]:
    """By policy, for those that can be read."""
    found = {}
    for policy, path in preference_files(kernel).items():
        try:
            found[policy] = kernel.read_text(path)
        except OSError:  # the CPU is offline
            continue
    return found


def put_preferences(kernel: SysFs, wanted: Mapping[str, str]) -> list[OSError]:
    """Write what differs, only to policies that are there and only what their list of choices holds."""
    errors: list[OSError] = []
    for policy, path in preference_files(kernel).items():
        if policy not in wanted:
            continue
        try:
            _put(kernel, path, wanted[policy])
        except OSError as error:
            errors.append(OSError(error.errno, error.strerror, path))
    return errors


def _put(kernel: SysFs, path: str, wanted: str) -> None:
    if kernel.read_text(path) == wanted:
        return
    if wanted not in kernel.read_text(path.replace(_FILE, _CHOICES)).split():
        raise OSError(errno.EINVAL, "not among the choices")
    kernel.write_text(path, wanted)

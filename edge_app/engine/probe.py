"""What OpenVINO sees of this machine's devices, asked in a child: a broken driver takes only that down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

LIMIT_S: Final = 60.0
_FACTS: Final = {"name": "FULL_DEVICE_NAME", "max_allocation": "GPU_DEVICE_MAX_ALLOC_MEM_SIZE"}
_SCRIPT: Final = f"""
import json, openvino
core = openvino.Core()
def ask(device, name):
    try:
        return core.get_property(device, name)
    except Exception:
        return None
facts = {_FACTS!r}
devices = core.available_devices
print(json.dumps([{{"device": d}} | {{key: ask(d, name) for key, name in facts.items()}} for d in devices]))
"""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device of OpenVINO."""

    device: str
    """``CPU``, ``GPU.0``."""
    name: str = ""
    max_allocation: int | None = None
    """Bytes of the largest single buffer; None where no limit is told."""


def probe_devices() -> tuple[DeviceFacts, ...]:
    """Every device that OpenVINO can use; none when asking fails, which the load will explain better."""
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter
            [sys.executable, "-c", _SCRIPT],
            capture_output=True,
            timeout=LIMIT_S,
            check=True,
            env=os.environ | {"CI": "true"},  # importing it reports to its maker, but not from build servers
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()
    return tuple(DeviceFacts(each["device"], each["name"] or "", each["max_allocation"]) for each in found)

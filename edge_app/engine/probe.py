"""What OpenVINO or torch sees of this machine's devices, asked in a child: a broken driver takes only that down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from edge_app.domain.machine import Memory

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

_CARD_SCRIPT: Final = """
import json, sys, torch
number = int(sys.argv[1])
free, total = torch.cuda.mem_get_info(number)
print(json.dumps({"name": torch.cuda.get_device_name(number), "free": free, "total": total}))
"""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device of OpenVINO, or a card that torch drives."""

    device: str
    """``CPU``, ``GPU.0``, ``torch:cuda``."""
    name: str = ""
    max_allocation: int | None = None
    """Bytes of the largest single buffer; None where no limit is told."""
    memory: Memory | None = None
    """Its own; None where it shares the machine's."""


def probe_devices() -> tuple[DeviceFacts, ...]:
    """Every device that OpenVINO can use; none when asking fails, which the load will explain better."""
    found = _asked(_SCRIPT) or []
    return tuple(DeviceFacts(each["device"], each["name"] or "", each["max_allocation"]) for each in found)


def probe_card(device: str) -> tuple[DeviceFacts, ...]:
    """The memory of ``torch:cuda``, or ``torch:cuda:1``; none when asking fails, which the load will explain better."""
    number = device.split(":")[2:] or ["0"]
    found = _asked(_CARD_SCRIPT, *number)
    return (DeviceFacts(device, found["name"], memory=Memory(found["total"], found["free"])),) if found else ()


def _asked(script: str, *arguments: str) -> Any:
    """What the script prints; None when it fails."""
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter
            [sys.executable, "-c", script, *arguments],
            capture_output=True,
            timeout=LIMIT_S,
            check=True,
            env=os.environ | {"CI": "true"},  # importing OpenVINO reports to its maker, but not from build servers
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None

"""How much memory is left, and how much the machine stalls for it.

Sources: proc.rst, psi.rst, cgroup-v2.rst of the kernel.
"""

from __future__ import annotations

import re
from typing import Final

from edge_app.governor.look import Look

_AVAILABLE: Final = re.compile(r"^MemAvailable:\s+(\d{1,15}) kB$", re.MULTILINE)
_SOME: Final = re.compile(r"^some avg10=(100\.00|\d{1,2}\.\d\d) ", re.MULTILINE)
_INACTIVE: Final = re.compile(r"^inactive_file (\d{1,19})$", re.MULTILINE)
_LARGEST: Final = 2**63 - 1
_TOP: Final = "sys/fs/cgroup"


def read_available(look: Look) -> int | None:
    """Bytes that can be taken without swapping, and without breaking a limit of the own cgroup."""
    kilobytes = _matched(look, "proc/meminfo", _AVAILABLE)
    return None if kilobytes is None else min([int(kilobytes) * 1024, *_room(look)])


def read_pressure(look: Look) -> float | None:
    """Percent of the last 10 s in which some task waited for memory."""
    percent = _matched(look, "proc/pressure/memory", _SOME)
    return None if percent is None else float(percent)


def _matched(look: Look, path: str, pattern: re.Pattern[str]) -> str | None:
    text = look.text(path)
    if text is None:
        return None
    if match := pattern.search(text):
        return match[1]
    look.fail(path, f"not in the form {pattern.pattern}")
    return None


def _room(look: Look) -> list[int]:
    """What each cgroup above this process still allows; only those with a limit."""
    try:
        lines = look.kernel.read_text("proc/self/cgroup").splitlines()
    except OSError:  # not every system has it; a limit that is not told is none
        return []
    folder = next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")
    room = []
    while folder:
        room += _left(look, f"{_TOP}/{folder}")
        folder = folder.rpartition("/")[0]
    return room


def _left(look: Look, folder: str) -> list[int]:
    limits = [text for path in look.find(f"{folder}/memory.max") if (text := look.text(path)) and text.isdecimal()]
    if not limits:
        return []
    used = look.number(f"{folder}/memory.current", 0, _LARGEST) or 0
    match = _INACTIVE.search(look.text(f"{folder}/memory.stat") or "")
    return [max(0, int(limits[0]) - max(0, used - (int(match[1]) if match else 0)))]

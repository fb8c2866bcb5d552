"""The most memory that a piece of work held."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SELF: Final = Path("/proc/self")
_RESET: Final = "5"
"""For ``clear_refs``: forget the highest resident size so far (proc(5))."""


@dataclass(slots=True)
class Peak:
    """Filled when the work ends."""

    mb: int = 0
    """Resident memory of this process at its highest, mapped files included; of its whole life where the
    kernel does not forget."""


@contextmanager
def watched(process: Path = _SELF) -> Iterator[Peak]:
    """Measure what runs inside."""
    peak = Peak()
    with suppress(OSError):
        (process / "clear_refs").write_text(_RESET, encoding="ascii")
    try:
        yield peak
    finally:
        peak.mb = _high_water_mb(process)


def _high_water_mb(process: Path) -> int:
    with suppress(OSError):
        for line in (process / "status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

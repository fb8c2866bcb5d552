"""Whether firmware slows the machine down already: live bits of the GPU, counters of the CPUs.

Sources: intel_gt_sysfs_pm.c (i915), xe_gt_throttle.c, therm_throt.c of the kernel.
"""

from __future__ import annotations

from typing import Final

from edge_app.governor.cards import Card
from edge_app.governor.look import Look

REASONS: Final = frozenset({"thermal", "prochot", "ratl", "vr_thermalert", "vr_tdc", "pl1", "pl2", "pl4"})
_MOST_EVENTS: Final = 2**63 - 1
_BIT: Final = {"i915": "throttle_reason_", "xe": "throttle/reason_"}


def find_reasons(look: Look, card: Card | None) -> tuple[str, ...]:
    """Files that tell the GPU's reasons: the one list of newer xe, else a bit a file. Empty: not told."""
    if card is None or not card.gts or card.driver not in _BIT:
        return ()
    folder = card.gts[0].folder
    return tuple(look.find(f"{folder}/throttle/reasons") or look.find(f"{folder}/{_BIT[card.driver]}*"))


def read_reasons(look: Look, paths: tuple[str, ...]) -> frozenset[str]:
    """What is set now. Short events between two looks are not seen."""
    found: set[str] = set()
    for path in paths:
        name = path.rpartition("reason_")[2]
        if path.endswith("/reasons"):
            found |= set((look.text(path) or "").split())
        elif name in REASONS and look.number(path, 0, 1):
            found.add(name)
    return frozenset(found & REASONS)


def find_throttles(look: Look) -> tuple[str, ...]:
    """Counters of package throttling, one a CPU."""
    return tuple(look.find("sys/devices/system/cpu/cpu*/thermal_throttle/package_throttle_count"))


def read_throttles(look: Look, paths: tuple[str, ...]) -> dict[str, int]:
    """Events by CPU. A CPU that is offline reads as nothing, and is left out."""
    told = {path: look.text(path) for path in paths}
    return {path: int(text) for path, text in told.items() if text and text.isdecimal() and int(text) <= _MOST_EVENTS}

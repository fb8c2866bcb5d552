"""The caps between which the law chooses."""

from __future__ import annotations

import math
from typing import Final

from edge_app.governor.cards import STEP_MHZ
from edge_app.governor.ports import Limits

_RUNGS: Final = 6


def ladder(limits: Limits, floor_share: float) -> tuple[int, ...]:
    """About six caps in MHz, the highest first. The first stands for the GPU's own range and is never written."""
    top = min(limits.own_mhz or limits.highest_mhz, limits.highest_mhz)
    floor = max(limits.lowest_mhz, limits.efficient_mhz or 0, floor_share * limits.highest_mhz)
    lowest = math.ceil(floor / STEP_MHZ) * STEP_MHZ
    step = max(1, math.ceil((top - lowest) / (_RUNGS - 1) / STEP_MHZ)) * STEP_MHZ
    below = [mhz for mhz in range(lowest, math.ceil(top), step) if mhz < top]
    return (top, *reversed(below))


def rung_at(rungs: tuple[int, ...], mhz: float) -> int:
    """The highest rung that does not exceed ``mhz``; the floor where none is as low."""
    return next((number for number, each in enumerate(rungs) if each <= mhz), len(rungs) - 1)

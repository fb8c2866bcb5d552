"""What a request drew, and how far that is measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EnergyQuality(StrEnum):
    """Best first; a request is as good as the worst moment of it."""

    RAPL_UNCORE = "rapl-uncore"
    """The counter of the integrated GPU alone."""
    RAPL_PACKAGE = "rapl-package"
    """The counter of the whole package: other programs are in it, above what is drawn idle."""
    ESTIMATED = "estimated"
    """From a power that was measured another day, or before it was known what the machine draws idle."""
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Energy:
    """``joules`` above what the machine draws idle; None when unavailable."""

    joules: float | None
    quality: EnergyQuality


NOT_MEASURED = Energy(None, EnergyQuality.UNAVAILABLE)

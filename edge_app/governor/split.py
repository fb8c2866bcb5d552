"""Which request drew what: the energy of each moment is split over those that ran in it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from edge_app.domain.energy import NOT_MEASURED, Energy, EnergyQuality

_ORDER: Final = tuple(EnergyQuality)
_NEW: Final = 0.2
"""Weight of the newest request in the expected pace."""


@dataclass(slots=True)
class _Running:
    seconds: float = 0.0
    worst: int = -1
    """Place in the order of qualities; -1: no moment yet."""


class Split:
    """Moments with the same requests are one pot. Who ends takes its share, the last one takes what is left.

    A share is by pace: tokens, as weighted, a second. The pace of who still runs is not known yet: it is expected to be
    that of requests before. Shares of a pot never add up to more than was put in.
    """

    def __init__(self) -> None:
        self._running: dict[str, _Running] = {}
        self._pots: defaultdict[frozenset[str], float] = defaultdict(float)
        self._pace: float | None = None

    @property
    def is_idle(self) -> bool:
        """Nothing runs."""
        return not self._running

    def start(self, name: str) -> None:
        """A request runs from now on. One that is started again begins anew; what it drew before is not told."""
        self.finish(name, 0.0)
        self._running[name] = _Running()

    def add(self, seconds: float, joules: float, quality: EnergyQuality) -> None:
        """A moment passed. Idle, it is nobody's. ``joules`` may be less than none; what a request drew is not."""
        for running in self._running.values():
            running.seconds += seconds
            running.worst = max(running.worst, _ORDER.index(quality))
        if self._running:
            self._pots[frozenset(self._running)] += joules

    def finish(self, name: str, weight: float) -> Energy:
        """What the request drew. ``weight``: its tokens, each as heavy as it is dear. Not measured if unknown."""
        running = self._running.pop(name, None)
        if running is None:
            return NOT_MEASURED
        pace = weight / running.seconds if running.seconds > 0 else 0.0
        joules = sum(self._take(names, name, pace) for names in list(self._pots) if name in names)
        if pace > 0:
            self._pace = pace if self._pace is None else self._pace + _NEW * (pace - self._pace)
        quality = _ORDER[running.worst]
        return NOT_MEASURED if quality is EnergyQuality.UNAVAILABLE else Energy(max(0.0, joules), quality)

    def _take(self, names: frozenset[str], name: str, pace: float) -> float:
        joules = self._pots.pop(names)
        others = names - {name}
        if not others:
            return joules
        everyone = pace + len(others) * (pace if self._pace is None else self._pace)
        share = joules * (pace / everyone if everyone > 0 else 1 / len(names))
        self._pots[others] += joules - share
        return share

"""Joules of each request from the counters of the package. Nothing here raises: what is not measured is said to be so.

A counter is read when a request starts, when it ends, and now and then between, so that no wrap is missed. What the
machine draws idle is taken off: the 10th percentile of its idle power, as other programs only ever add to it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from edge_app.domain.energy import Energy, EnergyQuality
from edge_app.domain.inference import Usage
from edge_app.governor.counters import Rate
from edge_app.governor.look import Look
from edge_app.governor.rapl import Zone, find_zones
from edge_app.governor.split import Split
from edge_app.governor.sysfs import SysFs

PREFILL_COST: Final = 0.05
"""What a token of a prompt draws against one that is generated; a prompt is read many tokens at a time. An assumption,
for machines on which it was not measured."""
SAMPLE_S: Final = 5.0
_SHORTEST_IDLE_S: Final = 0.5
"""Shorter idle moments say little of the power: the counter moves in milliseconds."""
_SEARCH_S: Final = 60.0


@dataclass(slots=True)
class Baseline:
    """What the machine draws idle, in W."""

    watts: deque[float] = field(default_factory=lambda: deque(maxlen=600))

    def add(self, seconds: float, watts: float) -> None:
        """An idle moment."""
        if seconds >= _SHORTEST_IDLE_S:
            self.watts.append(watts)

    def value(self) -> float | None:
        """10th percentile of what was seen; None before anything was."""
        return sorted(self.watts)[len(self.watts) // 10] if self.watts else None


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter that can be read, and what its energy is worth."""

    zone: Zone
    quality: EnergyQuality
    rate: Rate


def find_counter(look: Look, device: str) -> Counter | None:
    """The GPU's own for work on the GPU, else the package's; None when neither can be read."""
    zones = find_zones(look)
    gpu = zones.gpu if device.startswith("GPU") else None
    for zone, quality in ((gpu, EnergyQuality.RAPL_UNCORE), (zones.package, EnergyQuality.RAPL_PACKAGE)):
        if zone and zone.read(look) is not None:
            return Counter(zone, quality, zone.rate())
    return None


class EnergyMeter:
    """Call ``started`` before a request is sent and ``finished`` once for each, whatever came of it. Thread-safe.

    ``device``: OpenVINO's name of where the model runs. ``estimated_w``: power above idle while it works, for machines
    without a counter that can be read; None: their energy is unavailable.
    """

    def __init__(
        self,
        kernel: SysFs,
        device: str,
        now: Callable[[], float],
        *,
        prefill_cost: float = PREFILL_COST,
        estimated_w: float | None = None,
    ) -> None:
        self._kernel = kernel
        self._device = device
        self._now = now
        self._prefill_cost = prefill_cost
        self._estimated_w = estimated_w
        self._lock = threading.Lock()
        self._split = Split()
        self._baseline = Baseline()
        self._counter: Counter | None = None
        self._searched: float | None = None
        self._at = now()
        self.sample()

    @property
    def idle_w(self) -> float | None:
        """What the counter rises by when nothing runs; None before it was seen idle."""
        return self._baseline.value()

    def started(self, request_id: str) -> None:
        """The request is sent now."""
        with self._lock:
            self._pass_time()
            self._split.start(request_id)

    def finished(self, request_id: str, usage: Usage) -> Energy:
        """The request ended now, with an answer or without."""
        read = max(0, usage.input_tokens - (usage.cached_tokens or 0))
        with self._lock:
            self._pass_time()
            return self._split.finish(request_id, usage.output_tokens + self._prefill_cost * read)

    def sample(self) -> None:
        """Look at the counter, at least once a minute."""
        with self._lock:
            self._pass_time()

    def _pass_time(self) -> None:
        now = self._now()
        seconds, self._at = now - self._at, now
        watts = self._watts(now)
        if seconds <= 0:
            return
        if self._split.is_idle and watts is not None:
            self._baseline.add(seconds, watts)
        self._split.add(seconds, *self._moment(seconds, watts))

    def _watts(self, now: float) -> float | None:
        """Mean power since the last look at the counter."""
        look = Look(self._kernel)
        if self._counter is None and (self._searched is None or now - self._searched >= _SEARCH_S):
            self._counter, self._searched = find_counter(look, self._device), now
        if self._counter is None:
            return None
        microjoules = self._counter.rate.per_second(now, self._counter.zone.read(look))
        return None if microjoules is None else microjoules / 1e6

    def _moment(self, seconds: float, watts: float | None) -> tuple[float, EnergyQuality]:
        """Joules above idle, and how far they are measured. Less than none in a moment that draws less than idle."""
        idle = self._baseline.value()
        if watts is not None and self._counter is not None:
            quality = EnergyQuality.ESTIMATED if idle is None else self._counter.quality
            return (watts - (idle or 0.0)) * seconds, quality
        if self._estimated_w is not None:
            return self._estimated_w * seconds, EnergyQuality.ESTIMATED
        return 0.0, EnergyQuality.UNAVAILABLE


class Sampler:
    """A thread that looks at the counter every now and then. ``wait`` pauses, and tells whether to stop."""

    def __init__(
        self, sample: Callable[[], None], every_s: float = SAMPLE_S, wait: Callable[[float], bool] | None = None
    ) -> None:
        self._sample = sample
        self._every_s = every_s
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._thread = threading.Thread(target=self._run, name="energy", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set() and not self._wait(self._every_s):
            self._sample()

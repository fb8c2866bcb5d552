"""One meter for each kind of device, since a model may leave the GPU for the CPU while it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable

from edge_app.domain.energy import NOT_MEASURED, Energy
from edge_app.domain.inference import Usage
from edge_app.governor.energy import EnergyMeter


class Meters:
    """Each request is measured by the meter of the device that it was sent to. Thread-safe."""

    def __init__(self, make: Callable[[str], EnergyMeter], device: str) -> None:
        """``device``: where the model runs now; its meter begins to learn what the machine draws idle."""
        self._make = make
        self._lock = threading.Lock()
        self._meters: dict[str, EnergyMeter] = {}
        self._open: dict[str, EnergyMeter] = {}
        self._of(device)

    def started(self, request_id: str, device: str) -> None:
        """The request is sent now, to a device by OpenVINO's name."""
        with self._lock:
            meter = self._open[request_id] = self._of(device)
        meter.started(request_id)

    def finished(self, request_id: str, usage: Usage) -> Energy:
        """The request ended now, with an answer or without."""
        with self._lock:
            meter = self._open.pop(request_id, None)
        return meter.finished(request_id, usage) if meter else NOT_MEASURED

    def sample(self) -> None:
        """Look at the counters, at least once a minute."""
        with self._lock:
            meters = [*self._meters.values()]
        for meter in meters:
            meter.sample()

    def _of(self, device: str) -> EnergyMeter:
        kind = "GPU" if device.startswith("GPU") else "CPU"
        if kind not in self._meters:
            self._meters[kind] = self._make(kind)
        return self._meters[kind]

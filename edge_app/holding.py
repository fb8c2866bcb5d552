"""Jobs wait in the ledger while nobody could answer them, rather than past their deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from edge_app.build import App
from edge_app.governor.loop import Told

Hold = Callable[[float], None]
"""Have the workers take no job for so many seconds; 0: go on."""


class Holds:
    """Several causes hold the same workers, who go on when none of them does. Thread-safe."""

    def __init__(self, hold: Hold, now: Callable[[], float] = time.monotonic) -> None:
        self._hold, self._now = hold, now
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, cause: str, seconds: float) -> None:
        """From now on this long for this cause; 0: no longer for it."""
        with self._lock:
            now = self._now()
            self._until[cause] = now + seconds
            self._hold(max(0.0, *(until - now for until in self._until.values())))


def wait_in_ledger(app: App, hold: Hold) -> None:
    """Hold the workers while the machine is too hot for the model, and while its precisions are exchanged.

    For heat no longer than one deadline a pause: a machine that stays hot judges by its rules alone. For an exchange
    as long as the pool has patience.
    """
    holds = Holds(hold)
    if app.governor:
        app.governor.listen(on_pause(partial(holds, "heat"), app.settings.model.deadline_s))
    if app.pipeline.advisor:
        app.pipeline.advisor.pool.listen(partial(holds, "exchange"))


def on_pause(hold: Hold, patience_s: float) -> Callable[[Told], None]:
    """Holds when a pause begins and lets go when it ends; what else changes meanwhile does not prolong it."""
    was_paused = False

    def heard(told: Told) -> None:
        nonlocal was_paused
        if told.stance.is_paused != was_paused:
            was_paused = told.stance.is_paused
            hold(patience_s if was_paused else 0.0)

    return heard

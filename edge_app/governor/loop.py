"""The loop: look, decide, turn the clock, tell. All thinking is the law's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import structlog

from edge_app.domain.stance import Reading, Stance
from edge_app.governor.law import State, decide
from edge_app.governor.owner import wrote
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Actuator, Applied, Limits, Outcome, Sensors

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """One tick, as it is told to whoever keeps it."""

    stance: Stance
    reading: Reading
    outcome: str
    """Of the last write to the clock; empty before the first."""


class Governor:
    """Ticks until closed, in a thread of its own. Nothing that the machine does ends it."""

    def __init__(
        self,
        policy: Policy,
        sensors: Sensors,
        actuator: Actuator,
        now: Callable[[], float],
        queued: Callable[[], int],
        tick_s: float = 1.0,
    ) -> None:
        """``now`` goes on while the machine sleeps. ``queued``: requests that wait."""
        self._policy, self._sensors, self._actuator = policy, sensors, actuator
        self._now, self._queued, self._tick_s = now, queued, tick_s
        self._state = State()
        self._told: Told | None = None
        self._listeners: list[Callable[[Told], None]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="governor", daemon=True)

    def __enter__(self) -> Self:
        """Tick once, then go on in the background."""
        self.tick()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and give the GPU its own clock back."""
        self._stop.set()
        self._thread.join()
        self.restore()

    def tick(self) -> Told:
        """One look and what follows."""
        now = self._now()
        reading, limits = self._look(now)
        self._state, decision = decide(self._policy, self._state, reading, limits, now)
        if decision.write:
            applied = self._apply(decision.stance.cap_mhz)
            self._state = replace(self._state, own=wrote(self._state.own, decision.stance.cap_mhz, applied))
        told = Told(decision.stance, reading, self._state.own.outcome)
        if self._told is None or decision.stance != self._told.stance:
            self._told = told
            for listener in self._listeners:
                _tell(listener, told)
        return told

    def listen(self, listener: Callable[[Told], None]) -> None:
        """Have ``listener`` hear the stance now, where there is one, and every change of it; it must be quick."""
        self._listeners.append(listener)
        if self._told is not None:
            _tell(listener, self._told)

    @property
    def stance(self) -> Stance | None:
        """The newest; None before the first tick."""
        return self._told.stance if self._told else None

    def restore(self) -> None:
        """The originals again. Not the end of the world when it fails: the unit's own helper restores too."""
        try:
            applied = self._actuator.restore()
        except OSError as error:
            applied = Applied(Outcome.LOST, str(error))
        if applied.outcome not in {Outcome.APPLIED, Outcome.ABSENT}:
            _log.warning("governor.not_restored", outcome=applied.outcome.value, detail=applied.detail)

    def _run(self) -> None:
        while not self._stop.wait(self._tick_s):
            try:
                self.tick()
            except Exception:  # noqa: BLE001  a tick that fails must not leave the clock to itself
                _log.exception("governor.fault")

    def _look(self, now: float) -> tuple[Reading, Limits | None]:
        """A port that raises against its word has failed to look, no more."""
        try:
            return self._sensors.read(now, self._queued()), self._actuator.limits()
        except OSError as error:
            return Reading(now, failures=(str(error),)), None

    def _apply(self, cap_mhz: int | None) -> Applied:
        try:
            return self._actuator.apply(cap_mhz)
        except OSError as error:
            return Applied(Outcome.LOST, str(error))


def _tell(listener: Callable[[Told], None], told: Told) -> None:
    """One that fails, as on a full disk, must not keep the others from hearing."""
    try:
        listener(told)
    except Exception:  # noqa: BLE001
        _log.exception("governor.not_told")

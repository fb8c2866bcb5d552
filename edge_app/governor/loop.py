"""The loop: look, decide, turn the clock, tell. All thinking is the law's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Final, Self

import structlog

from edge_app.domain.stance import Reading, Stance
from edge_app.governor.aside import Aside, Backlog, attempt
from edge_app.governor.law import State, decide
from edge_app.governor.owner import wrote
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Actuator, Applied, Limits, Outcome, Sensors

_log = structlog.get_logger()
CLOSE_S: Final = 5.0
"""At the end a tick, and then each listener, is waited for no longer than this."""


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
        self._now, self._backlog, self._tick_s = now, Backlog(queued), tick_s
        self._state = State()
        self._told: Told | None = None
        self._listeners: list[Callable[[Told], None]] = []
        self._asides = [self._backlog.aside]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="governor", daemon=True)

    def __enter__(self) -> Self:
        """Tick once, then go on in the background."""
        for aside in self._asides:
            aside.start()
        attempt(self.tick)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and give the GPU its own clock back, also while a tick hangs; then let the listeners hear the rest."""
        self._stop.set()
        try:
            self._thread.join(CLOSE_S)
        finally:
            self.restore()
        for aside in self._asides:
            aside.close(CLOSE_S)

    def tick(self) -> Told:
        """One look and what follows."""
        now = self._now()
        reading, limits = self._look(now)
        self._state, decision = decide(self._policy, self._state, reading, limits, now)
        if decision.let_go:
            _note("governor.not_let_go", _tried(self._actuator.let_go))
        if decision.write:
            applied = _tried(partial(self._actuator.apply, decision.cap_mhz))
            self._state = replace(self._state, own=wrote(self._state.own, decision.cap_mhz, applied, now))
        told = Told(decision.stance, reading, self._state.own.outcome)
        if self._told is None or _gist(told) != _gist(self._told):
            self._told = told
            for listener in self._listeners:
                attempt(partial(listener, told))
        return told

    def listen(self, listener: Callable[[Told], None], *, may_block: bool = False) -> None:
        """Have ``listener`` hear the stance now, where there is one, and every change of it or of the writes' outcome.

        It must be quick. One that ``may_block`` is registered before the governor is entered, and hears aside.
        """
        heard = self._aside(listener) if may_block else listener
        self._listeners.append(heard)
        if self._told is not None:
            attempt(partial(heard, self._told))

    @property
    def stance(self) -> Stance | None:
        """The newest; None before the first tick."""
        return self._told.stance if self._told else None

    def restore(self) -> None:
        """The originals again. Not the end of the world when it fails: the unit's own helper restores too."""
        _note("governor.not_restored", _tried(self._actuator.restore))

    def _run(self) -> None:
        while not self._stop.wait(self._tick_s):
            attempt(self.tick)  # one that fails must not leave the clock to itself

    def _aside(self, listener: Callable[[Told], None]) -> Callable[[Told], None]:
        """In a thread of its own: one that blocks keeps no other from hearing."""
        aside = Aside("governor-listener")
        self._asides.append(aside)
        return lambda told: aside.do(partial(listener, told))

    def _look(self, now: float) -> tuple[Reading, Limits | None]:
        """A port that raises against its word has failed to look, no more, and keeps no other from looking."""
        queued = self._backlog.value()
        limits = None
        try:
            reading = self._sensors.read(now, queued)
        except OSError as error:
            reading = Reading(now, queued=queued, failures=(str(error),))
        try:
            limits = self._actuator.limits()
        except OSError as error:
            reading = replace(reading, failures=(*reading.failures, str(error)))
        return reading, limits


def _gist(told: Told) -> tuple[Stance, str]:
    """What is worth telling: the detail of an outcome may differ at every tick."""
    return told.stance, told.outcome.partition(":")[0]


def _tried(call: Callable[[], Applied]) -> Applied:
    """One that raises against its word has not turned the clock, no more."""
    try:
        return call()
    except OSError as error:
        return Applied(Outcome.LOST, str(error))


def _note(event: str, applied: Applied) -> None:
    if applied.outcome not in {Outcome.APPLIED, Outcome.ABSENT}:
        _log.warning(event, outcome=applied.outcome.value, detail=applied.detail)

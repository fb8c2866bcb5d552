"""Looks at memory and at the governor's ceiling, and has precisions loaded or dropped accordingly."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import structlog

from edge_app.advising import Watch
from edge_app.clock import Clock
from edge_app.domain.inference import Precision
from edge_app.engine.pool import Pool
from edge_app.precision.residency import State, decide

TICK_S: Final = 2.0
_log = structlog.get_logger()


class Keeper:
    """Ticks until closed, in a thread of its own."""

    def __init__(
        self, pool: Pool, needs: Mapping[Precision, int], watch: Watch, clock: Clock, tick_s: float = TICK_S
    ) -> None:
        """``needs``: bytes by precision that may be loaded."""
        self._pool, self._needs, self._watch, self._clock = pool, needs, watch, clock
        self._tick_s = tick_s
        self._state = State(changed_at=clock.monotonic())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def tick(self) -> str:
        """One look; returns why something changes, or empty."""
        self._state, decision = decide(
            self._state,
            self._pool.held,
            self._needs,
            self._watch.stance().ceiling,
            self._watch.memory(),
            self._clock.monotonic(),
        )
        if decision.reason:
            _log.info("precisions held", held=sorted(decision.wanted), reason=decision.reason)
            self._pool.hold(decision.wanted)
        return decision.reason

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._tick_s):
            try:
                self.tick()
            except Exception:  # noqa: BLE001  a look that fails must not be the last
                _log.exception("keeper.fault")

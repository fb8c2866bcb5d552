"""Engines of one model in several precisions, some of them loaded. A switch drains, swaps and goes on.

One thread loads and closes. Who asks leases an engine for as long as the question is open; an engine is closed
only when nobody leases it any more, and a lease ends with its answer's deadline. Where only one fits,
nobody is there between the old and the new one: who listens is told, and for how long to have patience.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

import structlog

from edge_app.domain.inference import Precision
from edge_app.domain.stance import Stance
from edge_app.engine.base import Engine, EngineSpec

_CLOSE_S: Final = 0.5
"""A load that still goes on when the pool is closed is waited for this long, then left to end with the process."""
PATIENCE_S: Final = 600.0
"""An exchange may take this long before reports go by rules alone: a GPU compiles some models for minutes."""
_COSTLY: Final = (Precision.INT4, Precision.INT8, Precision.FP16)
_log = structlog.get_logger()


class Pool:
    """Loads, leases and closes. Thread-safe."""

    def __init__(
        self,
        specs: Mapping[Precision, EngineSpec],
        open_one: Callable[[EngineSpec], Engine],
        loaded: frozenset[Precision],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Load the first of ``loaded``; the others follow once it has answered. Raises ModelError when it cannot be.

        ``specs``: what may be loaded, the usual one first.
        """
        self._specs, self._open, self._patience_s = dict(specs), open_one, patience_s
        self._engines: dict[Precision, Engine] = {}
        self._leases: Counter[Precision] = Counter()
        self._leaving: set[Precision] = set()
        self._changed = threading.Condition()
        self._stance: Stance | None = None
        self._wanted = loaded
        self._failed: frozenset[Precision] = frozenset()
        self._is_warm = self._closed = self._ends = False
        self._away_since: float | None = None
        self._listeners: list[Callable[[float], None]] = []
        self._load(next(each for each in specs if each in loaded), must=True)
        self._thread = threading.Thread(target=self._swap_on, name="precisions", daemon=True)
        self._thread.start()

    @property
    def specs(self) -> Mapping[Precision, EngineSpec]:
        """All that may be loaded, the usual one first."""
        return self._specs

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Those that are loaded now."""
        with self._changed:
            return tuple(self._engines.values())

    def heed(self, stance: Stance) -> None:
        """See Engine: each of them, and each that is loaded later."""
        with self._changed:
            self._stance = stance
            for engine in self._engines.values():
                engine.heed(stance)

    @property
    def ready(self) -> tuple[Precision, ...]:
        """Those that take questions, in no order. Empty during an exchange."""
        with self._changed:
            return tuple(self._ready())

    @property
    def held(self) -> frozenset[Precision]:
        """Those that take questions or soon will."""
        with self._changed:
            return self._wanted - self._failed

    def listen(self, listener: Callable[[float], None]) -> None:
        """Have ``listener`` hear for how many seconds to wait when nobody is there, and 0 when somebody is again.

        It must be quick, and ask the pool for nothing.
        """
        with self._changed:
            self._listeners.append(listener)
            if (left := self._patience_left()) > 0:
                listener(left)

    def wait(self) -> None:
        """Until somebody is there, or nobody will be; no longer than the pool's patience with one exchange."""
        with self._changed:
            self._changed.wait_for(lambda: self._ends or self._away_since is None, self._patience_left())

    def end_waits(self) -> None:
        """From now on nobody waits for what is not there yet: the program ends."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()

    @contextmanager
    def lease(
        self, precision: Precision, wait_s: float, *, no_other: bool = False
    ) -> Iterator[tuple[Precision, Engine] | None]:
        """An engine of this precision, or of the nearest that is ready, the cheaper first.

        None when none is ready within ``wait_s``, or none is coming. ``no_other``: this precision is waited for, or
        none is given.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ends or self._may_go(precision, no_other=no_other), wait_s)
            taken = min(self._ready(), key=lambda each: _distance(each, precision), default=None)
            taken = taken if taken == precision or not no_other else None
            if taken is not None:
                self._leases[taken] += 1
        if taken is None:
            yield None
            return
        try:
            yield taken, self._engines[taken]
        finally:
            with self._changed:
                self._leases[taken] -= 1
                self._is_warm = True
                self._changed.notify_all()

    def hold(self, wanted: frozenset[Precision]) -> None:
        """From now on exactly these are to be loaded; returns at once. What failed to load is tried again."""
        with self._changed:
            self._wanted, self._failed, self._is_warm = wanted & self._specs.keys(), frozenset(), True
            self._note_change()

    def close(self) -> None:
        """Close all; open questions are answered ERROR."""
        with self._changed:
            self._closed = self._ends = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_S)
        for engine in self._engines.values():
            _close(engine)

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _may_go(self, precision: Precision, *, no_other: bool) -> bool:
        ready, coming = self._ready(), self._wanted - self._failed
        if no_other:
            return precision in ready or precision not in coming
        return bool(ready) or not coming

    def _ready(self) -> list[Precision]:
        return [each for each in self._engines if each not in self._leaving]

    def _note_change(self) -> None:
        """Who waits looks again; who listens hears when an exchange begins to leave nobody there, and when it ends."""
        is_away = not self._ready() and bool(self._wanted - self._failed)
        if is_away is (self._away_since is None):
            self._away_since = time.monotonic() if is_away else None
            for listener in self._listeners:
                listener(self._patience_left())
        self._changed.notify_all()

    def _patience_left(self) -> float:
        since = self._away_since
        return 0.0 if since is None else max(0.0, since + self._patience_s - time.monotonic())

    def _swap_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or bool(self._missing() or self._surplus()))
                if self._closed:
                    return
                missing, surplus = self._missing(), self._surplus()
            if surplus:  # first: memory may not hold the old and the new at a time
                self._drop(surplus[0])
            else:
                self._load(missing[0])

    def _missing(self) -> list[Precision]:
        if not self._is_warm:
            return []
        return [each for each in self._specs if each in self._wanted - self._engines.keys() - self._failed]

    def _surplus(self) -> list[Precision]:
        """Not the last one, unless another can be loaded in its place."""
        extra = [each for each in self._engines if each not in self._wanted]
        others = len(self._engines) > len(extra) or bool(self._missing())
        return extra if others else extra[1:]

    def _load(self, precision: Precision, *, must: bool = False) -> None:
        try:
            engine = self._open(self._specs[precision])
        except Exception as error:
            if must:
                raise
            _log.warning("precision not loaded", precision=precision, reason=str(error) or type(error).__name__)
            self._give_way(precision)
            return
        with self._changed:
            late = self._closed
            if not late:
                self._engines[precision] = engine
                if self._stance:
                    engine.heed(self._stance)
                self._note_change()
        if late:
            _close(engine)
        else:
            _log.info("precision loaded", precision=precision)

    def _give_way(self, failed: Precision) -> None:
        """Without the one that failed; another instead, if nothing else answers."""
        with self._changed:
            self._failed |= {failed}
            if not self._engines and not self._wanted - self._failed:
                self._wanted |= set([each for each in self._specs if each not in self._failed][:1])
            self._note_change()

    def _drop(self, precision: Precision) -> None:
        """Drain, then close; unless it is wanted again meanwhile."""
        with self._changed:
            self._leaving.add(precision)
            self._note_change()
            self._changed.wait_for(lambda: self._closed or precision in self._wanted or not self._leases[precision])
            self._leaving.remove(precision)
            stays = self._closed or precision in self._wanted
            engine = None if stays else self._engines.pop(precision)
            self._note_change()
        if engine is None:
            return
        _close(engine)
        _log.info("precision dropped", precision=precision)


def _close(engine: Engine) -> None:
    """One that fails to end must not keep the next from being loaded."""
    try:
        engine.close()
    except Exception:  # noqa: BLE001
        _log.exception("engine not closed", device=engine.info.device)


def _distance(each: Precision, wanted: Precision) -> tuple[int, int]:
    rank, target = _COSTLY.index(each), _COSTLY.index(wanted)
    return abs(rank - target), rank

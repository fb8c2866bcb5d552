"""Calls that may block, beside the loop: a disk or a lock that is slow must not keep it from looking."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

import structlog

_log = structlog.get_logger()
_MOST: Final = 1000
"""Calls that wait; what comes on top of them is lost, and said to be."""


class Aside:
    """Makes calls one after the other, in order: in a thread of its own once started, at once before. None raises."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_started = False

    def start(self) -> None:
        """From now on nobody waits for a call."""
        self._is_started = True
        self._thread.start()

    def do(self, call: Callable[[], object]) -> None:
        """Have it made."""
        if not self._is_started:
            attempt(call)
        elif self._calls.qsize() < _MOST:
            self._calls.put(call)
        else:
            _log.error("governor.not_told", cause=f"{_MOST} calls wait", thread=self._thread.name)

    def close(self, timeout_s: float) -> None:
        """Have what waits made, and wait for it no longer than ``timeout_s``."""
        if self._is_started:
            self._calls.put(None)
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                _log.error("governor.not_told", cause="blocked until the end", thread=self._thread.name)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            attempt(call)


class Backlog:
    """How much waits, asked aside: the loop takes the newest answer and never waits for one.

    Without a fresh answer something waits: nothing is taken for idle that is not known to be.
    """

    def __init__(self, queued: Callable[[], int]) -> None:
        self._queued = queued
        self._last = 0
        self._is_fresh = False
        self.aside = Aside("governor-queue")
        self._is_asked = self._is_failing = False

    def value(self) -> int:
        """The newest answer; at least 1 while none came since it was asked for last."""
        if not self._is_asked:
            was_fresh, self._is_fresh, self._is_asked = self._is_fresh, False, True
            self.aside.do(self._ask)
            if self._is_fresh or (was_fresh and self._is_asked):
                return self._last
        return max(1, self._last)

    def _ask(self) -> None:
        try:
            self._last = self._queued()
            self._is_fresh, self._is_failing = True, False
        except Exception:  # noqa: BLE001
            is_known, self._is_failing = self._is_failing, True
            if not is_known:  # once, not at every look
                _log.exception("governor.queue_unknown")
        finally:
            self._is_asked = False


def attempt(call: Callable[[], object]) -> None:
    """One that fails, as on a full disk, must not end the others."""
    try:
        call()
    except Exception:  # noqa: BLE001
        _log.exception("governor.call_failed")

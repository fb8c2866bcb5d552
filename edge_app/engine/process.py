"""The parent's hold on one engine child: start, send, listen, kill."""

from __future__ import annotations

import multiprocessing
import os
import select
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Final

from edge_app.engine.base import EngineSpec
from edge_app.engine.worker import Load, Order, Sign, run

_SPAWN: Final = multiprocessing.get_context("spawn")
"""Not fork: the child must not inherit threads, locks or an open database."""


class ChildProcess:
    """One child. The kernel kills it when the *thread* that made it ends, so that thread must stay."""

    def __init__(self, load: Load, spec: EngineSpec) -> None:
        """Start it; returns before it has loaded anything."""
        self.pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(
            target=run, args=(theirs, load, spec, os.getpid()), name="edge-app engine", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """Process id."""
        return self._process.pid

    @property
    def writable(self) -> bool:
        """Whether a message fits the pipe: a stopped child must not block the parent."""
        return bool(select.select([], [self.pipe], [], 0)[1])

    def send(self, message: Order) -> None:
        """Raises OSError when the child is gone; listening tells the same."""
        self.pipe.send(message)

    def signs(self) -> Iterator[Sign]:
        """What has arrived. Raises EOFError when the child is gone."""
        try:
            while self.pipe.poll():
                yield self.pipe.recv()
        except OSError as error:
            raise EOFError from error

    def kill(self) -> str:
        """End it whatever it does; returns how it had ended, for the reason people read; empty after an orderly end."""
        self._process.join(timeout=0.2)
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        self.pipe.close()
        self._process.close()
        if code is None:
            return "killed"
        if code == 0:
            return ""
        return f"exit code {code}" if code >= 0 else f"signal {-code}"


def listening(child: ChildProcess | None) -> list[Connection]:
    """What to wait on for signs of ``child``."""
    return [child.pipe] if child else []

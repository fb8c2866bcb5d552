"""Hints that a folder changed. A lost or missing hint costs a scan interval, never a file."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from edge_app.fsinfo import MOUNTS, filesystem_type, sees_every_change

# Without "opened" and "closed unwritten": our own reading would wake us for ever.
_CHANGES: Final[list[type[FileSystemEvent]]] = [
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class _Hint(FileSystemEventHandler):
    """Does nothing but set a flag: a slow handler would make the kernel drop events."""

    def __init__(self, changed: threading.Event) -> None:
        self._changed = changed

    def on_any_event(self, _event: FileSystemEvent) -> None:
        self._changed.set()


class _Lost(logging.Handler):
    """watchdog tells of a queue overflow or a failed watch in its log only: then every folder is looked at."""

    def __init__(self, hints: list[threading.Event]) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, _record: logging.LogRecord) -> None:
        for hint in self._hints:
            hint.set()


class Watcher:
    """One observer for all sources: a context manager that watches while it is open."""

    def __init__(self, mounts: Path = MOUNTS) -> None:
        """``mounts``: the kernel's mount table."""
        self._mounts = mounts
        self._hints: list[threading.Event] = []
        self._lost = _Lost(self._hints)
        self._observer = Observer()

    def __enter__(self) -> Self:
        """Start. Folders are added afterwards, each before its first scan."""
        logging.getLogger("watchdog").addHandler(self._lost)
        self._observer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and wait for the threads."""
        self._observer.stop()
        self._observer.join()
        logging.getLogger("watchdog").removeHandler(self._lost)

    def add(self, folder: Path, changed: threading.Event, *, recursive: bool = False) -> bool:
        """Set ``changed`` whenever something in ``folder`` may have changed.

        False when the folder can only be polled: a network, overlay or unknown file system does not
        report what others write, or the kernel has no watches left.
        """
        if not sees_every_change(filesystem_type(folder, self._mounts)):
            return False
        self._hints.append(changed)
        try:
            self._observer.schedule(_Hint(changed), str(folder), recursive=recursive, event_filter=_CHANGES)
        except OSError:
            return False
        return True

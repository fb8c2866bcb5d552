"""``process``: files and folders once through the same pipeline as the service.

The files stay where they are. A file that was judged under the same recipe before is a duplicate:
it gets no second result.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edge_app.build import App
from edge_app.domain.arrival import Arrival, OutcomeKind
from edge_app.errors import IncompleteReportError, ReportError, UsageError
from edge_app.holding import wait_in_ledger
from edge_app.intake.scan import Seen, look_at, scan
from edge_app.pipeline import Outcome
from edge_app.workers import Workers

SOURCE = "process"
"""Name of the source that batch results stand under; the file name is the absolute path."""
OPEN = frozenset({"queued", "running"})
"""States of an arrival whose end is still to come."""


def find_files(paths: Sequence[Path]) -> list[tuple[Path, Seen]]:
    """Every file under ``paths`` once, with its folder, in name order. Raises UsageError for a missing path."""
    found = {_name(folder, seen): (folder, seen) for path in paths for folder, seen in _find(path)}
    return sorted(found.values(), key=lambda each: (each[0], each[1].name))


def _find(path: Path) -> Iterator[tuple[Path, Seen]]:
    resolved = path.resolve()
    if resolved.is_dir():
        yield from ((resolved, seen) for seen in scan(resolved, patterns=("*",), recursive=True))
    elif seen := look_at(resolved, patterns=("*",)):
        yield resolved.parent, seen
    else:
        raise UsageError(f"no such file or folder: {path}", "check the path")


class _Asked:
    """Passes on the outcomes of the files asked for, one for each arrival.

    What an earlier run left in the queue is judged too. When its file is asked for only after it
    ended, its outcome is kept until then; otherwise it is no part of this run.
    """

    def __init__(self, emit: Callable[[Outcome], None]) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._asked: set[int | None] = set()
        self._ended: dict[int | None, Outcome] = {}

    def ended(self, outcome: Outcome) -> None:
        """A job ended; called by the workers."""
        arrival_id = outcome.arrival_id
        with self._lock:
            if arrival_id not in self._asked:
                self._ended[arrival_id] = outcome
                return
            self._asked.remove(arrival_id)
        self._emit(outcome)

    def ask(self, arrival_id: int, *, is_job: bool) -> bool:
        """Whether the outcome of the arrival is, or ``is_job`` to become, one of this run."""
        with self._lock:
            early = self._ended.pop(arrival_id, None)
            if early is None and is_job:
                self._asked.add(arrival_id)
        if early is not None:
            self._emit(early)
        return is_job or early is not None


def process(app: App, files: Sequence[tuple[Path, Seen]], emit: Callable[[Outcome], None]) -> None:
    """Judge ``files``; ``emit`` gets the outcome of each, from several threads."""
    asked = _Asked(emit)
    workers = Workers(
        app.pipeline,
        app.ledger,
        count=app.workers,
        max_attempts=app.settings.max_attempts,
        on_outcome=asked.ended,
    )
    wait_in_ledger(app, workers.hold)
    workers.start()
    try:
        for folder, seen in files:
            with app.spool.accepting():
                early = _accept(app, folder, seen, asked)
            if early is None:
                workers.wake()
            else:
                emit(early)
        workers.finish()
        app.spool.sweep(app.ledger.spooled_needed)
    except BaseException:
        workers.stop()
        raise


def _accept(app: App, folder: Path, seen: Seen, asked: _Asked) -> Outcome | None:
    """Spool and register one file. None when its job tells, else how it ended without one."""
    name = _name(folder, seen)
    kind = seen.kind.outcome
    if kind is not None:
        return _refuse(app, name, kind, seen.kind.value)
    try:
        spooled = app.spool.take(folder, seen.name, seen, last_chance=True)
    except IncompleteReportError as error:
        return Outcome(SOURCE, name, OutcomeKind.WAITING, error.reason, str(error))
    except ReportError as error:
        return _refuse(app, name, OutcomeKind.REJECTED, error.reason)
    registration = app.ledger.register(Arrival(SOURCE, name, spooled.sha256, spooled.size), app.recipe)
    first = registration.duplicate_of or registration.arrival_id
    state, reason = app.ledger.ended(first)
    if asked.ask(first, is_job=registration.accepted or state in OPEN):
        return None
    return _duplicate(name, first, state, reason)


def _duplicate(name: bytes, first: int, state: str, reason: str) -> Outcome:
    """Linked to the first verdict, or to why there was none: a refused file stays refused."""
    if state == OutcomeKind.JUDGED:
        return Outcome(SOURCE, name, OutcomeKind.DUPLICATE, f"same as {first}", result_id=first)
    return Outcome(SOURCE, name, OutcomeKind.DUPLICATE, f"{state} before: {reason}", refused=True)


def _name(folder: Path, seen: Seen) -> bytes:
    return os.fsencode(folder) + b"/" + seen.name


def _refuse(app: App, name: bytes, kind: OutcomeKind, reason: str) -> Outcome:
    end = app.ledger.ignore if kind is OutcomeKind.IGNORED else app.ledger.refuse
    end(SOURCE, name, reason)
    return Outcome(SOURCE, name, kind, reason)

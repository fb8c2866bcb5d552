"""``process``: files and folders once through the same pipeline as the service.

The files stay where they are. A file that was judged under the same recipe before is a duplicate:
it gets no second result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from edge_app.build import App
from edge_app.domain.arrival import Arrival, OutcomeKind, Registration
from edge_app.errors import IncompleteReportError, ReportError, UsageError
from edge_app.intake.scan import Seen, scan
from edge_app.pipeline import Outcome
from edge_app.workers import Workers

SOURCE = "process"
"""Name of the source that batch results stand under; the file name is the absolute path."""


def find_files(paths: Sequence[Path]) -> list[tuple[Path, Seen]]:
    """Every file under ``paths`` with its folder, in name order. Raises UsageError for a missing path."""
    found: list[tuple[Path, Seen]] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}", "check the path")
        folder = path.resolve() if path.is_dir() else path.resolve().parent
        only = None if path.is_dir() else os.fsencode(path.resolve().name)
        entries = scan(folder, patterns=("*",), recursive=only is None)
        found += [(folder, seen) for seen in entries if only in {None, seen.name}]
    return sorted(found, key=lambda each: (each[0], each[1].name))


def process(app: App, files: Sequence[tuple[Path, Seen]], emit: Callable[[Outcome], None]) -> None:
    """Judge ``files``; ``emit`` gets every outcome, from several threads."""
    workers = Workers(
        app.pipeline,
        app.ledger,
        count=app.workers,
        max_attempts=app.settings.max_attempts,
        on_outcome=emit,
    )
    workers.start()
    try:
        for folder, seen in files:
            early = _accept(app, folder, seen)
            if early is None:
                workers.wake()
            else:
                emit(early)
        workers.finish()
    except BaseException:
        workers.stop()
        raise


def _accept(app: App, folder: Path, seen: Seen) -> Outcome | None:
    """Spool and register one file. None when it is a job now, else how it ended without one."""
    name = os.fsencode(folder) + b"/" + seen.name
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
    if registration.accepted:
        return None
    return _duplicate(app, name, registration)


def _duplicate(app: App, name: bytes, registration: Registration) -> Outcome:
    """Linked to the first verdict, or to why there was none: a refused file stays refused."""
    first = registration.duplicate_of or registration.arrival_id
    state, reason = app.ledger.ended(first)
    if state == OutcomeKind.JUDGED:
        return Outcome(SOURCE, name, OutcomeKind.DUPLICATE, f"same as {first}", result_id=first)
    return Outcome(SOURCE, name, OutcomeKind.DUPLICATE, f"{state} before: {reason}", refused=True)


def _refuse(app: App, name: bytes, kind: OutcomeKind, reason: str) -> Outcome:
    end = app.ledger.ignore if kind is OutcomeKind.IGNORED else app.ledger.refuse
    end(SOURCE, name, reason)
    return Outcome(SOURCE, name, kind, reason)

"""One source: look into the folder, take what has settled, register it, archive what is judged.

Every step leaves a durable state before the next: a copy in the spool before the registration, the
registration before a job, the verdict before the archive.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

import structlog

from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival, OutcomeKind
from edge_app.errors import EdgeAppError, IncompleteReportError, ReportError, StorageError
from edge_app.intake.archive import archive
from edge_app.intake.scan import Seen, SourceUnavailableError, scan
from edge_app.intake.settle import Decision, Settler, Step
from edge_app.intake.spool import Spool
from edge_app.ledger.store import Ledger

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder as plain values."""

    name: str
    path: Path
    patterns: tuple[str, ...]
    recursive: bool
    settle_s: float
    max_settle_s: float
    archive: Path | None
    sentinel: str | None


class Inbox:
    """Looks at one folder. ``look`` is called by one thread only."""

    def __init__(self, folder: Folder, ledger: Ledger, spool: Spool, recipe: str, clock: Clock) -> None:
        self._folder = folder
        self._ledger = ledger
        self._spool = spool
        self._recipe = recipe
        self._clock = clock
        self._settler = Settler(folder.settle_s, folder.max_settle_s)
        self.trouble = ""
        """Why the folder cannot be looked at or archived now; empty when it can."""
        self._waiting: dict[bytes, str] = {}
        self._torn_since: dict[int, float] = {}
        self.is_waiting = False
        """Whether the last look saw a file that had not settled: look again soon."""

    def look(self) -> int:
        """One look. Returns how many jobs it registered."""
        try:
            entries = self._scan()
        except SourceUnavailableError as error:
            self._note_trouble("source.unavailable", error)
            return 0
        self._waiting = {}
        self._settler.keep_only({seen.name for seen in entries})
        taken = sum(self._consider(seen) for seen in entries if not self._is_done(seen))
        self._ledger.replace_waiting(self._folder.name, self._waiting)
        self.is_waiting = bool(self._waiting)
        self._expire_torn()
        self._archive_judged()
        return taken

    def _scan(self) -> list[Seen]:
        folder = self._folder
        skip = [folder.archive] if folder.archive else []
        return list(
            scan(folder.path, folder.patterns, recursive=folder.recursive, skip=skip, sentinel=folder.sentinel),
        )

    def _note_trouble(self, event: str, error: EdgeAppError) -> None:
        """Warned of once, not at every look."""
        if str(error) != self.trouble:
            _log.warning(event, source=self._folder.name, why=str(error), hint=error.hint)
        self.trouble = str(error)

    def _is_done(self, seen: Seen) -> bool:
        return self._ledger.known(self._folder.name, seen.name, seen.stamp)

    def _consider(self, seen: Seen) -> bool:
        """Whether the file became a job."""
        kind = seen.kind.outcome
        if kind is not None:
            end = self._ledger.ignore if kind is OutcomeKind.IGNORED else self._ledger.refuse
            end(self._folder.name, seen.name, seen.kind.value, seen.stamp)
            return False
        decision = self._settler.look(seen, self._clock.monotonic())
        if decision.step is Step.WAITING:
            return self._wait(seen, decision.reason)
        if decision.step is Step.GIVE_UP:
            self._give_up(seen, decision.reason)
            return False
        return self._take(seen, decision)

    def _take(self, seen: Seen, decision: Decision) -> bool:
        with self._spool.accepting():
            return self._accept(seen, decision)

    def _accept(self, seen: Seen, decision: Decision) -> bool:
        folder = self._folder
        try:
            spooled = self._spool.take(folder.path, seen.name, seen, last_chance=decision.last_chance)
        except IncompleteReportError as error:
            return self._wait(seen, error.reason)
        except ReportError as error:
            self._give_up(seen, error.reason)
            return False
        arrival = Arrival(folder.name, seen.name, spooled.sha256, spooled.size)
        registration = self._ledger.register(arrival, self._recipe, seen.stamp)
        self._settler.forget(seen.name)
        return registration.accepted

    def _wait(self, seen: Seen, reason: str) -> bool:
        self._waiting[seen.name] = reason
        return False

    def _give_up(self, seen: Seen, reason: str) -> None:
        self._ledger.refuse(self._folder.name, seen.name, reason, seen.stamp)
        self._settler.forget(seen.name)
        _log.warning("file.rejected", source=self._folder.name, file=repr(seen.name), reason=reason)

    def _expire_torn(self) -> None:
        """Torn files that did not change for ``max_settle_s`` are quarantined; they come back if they grow."""
        now = self._clock.monotonic()
        torn = {key: name for key, source, name in self._ledger.deferred() if source == self._folder.name}
        self._torn_since = {key: self._torn_since.get(key, now) for key in torn}
        for key, name in torn.items():
            if now - self._torn_since[key] >= self._folder.max_settle_s:
                self._ledger.give_up(key)
                _log.warning("file.quarantined", source=self._folder.name, file=repr(name), reason="incomplete")

    def _archive_judged(self) -> None:
        """What the archive does not take now stays where it is and is tried again at the next look."""
        refused = self._archive_to(self._folder.archive) if self._folder.archive else None
        if refused:
            self._note_trouble("archive.unavailable", refused)
        else:
            self.trouble = ""

    def _archive_to(self, root: Path) -> StorageError | None:
        """The first thing that went wrong with the archive. Raises StorageError of the ledger."""
        refused = None
        for arrival_id, name, sha256 in self._ledger.to_archive(self._folder.name):
            try:
                moved = archive(self._folder.path, name, sha256, root)
            except StorageError as error:
                refused = refused or error
                if _is_about_one_name(error):
                    continue
                break
            self._ledger.mark_archived(arrival_id, str(moved) if moved else "")
        return refused


def _is_about_one_name(error: StorageError) -> bool:
    """Not about the archive: the other files may still go there."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in {errno.EEXIST, errno.ENAMETOOLONG}

"""The ledger: what came in, what is being done, how it ended. The only writer of the database.

Every public method is one transaction, committed with a full sync before it returns. After a
failed write nothing more is acknowledged: the disk may have dropped what it had promised.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival, Job, OutcomeKind, Registration
from edge_app.domain.inference import EngineInfo, Reply, Request
from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.stance import Reading, Stance
from edge_app.domain.verdict import Verdict
from edge_app.errors import StorageError
from edge_app.fsinfo import require_durable
from edge_app.ledger import accounting, jobs, rows, sightings
from edge_app.ledger.connection import BrokenStorageError, open_writer, translated
from edge_app.ledger.migrations import migrate


class Ledger:
    """The durable record, safe to use from several threads. Methods raise StorageError."""

    def __init__(self, db: Database, path: Path, clock: Clock) -> None:
        """Use ``open``."""
        self._db = db
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._broken = False

    @classmethod
    def open(cls, path: Path, clock: Clock, *, volatile: bool = False) -> Ledger:
        """Open or create the database, in its newest schema. ``volatile``: memory file systems are allowed."""
        require_durable(path.parent, volatile=volatile)
        db = open_writer(path)
        try:
            with translated(path):
                migrate(db)
        except BaseException:
            db.close()
            raise
        return cls(db, path, clock)

    def close(self) -> None:
        """Close the connection; later calls fail."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        """The ledger itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    # Arrivals

    def register(self, arrival: Arrival, recipe: str, stamp: str = "") -> Registration:
        """Accept a spooled file: from here on it cannot be lost.

        Identical to an earlier one under the same recipe, it is recorded as its duplicate. ``stamp``:
        remember the file as it is now, so that the next scan passes it by.
        """
        return self.register_many([(arrival, stamp)], recipe)[0]

    def register_many(self, arrivals: Sequence[tuple[Arrival, str]], recipe: str) -> list[Registration]:
        """Accept several arrivals, each with its stamp, in one transaction: a burst costs one sync."""
        with self._transaction() as db:
            return [jobs.register(db, arrival, recipe, stamp, self._clock.text()) for arrival, stamp in arrivals]

    def known(self, source: str, name: bytes, stamp: str) -> bool:
        """Whether the file was dealt with as ``stamp`` shows it: the scan need not read it."""
        with self._reading() as db:
            return sightings.is_known(db, source, name, stamp)

    def ignore(self, source: str, name: bytes, reason: str, stamp: str = "") -> None:
        """The file is not for us; counted, so that nothing vanishes silently."""
        self._end_unread(source, name, stamp, OutcomeKind.IGNORED, reason)

    def refuse(self, source: str, name: bytes, reason: str, stamp: str = "") -> None:
        """The file is rejected without being read: a link, a pipe, too large, empty."""
        self._end_unread(source, name, stamp, OutcomeKind.REJECTED, reason)

    def replace_waiting(self, source: str, reasons: Mapping[bytes, str]) -> None:
        """After a scan: exactly these files of ``source`` wait, each for its reason."""
        with self._transaction() as db:
            sightings.replace_waiting(db, source, reasons, self._clock.text())

    def _end_unread(self, source: str, name: bytes, stamp: str, outcome: OutcomeKind, reason: str) -> None:
        with self._transaction() as db:
            sightings.ended(db, source, name, stamp, outcome, reason, self._clock.text())

    # Jobs

    def claim(self) -> Job | None:
        """The oldest queued job, its attempt counted before any byte is parsed; None when nothing is queued."""
        with self._transaction() as db:
            return jobs.claim(db)

    def record_request(self, job: Job, request: Request, info: EngineInfo, precision_reason: str) -> int:
        """Write down a request before it is sent. Returns its id."""
        row = rows.request_row(job, request, info, precision_reason, self._clock.text())
        with self._transaction() as db:
            return int(db["request"].insert(row).last_pk)

    def finish(
        self,
        job: Job,
        report: Report,
        pack: RulePack,
        verdict: Verdict,
        replies: Sequence[Reply],
        info: EngineInfo | None,
    ) -> int:
        """Result, findings, measurements, the answered requests and the state, in one transaction. Returns the id."""
        result = rows.result_row(job, report, pack, verdict, info, self._clock.text())
        findings = rows.finding_rows(job.arrival_id, verdict.findings)
        measurements = rows.measurement_rows(job.arrival_id, report.measurements)
        with self._transaction() as db:
            for reply in replies:
                jobs.complete_request(db, job, reply)
            jobs.move(db, job, "judged", "", finished_at=result["finished_at"])
            db["result"].insert(result)
            db["finding"].insert_all(findings)
            db["measurement"].insert_all(measurements)
        return job.arrival_id

    def reject(self, job: Job, reason: str, message: str) -> None:
        """The content cannot be judged."""
        self._end(job, OutcomeKind.REJECTED, reason, message)

    def defer(self, job: Job, reason: str, message: str) -> None:
        """The file ends in the middle: wait for a longer one under its name, or for ``give_up``."""
        with self._transaction() as db:
            jobs.move(db, job, "deferred", reason, message)

    def deferred(self) -> list[tuple[int, str, bytes]]:
        """Arrivals that wait for the rest of their file: id, source, name."""
        with self._reading() as db:
            return list(db.execute("SELECT id, source, name FROM arrival WHERE state = 'deferred'").fetchall())

    def give_up(self, arrival_id: int) -> None:
        """The rest of a deferred file did not come: quarantined for the reason it was deferred."""
        with self._transaction() as db:
            db.execute(
                "UPDATE arrival SET state = 'quarantined', finished_at = ? WHERE id = ? AND state = 'deferred'",
                (self._clock.text(), arrival_id),
            )

    def fail_attempt(self, job: Job, reason: str, max_attempts: int) -> OutcomeKind:
        """An attempt failed by our own fault: back to the queue, or quarantined when attempts are used up."""
        if job.attempt >= max_attempts:
            self._end(job, OutcomeKind.QUARANTINED, reason, f"failed {job.attempt} times")
            return OutcomeKind.QUARANTINED
        with self._transaction() as db:
            jobs.move(db, job, "queued", reason)
        return OutcomeKind.WAITING

    def recover(self, max_attempts: int) -> None:
        """At start: what was being worked on is queued again, or quarantined when attempts are used up."""
        with self._transaction() as db:
            jobs.recover(db, max_attempts, self._clock.text())

    def _end(self, job: Job, outcome: OutcomeKind, reason: str, message: str) -> None:
        with self._transaction() as db:
            jobs.move(db, job, outcome.value, reason, message, finished_at=self._clock.text())

    # After the end

    def to_archive(self, source: str) -> list[tuple[int, bytes, str]]:
        """Judged files and their duplicates that still lie in the source: id, name, hash."""
        with self._reading() as db:
            return accounting.to_archive(db, source)

    def mark_archived(self, arrival_id: int, where: str) -> None:
        """The file was moved to ``where``; empty when it was gone or had changed."""
        with self._transaction() as db:
            accounting.mark_archived(db, arrival_id, rows.storable(where))

    def pending(self) -> int:
        """Jobs that are queued or being worked on."""
        with self._reading() as db:
            return accounting.pending(db)

    def ended(self, arrival_id: int) -> tuple[str, str]:
        """State and reason of an arrival: ``("rejected", "json-syntax")``."""
        with self._reading() as db:
            state, reason = db.execute("SELECT state, reason FROM arrival WHERE id = ?", (arrival_id,)).fetchone()
        return str(state), str(reason)

    def counts(self) -> dict[OutcomeKind, int]:
        """How many arrivals ended how; what was seen is their sum."""
        with self._reading() as db:
            return accounting.counts(db)

    def spooled_needed(self) -> set[str]:
        """Hashes of the copies that a job, a person (quarantine) or the rest of a file may still need."""
        with self._reading() as db:
            return accounting.spooled_needed(db)

    # The machine

    def record_stance(self, stance: Stance, reading: Reading, actuator: str) -> None:
        """What the machine allows from now on, and what was measured. ``actuator``: of the last write to the clock."""
        row = rows.governor_row(stance, reading, actuator, self._clock.text())
        with self._transaction() as db:
            db["governor"].insert(row)

    # The connection

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """``BEGIN IMMEDIATE`` to ``COMMIT``: a lock that is not free is waited for at the start, not in the middle."""
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._lock:
            if self._broken:
                raise StorageError(f"{self._path} failed before: nothing is acknowledged any more", "start again")
            try:
                with translated(self._path):
                    yield self._db
            except BrokenStorageError:
                self._broken = True
                raise

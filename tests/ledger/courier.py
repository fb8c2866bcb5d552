"""The daemon's durable steps with real parts, one file after another, killed after the n-th step.

Its variants break the order on purpose: the harness must notice each of them.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival, Job
from edge_app.intake.archive import archive
from edge_app.intake.scan import Seen, scan
from edge_app.intake.spool import Spool
from edge_app.ledger import jobs, rows
from edge_app.ledger.store import Ledger
from tests.ledger.examples import INFO, PACK, RECIPE, REPLY, REPORT, REQUEST, VERDICT

SOURCE = "line1"


@dataclass
class Courier:
    """One run of the program over the folders below ``root``."""

    root: Path
    kill_at: int
    variant: str = ""
    steps: int = 0

    def run(self) -> None:
        """Recover, accept what lies in the inbox, judge it, archive it."""
        spool = Spool(self.root / "spool")
        with Ledger.open(self.root / "edge.db", Clock(), volatile=True) as ledger:
            if self.variant != "no-recovery":
                ledger.recover(max_attempts=100)
            self._step()
            spool.sweep(set if self.variant == "sweep-all" else ledger.spooled_needed)
            for seen in scan(self.root / "inbox", ("*.csv",)):
                if not ledger.known(SOURCE, seen.name, seen.stamp):
                    self._accept(ledger, spool, seen)
            while job := ledger.claim():
                self._step()
                self._judge(ledger, spool, job)
            for arrival_id, name, sha256 in ledger.to_archive(SOURCE):
                where = archive(self.root / "inbox", name, sha256, self.root / "archive")
                self._step()
                ledger.mark_archived(arrival_id, str(where or ""))
                self._step()

    def _accept(self, ledger: Ledger, spool: Spool, seen: Seen) -> None:
        spooled = spool.take(self.root / "inbox", seen.name, seen)
        self._step()
        if self.variant == "archive-before-register":
            archive(self.root / "inbox", seen.name, spooled.sha256, self.root / "archive")
            self._step()
        stamp = "" if self.variant == "no-stamp" else seen.stamp
        ledger.register(Arrival(SOURCE, seen.name, spooled.sha256, spooled.size), RECIPE, stamp)
        self._step()

    def _judge(self, ledger: Ledger, spool: Spool, job: Job) -> None:
        spool.read(job.arrival.sha256)
        ledger.record_request(job, REQUEST, INFO, "fits")
        self._step()
        if self.variant == "state-before-result":
            with ledger._transaction() as db:
                jobs.move(db, job, "judged", "")
            self._step()
            with ledger._transaction() as db:
                db["result"].insert(rows.result_row(job, REPORT, PACK, VERDICT, INFO, "now"))
        else:
            ledger.finish(job, REPORT, PACK, VERDICT, (REPLY,), INFO)
        self._step()

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def run(root: Path, kill_at: int, variant: str) -> None:
    """Entry of the child process."""
    Courier(root, kill_at, variant).run()

"""Any order of calls and crashes: every arrival has exactly one outcome, no key two results."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_app.clock import Clock
from edge_app.domain.arrival import Job, OutcomeKind
from edge_app.ledger.connection import open_reader
from edge_app.ledger.store import Ledger
from tests.ledger.examples import INFO, PACK, REPLY, REPORT, REQUEST, VERDICT, arrival

MAX_ATTEMPTS = 2
NAMES = st.sampled_from([b"a.csv", b"\xff.csv"])
CONTENTS = st.sampled_from([b"one", b"two"])
RECIPES = st.sampled_from(["r1", "r2"])


class LedgerMachine(RuleBasedStateMachine):
    """The model is one word per arrival: what a person would expect ``status`` to say."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "edge.db"
        self.ledger = Ledger.open(self.path, Clock(), volatile=True)
        self.expected: dict[int, str] = {}
        self.unread: dict[bytes, str] = {}
        self.jobs: list[Job] = []

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    @rule(name=NAMES, content=CONTENTS, recipe=RECIPES)
    def register(self, name: bytes, content: bytes, recipe: str) -> None:
        given = self.ledger.register(arrival(name, content), recipe, stamp="1")
        self.unread.pop(name, None)
        assert given.accepted == (given.duplicate_of is None)
        if given.accepted:
            for number, source, other in self.ledger.deferred():
                assert (source, other) != ("line1", name), f"{number} still waits for its rest"
            for number in self._deferred_of(name):
                self.expected[number] = "ignored"
        self.expected[given.arrival_id] = "waiting" if given.accepted else "duplicate"

    def _deferred_of(self, name: bytes) -> list[int]:
        with open_reader(self.path) as db:
            return [
                row[0] for row in db.execute("SELECT id FROM arrival WHERE name = ? AND state = 'ignored'", (name,))
            ]

    @rule()
    def claim(self) -> None:
        job = self.ledger.claim()
        if job is not None:
            assert self.expected[job.arrival_id] == "waiting"
            assert job.arrival_id not in {each.arrival_id for each in self.jobs}
            assert job.attempt <= MAX_ATTEMPTS
            self.jobs.append(job)

    @precondition(lambda self: self.jobs)
    @rule(ask=st.booleans())
    def finish(self, ask: bool) -> None:
        job = self.jobs.pop()
        if ask:
            self.ledger.record_request(job, REQUEST, INFO, "fits")
        self.ledger.finish(job, REPORT, PACK, VERDICT, (REPLY,) if ask else (), INFO if ask else None)
        self.expected[job.arrival_id] = "judged"

    @precondition(lambda self: self.jobs)
    @rule()
    def reject(self) -> None:
        job = self.jobs.pop()
        self.ledger.reject(job, "json-syntax", "")
        self.expected[job.arrival_id] = "rejected"

    @precondition(lambda self: self.jobs)
    @rule()
    def defer(self) -> None:
        self.ledger.defer(self.jobs.pop(), "incomplete", "")

    @rule()
    def give_up(self) -> None:
        for number, _, _ in self.ledger.deferred():
            self.ledger.give_up(number)
            self.expected[number] = "quarantined"

    @precondition(lambda self: self.jobs)
    @rule()
    def fail(self) -> None:
        job = self.jobs.pop()
        self.expected[job.arrival_id] = self.ledger.fail_attempt(job, "internal", MAX_ATTEMPTS).value

    @rule(name=NAMES, outcome=st.sampled_from(["ignored", "rejected"]))
    def pass_by(self, name: bytes, outcome: str) -> None:
        record = self.ledger.ignore if outcome == "ignored" else self.ledger.refuse
        record("line1", name, "by-name", "0")
        self.unread[name] = outcome

    @rule(names=st.sets(NAMES))
    def wait(self, names: set[bytes]) -> None:
        self.ledger.replace_waiting("line1", dict.fromkeys(names, "settling"))
        still = {name: outcome for name, outcome in self.unread.items() if outcome != "waiting" and name not in names}
        self.unread = still | dict.fromkeys(names, "waiting")

    @rule()
    def crash(self) -> None:
        """No call is left half done on disk, so a crash is a new start that forgot its jobs."""
        self.ledger.close()
        self.ledger = Ledger.open(self.path, Clock(), volatile=True)
        self.ledger.recover(MAX_ATTEMPTS)
        for job in self.jobs:
            self.expected[job.arrival_id] = "quarantined" if job.attempt >= MAX_ATTEMPTS else "waiting"
        self.jobs = []

    @invariant()
    def every_arrival_has_its_one_outcome(self) -> None:
        if not hasattr(self, "ledger"):
            return
        with open_reader(self.path) as db:
            rows = db.execute("SELECT id, outcome FROM v_outcomes WHERE id IS NOT NULL").fetchall()
            results = [row[0] for row in db.execute("SELECT id FROM result")]
            keys = db.execute(
                "SELECT count(*) FROM (SELECT DISTINCT source, file_name, content_sha256, recipe FROM v_results)"
            )
            assert keys.fetchone()[0] == len(results)
        assert len(rows) == len(self.expected)
        assert dict(rows) == self.expected
        assert sorted(results) == sorted(number for number, word in self.expected.items() if word == "judged")

    @invariant()
    def what_was_seen_is_the_sum(self) -> None:
        if hasattr(self, "ledger"):
            words = [*self.expected.values(), *self.unread.values()]
            assert self.ledger.counts() == {kind: words.count(kind.value) for kind in OutcomeKind}


LedgerMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestLedgerMachine = LedgerMachine.TestCase

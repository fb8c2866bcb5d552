"""What the ledger promises: accepted once, ended once, visible always."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival, Job, OutcomeKind
from edge_app.domain.energy import Energy, EnergyQuality
from edge_app.errors import StorageError
from edge_app.ledger import queries
from edge_app.ledger.connection import open_reader, open_writer
from edge_app.ledger.store import Ledger
from tests.ledger.examples import INFO, PACK, RECIPE, REPLY, REPORT, REQUEST, VERDICT, arrival


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, Clock(), volatile=True) as opened:
        yield opened


def claimed(ledger: Ledger) -> Job:
    job = ledger.claim()
    assert job is not None
    return job


def finished(ledger: Ledger) -> int:
    return ledger.finish(claimed(ledger), REPORT, PACK, VERDICT, (), None)


def outcomes(path: Path) -> list[tuple[str, str]]:
    with open_reader(path) as db:
        return [(row[0], row[1]) for row in db.execute("SELECT outcome, reason FROM v_outcomes ORDER BY id")]


def test_an_arrival_is_accepted_once(ledger: Ledger) -> None:
    first = ledger.register(arrival(), RECIPE)
    again = ledger.register(arrival(), RECIPE)

    assert (first.accepted, first.duplicate_of) == (True, None)
    assert (again.accepted, again.duplicate_of) == (False, first.arrival_id)
    assert ledger.counts()[OutcomeKind.DUPLICATE] == 1
    assert ledger.pending() == 1


@pytest.mark.parametrize(
    "other",
    [arrival(b"b.csv"), arrival(content=b"two"), arrival(source="line2"), arrival(b"A.CSV"), arrival(b"\xff.csv")],
)
def test_another_name_content_or_source_is_another_job(ledger: Ledger, other: Arrival) -> None:
    ledger.register(arrival(), RECIPE)

    assert ledger.register(other, RECIPE).accepted


def test_another_recipe_is_another_job(ledger: Ledger) -> None:
    ledger.register(arrival(), RECIPE)

    assert ledger.register(arrival(), "recipe-2").accepted


def test_jobs_are_claimed_oldest_first_and_by_one_only(ledger: Ledger) -> None:
    ledger.register_many([(arrival(b"%d.csv" % number), "") for number in range(40)], RECIPE)
    got: list[int] = []

    def take() -> None:
        while job := ledger.claim():
            got.append(job.arrival_id)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == list(range(1, 41))


def test_a_claim_tells_everything_about_the_job(ledger: Ledger) -> None:
    ledger.register(arrival(), RECIPE)
    job = claimed(ledger)

    assert (job.arrival, job.attempt, job.recipe) == (arrival(), 1, RECIPE)
    assert ledger.claim() is None


def test_a_result_is_stored_once(ledger: Ledger, path: Path) -> None:
    ledger.register(arrival(), RECIPE)
    job = claimed(ledger)
    ledger.finish(job, REPORT, PACK, VERDICT, (), None)

    with pytest.raises(StorageError, match="attempt 1"):
        ledger.finish(job, REPORT, PACK, VERDICT, (), None)
    assert len(queries.results(path)) == 1


def test_a_result_of_a_lost_claim_leaves_nothing(ledger: Ledger, path: Path) -> None:
    """A late answer to an attempt that was given up must not become a verdict."""
    ledger.register(arrival(), RECIPE)
    late = claimed(ledger)
    ledger.fail_attempt(late, "late", max_attempts=3)
    claimed(ledger)

    with pytest.raises(StorageError):
        ledger.finish(late, REPORT, PACK, VERDICT, (REPLY,), INFO)
    assert queries.results(path) == []
    with open_reader(path) as db:
        assert db["finding"].count == db["measurement"].count == 0


def test_attempts_are_used_up(ledger: Ledger, path: Path) -> None:
    ledger.register(arrival(), RECIPE)

    kinds = [ledger.fail_attempt(claimed(ledger), "internal-KeyError", 3) for _ in range(3)]

    assert kinds == [OutcomeKind.WAITING, OutcomeKind.WAITING, OutcomeKind.QUARANTINED]
    assert outcomes(path) == [("quarantined", "internal-KeyError")]


def test_recovery_queues_what_was_worked_on_and_quarantines_a_poison_file(path: Path) -> None:
    for attempt in (1, 2, 3):
        with Ledger.open(path, Clock(), volatile=True) as ledger:
            ledger.recover(max_attempts=3)
            ledger.register(arrival(), RECIPE) if attempt == 1 else None
            assert claimed(ledger).attempt == attempt
    with Ledger.open(path, Clock(), volatile=True) as ledger:
        ledger.recover(max_attempts=3)
        assert ledger.claim() is None
    assert outcomes(path) == [("quarantined", "crashed")]


def test_a_request_is_on_record_before_its_answer(ledger: Ledger, path: Path) -> None:
    ledger.register(arrival(), RECIPE)
    job = claimed(ledger)
    ledger.record_request(job, REQUEST, INFO, "fits")
    with open_reader(path) as db:
        assert next(db.query("SELECT finish_reason, result_id FROM v_requests")) == {
            "finish_reason": None,
            "result_id": None,
        }

    drawn = replace(REPLY, confidence=0.75, energy=Energy(3.25, EnergyQuality.RAPL_UNCORE))
    ledger.finish(job, REPORT, PACK, VERDICT, (drawn,), INFO)

    record = queries.show(path, job.arrival_id)
    assert record is not None
    request = record["requests"][0]
    assert (request["finish_reason"], request["output_tokens"], request["ttft_ms"]) == ("stop", 8, 20.0)
    assert (request["energy_j"], request["energy_quality"], request["confidence"]) == (3.25, "rapl-uncore", 0.75)


@pytest.mark.parametrize("way", ["recover", "finish", "fail"])
def test_a_request_without_an_answer_stays_visible(ledger: Ledger, path: Path, way: str) -> None:
    ledger.register(arrival(), RECIPE)
    job = claimed(ledger)
    ledger.record_request(job, REQUEST, INFO, "fits")
    if way == "recover":
        ledger.recover(3)
    elif way == "finish":
        ledger.finish(job, REPORT, PACK, VERDICT, (), None)
    else:
        ledger.fail_attempt(job, "late", 3)

    with open_reader(path) as db:
        assert [row[0] for row in db.execute("SELECT finish_reason FROM v_requests")] == ["unknown"]


def test_a_torn_file_waits_until_a_longer_one_comes(ledger: Ledger, path: Path) -> None:
    ledger.register(arrival(content=b"half"), RECIPE)
    ledger.defer(claimed(ledger), "incomplete", "ends in the middle")
    assert ledger.counts()[OutcomeKind.WAITING] == 1
    assert ledger.deferred() == [(1, "line1", b"a.csv")]

    ledger.register(arrival(content=b"half and half"), RECIPE)

    assert outcomes(path) == [("ignored", "superseded"), ("waiting", "queued")]


def test_a_torn_file_is_given_up(ledger: Ledger, path: Path) -> None:
    ledger.register(arrival(content=b"half"), RECIPE)
    ledger.defer(claimed(ledger), "json-incomplete", "")
    ledger.give_up(1)

    assert outcomes(path) == [("quarantined", "json-incomplete")]
    assert ledger.spooled_needed() == {arrival(content=b"half").sha256}


def test_a_torn_file_registered_again_is_tried_again(ledger: Ledger) -> None:
    ledger.register(arrival(), RECIPE)
    ledger.defer(claimed(ledger), "incomplete", "")

    assert ledger.register(arrival(), RECIPE).accepted
    assert claimed(ledger).attempt == 1


def test_a_scan_passes_by_what_it_knows(ledger: Ledger) -> None:
    ledger.register(arrival(), RECIPE, stamp="10:1")
    ledger.ignore("line1", b"a.tmp", "temporary-name", "3:3")
    ledger.refuse("line1", b"link.csv", "symlink", "0:0")
    ledger.replace_waiting("line1", {b"slow.csv": "settling"})

    assert ledger.known("line1", b"a.csv", "10:1")
    assert not ledger.known("line1", b"a.csv", "11:1")
    assert not ledger.known("line2", b"a.csv", "10:1")
    assert ledger.known("line1", b"a.tmp", "3:3")
    assert ledger.known("line1", b"link.csv", "0:0")
    assert not ledger.known("line1", b"slow.csv", "")


def test_every_file_counts_once_whatever_becomes_of_it(ledger: Ledger) -> None:
    ledger.replace_waiting("line1", {b"a.csv": "settling", b"b.csv": "still-changing"})
    ledger.ignore("line1", b"c.tmp", "temporary-name", "1")
    ledger.ignore("line1", b"c.tmp", "temporary-name", "1")
    ledger.refuse("line1", b"d.csv", "symlink", "1")
    assert sum(ledger.counts().values()) == 4

    ledger.register(arrival(b"a.csv"), RECIPE, stamp="5")
    ledger.replace_waiting("line1", {b"b.csv": "still-changing"})
    finished(ledger)

    counts = {kind.value: count for kind, count in ledger.counts().items() if count}
    assert counts == {"judged": 1, "waiting": 1, "ignored": 1, "rejected": 1}


def test_a_judged_file_and_its_duplicate_are_to_be_archived(ledger: Ledger) -> None:
    ledger.register(arrival(), RECIPE, stamp="1")
    ledger.register(arrival(b"bad.csv", b"bad"), RECIPE)
    finished(ledger)
    ledger.reject(claimed(ledger), "json-syntax", "line 1")
    ledger.register(arrival(), RECIPE, stamp="2")

    assert [row[0] for row in ledger.to_archive("line1")] == [1, 3]
    ledger.mark_archived(1, "/archive/a.csv")
    ledger.mark_archived(3, "")
    assert ledger.to_archive("line1") == []
    assert not ledger.known("line1", b"a.csv", "2")


def test_copies_are_needed_until_the_end(ledger: Ledger) -> None:
    judged, queued, stuck = arrival(b"1", b"1"), arrival(b"2", b"2"), arrival(b"3", b"3")
    ledger.register_many([(judged, ""), (stuck, ""), (queued, "")], RECIPE)
    finished(ledger)
    ledger.fail_attempt(claimed(ledger), "crashed", 1)

    assert ledger.spooled_needed() == {queued.sha256, stuck.sha256}


def test_text_that_is_not_unicode_does_not_stop_the_ledger(ledger: Ledger, path: Path) -> None:
    ledger.register(arrival(b"\xff\x1b[2J\n.csv"), RECIPE)
    ledger.reject(claimed(ledger), "encoding", "lone \ud800")

    with open_reader(path) as db:
        row = next(db.query("SELECT file_name, message FROM v_outcomes"))
    assert row == {"file_name": r"\xff\x1b[2J\n.csv", "message": r"lone \ud800"}


def test_a_torn_file_that_is_back_after_a_longer_one_is_read_again(ledger: Ledger, path: Path) -> None:
    half, whole = arrival(content=b"half"), arrival(content=b"half and half")
    for each in (half, whole):
        ledger.register(each, RECIPE)
        ledger.defer(claimed(ledger), "incomplete", "")

    assert ledger.register(half, RECIPE).accepted
    assert outcomes(path) == [("waiting", "queued"), ("ignored", "superseded")]


def test_after_a_failed_write_nothing_is_acknowledged(path: Path) -> None:
    """The disk takes no more, then works again: what it had promised before may be gone all the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Ledger.open(path, Clock(), volatile=True) as ledger:
        ledger.register(arrival(), RECIPE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(StorageError, match="disk I/O error"):
                ledger.register(arrival(b"b.csv"), RECIPE)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        with pytest.raises(StorageError, match="failed before"):
            ledger.register(arrival(b"c.csv"), RECIPE)
    with Ledger.open(path, Clock(), volatile=True) as ledger:
        assert ledger.pending() == 1
        assert ledger.register(arrival(b"c.csv"), RECIPE).accepted


def test_a_lock_of_another_program_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_app.ledger.connection.BUSY_S", 0)
    with Ledger.open(path, Clock(), volatile=True) as ledger:
        other = open_writer(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="held by another program"):
            ledger.register(arrival(), RECIPE)
        other.rollback()
        other.close()
        assert ledger.register(arrival(), RECIPE).accepted

"""One source from dropped file to verdict and archive, look by look, on the test's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_app.build import App, build
from edge_app.clock import Clock
from edge_app.domain.arrival import OutcomeKind
from edge_app.inbox import Folder, Inbox
from edge_app.pipeline import Outcome
from edge_app.settings import load_settings


@dataclass(frozen=True, slots=True)
class HandClock(Clock):
    """Monotonic time moves only when the test says so."""

    at: list[float]

    def monotonic(self) -> float:
        return self.at[0]


@pytest.fixture
def clock() -> HandClock:
    return HandClock([0.0])


@pytest.fixture
def app(tmp_path: Path, clock: HandClock) -> Iterator[App]:
    with build(load_settings(None, {"state": tmp_path / "state", "volatile": True}), clock) as app:
        yield app


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "in").mkdir()
    return Folder("line", tmp_path / "in", ("*.json", "*.txt"), False, 2.0, 60.0, tmp_path / "done", None)


@pytest.fixture
def inbox(app: App, folder: Folder, clock: HandClock) -> Inbox:
    return Inbox(folder, app.ledger, app.spool, app.recipe, clock)


def look(inbox: Inbox, app: App, clock: HandClock, after: float) -> list[Outcome]:
    """One look, then every job that it queued."""
    clock.at[0] += after
    inbox.look()
    outcomes = []
    while job := app.ledger.claim():
        outcomes.append(app.pipeline.judge(job))
    return outcomes


def test_a_file_is_judged_once_after_it_settled_and_then_archived(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    (folder.path / "a.txt").write_text("Result: OK, no cracks found.\n")
    assert look(inbox, app, clock, 0) == []
    assert inbox.is_waiting
    assert [each.kind for each in look(inbox, app, clock, 2)] == [OutcomeKind.JUDGED]
    assert look(inbox, app, clock, 2) == []
    assert not (folder.path / "a.txt").exists()
    assert len(list((folder.archive or folder.path).rglob("a.txt"))) == 1
    assert app.ledger.counts()[OutcomeKind.JUDGED] == 1


def test_a_torn_file_waits_and_is_judged_when_its_rest_has_come(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    whole = '{"part_no": "A-1", "result": "OK"}'
    (folder.path / "a.json").write_text(whole[:20])
    look(inbox, app, clock, 0)
    assert [each.kind for each in look(inbox, app, clock, 2)] == [OutcomeKind.WAITING]
    (folder.path / "a.json").write_text(whole)
    look(inbox, app, clock, 1)
    assert [each.kind for each in look(inbox, app, clock, 2)] == [OutcomeKind.JUDGED]
    counts = app.ledger.counts()
    assert (counts[OutcomeKind.JUDGED], counts[OutcomeKind.QUARANTINED]) == (1, 0)


def test_a_torn_file_whose_rest_does_not_come_is_quarantined(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    (folder.path / "a.json").write_text('{"part_no": "A-1", ')
    look(inbox, app, clock, 0)
    look(inbox, app, clock, 2)
    look(inbox, app, clock, 1)
    look(inbox, app, clock, 61)
    counts = app.ledger.counts()
    assert (counts[OutcomeKind.QUARANTINED], counts[OutcomeKind.WAITING]) == (1, 0)


def test_what_is_not_a_report_is_counted_with_its_reason(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    (folder.path / "picture.png").write_bytes(b"\x89PNG")
    (folder.path / "link.txt").symlink_to("/etc/hostname")
    look(inbox, app, clock, 0)
    look(inbox, app, clock, 2)
    counts = app.ledger.counts()
    assert (counts[OutcomeKind.IGNORED], counts[OutcomeKind.REJECTED]) == (1, 1)


def test_a_folder_that_went_away_is_trouble_not_an_end(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    folder.path.rmdir()
    assert look(inbox, app, clock, 0) == []
    assert inbox.trouble
    folder.path.mkdir()
    look(inbox, app, clock, 1)
    assert not inbox.trouble


def test_an_archive_that_cannot_be_used_is_trouble_told_once_and_tried_again(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    assert folder.archive
    folder.archive.write_text("not a folder")
    (folder.path / "a.txt").write_text("Result: OK, no cracks found.\n")
    look(inbox, app, clock, 0)
    assert [each.kind for each in look(inbox, app, clock, 2)] == [OutcomeKind.JUDGED]
    with capture_logs() as logs:
        look(inbox, app, clock, 2)
        (folder.path / "b.txt").write_text("Result: OK, no dents found.\n")
        look(inbox, app, clock, 2)
        assert [each.kind for each in look(inbox, app, clock, 2)] == [OutcomeKind.JUDGED]
    assert [log["event"] for log in logs] == ["archive.unavailable"]
    assert inbox.trouble
    folder.archive.unlink()
    look(inbox, app, clock, 2)
    assert not inbox.trouble
    assert {path.name for path in folder.archive.iterdir()} == {"a.txt", "b.txt"}


def test_a_file_whose_name_the_archive_cannot_hold_does_not_stop_the_others(
    inbox: Inbox, app: App, folder: Folder, clock: HandClock
) -> None:
    assert folder.archive
    long = "a" * 251 + ".txt"
    folder.archive.mkdir()
    (folder.archive / long).write_text("another file")
    for name in (long, "b.txt"):
        (folder.path / name).write_text("Result: OK, no cracks found.\n")
    for _ in range(3):
        look(inbox, app, clock, 2)
    assert inbox.trouble
    assert (folder.path / long).exists()
    assert (folder.archive / "b.txt").exists()

"""One outcome for each file that was asked for, whatever the ledger already holds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_app.batch import SOURCE, find_files, process
from edge_app.build import App, build
from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival, OutcomeKind
from edge_app.errors import UsageError
from edge_app.intake.scan import FileKind
from edge_app.pipeline import Outcome
from edge_app.settings import load_settings


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with build(load_settings(None, {"state": tmp_path / "state", "volatile": True}), Clock()) as app:
        yield app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).write_text(f"Part No: {name}\nResult: OK, no cracks found.\n")
    return tmp_path / "in"


def outcomes_of(app: App, *paths: Path) -> list[tuple[str, OutcomeKind, bool]]:
    found: list[Outcome] = []
    process(app, find_files(paths), found.append)
    return sorted((Path(os.fsdecode(each.name)).name, each.kind, each.refused) for each in found)


def left_over(app: App, path: Path) -> None:
    """As a run leaves it that was killed: registered, not judged."""
    [(folder, seen)] = find_files([path])
    spooled = app.spool.take(folder, seen.name, seen)
    app.ledger.register(Arrival(SOURCE, os.fsencode(path), spooled.sha256, spooled.size), app.recipe)


def test_a_file_given_twice_is_one_file(app: App, folder: Path) -> None:
    given = folder / "a.txt"
    assert outcomes_of(app, given, given, folder) == [
        ("a.txt", OutcomeKind.JUDGED, False),
        ("b.txt", OutcomeKind.JUDGED, False),
    ]


@pytest.mark.parametrize("was_running", [False, True])
def test_what_an_earlier_run_left_is_judged_now(app: App, folder: Path, *, was_running: bool) -> None:
    left_over(app, folder / "a.txt")
    if was_running:
        app.ledger.claim()
        app.ledger.recover(max_attempts=3)
    assert outcomes_of(app, folder / "a.txt") == [("a.txt", OutcomeKind.JUDGED, False)]
    assert outcomes_of(app, folder / "a.txt") == [("a.txt", OutcomeKind.DUPLICATE, False)]


@pytest.mark.parametrize("name", ["a.txt", "torn.json"])
def test_what_an_earlier_run_left_has_one_outcome_though_it_ends_before_its_file_is_read(
    app: App, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / "torn.json").write_text('{"part_no": "A-1", ')
    left_over(app, folder / name)
    take = app.spool.take

    def take_late(*args: Any, **named: Any) -> Any:
        while app.ledger.pending():
            time.sleep(0.01)
        return take(*args, **named)

    monkeypatch.setattr(type(app.spool), "take", lambda _, *args, **named: take_late(*args, **named))
    [(_, kind, refused)] = outcomes_of(app, folder / name)
    assert kind is OutcomeKind.WAITING if name == "torn.json" else kind in {OutcomeKind.JUDGED, OutcomeKind.DUPLICATE}
    assert not refused


def test_what_an_earlier_run_left_of_other_files_is_no_outcome_of_this_one(app: App, folder: Path) -> None:
    (folder / "bad.json").write_text('{"result": "NG", "result": "OK"}')
    left_over(app, folder / "bad.json")
    assert outcomes_of(app, folder / "b.txt") == [("b.txt", OutcomeKind.JUDGED, False)]
    assert app.ledger.pending() == 0


@pytest.mark.parametrize("faults", [1, 2, 3])
def test_a_fault_of_ours_is_tried_again_and_has_one_outcome(app: App, folder: Path, faults: int) -> None:
    left = [None] * faults
    read = app.pipeline.read

    def fail(content: bytes, name: str) -> Any:
        if left:
            left.pop()
            raise KeyError(name)
        return read(content, name)

    broken = replace(app, pipeline=replace(app.pipeline, read=fail))
    end = OutcomeKind.QUARANTINED if faults == 3 else OutcomeKind.JUDGED
    assert outcomes_of(broken, folder / "a.txt") == [("a.txt", end, False)]


def test_a_file_is_looked_at_without_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "link.txt").symlink_to(folder / "a.txt")
    (folder / "hard.txt").hardlink_to(folder / "b.txt")
    (folder / ".hidden").write_text("x")

    def fail(*_: object) -> Any:
        raise AssertionError("the folder was listed")

    monkeypatch.setattr(os, "scandir", fail)
    found = find_files([folder / name for name in ("a.txt", "hard.txt", ".hidden")])
    assert [(seen.name, seen.kind) for _, seen in found] == [
        (b".hidden", FileKind.HIDDEN),
        (b"a.txt", FileKind.REPORT),
        (b"hard.txt", FileKind.HARD_LINK),
    ]
    assert find_files([folder / "link.txt"]) == find_files([folder / "a.txt"])
    with pytest.raises(UsageError):
        find_files([folder / "none.txt"])


def test_no_copy_is_kept_of_what_ended(app: App, folder: Path, tmp_path: Path) -> None:
    (folder / "torn.json").write_text('{"part_no": "A-1", ')
    outcomes_of(app, folder)
    copies = {path.name for path in (tmp_path / "state" / "spool").glob("??/*")}
    assert copies == app.ledger.spooled_needed()
    assert len(copies) == 1

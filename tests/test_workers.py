"""Workers that are held take nothing, and go on or end when told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.batch import find_files
from edge_app.build import App, build
from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival
from edge_app.pipeline import Outcome
from edge_app.settings import load_settings
from edge_app.workers import Workers


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """One report waits; rules judge it."""
    (tmp_path / "a.txt").write_text("Part No: P-7\nResult: OK, no cracks found.\n")
    [(folder, seen)] = find_files([tmp_path / "a.txt"])
    with build(load_settings(None, {"state": tmp_path / "state", "volatile": True}), Clock()) as made:
        spooled = made.spool.take(folder, seen.name, seen)
        made.ledger.register(Arrival("line", b"a.txt", spooled.sha256, spooled.size), made.recipe)
        yield made


def workers_of(app: App, ended: list[Outcome]) -> Workers:
    return Workers(app.pipeline, app.ledger, count=2, max_attempts=1, on_outcome=ended.append)


def test_what_is_held_waits_and_goes_on_when_released(app: App) -> None:
    ended: list[Outcome] = []
    workers = workers_of(app, ended)
    workers.hold(3600)
    workers.start()
    time.sleep(0.2)
    assert app.ledger.pending() == 1
    workers.hold(0)
    workers.finish()
    assert len(ended) == 1


def test_a_hold_ends_by_itself(app: App) -> None:
    ended: list[Outcome] = []
    workers = workers_of(app, ended)
    workers.hold(0.2)
    workers.start()
    workers.finish()
    assert len(ended) == 1


def test_workers_that_are_held_can_be_stopped(app: App) -> None:
    workers = workers_of(app, [])
    workers.hold(3600)
    workers.start()
    workers.stop()
    assert app.ledger.pending() == 1

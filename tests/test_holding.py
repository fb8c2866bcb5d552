"""Jobs wait in the ledger while nobody could answer them: during heat, and while precisions are exchanged."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.advising import UNLIMITED, Advisor
from edge_app.batch import find_files
from edge_app.build import App, build
from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival
from edge_app.domain.inference import Precision
from edge_app.domain.stance import Reading
from edge_app.engine.base import Engine, EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import INFO, Line, ScriptedEngine
from edge_app.governor.loop import Told
from edge_app.holding import Holds, on_pause, wait_in_ledger
from edge_app.judging.conclude import Authority
from edge_app.ledger.connection import open_reader
from edge_app.pipeline import Outcome
from edge_app.settings import load_settings
from edge_app.workers import Workers

FP16, INT8 = Precision.FP16, Precision.INT8
SPECS = {each: EngineSpec(Path(), "m", "f" * 64, each) for each in (INT8, FP16)}
TEXT = "Part No: P-{}\nResult: all dimensions conform\nThe gizmo quivers a little.\n"
REPORTS = 24
DEADLINE_MS = 200
WAIT_S = 20


def told(reason: str, *, is_paused: bool) -> Told:
    return Told(replace(UNLIMITED, is_paused=is_paused, reason=reason), Reading(0.0), "")


def test_one_pause_holds_once_however_many_stances_it_has() -> None:
    held: list[float] = []
    heard = on_pause(held.append, 120.0)
    heard(told("cool", is_paused=False))
    for reason in ("critical: 101 C", "critical: 102 C", "critical: 99 C"):
        heard(told(reason, is_paused=True))
    heard(told("hot", is_paused=False))
    heard(told("warm", is_paused=False))
    heard(told("critical: 101 C", is_paused=True))
    assert held == [120.0, 0.0, 120.0]


def test_who_lets_go_does_not_let_go_for_the_other() -> None:
    held: list[float] = []
    now = [100.0]
    holds = Holds(held.append, lambda: now[0])
    holds("heat", 60.0)
    holds("exchange", 600.0)
    now[0] = 110.0
    holds("exchange", 0.0)
    holds("heat", 0.0)
    assert held == [60.0, 600.0, 50.0, 0.0]


class Loads:
    """Opens at once, until it is closed to the next ones."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, spec: EngineSpec) -> Engine:
        self.may_go_on.wait(WAIT_S)
        line = Line("0 PASS none none accept\nAll dimensions conform.", confidence=0.99, delay_ms=5)
        return ScriptedEngine(lambda _: line, info=replace(INFO, precision=spec.precision))


@pytest.fixture
def loads() -> Iterator[Loads]:
    made = Loads()
    yield made
    made.may_go_on.set()


@contextmanager
def app_with(pool: Pool, tmp_path: Path) -> Iterator[App]:
    """Reports that wait for the model."""
    (tmp_path / "in").mkdir()
    for number in range(REPORTS):
        (tmp_path / f"in/{number}.txt").write_text(TEXT.format(number))
    settings = load_settings(None, {"state": tmp_path / "state", "volatile": True, "model": {"name": "none"}})
    with build(settings, Clock()) as app:
        for folder, seen in find_files([tmp_path / "in"]):
            spooled = app.spool.take(folder, seen.name, seen)
            app.ledger.register(Arrival("line", seen.name, spooled.sha256, spooled.size), app.recipe)
        advisor = Advisor(pool, Authority.RAISE, 0.9, 64, DEADLINE_MS)
        yield replace(app, pipeline=replace(app.pipeline, advisor=advisor))


def workers_of(app: App, ended: list[Outcome]) -> Workers:
    workers = Workers(app.pipeline, app.ledger, count=8, max_attempts=1, on_outcome=ended.append)
    wait_in_ledger(app, workers.hold)
    return workers


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


def states(tmp_path: Path) -> Counter[str]:
    with open_reader(tmp_path / "state/edge.db") as db:
        return Counter(row[0] for row in db.execute("SELECT state FROM arrival").fetchall())


def finished(tmp_path: Path) -> Counter[str]:
    with open_reader(tmp_path / "state/edge.db") as db:
        return Counter(row[0] for row in db.execute("SELECT finish_reason FROM v_requests").fetchall())


def test_an_exchange_longer_than_the_deadline_costs_no_report_its_answer(tmp_path: Path, loads: Loads) -> None:
    ended: list[Outcome] = []
    with Pool(SPECS, loads, frozenset({INT8})) as pool, app_with(pool, tmp_path) as app:
        workers = workers_of(app, ended)
        loads.may_go_on.clear()
        pool.hold(frozenset({FP16}))
        until(lambda: pool.ready == ())
        workers.start()
        time.sleep(3 * DEADLINE_MS / 1000)
        assert states(tmp_path) == {"queued": REPORTS}
        loads.may_go_on.set()
        workers.finish()
        assert finished(tmp_path) == {"stop": REPORTS}
    assert {each.verdict.notes for each in ended if each.verdict} == {()}


def test_those_already_in_hand_have_their_deadline_from_when_they_are_asked(tmp_path: Path, loads: Loads) -> None:
    ended: list[Outcome] = []
    with Pool(SPECS, loads, frozenset({INT8})) as pool, app_with(pool, tmp_path) as app:
        loads.may_go_on.clear()
        pool.hold(frozenset({FP16}))
        until(lambda: pool.ready == ())
        workers = Workers(app.pipeline, app.ledger, count=8, max_attempts=1, on_outcome=ended.append)
        workers.start()
        time.sleep(3 * DEADLINE_MS / 1000)
        loads.may_go_on.set()
        workers.finish()
        assert finished(tmp_path) == {"stop": REPORTS}


def test_after_patience_the_rules_judge_and_the_verdict_says_why(tmp_path: Path, loads: Loads) -> None:
    ended: list[Outcome] = []
    with Pool(SPECS, loads, frozenset({INT8}), patience_s=0.1) as pool, app_with(pool, tmp_path) as app:
        loads.may_go_on.clear()
        pool.hold(frozenset({FP16}))
        until(lambda: pool.ready == ())
        workers = workers_of(app, ended)
        workers.start()
        workers.finish()
        loads.may_go_on.set()
    notes = {each.verdict.notes for each in ended if each.verdict}
    assert len(ended) == REPORTS
    assert notes == {
        (
            "model answer not used: timeout",
            "nobody was asked: no precision was loaded in time; fp16 was chosen: the only one there is",
        )
    }


def test_a_program_that_ends_waits_for_no_exchange(tmp_path: Path, loads: Loads) -> None:
    ended: list[Outcome] = []
    with Pool(SPECS, loads, frozenset({INT8})) as pool, app_with(pool, tmp_path) as app:
        loads.may_go_on.clear()
        pool.hold(frozenset({FP16}))
        until(lambda: pool.ready == ())
        workers = Workers(app.pipeline, app.ledger, count=8, max_attempts=1, on_outcome=ended.append)
        workers.start()
        until(lambda: states(tmp_path)["running"] == 8)
        begun = time.monotonic()
        workers.stop()
        assert time.monotonic() - begun < WAIT_S / 2
        loads.may_go_on.set()

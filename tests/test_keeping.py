"""The keeper has the pool load and drop what memory and ceiling ask for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from edge_app.advising import UNLIMITED, Watch
from edge_app.clock import Clock
from edge_app.domain.inference import Precision
from edge_app.engine.base import EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import Line, ScriptedEngine
from edge_app.keeping import Keeper
from edge_app.precision.residency import CALM_S, DWELL_S, PRESSED_S, Memory

FP16, INT8 = Precision.FP16, Precision.INT8
SPECS = {each: EngineSpec(Path(), "m", "f", each) for each in (INT8, FP16)}
NEEDS = {INT8: 10**9, FP16: 2 * 10**9}


class SetClock(Clock):
    """Stands still until it is moved."""

    at = 0.0

    def monotonic(self) -> float:
        return SetClock.at


def test_pressure_drops_and_calm_takes_back() -> None:
    memory = [Memory(10**10, 0.0)]
    with Pool(SPECS, lambda _: ScriptedEngine([Line("x")]), frozenset(SPECS)) as pool:
        keeper = Keeper(pool, NEEDS, Watch(lambda: UNLIMITED, lambda: memory[0]), SetClock())
        assert keeper.tick() == ""
        memory[0] = Memory(10**10, 40.0)
        reasons = [said for _ in range(4) if (said := ticked(keeper, max(PRESSED_S, DWELL_S)))]
        assert reasons == ["without fp16: memory pressure 40 %"]
        assert pool.held == {INT8}
        memory[0] = Memory(10**10, 0.0)
        reasons = [said for _ in range(4) if (said := ticked(keeper, CALM_S / 2 + 1))]
        assert reasons == ["with fp16: memory has room again"]
        end = time.monotonic() + 20
        while set(pool.ready) != {INT8, FP16}:
            assert time.monotonic() < end
            time.sleep(0.002)


def ticked(keeper: Keeper, seconds: float) -> str:
    SetClock.at += seconds
    return keeper.tick()


def test_a_model_that_was_lost_comes_back() -> None:
    refuse: list[bool] = []

    def open_one(_: EngineSpec) -> ScriptedEngine:
        if refuse:
            raise OSError("no memory")
        return ScriptedEngine([Line("x")])

    with Pool(SPECS, open_one, frozenset({INT8})) as pool:
        keeper = Keeper(pool, NEEDS, Watch(), SetClock())
        refuse.append(True)
        pool.hold(frozenset({FP16}))
        until(lambda: pool.held == frozenset())
        refuse.clear()
        assert [ticked(keeper, DWELL_S), ticked(keeper, DWELL_S)] == ["", "int8 again: none is loaded"]
        until(lambda: pool.ready == (INT8,))


def test_a_look_that_fails_is_not_the_last() -> None:
    with Pool(SPECS, lambda _: ScriptedEngine([Line("x")]), frozenset({INT8})) as pool:
        looks: list[None] = []

        def memory() -> Memory:
            looks.append(None)
            raise ValueError("not a number")

        with Keeper(pool, NEEDS, Watch(memory=memory), Clock(), tick_s=0.01):
            until(lambda: len(looks) > 2)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_it_ticks_until_it_is_closed() -> None:
    with Pool(SPECS, lambda _: ScriptedEngine([Line("x")]), frozenset({INT8})) as pool:
        looks: list[None] = []

        def memory() -> Memory:
            looks.append(None)
            return Memory(None, None)

        with Keeper(pool, NEEDS, Watch(memory=memory), Clock(), tick_s=0.01):
            end = time.monotonic() + 20
            while len(looks) < 3:
                assert time.monotonic() < end
                time.sleep(0.002)
        seen = len(looks)
        time.sleep(0.05)
        assert len(looks) == seen

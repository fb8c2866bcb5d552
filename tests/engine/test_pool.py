"""Several precisions of one model: leased, drained, swapped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.domain.inference import FinishReason, Precision, Request
from edge_app.engine.base import Engine, EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import INFO, Line, ScriptedEngine
from edge_app.errors import ModelError

FP16, INT8, INT4 = Precision.FP16, Precision.INT8, Precision.INT4
SPECS = {each: EngineSpec(Path(), "m", "f", each) for each in (INT8, FP16, INT4)}
SWITCHES = ((FP16,), (INT8,), (INT8, FP16), (INT4,))
WAIT_S = 20
REQUEST = Request("1", "s", "u", "{}", 8, 60_000)


class Workshop:
    """Opens scripted engines, and remembers what was open together."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.most = 0
        self.refused: set[str] = set()
        self.error: Exception = ModelError("refused", "hint")
        self.unclosable: set[str] = set()
        self.may_open = threading.Event()
        self.may_open.set()

    def __call__(self, spec: EngineSpec) -> Engine:
        self.may_open.wait(WAIT_S)
        if spec.precision in self.refused:
            raise self.error
        workshop = self

        class Noted(ScriptedEngine):
            def close(self) -> None:
                super().close()
                if spec.precision in workshop.open:
                    workshop.open.remove(spec.precision)
                if spec.precision in workshop.unclosable:
                    raise RuntimeError("it does not end")

        self.open.append(spec.precision)
        self.most = max(self.most, len(self.open))
        return Noted(lambda _: Line(spec.precision, delay_ms=5), info=replace(INFO, precision=spec.precision))


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def make(workshop: Workshop) -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def pool(*loaded: Precision) -> Pool:
        made.append(Pool(SPECS, workshop, frozenset(loaded)))
        return made[-1]

    yield pool
    for each in made:
        each.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


def answer(pool: Pool, precision: Precision) -> str:
    with pool.lease(precision, WAIT_S) as leased:
        assert leased
        return leased[1].submit(REQUEST).result(WAIT_S).text


def test_the_usual_one_is_loaded_first_and_the_others_after_its_first_answer(make: Callable[..., Pool]) -> None:
    pool = make(INT8, FP16)
    assert pool.ready == (INT8,)
    assert pool.held == {INT8, FP16}
    assert answer(pool, FP16) == INT8, "the nearest that is ready"
    until(lambda: set(pool.ready) == {INT8, FP16})
    assert answer(pool, FP16) == FP16
    assert answer(pool, INT4) == INT8


def test_who_takes_no_other_waits_for_what_is_coming(make: Callable[..., Pool], workshop: Workshop) -> None:
    pool = make(INT8, FP16)
    workshop.may_open.clear()
    answer(pool, INT8)
    with pool.lease(FP16, 0.01, no_other=True) as leased:
        assert leased is None
    threading.Timer(0.05, workshop.may_open.set).start()
    with pool.lease(FP16, WAIT_S, no_other=True) as leased:
        assert leased
        assert leased[0] is FP16


def test_nothing_is_waited_for_that_will_not_come(make: Callable[..., Pool], workshop: Workshop) -> None:
    workshop.refused.add(FP16)
    pool = make(INT8, FP16)
    answer(pool, INT8)
    until(lambda: pool.held == {INT8})
    with pool.lease(FP16, WAIT_S, no_other=True) as leased:
        assert leased is None
    assert answer(pool, FP16) == INT8


def test_a_swap_drains_first_and_never_holds_both(make: Callable[..., Pool], workshop: Workshop) -> None:
    pool = make(FP16)
    with pool.lease(FP16, WAIT_S) as leased:
        assert leased
        pool.hold(frozenset({INT8}))
        until(lambda: pool.ready == ())
        assert leased[1].submit(REQUEST).result(WAIT_S).finish_reason is FinishReason.STOP
        assert workshop.open == [FP16]
    assert answer(pool, FP16) == INT8
    assert workshop.most == 1


def test_what_is_wanted_again_while_it_drains_stays(make: Callable[..., Pool]) -> None:
    pool = make(FP16)
    with pool.lease(FP16, WAIT_S):
        pool.hold(frozenset({INT8}))
        until(lambda: pool.ready == ())
        pool.hold(frozenset({FP16}))
        until(lambda: pool.ready == (FP16,))
    assert answer(pool, FP16) == FP16


def test_who_asks_in_the_middle_of_a_swap_waits_no_longer_than_it_may(
    make: Callable[..., Pool], workshop: Workshop
) -> None:
    pool = make(FP16)
    workshop.may_open.clear()
    pool.hold(frozenset({INT8}))
    until(lambda: workshop.open == [])
    with pool.lease(INT8, 0.01) as leased:
        assert leased is None
    workshop.may_open.set()
    assert answer(pool, INT8) == INT8


def test_when_the_new_one_is_refused_the_old_one_comes_back(make: Callable[..., Pool], workshop: Workshop) -> None:
    workshop.refused |= {INT8, INT4}
    pool = make(FP16)
    workshop.may_open.clear()
    pool.hold(frozenset({INT8}))
    until(lambda: workshop.open == [])
    workshop.may_open.set()
    assert answer(pool, INT8) == FP16
    assert workshop.open == [FP16]
    workshop.refused.clear()
    pool.hold(frozenset({INT8}))
    until(lambda: pool.ready == (INT8,))


def test_when_none_can_be_loaded_nobody_waits_and_it_is_told(make: Callable[..., Pool], workshop: Workshop) -> None:
    pool = make(FP16)
    workshop.refused |= {INT8, INT4, FP16}
    pool.hold(frozenset({INT8}))
    until(lambda: pool.held == frozenset())
    begun = time.monotonic()
    with pool.lease(INT8, WAIT_S) as leased:
        assert leased is None
    assert time.monotonic() - begun < WAIT_S / 2
    workshop.refused.clear()
    pool.hold(frozenset({INT8}))
    assert answer(pool, INT8) == INT8


def test_who_waits_goes_on_as_soon_as_the_last_has_failed(make: Callable[..., Pool], workshop: Workshop) -> None:
    pool = make(FP16)
    workshop.may_open.clear()
    workshop.refused |= {INT8, INT4, FP16}
    pool.hold(frozenset({INT8}))
    until(lambda: pool.ready == ())
    threading.Timer(0.05, workshop.may_open.set).start()
    begun = time.monotonic()
    with pool.lease(INT8, WAIT_S) as leased:
        assert leased is None
    assert time.monotonic() - begun < WAIT_S / 2


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError(), OSError("no file")])
def test_whatever_loading_raises_the_next_one_is_loaded(
    error: Exception, make: Callable[..., Pool], workshop: Workshop
) -> None:
    pool = make(FP16)
    workshop.error = error
    workshop.refused |= {INT8, INT4}
    pool.hold(frozenset({INT8}))
    until(lambda: pool.held == {FP16} and pool.ready == (FP16,))
    workshop.refused.clear()
    pool.hold(frozenset({INT8}))
    until(lambda: pool.ready == (INT8,))


def test_one_that_cannot_be_closed_is_replaced_all_the_same(make: Callable[..., Pool], workshop: Workshop) -> None:
    pool = make(FP16)
    workshop.unclosable.add(FP16)
    pool.hold(frozenset({INT8}))
    until(lambda: pool.ready == (INT8,))


def test_the_first_must_load(workshop: Workshop) -> None:
    workshop.refused.add(INT8)
    with pytest.raises(ModelError):
        Pool(SPECS, workshop, frozenset({INT8}))


def test_many_ask_while_it_switches_and_each_is_answered_once(make: Callable[..., Pool]) -> None:
    pool = make(INT8)
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(answer, pool, (FP16, INT8)[number % 2]) for number in range(300)]
        for number in range(12):
            pool.hold(frozenset(SWITCHES[number % 4]))
            time.sleep(0.01)
        texts = [each.result(WAIT_S) for each in answers]
    assert len(texts) == 300
    assert set(texts) <= {FP16, INT8, INT4}


def test_closing_answers_what_is_open(make: Callable[..., Pool]) -> None:
    pool = make(INT8)
    with pool.lease(INT8, WAIT_S) as leased:
        assert leased
        open_one = leased[1].submit(replace(REQUEST, deadline_ms=10**7))
        pool.close()
        assert open_one.result(WAIT_S).finish_reason in {FinishReason.ERROR, FinishReason.STOP}
    assert answer(pool, INT8) == "", "who comes later is answered too"

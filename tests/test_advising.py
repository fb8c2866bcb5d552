"""Asking with two precisions: what is written down, what counts, what the deadline holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest

from edge_app.advising import UNLIMITED, Advisor, Asked, Watch
from edge_app.clock import Clock
from edge_app.domain.energy import Energy, EnergyQuality
from edge_app.domain.inference import EngineInfo, FinishReason, Precision, Request, Usage
from edge_app.domain.report import Language, Report
from edge_app.domain.verdict import Assessment, Category, Disposition, Severity, Span, Status
from edge_app.engine.base import Engine, EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import INFO, Act, Line, ScriptedEngine
from edge_app.judging.conclude import Authority
from edge_app.precision.history import Counts
from edge_app.precision.residency import Memory

FP16, INT8 = Precision.FP16, Precision.INT8
BOTH = (INT8, FP16)
TEXT = "Unit 4. Handle came off."
REPORT = Report(text=TEXT, format="text", encoding="utf-8", language=Language.EN)
OPEN = (Span("Handle came off.", 8),)
RULES = Assessment(
    Status.PASS, Category.NONE, Severity.NONE, Disposition.ACCEPT, (), "Good.", None, conflict=False, reason="conforms",
    open_text=OPEN, unread=OPEN,
)  # fmt: skip
REQUEST = Request("7-1", "system", "user", "{}", 64, 1000)
GOOD = "0 PASS none none accept\nAll is good."
BAD = "1 FAIL assembly major rework\nThe handle came off."
WAIT_S = 20


@dataclass
class Bench:
    """Two scripted precisions and what they were asked."""

    advisor: Advisor
    written: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Id, precision, reason, deadline."""

    def record(self, request: Request, info: EngineInfo, reason: str) -> None:
        self.written.append((request.id, info.precision, reason, request.deadline_ms))

    def ask(self) -> Asked:
        return Asked(REPORT, RULES, REQUEST, "line", "general", self.record)


Make = Callable[..., Bench]


@pytest.fixture
def make() -> Iterator[Make]:
    with ExitStack() as stack:

        def bench(int8: Line, fp16: Line, *, clock: Clock | None = None, watch: Watch | None = None) -> Bench:
            lines = {INT8: int8, FP16: fp16}

            def open_one(spec: EngineSpec) -> Engine:
                info = replace(INFO, precision=spec.precision)
                return ScriptedEngine([lines[Precision(spec.precision)]], clock, info)

            specs = {each: EngineSpec(Path(), "m", "f", each) for each in BOTH}
            pool = stack.enter_context(Pool(specs, open_one, frozenset(specs)))
            warm(pool)
            watch = watch or Watch()
            return Bench(Advisor(pool, Authority.RAISE, 0.9, 64, 1000, watch=watch, clock=clock or Clock()))

        yield bench


def warm(pool: Pool) -> None:
    """The second is loaded once the first was asked."""
    with pool.lease(INT8, 0):
        pass
    with pool.lease(FP16, WAIT_S, no_other=True) as leased:
        assert leased


def test_a_sure_answer_is_asked_once(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.95), Line(BAD))
    answered = bench.advisor.ask(bench.ask())
    assert (answered.reply.text, len(answered.replies)) == (GOOD, 1)
    [(name, precision, reason, deadline)] = bench.written
    assert (name, precision, reason) == ("7-1", "int8", "plain")
    assert 0 < deadline <= 1000
    assert bench.advisor.history.of("line", "general") == Counts(1, 0, 0)


def test_a_doubtful_answer_is_asked_again_and_the_exact_one_counts(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.3), Line(BAD, confidence=0.97))
    answered = bench.advisor.ask(bench.ask())
    assert answered.reply.text == BAD
    assert answered.info
    assert answered.info.precision == "fp16"
    assert [each.request_id for each in answered.replies] == ["7-1", "7-1-fp16", "7-1-fp16-whole"]
    assert [each.text for each in answered.replies] == [GOOD, BAD.split("\n", maxsplit=1)[0], BAD]
    assert [row[:3] for row in bench.written] == [
        ("7-1", "int8", "plain"),
        ("7-1-fp16", "fp16", "second look: int8 has confidence 0.30 < 0.45"),
        ("7-1-fp16-whole", "fp16", "whole answer: fp16 codes otherwise than int8"),
    ]
    assert bench.written[0][3] >= max(bench.written[1][3], bench.written[2][3])
    assert bench.advisor.history.of("line", "general") == Counts(1, 1, 1)


def test_a_doubtful_answer_that_is_confirmed_stands_with_the_confidence_of_the_exact_one(make: Make) -> None:
    bench = make(Line(BAD, confidence=0.3), Line(BAD.replace("The handle", "Its grip"), confidence=0.97))
    answered = bench.advisor.ask(bench.ask())
    assert (answered.reply.text, answered.reply.confidence) == (BAD, 0.97)
    assert answered.info
    assert answered.info.precision == "int8"
    assert [each.confidence for each in answered.replies] == [0.3, 0.97]
    assert bench.advisor.history.of("line", "general") == Counts(1, 1, 1), "now it is sure enough to raise"


def test_an_answer_that_cannot_be_used_is_asked_for_whole(make: Make) -> None:
    bench = make(Line("0 PA", finish_reason=FinishReason.LENGTH), Line(BAD, confidence=0.97))
    answered = bench.advisor.ask(bench.ask())
    assert answered.reply.text == BAD
    assert [row[0] for row in bench.written] == ["7-1", "7-1-fp16-whole"]


@pytest.mark.parametrize(
    "worse",
    [Line("cut", finish_reason=FinishReason.LENGTH), Line(act=Act.FAULT, error="device lost"), Line(act=Act.SILENCE)],
)
def test_a_second_look_that_gives_nothing_leaves_the_first_answer(make: Make, worse: Line) -> None:
    bench = make(Line(GOOD, confidence=0.3), worse)
    answered = bench.advisor.ask(bench.ask())
    assert (answered.reply.text, len(answered.replies)) == (GOOD, 2)
    assert answered.info
    assert answered.info.precision == "int8"
    assert bench.advisor.history.of("line", "general") == Counts(1, 1, 0)


def test_a_second_look_waits_for_nobody() -> None:
    may_open = threading.Event()

    def open_one(spec: EngineSpec) -> Engine:
        if spec.precision == FP16:
            may_open.wait(WAIT_S)
        return ScriptedEngine(lambda _: Line(BAD, confidence=0.3), info=replace(INFO, precision=spec.precision))

    with Pool({each: EngineSpec(Path(), "m", "f", each) for each in BOTH}, open_one, frozenset(BOTH)) as pool:
        bench = Bench(Advisor(pool, Authority.RAISE, 0.9, 64, WAIT_S * 1000))
        begun = time.monotonic()
        answered = [bench.advisor.ask(bench.ask()) for _ in range(3)]
        assert time.monotonic() - begun < WAIT_S / 2
        may_open.set()
    assert [(each.reply.text, len(each.replies)) for each in answered] == [(BAD, 1)] * 3


def test_a_second_look_leaves_the_time_that_a_whole_answer_takes(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.3, delay_ms=100), Line(BAD, confidence=0.97))
    answered = bench.advisor.ask(bench.ask())
    assert [each.request_id for each in answered.replies] == ["7-1", "7-1-fp16", "7-1-fp16-whole"]
    assert bench.written[1][3] <= 1000 - 100 - 100, "as long as the first took, where FP16 never gave one"
    assert bench.written[2][3] > bench.written[1][3]


def test_an_answer_of_codes_alone_tells_nothing_of_how_long_a_whole_one_takes(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.3), Line(GOOD, confidence=0.97))
    answered = bench.advisor.ask(bench.ask())
    assert [each.request_id for each in answered.replies] == ["7-1", "7-1-fp16"]
    assert bench.advisor._took.keys() == {INT8}


class Slow(Clock):
    """Every look takes a while."""

    looks: ClassVar[list[None]] = []

    def monotonic(self) -> float:
        self.looks.append(None)
        return 0.05 * len(self.looks)


def test_the_deadline_of_the_report_holds_for_both(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.3), Line(act=Act.SILENCE), clock=Slow())
    answered = bench.advisor.ask(bench.ask())
    assert answered.reply.text == GOOD
    first, later = (row[3] for row in bench.written)
    assert 1000 > first > later > 0


def test_heat_and_memory_pressure_are_asked_for_each_report(make: Make) -> None:
    stance = [UNLIMITED]
    memory = [Memory(None, None)]
    watch = Watch(lambda: stance[0], lambda: memory[0])
    bench = make(Line(GOOD, confidence=0.3), Line(BAD, confidence=0.97), watch=watch)
    bench.advisor.ask(bench.ask())
    stance[0] = replace(UNLIMITED, ceiling=INT8, reason="88 °C, cap 900 MHz")
    bench.advisor.ask(bench.ask())
    stance[0], memory[0] = UNLIMITED, Memory(10**10, 25.0)
    bench.advisor.ask(bench.ask())
    assert [row[2] for row in bench.written[3:]] == ["ceiling int8: 88 °C, cap 900 MHz", "memory pressure 25 %"]


def test_one_precision_says_why_it_is_the_one(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.3), Line(BAD))
    fixed = replace(bench.advisor, fixed="configured")
    fixed.ask(bench.ask())
    assert [row[1:3] for row in bench.written] == [("int8", "configured")]


def test_nobody_there_in_time_is_a_timeout_without_a_row(make: Make) -> None:
    bench = make(Line(GOOD), Line(BAD))
    impatient = replace(bench.advisor, deadline_ms=0)
    answered = impatient.ask(bench.ask())
    assert (answered.reply.finish_reason, answered.info, answered.replies) == (FinishReason.TIMEOUT, None, ())
    assert bench.written == []


class Counted:
    """A Meter that tells what was asked of it."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.devices: set[str] = set()
        self.used: list[tuple[str, int]] = []

    def started(self, request_id: str, device: str) -> None:
        self.open.append(request_id)
        self.devices.add(device)

    def finished(self, request_id: str, usage: Usage) -> Energy:
        self.open.remove(request_id)
        self.used.append((request_id, usage.output_tokens))
        return Energy(2.5, EnergyQuality.RAPL_PACKAGE)


def test_each_request_carries_what_it_drew(make: Make) -> None:
    bench = make(Line(GOOD, confidence=0.01), Line(BAD, confidence=0.99))
    meter = Counted()
    answered = replace(bench.advisor, meter=meter).ask(bench.ask())

    assert [reply.energy for reply in answered.replies] == [Energy(2.5, EnergyQuality.RAPL_PACKAGE)] * 3
    assert [name for name, _ in meter.used] == ["7-1", "7-1-fp16", "7-1-fp16-whole"]
    assert all(tokens > 0 for _, tokens in meter.used)
    assert meter.devices == {INFO.device}
    assert meter.open == []


def test_a_meter_is_told_of_the_end_of_a_request_that_failed(make: Make) -> None:
    bench = make(Line(act=Act.FAULT), Line(act=Act.FAULT))
    meter = Counted()
    replace(bench.advisor, meter=meter).ask(bench.ask())
    assert meter.used
    assert meter.open == []

"""When an answer stands, and when a more exact precision is asked as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge_app.domain.inference import FinishReason, Precision, Reply, Usage
from edge_app.domain.verdict import Assessment, Category, Disposition, Severity, Span, Status
from edge_app.judging.conclude import Authority
from edge_app.precision.cascade import second
from edge_app.precision.choose import Choice, Conditions

OPEN = (Span("Handle came off.", 3),)
RULES = Assessment(
    Status.PASS, Category.NONE, Severity.NONE, Disposition.ACCEPT, (), "Good.", None, conflict=False, reason="conforms",
    open_text=OPEN, unread=OPEN,
)  # fmt: skip
UNCODED = replace(RULES, status=Status.FAIL, disposition=Disposition.REWORK, unread=())
SETTLED = replace(UNCODED, category=Category.CRACK)
FIRST = Choice(Precision.INT8, "plain", 0.5)
NOW = Conditions(ready=(Precision.INT8, Precision.FP16), left_ms=60_000, sure=0.5, surer=0.75)
FAIL, PASS = "1 FAIL assembly major rework\nThe handle came off.", "0 PASS none none accept\nAll good."


def said(text: str, confidence: float | None, finish: FinishReason = FinishReason.STOP) -> Reply:
    return Reply("1", text, finish, Usage(), confidence=confidence)


def more(reply: Reply, rules: Assessment = RULES, authority: Authority = Authority.RAISE, **change: Any) -> str:
    first: Choice = change.pop("first", FIRST)
    reply = replace(reply, usage=Usage(total_ms=change.pop("took_ms", 0.0)))
    choice = second(first, rules, reply, authority, 0.9, replace(NOW, **change))
    return f"{choice.precision} {choice.reason}" if choice else ""


def test_little_confidence_is_asked_again() -> None:
    assert more(said(PASS, 0.42)) == "fp16 second look: int8 has confidence 0.42 < 0.50"
    assert more(said(PASS, 0.5)) == ""


def test_more_confidence_is_asked_for_where_the_first_choice_says_so() -> None:
    assert more(said(PASS, 0.7), first=replace(FIRST, sure=0.75))
    assert not more(said(PASS, 0.1), first=replace(FIRST, sure=0.0))


def test_a_contradiction_takes_more_confidence() -> None:
    assert more(said(FAIL, 0.7)) == "fp16 second look: int8 says FAIL where the rules say PASS, confidence 0.70 < 0.75"
    assert more(said(FAIL, 0.75)) == more(said(PASS, 0.7)) == ""
    assert more(said(FAIL, None))


def test_an_unusable_answer_is_asked_again_but_not_a_late_or_broken_engine() -> None:
    assert more(said("0 PA", None, FinishReason.LENGTH)) == "fp16 second look: int8 gave no usable answer: length"
    assert more(said("nonsense", 0.99))
    assert not more(said("", None, FinishReason.TIMEOUT))
    assert not more(said("", None, FinishReason.ERROR))


@pytest.mark.parametrize(
    ("rules", "authority", "worth"),
    [
        (RULES, Authority.RAISE, True),
        (RULES, Authority.CODE, False),
        (UNCODED, Authority.CODE, True),
        (UNCODED, Authority.EXPLAIN, False),
        (SETTLED, Authority.RAISE, False),
        (replace(SETTLED, is_assumed=True), Authority.RAISE, True),
        (replace(SETTLED, is_assumed=True), Authority.CODE, False),
        (replace(SETTLED, unread=OPEN), Authority.RAISE, False),
    ],
)
def test_a_second_look_is_only_worth_it_where_it_can_change_the_verdict(
    rules: Assessment, authority: Authority, *, worth: bool
) -> None:
    assert bool(more(said(FAIL, 0.1), rules, authority)) is worth


@pytest.mark.parametrize(
    "change",
    [
        {"ready": (Precision.INT8,)},
        {"ceiling": Precision.INT8},
        {"left_ms": 0},
        {"left_ms": 4000, "expected_ms": {Precision.FP16: 5000}},
        {"left_ms": 4000, "took_ms": 5000},
        {"ready": ()},
    ],
)
def test_there_is_no_second_look_without_time_heat_or_memory_for_it(change: dict[str, Any]) -> None:
    assert more(said(PASS, 0.1), **change) == ""

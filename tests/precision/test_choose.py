"""Which precision a request gets, and the reason that is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.precision.choose import LITTLE, ORDER, Choice, Conditions, choose
from edge_app.precision.history import Counts
from edge_app.precision.question import Question, estimate_tokens

FP16, INT8, INT4 = Precision.FP16, Precision.INT8, Precision.INT4
PLAIN = Question(tokens=60, findings=1, text_chars=80, is_mixed=False, is_safety=False)
SURE, SURER = 0.5, 0.75
BOTH = Conditions(ready=(FP16, INT8), sure=SURE, surer=SURER)
ALL = replace(BOTH, ready=(FP16, INT8, INT4))
HOT: dict[str, Any] = {"ceiling": INT8, "ceiling_reason": "89 °C"}


def test_a_plain_question_gets_int8_and_a_second_look_where_it_is_unsure() -> None:
    assert choose(PLAIN, BOTH) == Choice(INT8, "plain", SURE)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_safety": True}, "safety-related item"),
        ({"is_mixed": True}, "two languages"),
        ({"findings": 7}, "7 findings"),
        ({"text_chars": 900}, "900 characters of free text"),
        ({"tokens": 500}, "prompt of about 500 tokens"),
    ],
)
def test_one_hard_thing_asks_for_more_confidence(change: dict[str, Any], reason: str) -> None:
    assert choose(replace(PLAIN, **change), BOTH) == Choice(INT8, reason, SURER)


HARD = replace(PLAIN, is_safety=True, is_mixed=True, findings=9)


def test_three_hard_things_are_asked_exactly_at_once() -> None:
    assert choose(replace(HARD, findings=1), BOTH) == Choice(INT8, "safety-related item, two languages", SURER)
    assert choose(HARD, BOTH) == Choice(FP16, "safety-related item, two languages, 9 findings", SURER)
    assert choose(HARD, replace(ALL, **HOT)).precision is INT8


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (Counts(80, 24, 8), "a second look changed 8 of 80 answers"),
        (Counts(80, 40, 7), "40 of 80 answers needed a second look"),
        (Counts(49, 49, 49), "plain"),
        (Counts(80, 39, 7), "plain"),
    ],
)
def test_a_history_of_disagreement_is_asked_exactly_at_once(history: Counts, reason: str) -> None:
    choice = choose(replace(PLAIN, history=history), BOTH)
    assert choice.reason == reason
    assert choice.precision is (INT8 if reason == "plain" else FP16)


def test_an_exact_precision_that_is_about_as_fast_is_simply_taken() -> None:
    assert choose(PLAIN, replace(BOTH, speeds={FP16: 92.0, INT8: 100.0})) == Choice(
        FP16, "92% of the fastest one's speed here"
    )
    assert choose(PLAIN, replace(BOTH, speeds={FP16: 80.0, INT8: 100.0})).precision is INT8
    assert choose(PLAIN, replace(BOTH, speeds={FP16: 100.0})).precision is INT8, "what was not measured is not compared"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"pressure": 14.2}, "memory pressure 14 %"), ({"available_bytes": LITTLE - 2**20}, "511 MB of memory available")],
)
def test_memory_pressure_takes_the_cheapest_and_no_second_look(change: dict[str, Any], reason: str) -> None:
    assert choose(HARD, replace(ALL, **change)) == Choice(INT4, reason)


def test_the_ceiling_holds_and_is_the_reason() -> None:
    assert choose(PLAIN, replace(BOTH, **HOT)) == Choice(INT8, "ceiling int8: 89 °C")
    above = Conditions(ready=(FP16,), ceiling=INT4, ceiling_reason="95 °C")
    assert choose(PLAIN, above) == Choice(FP16, "the cheapest that is loaded; ceiling int4: 95 °C")


def test_what_would_come_too_late_is_asked_cheaper() -> None:
    now = replace(ALL, left_ms=5000, expected_ms={FP16: 9000, INT8: 6000, INT4: 1000})
    assert choose(HARD, now) == Choice(INT4, "int8 took 6.0 s lately, 5.0 s are left")
    assert choose(HARD, replace(now, left_ms=9000)).precision is FP16


questions = st.builds(
    Question,
    tokens=st.integers(0, 5000),
    findings=st.integers(0, 50),
    text_chars=st.integers(0, 5000),
    is_mixed=st.booleans(),
    is_safety=st.booleans(),
    history=st.builds(Counts, st.integers(0, 200), st.integers(0, 200), st.integers(0, 200)),
)
known = st.dictionaries(st.sampled_from(ORDER), st.floats(1, 1e5))
conditions = st.builds(
    Conditions,
    ready=st.sets(st.sampled_from(ORDER), min_size=1).map(tuple),
    ceiling=st.sampled_from(ORDER),
    pressure=st.none() | st.floats(0, 100),
    available_bytes=st.none() | st.integers(0, 2**34),
    left_ms=st.floats(0, 1e6),
    expected_ms=known,
    speeds=known,
)


@given(questions, conditions)
def test_it_takes_what_is_loaded_and_never_more_than_the_ceiling_if_it_can(question: Question, now: Conditions) -> None:
    choice = choose(question, now)
    assert choice.precision in now.ready
    assert choice.reason
    under = [each for each in now.ready if ORDER.index(each) <= ORDER.index(now.ceiling)]
    cheapest = min(now.ready, key=ORDER.index)
    assert choice.precision in (under or [cheapest])


@given(questions, conditions, st.sampled_from(ORDER))
def test_a_lower_ceiling_never_costs_more(question: Question, now: Conditions, ceiling: Precision) -> None:
    low, high = sorted([ceiling, now.ceiling], key=ORDER.index)
    now = replace(now, expected_ms={}, speeds={})
    cheap, costly = (choose(question, replace(now, ceiling=each)).precision for each in (low, high))
    assert ORDER.index(cheap) <= ORDER.index(costly)


def test_tokens_are_estimated_in_both_languages() -> None:
    assert estimate_tokens("weld crack beside the toe") == 6
    assert estimate_tokens("焊缝旁有裂纹") == 6

"""Counters with wrap: what rose between two looks is what was counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.governor.counters import Events, Rate, risen

SPAN = 262_143_328_850
MOST = 500e6


@given(st.integers(0, SPAN - 1), st.integers(0, SPAN - 1))
def test_a_rise_is_the_same_across_a_wrap(begin: int, rise: int) -> None:
    assert risen(begin, (begin + rise) % SPAN, SPAN) == rise


@given(st.integers(0, SPAN - 1), st.lists(st.tuples(st.floats(0.001, 500), st.floats(0, 1)), max_size=30))
def test_energy_adds_up_whatever_wraps(begin: int, steps: list[tuple[float, float]]) -> None:
    rate, at, counter, drawn, told = Rate(MOST, SPAN), 0.0, begin, 0, 0.0
    rate.per_second(at, counter)
    for seconds, load in steps:
        rise = int(load * MOST * seconds)
        counter, drawn, before, at = (counter + rise) % SPAN, drawn + rise, at, at + seconds
        mean = rate.per_second(at, counter)
        assert mean is not None
        told += mean * (at - before)
    assert told == pytest.approx(drawn, rel=1e-6, abs=1)


@given(st.integers(0, SPAN - 1), st.integers(0, SPAN - 1), st.floats(0.001, 10_000))
def test_no_power_is_told_that_cannot_be(before: int, now: int, seconds: float) -> None:
    rate = Rate(MOST, SPAN)
    rate.per_second(0.0, before)
    told = rate.per_second(seconds, now)
    assert told is None or 0 <= told * seconds <= MOST * (seconds + 0.051)


def test_too_long_ago_to_count_the_wraps_is_not_measured() -> None:
    rate = Rate(MOST, SPAN)
    rate.per_second(0.0, 0)
    assert rate.per_second(SPAN / MOST, 1_000_000) is None
    assert rate.per_second(SPAN / MOST + 1, 2_000_000) == pytest.approx(1_000_000)


def test_a_look_that_failed_leaves_a_gap() -> None:
    rate = Rate(MOST, SPAN)
    assert [rate.per_second(at, value) for at, value in ((0, 0), (1, None), (2, 200), (2, 200), (3, 300))] == [
        None,
        None,
        None,
        None,
        100,
    ]


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 50)), max_size=20))
def test_events_never_fall(looks: list[dict[str, int]]) -> None:
    events = Events()
    totals = [total for look in looks if (total := events.count(look)) is not None]
    assert totals == sorted(totals)
    assert len(totals) == sum(bool(look) for look in looks)


def test_the_fastest_counter_tells() -> None:
    events = Events()
    looks = [
        {"cpu0": 5, "cpu1": 3},
        {"cpu0": 5, "cpu1": 4},
        {"cpu0": 7},
        {"cpu0": 7, "cpu1": 6},
        {"cpu0": 8, "cpu1": 7},
    ]
    assert [events.count(look) for look in looks] == [5, 6, 8, 8, 9]

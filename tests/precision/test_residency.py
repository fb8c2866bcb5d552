"""What stays loaded while memory and ceiling change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.precision.choose import ORDER
from edge_app.precision.residency import CALM_S, DWELL_S, LOWERED_S, PRESSED_S, Memory, State, decide

FP16, INT8, INT4 = Precision.FP16, Precision.INT8, Precision.INT4
GB = 10**9
NEEDS = {INT8: 2 * GB, FP16: 4 * GB, INT4: GB}
"""INT8 is the usual one."""
CALM, PRESSED = Memory(12 * GB, 0.0), Memory(12 * GB, 30.0)
BOTH = frozenset({FP16, INT8})


def over(
    seconds: float,
    loaded: frozenset[Precision],
    memory: Memory,
    ceiling: Precision = FP16,
    state: State | None = None,
    start: float = 0.0,
    needs: Mapping[Precision, int] = NEEDS,
) -> tuple[State, frozenset[Precision], list[tuple[float, str]]]:
    """A look every two seconds; the changes with their times."""
    state, changes, now = state or State(), [], start
    while now <= start + seconds:
        state, decision = decide(state, loaded, needs, ceiling, memory, now)
        if decision.reason:
            changes.append((now - start, decision.reason))
        loaded, now = decision.wanted, now + 2
    return state, loaded, changes


def test_calm_changes_nothing() -> None:
    assert over(3600, BOTH, CALM)[1:] == (BOTH, [])


def test_lasting_pressure_drops_the_costliest_then_takes_the_cheapest() -> None:
    _, loaded, changes = over(600, BOTH, PRESSED)
    assert loaded == {INT4}
    assert [reason for _, reason in changes] == [
        "without fp16: memory pressure 30 %",
        "int4 for int8: memory pressure 30 %",
    ]
    assert changes[0][0] == PRESSED_S
    assert changes[1][0] - changes[0][0] >= DWELL_S


def test_a_moment_of_pressure_drops_nothing() -> None:
    state, loaded, changes = over(PRESSED_S - 2, BOTH, PRESSED)
    assert (loaded, changes) == (BOTH, [])
    assert over(60, BOTH, CALM, state=state, start=PRESSED_S)[1:] == (BOTH, [])


def test_what_was_dropped_comes_back_after_a_long_calm() -> None:
    state, loaded, _ = over(20, BOTH, PRESSED)
    assert loaded == {INT8}
    _, loaded, changes = over(1000, loaded, CALM, state=state, start=22)
    assert loaded == BOTH
    assert changes[0][0] >= CALM_S
    assert changes[0][1] == "with fp16: memory has room again"


def test_it_stays_away_where_memory_has_no_room_or_was_not_measured() -> None:
    for memory in (Memory(6 * GB, 0.0), Memory(None, None)):
        assert over(2000, frozenset({INT8}), memory)[1:] == (frozenset({INT8}), [])


def test_where_one_fits_a_lasting_low_ceiling_exchanges_it_and_it_comes_back() -> None:
    memory, only = Memory(3 * GB, 0.0), frozenset({FP16})
    exact_first = {FP16: 4 * GB, INT8: 7 * GB // 2}
    state, loaded, changes = over(LOWERED_S, only, memory, INT8, needs=exact_first)
    assert (loaded, changes) == (frozenset({INT8}), [(LOWERED_S, "int8: the ceiling is int8")])
    assert over(2000, loaded, memory, INT8, state, start=100, needs=exact_first)[1] == {INT8}
    roomy = Memory(5 * GB, 0.0)
    _, loaded, changes = over(2000, loaded, roomy, FP16, state, start=100, needs=exact_first)
    assert (loaded, changes) == (frozenset({FP16}), [(CALM_S, "fp16 for int8: memory has room again")])


def test_after_int4_the_usual_one_comes_back_in_its_place() -> None:
    _, loaded, changes = over(2000, frozenset({INT4}), Memory(3 * GB, 0.0))
    assert loaded == {INT8}
    assert changes == [(CALM_S, "int8 for int4: memory has room again")]


def test_both_loaded_a_low_ceiling_unloads_nothing() -> None:
    assert over(2000, BOTH, CALM, ceiling=INT8)[1:] == (BOTH, [])


def test_where_none_could_be_loaded_the_usual_one_is_tried_again_after_a_while() -> None:
    state, nothing = State(changed_at=0.0), frozenset[Precision]()
    state, decision = decide(state, nothing, NEEDS, FP16, PRESSED, 1000.0)
    assert (decision.wanted, decision.reason) == (frozenset(), "")
    state, decision = decide(state, nothing, NEEDS, FP16, PRESSED, 1000.0 + DWELL_S - 1)
    assert decision.reason == ""
    state, decision = decide(state, nothing, NEEDS, FP16, PRESSED, 1000.0 + DWELL_S)
    assert (decision.wanted, decision.reason) == (frozenset({INT8}), "int8 again: none is loaded")
    state, decision = decide(state, nothing, NEEDS, FP16, PRESSED, 1002.0 + DWELL_S)
    assert decision.reason == "", "and not at once again"


memories = st.builds(Memory, st.none() | st.integers(0, 2**35), st.none() | st.floats(0, 100))


@given(
    st.sets(st.sampled_from(ORDER), min_size=1).map(frozenset),
    st.lists(st.tuples(memories, st.sampled_from(ORDER), st.floats(0.5, 400)), max_size=60),
)
def test_something_always_answers_and_changes_keep_their_distance(
    loaded: frozenset[Precision], looks: list[tuple[Memory, Precision, float]]
) -> None:
    state, now, last = State(), 0.0, float("-inf")
    for memory, ceiling, passed in looks:
        now += passed
        state, decision = decide(state, loaded, NEEDS, ceiling, memory, now)
        assert decision.wanted
        assert bool(decision.reason) is (decision.wanted != loaded)
        if decision.reason:
            assert now - last >= DWELL_S
            last = now
        loaded = decision.wanted


def test_the_state_forgets_what_stopped() -> None:
    state = replace(State(), pressed_since=1.0, calm_since=1.0, lowered_since=1.0)
    after, _ = decide(state, BOTH, NEEDS, FP16, Memory(12 * GB, 5.0), 2.0)
    assert after == State()

"""How answers went, by source and pack."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_app.precision.history import CERTAIN, Counts, History, bound
from edge_app.precision.question import precedent


def test_sources_and_packs_are_counted_apart() -> None:
    history = History()
    history.note("line", "weld", second=True, changed=True)
    history.note("line", "weld", second=False, changed=False)
    assert history.of("line", "weld") == Counts(2, 1, 1)
    assert history.of("line", "coating") == Counts() == history.of("other", "weld")


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=600))
def test_counts_stay_small_and_shares_stay_shares(answers: list[tuple[bool, bool]]) -> None:
    counts = Counts()
    for second, changed in answers:
        counts = counts.after(second=second, changed=second and changed)
    assert counts.changed <= counts.second <= counts.asked < 200


def test_a_pack_that_is_asked_exactly_is_tried_cheaply_again() -> None:
    counts = Counts(80, 40, 20)
    asked = 0
    while precedent(counts):
        counts, asked = counts.after(second=False, changed=False), asked + 1
    assert 0 < asked < 200


@given(st.lists(st.floats(0, 1), min_size=1, max_size=600), st.floats(0, 0.5))
def test_the_least_sure_share_lies_below_the_bound(confidences: list[float], share: float) -> None:
    below = sum(each < bound(confidences, share) for each in confidences)
    assert below <= share * len(confidences)
    assert bound(confidences, share) <= CERTAIN


def test_the_bound_follows_the_model() -> None:
    history = History()
    assert history.bound(0.05) == CERTAIN / 2
    for number in range(1000):
        history.saw(number / 1e6)
    history.saw(None)
    assert history.bound(0.05) == 525 / 1e6


def test_second_looks_stay_within_twice_their_share_even_where_all_answers_are_unsure_at_once() -> None:
    history, looks = History(), 0
    for number in range(1000):
        confidence = 0.4 - number / 10_000
        if confidence < history.bound(0.05):
            history.looks()
            looks += 1
        history.saw(confidence)
    assert 50 < looks <= 2 + 0.1 * 1000


def test_the_first_answers_that_come_together_share_few_second_looks() -> None:
    history, looks = History(), 0
    for _ in range(16):
        if history.bound(0.05) > 0.1:
            history.looks()
            looks += 1
    assert looks == 2

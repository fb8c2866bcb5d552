"""Taking the reasoning out of an answer, in every form R1 models give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.engine.reasoning import CLOSE, OPEN, Thought, count_reasoning, split

WORDS = st.text(st.characters(exclude_characters="<>"), max_size=20)


@pytest.mark.parametrize(
    ("output", "reasoning", "answer"),
    [
        ("<think>\nhm\n</think>\n\n{}", "hm", "{}"),
        ("hm\n</think>\n{}", "hm", "{}"),
        ("<think>hm", "hm", ""),
        ("{}", "", "{}"),
        ("", "", ""),
        ("<think></think>{}", "", "{}"),
        ("<think>a</think>b<think>c</think>d", "a\nc", "b\nd"),
        ("a</think>b<think>c", "a\nc", "b"),
        ("before <think>a</think> after", "a", "before\nafter"),
        ('{"quote": "< think >"}', "", '{"quote": "< think >"}'),
    ],
)
def test_split(output: str, reasoning: str, answer: str) -> None:
    assert split(output) == Thought(reasoning, answer)


@given(WORDS, WORDS)
def test_whatever_was_thought_does_not_stand_in_the_answer(thought: str, answer: str) -> None:
    taken = split(f"{OPEN}{thought}{CLOSE}{answer}")
    assert taken == Thought(thought.strip(), answer.strip())
    assert split(f"{thought}{CLOSE}{answer}") == taken


@given(st.lists(st.sampled_from([OPEN, CLOSE, "a", "b "]), max_size=12))
def test_no_tag_is_left_in_the_answer_and_no_word_is_lost(pieces: list[str]) -> None:
    taken = split("".join(pieces))
    assert OPEN not in taken.answer
    whole = taken.reasoning + taken.answer
    assert all(whole.count(word) == sum(piece.count(word) for piece in pieces) for word in "ab")


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        ([], 0),
        ([5, 6], 0),
        ([1, 5, 6, 2, 7, 8], 4),
        ([5, 6, 2, 7], 3),
        ([2, 7], 1),
        ([1, 5, 6], 3),
        ([5, 1, 6, 2, 7], 3),
        ([1, 5, 2, 7, 1, 6], 5),
    ],
)
def test_reasoning_tokens_are_counted_with_their_tags(ids: list[int], count: int) -> None:
    assert count_reasoning(ids, 1, 2) == count


def test_a_vocabulary_without_tags_has_no_reasoning() -> None:
    assert count_reasoning([1, 2, 3], None, None) == 0

"""How sure a model was of the first line of its answer."""

from __future__ import annotations

import math

import pytest

from edge_app.engine.confidence import confidence

CLOSING, BREAK = 7, 9


def of(*tokens: tuple[int, float], closing: int | None = CLOSING) -> float | None:
    log_probs = [math.log(probability) for _, probability in tokens]
    return confidence([token for token, _ in tokens], log_probs, closing, lambda token: token == BREAK)


def test_it_is_the_probability_of_the_first_line_only() -> None:
    assert of((1, 0.9), (2, 0.5), (BREAK, 0.7), (3, 0.01)) == pytest.approx(0.45)


def test_an_answer_of_one_line_counts_whole() -> None:
    assert of((1, 0.9), (2, 0.5)) == pytest.approx(0.45)


def test_neither_reasoning_nor_the_blank_lines_behind_it_count() -> None:
    thought = [(3, 0.1), (BREAK, 0.1), (CLOSING, 0.2), (BREAK, 0.3)]
    assert of(*thought, (1, 0.8), (BREAK, 0.7)) == pytest.approx(0.8)


@pytest.mark.parametrize("tokens", [[], [(BREAK, 0.5)], [(1, 0.9), (CLOSING, 0.9)]])
def test_without_a_line_nothing_was_measured(tokens: list[tuple[int, float]]) -> None:
    assert of(*tokens) is None


def test_rounding_makes_nothing_more_than_certain() -> None:
    assert confidence([1], [1e-7], None, lambda _: False) == 1.0

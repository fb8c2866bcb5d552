"""Closeness of two models, from what each says about the same texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge_app.models.fidelity import Answer, IrScorer, TorchScorer, closeness, first_and_lead, trace, traces

TEXTS = np.random.default_rng(9).integers(0, 256, (3, 20)).tolist()


class Table:
    """A model that answers from a table of logits, whatever came before."""

    def __init__(self, rows: Any) -> None:
        self.rows = np.asarray(rows, np.float32)

    def logits(self, ids: Sequence[int]) -> Any:
        return self.rows[list(ids)]

    def greedy(self, ids: Sequence[int], count: int) -> Answer:
        raise NotImplementedError


def test_the_loss_is_the_probability_of_what_really_comes() -> None:
    table = Table([[0.0, math.log(3.0)], [math.log(3.0), 0.0]])
    found = trace(table, [0, 1, 1])
    assert found.first == (1, 0)
    assert found.loss == pytest.approx(-math.log(3 / 4) - math.log(1 / 4))


def test_closeness_counts_agreement_and_lost_probability() -> None:
    right, wrong = Table([[0.0, 2.0], [2.0, 0.0]]), Table([[2.0, 0.0], [2.0, 0.0]])
    texts = [[0, 1, 0], [1, 0]]
    same = closeness(traces(right, texts), traces(right, texts))
    assert (same.tokens, same.top1_agreement, same.perplexity_ratio) == (3, 1.0, 1.0)
    other = closeness(traces(wrong, texts), traces(right, texts))
    assert other.top1_agreement == pytest.approx(2 / 3)
    assert other.perplexity_ratio == pytest.approx(math.exp(2 / 3))


@given(arrays(np.float32, 12, elements=st.floats(-50, 50, width=32)))
def test_the_lead_is_between_the_two_highest(row: Any) -> None:
    token, lead = first_and_lead(row)
    ordered = np.sort(row)
    assert row[token] == ordered[-1]
    assert lead == pytest.approx(float(ordered[-1] - ordered[-2]))


def test_the_ir_is_as_close_to_torch_as_numbers_go(tiny_model: Callable[[str], tuple[Any, Path]]) -> None:
    model, folder = tiny_model("qwen2")
    close = closeness(traces(IrScorer(folder), TEXTS), traces(TorchScorer(model), TEXTS))
    assert close.top1_agreement == 1.0
    assert close.perplexity_ratio == pytest.approx(1.0, abs=1e-4)
    ours, theirs = IrScorer(folder).greedy(TEXTS[0], 32), TorchScorer(model).greedy(TEXTS[0], 32)
    assert ours.tokens == theirs.tokens
    assert ours.leads == pytest.approx(theirs.leads, abs=1e-3)

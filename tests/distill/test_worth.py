"""What a student may be trusted with, from what was measured."""

from __future__ import annotations

import pytest

from edge_app.distill.worth import ENOUGH, Figures, earned
from edge_app.judging.conclude import Authority


def figures(status: float, category: float, rejects: int = 1, reports: int = ENOUGH) -> Figures:
    return {"reports": reports, "status": status, "category": category, "false_rejects": rejects}


RULES = figures(0.8, 0.7)
BETTER, SAME, WORSE = figures(0.8, 0.8), RULES, figures(0.9, 0.6)
REJECTS = figures(0.9, 0.9, rejects=2)


@pytest.mark.parametrize(
    ("code", "raised", "wanted"),
    [
        (BETTER, figures(0.9, 0.8), Authority.RAISE),
        (BETTER, REJECTS, Authority.CODE),
        (BETTER, WORSE, Authority.CODE),
        (SAME, SAME, Authority.EXPLAIN),
        (WORSE, REJECTS, Authority.EXPLAIN),
        (SAME, BETTER, Authority.RAISE),
    ],
)
def test_it_earns_the_most_with_which_it_is_better(code: Figures, raised: Figures, wanted: Authority) -> None:
    assert earned(RULES, {Authority.CODE: code, Authority.RAISE: raised}) is wanted


def test_few_reports_earn_nothing() -> None:
    rules = figures(0.5, 0.5, reports=ENOUGH - 1)
    assert earned(rules, {Authority.RAISE: figures(1.0, 1.0, 0, ENOUGH - 1)}) is Authority.EXPLAIN

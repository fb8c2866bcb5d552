"""Where a clause and its pieces end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.domain.report import Report
from edge_app.judging.clauses import clauses_of
from edge_app.judging.lexicon import Lexicon

Told = Callable[..., Report]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("No cracks. One scratch.", 2),
        ("Bore 8.01, max. 8.05 ok", 1),
        ("No cracks, but one scratch", 2),
        ("未见裂纹。有划伤一处", 2),
        ("未见裂纹，但有划伤", 2),
        ("See item no. 4 on the drawing", 1),
        ("loose -> tightened", 2),
        ("a; b！c", 3),
    ],
)
def test_clauses_end_at_marks_and_words_of_contrast(told: Told, lexicon: Lexicon, line: str, count: int) -> None:
    assert len(clauses_of(told(line), lexicon)) == count


def test_pieces_end_at_commas(told: Told, lexicon: Lexicon) -> None:
    (clause,) = clauses_of(told("no cracks，two burrs、气孔 无 (small)"), lexicon)
    pieces = {clause.text[slice(*clause.piece(at))].strip(" ,、()") for at in range(len(clause.text))}
    assert {"no cracks", "two burrs", "small"} <= pieces


def test_what_stands_below_a_heading_of_the_past_is_history(told: Told, lexicon: Lexicon) -> None:
    report = told("Yesterday:", "U9 bridged", "Today:", "U9 fine")
    past = [clause.has("historical") for clause in clauses_of(report, lexicon)]
    assert past == [True, True, False, False]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=st.lists(st.text(alphabet="ab ,.;:。，；!(-—但but0裂无Ω", max_size=40), max_size=5))
def test_spans_are_substrings_of_the_report(told: Told, lexicon: Lexicon, lines: list[str]) -> None:
    report = told(*lines)
    for clause in clauses_of(report, lexicon):
        span = clause.span(report)
        assert report.text[span.start : span.end] == span.text


@pytest.mark.parametrize("words", ["no crack, ", "no crack ", "未见裂纹", "x" * 700])
def test_a_clause_that_never_ends_is_cut(told: Told, lexicon: Lexicon, words: str) -> None:
    clauses = clauses_of(told(words * 300), lexicon)
    assert max(len(each.text) for each in clauses) <= 600
    assert "".join(each.text for each in clauses).replace(" ", "") == (words * 300).replace(" ", "")

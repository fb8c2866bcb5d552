"""The two lines of an answer: what is written is read, anything else is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.verdict import Category, Disposition, Severity, Status
from edge_app.engine.grammar import answer_grammar
from edge_app.judging.answer import SUMMARY_CHARS, Answer, answer_schema, read_answer, write_answer

LINES = "3 FAIL assembly critical rework\nThe handle came off."

words = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=50).filter(
    lambda text: text.strip() == text
)


@given(
    st.integers(0, 40),
    st.sampled_from(Status),
    st.sampled_from(Category),
    st.sampled_from(Severity),
    st.sampled_from(Disposition),
    words,
)
def test_what_is_written_is_read(
    line: int, status: Status, category: Category, severity: Severity, disposition: Disposition, summary: str
) -> None:
    answer = Answer(
        line=line, status=status, category=category, severity=severity, disposition=disposition, summary=summary
    )
    assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        LINES + "\n",
        LINES + "\nmore",
        "\n" + LINES,
        LINES.replace("3", "03"),
        LINES.replace("3", "-"),
        LINES.replace("3", "41"),
        LINES.replace("3 ", ""),
        LINES.replace("FAIL ", "FAIL  "),
        LINES.replace("FAIL", "fail"),
        LINES.replace("assembly", "handle"),
        LINES.rpartition("\n")[0],
        LINES.replace("The handle", "x" * SUMMARY_CHARS),
    ],
)
def test_nothing_else_is_read(text: str) -> None:
    assert read_answer(text) is None


def test_schema_and_answer_agree_and_the_grammar_takes_it() -> None:
    schema = json.loads(answer_schema())
    assert list(schema["properties"]) == schema["required"] == list(Answer.model_fields)
    assert all("enum" in each or "maxLength" in each for each in schema["properties"].values())
    root = answer_grammar(answer_schema()).splitlines()[0]
    assert root.startswith('root ::= ("0" | "1" | "2" | ')
    assert root.endswith(f'"\\n" first char{{0,{SUMMARY_CHARS - 1}}}')
    assert root.count('" "') == 4
    assert '"40") ' in root

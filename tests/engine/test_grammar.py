"""Grammars of answers: exact text for small schemas, refusal of everything that is not bounded."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.engine.grammar import answer_grammar, answer_regex

WORD = {"type": "string", "enum": ["a", "裂纹"]}
LINE = {"type": "string", "maxLength": 9}


def root(schema: Any) -> str:
    return answer_grammar(json.dumps(schema)).splitlines()[0].removeprefix("root ::= ")


def test_enum() -> None:
    assert root(WORD) == '("a" | "裂纹")'


def test_bounded_string() -> None:
    assert root(LINE) == "first char{0,8}"
    assert root(LINE | {"minLength": 3}) == "first char{2,8}"


def test_words_share_a_line_and_every_string_has_its_own() -> None:
    properties = {"q": LINE, "a": WORD, "b": {"enum": ["x"]}, "s": LINE}
    schema = {"type": "object", "properties": properties, "required": ["s", "a", "b", "q"]}
    assert root(schema) == r'first char{0,8} "\n" ("a" | "裂纹") " " ("x") "\n" first char{0,8}'


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "maxLength": 0},
        {"type": "integer"},
        {"enum": []},
        {"enum": [1]},
        {"enum": ["two words"]},
        {"enum": ["two\nlines"]},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": WORD}},
        {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": WORD}}}, "required": ["a"]},
        {"type": "array", "items": {"enum": ["x"]}},
        {"$ref": "#/definitions/a"},
        [],
        "string",
    ],
)
def test_what_is_not_bounded_is_refused(schema: Any) -> None:
    with pytest.raises(ValueError, match="schema: "):
        root(schema)


def test_broken_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting property name"):
        answer_grammar("{nope")


SCHEMA = {
    "type": "object",
    "properties": {
        "quote": {"type": "string", "maxLength": 4},
        "status": {"enum": ["PASS", "a.b(c)[d]{e}|f^$-#&~", "裂纹"]},
        "size": {"enum": ["x", "xy"]},
    },
    "required": ["quote", "status", "size"],
}
PATTERN = re.compile(answer_regex(json.dumps(SCHEMA)))
plain = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), min_size=1, max_size=4)


@given(plain, st.sampled_from(SCHEMA["properties"]["status"]["enum"]), st.sampled_from(["x", "xy"]))  # type: ignore[index]
def test_the_regex_takes_every_answer(quote: str, status: str, size: str) -> None:
    assert PATTERN.fullmatch(f"{quote}\n{status} {size}")


@pytest.mark.parametrize(
    "text",
    [
        "\nPASS x",
        "12345\nPASS x",
        " 1\nPASS x",
        "1\nPASS  x",
        "1\nPASS\nx",
        "1\nPASs x",
        "1\nPASS x\n",
        "1\t2\nPASS x",
        "1\naXb(c)[d]{e}|f^$-#&~ x",
    ],
)
def test_the_regex_takes_nothing_else(text: str) -> None:
    assert not PATTERN.fullmatch(text)


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "object", "properties": {"a": {"enum": ["x"]}}}, []])
def test_the_regex_refuses_what_is_not_bounded(schema: Any) -> None:
    with pytest.raises(ValueError, match="schema: "):
        answer_regex(json.dumps(schema))

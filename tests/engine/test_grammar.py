"""Grammars of answers: exact text for small schemas, refusal of everything that is not bounded."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.engine.grammar import answer_grammar, answer_regex


def root(schema: Any) -> str:
    return answer_grammar(json.dumps(schema)).splitlines()[0].removeprefix("root ::= ")


def test_enum() -> None:
    assert root({"type": "string", "enum": ["a", "裂纹"]}) == r'("\"a\"" | "\"裂纹\"")'


def test_bounded_string() -> None:
    assert root({"type": "string", "maxLength": 9}) == r'"\"" char{0,9} "\""'
    assert root({"type": "string", "minLength": 2, "maxLength": 9}) == r'"\"" char{2,9} "\""'


def test_object_has_its_properties_in_order_and_no_free_space() -> None:
    schema = {
        "type": "object",
        "properties": {
            "b": {"enum": [1]},
            "a": {"type": "object", "properties": {"c": {"enum": ["x"]}}, "required": ["c"]},
        },
        "required": ["a", "b"],
    }
    assert root(schema) == r'"{\"b\":" ("1") ",\"a\":" "{\"c\":" ("\"x\"") "}" "}"'


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "integer"},
        {"enum": []},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"enum": ["x"]}}},
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
        "status": {"enum": ["PASS", "a.b (c) [d] {e}|f^$ -#&~", "裂纹\n"]},
        "quote": {"type": "string", "minLength": 1, "maxLength": 4},
        "inner": {"type": "object", "properties": {"n": {"enum": [1, 2.5, None]}}, "required": ["n"]},
    },
    "required": ["status", "quote", "inner"],
}
PATTERN = re.compile(answer_regex(json.dumps(SCHEMA)))
plain = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='"\\'), min_size=1, max_size=4)


@given(st.sampled_from(SCHEMA["properties"]["status"]["enum"]), plain, st.sampled_from([1, 2.5, None]))  # type: ignore[index]
def test_the_regex_takes_every_compact_answer(status: str, quote: str, number: float | None) -> None:
    answer = {"status": status, "quote": quote, "inner": {"n": number}}
    assert PATTERN.fullmatch(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))


@pytest.mark.parametrize(
    "text",
    [
        '{"status":"PASS","quote":"","inner":{"n":1}}',
        '{"status":"PASS","quote":"12345","inner":{"n":1}}',
        '{"status":"PASS", "quote":"1","inner":{"n":1}}',
        '{"status":"PASs","quote":"1","inner":{"n":1}}',
        '{"quote":"1","status":"PASS","inner":{"n":1}}',
        '{"status":"PASS","quote":"1","inner":{"n":3}}',
        '{"status":"PASS","quote":"\\q","inner":{"n":1}}',
        '{"status":"aXb (c) [d] {e}|f^$ -#&~","quote":"1","inner":{"n":1}}',
    ],
)
def test_the_regex_takes_nothing_else(text: str) -> None:
    assert not PATTERN.fullmatch(text)


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "object", "properties": {"a": {"enum": ["x"]}}}, []])
def test_the_regex_refuses_what_is_not_bounded(schema: Any) -> None:
    with pytest.raises(ValueError, match="schema: "):
        answer_regex(json.dumps(schema))

"""Grammars of answers: exact text for small schemas, refusal of everything that is not bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge_app.engine.grammar import answer_grammar


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

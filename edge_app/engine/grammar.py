"""The grammar of an answer, from its JSON schema: the values alone, in the order of the schema.

A model pays for every token it writes, so neither keys nor quotes nor brackets are written: enum values
that follow each other stand on one line with a space between them, every string on a line of its own.
A string holds no control characters and does not start with white space, so lines tell where it ends.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

_CHARS: Final = r"""char ::= [^\x00-\x1f\x7f]
first ::= [^\x00-\x20\x7f]"""


@lru_cache(maxsize=32)
def answer_grammar(schema: str) -> str:
    """EBNF for a schema that is an enum of words, a bounded string, or a flat object of these, all required.

    Raises ValueError for anything else: an unbounded answer is not asked for.
    """
    parsed = json.loads(schema)
    is_object = isinstance(parsed, dict) and parsed.get("type") == "object"
    return f"root ::= {_object(parsed) if is_object else _value(parsed)}\n{_CHARS}"


def _object(schema: dict[str, Any]) -> str:
    properties = schema.get("properties")
    if not (isinstance(properties, dict) and properties):
        raise ValueError("schema: an object without properties")
    if set(schema.get("required", ())) != set(properties):
        raise ValueError("schema: every property must be required")
    values = list(properties.values())
    parts = [_value(values[0])]
    for before, value in pairwise(values):
        parts += [_literal(" " if "enum" in before and "enum" in value else "\n"), _value(value)]
    return " ".join(parts)


def _value(schema: Any) -> str:
    match schema:
        case {"enum": [*words]} if words and all(_is_word(word) for word in words):
            return f"({' | '.join(map(_literal, words))})"
        case {"type": "string", "maxLength": int(most)} if most > 0:
            least = max(schema.get("minLength", 1), 1)
            return f"first char{{{least - 1},{most - 1}}}"
    shown = json.dumps(schema, ensure_ascii=False)[:80]
    raise ValueError(f"schema: {shown} is not an enum of words, a bounded string or a flat object of these")


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not any(char.isspace() for char in value)


def _literal(text: str) -> str:
    """A string of the grammar is written as in JSON."""
    return json.dumps(text, ensure_ascii=False)

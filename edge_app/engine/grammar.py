"""The grammar of an answer, from its JSON schema: compact JSON, bounded in every direction.

The runtime takes JSON schemas itself, but allows white space of any length between the parts: a model
can fill the whole answer with it, and pays for what it writes (measured: 73 tokens instead of 61, and
twice the time to compile the grammar).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

_CHAR: Final = r'char ::= [^"\\\x00-\x1f] | "\\" ["\\/bnrt]'
_CHAR_REGEX: Final = r'(?:[^"\\\x00-\x1f]|\\["\\/bnrt])'
_REGEX_SIGNS: Final = re.compile(r"[\\.+*?()|\[\]{}^$#&~-]")


@lru_cache(maxsize=32)
def answer_grammar(schema: str) -> str:
    """EBNF for a schema of objects (all properties required, in order), enums and bounded strings.

    Raises ValueError for anything else: an unbounded answer is not asked for.
    """
    return f"root ::= {_rule(json.loads(schema))}\n{_CHAR}"


@lru_cache(maxsize=32)
def answer_regex(schema: str) -> str:
    """The same language as a regular expression, in the syntax that Python and Rust share. Raises ValueError."""
    return _pattern(json.loads(schema))


def _pattern(schema: Any) -> str:
    match schema:
        case {"enum": [*values]} if values:
            return f"(?:{'|'.join(_escape(_json(value)) for value in values)})"
        case {"type": "string", "maxLength": int(most)}:
            return f'"{_CHAR_REGEX}{{{schema.get("minLength", 0)},{most}}}"'
        case {"type": "object", "properties": dict(properties)} if properties:
            _require_all(schema, properties)
            parts = [f"{_escape(_json(name))}:{_pattern(value)}" for name, value in properties.items()]
            return rf"\{{{','.join(parts)}\}}"
    raise _unbounded(schema)


def _escape(text: str) -> str:
    """Not ``re.escape``: that escapes spaces too, which Rust refuses."""
    return _REGEX_SIGNS.sub(r"\\\g<0>", text)


def _rule(schema: Any) -> str:
    match schema:
        case {"enum": [*values]} if values:
            return f"({' | '.join(_literal(_json(value)) for value in values)})"
        case {"type": "string", "maxLength": int(most)}:
            return rf'"\"" char{{{schema.get("minLength", 0)},{most}}} "\""'
        case {"type": "object", "properties": dict(properties)} if properties:
            _require_all(schema, properties)
            return _object(properties)
    raise _unbounded(schema)


def _require_all(schema: dict[str, Any], properties: dict[str, Any]) -> None:
    if set(schema.get("required", ())) != set(properties):
        raise ValueError("schema: every property must be required")


def _unbounded(schema: Any) -> ValueError:
    return ValueError(f"schema: {_json(schema)[:80]} is not an enum, a bounded string or an object of these")


def _object(properties: dict[str, Any]) -> str:
    keys = [f"{_json(name)}:" for name in properties]
    starts = ["{" + keys[0], *("," + key for key in keys[1:])]
    parts = [f"{_literal(start)} {_rule(value)}" for start, value in zip(starts, properties.values(), strict=True)]
    return " ".join([*parts, _literal("}")])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_literal = _json
"""A string of the grammar is written as in JSON."""

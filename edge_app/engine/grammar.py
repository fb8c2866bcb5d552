"""The grammar of an answer, from its JSON schema: the values alone, in the order of the schema.

A model pays for every token it writes, so neither keys nor quotes nor brackets are written: enum values
that follow each other stand on one line with a space between them, every string on a line of its own.
A string holds no control characters and does not start with white space, so lines tell where it ends.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

_CHARS: Final = r"""char ::= [^\x00-\x1f\x7f]
first ::= [^\x00-\x20\x7f]"""
_CHAR_REGEX: Final = r"[^\x00-\x1f\x7f]"
_FIRST_REGEX: Final = r"[^\x00-\x20\x7f]"
_REGEX_SIGNS: Final = re.compile(r"[\\.+*?()|\[\]{}^$#&~-]")


@dataclass(frozen=True, slots=True)
class _Words:
    """One of these."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """A string of so many characters, at least one."""

    least: int
    most: int


@lru_cache(maxsize=32)
def answer_grammar(schema: str) -> str:
    """EBNF for a schema that is an enum of words, a bounded string, or a flat object of these, all required.

    Raises ValueError for anything else: an unbounded answer is not asked for.
    """
    return f"root ::= {' '.join(_rule(part) for part in _parts(schema))}\n{_CHARS}"


@lru_cache(maxsize=32)
def answer_regex(schema: str) -> str:
    """The same language as a regular expression, in the syntax that Python and Rust share. Raises ValueError."""
    return "".join(_pattern(part) for part in _parts(schema))


def _rule(part: _Words | _Text | str) -> str:
    match part:
        case _Words(words):
            return f"({' | '.join(map(_literal, words))})"
        case _Text(least, most):
            return f"first char{{{least - 1},{most - 1}}}"
        case str():
            return _literal(part)


def _pattern(part: _Words | _Text | str) -> str:
    match part:
        case _Words(words):
            return f"(?:{'|'.join(map(_escape, words))})"
        case _Text(least, most):
            return f"{_FIRST_REGEX}{_CHAR_REGEX}{{{least - 1},{most - 1}}}"
        case str():
            return part


def _parts(schema: str) -> list[_Words | _Text | str]:
    """Values and what stands between them."""
    parsed = json.loads(schema)
    if not (isinstance(parsed, dict) and parsed.get("type") == "object"):
        return [_value(parsed)]
    properties = parsed.get("properties")
    if not (isinstance(properties, dict) and properties):
        raise ValueError("schema: an object without properties")
    if set(parsed.get("required", ())) != set(properties):
        raise ValueError("schema: every property must be required")
    values = [_value(each) for each in properties.values()]
    parts: list[_Words | _Text | str] = [values[0]]
    for before, value in pairwise(values):
        parts += [" " if isinstance(before, _Words) and isinstance(value, _Words) else "\n", value]
    return parts


def _value(schema: Any) -> _Words | _Text:
    match schema:
        case {"enum": [*words]} if words and all(_is_word(word) for word in words):
            return _Words(tuple(words))
        case {"type": "string", "maxLength": int(most)} if most > 0:
            return _Text(max(schema.get("minLength", 1), 1), most)
    shown = json.dumps(schema, ensure_ascii=False)[:80]
    raise ValueError(f"schema: {shown} is not an enum of words, a bounded string or a flat object of these")


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not any(char.isspace() for char in value)


def _literal(text: str) -> str:
    """A string of the grammar is written as in JSON."""
    return json.dumps(text, ensure_ascii=False)


def _escape(text: str) -> str:
    """Not ``re.escape``: that escapes spaces too, which Rust refuses."""
    return _REGEX_SIGNS.sub(r"\\\g<0>", text)

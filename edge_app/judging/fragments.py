"""Phrases of a rule pack as pattern alternatives that start with a literal character.

Python tries the alternatives of a pattern one by one at every position; when all start with a known
character, one look at it spares nearly all of the trying.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_TOKEN: Final = re.compile(r"\\.|\[[^\]]*\]| [?*]| |[A-Z\u0391-\u03a9\u2126]")
_SPACE: Final = r"[\s\-]{1,3}"
_NO_SPACE: Final = r"[\s\-]{0,3}"
_INFLECTION: Final = "(?:e?s)?"
_MAX_UNFOLDED: Final = 40
_LOOK_BEHIND: Final = re.compile(r"\(\?<!([^()]*)\)(\w)(?![?*+{])")
_SIMPLE_CLASS: Final = re.compile(r"\[([a-z0-9\u4e00-\u9fff]+)\]")


def english(fragments: Iterable[str], *, inflected: bool) -> list[str]:
    """Alternatives for folded text, bounded at words. ``inflected`` adds plurals."""
    made = []
    for fragment in fragments:
        ending = _INFLECTION if inflected else ""
        body = _TOKEN.sub(_fold_token, fragment)
        for each in unfold(body):
            bound = "" if first_literal(each) else "(?<![a-z0-9])"
            made.append(f"{bound}(?:{each}){ending}(?![a-z0-9])" if bound else f"{each}{ending}(?![a-z0-9])")
    return made


def chinese(fragments: Iterable[str]) -> list[str]:
    """Alternatives for folded text; they match anywhere."""
    return [_literal_first(each) for fragment in fragments for each in unfold(_TOKEN.sub(_fold_token, fragment))]


def unfold(fragment: str) -> list[str]:
    """``fragment`` as alternatives that start with a literal, as far as that is possible."""
    done: list[str] = []
    waiting = [fragment]
    while waiting and len(done) + len(waiting) < _MAX_UNFOLDED:
        each = waiting.pop()
        opened = [] if first_literal(each) else _open_first(each)
        if opened:
            waiting += opened
        else:
            done.append(each)
    return done + waiting


def first_literal(fragment: str) -> str:
    """The character that every match starts with; empty when it is not known."""
    plain = fragment[:1].isalnum() and fragment[1:2] not in {"?", "*", "+", "{"} and not _branches(fragment)
    return fragment[0] if plain else ""


def _literal_first(fragment: str) -> str:
    """``(?<!不)合格`` as ``合(?<!不合)格``."""
    found = _LOOK_BEHIND.match(fragment)
    if found is None:
        return fragment
    before = "|".join(each + found[2] for each in found[1].split("|"))
    return f"{found[2]}(?<!{before}){fragment[found.end() :]}"


def _fold_token(token: re.Match[str]) -> str:
    text = token.group()
    if text == " ":
        return _SPACE
    if text in {" ?", " *"}:
        return _NO_SPACE
    return text if "\\" in text else text.lower()


def _open_first(fragment: str) -> list[str]:
    """The first element replaced by what it can be; empty when it cannot be opened."""
    if (branches := [*_split(fragment)]) and len(branches) > 1:
        return branches
    if fragment[:1].isalnum() and fragment[1:2] == "?":
        return [fragment[0] + fragment[2:], fragment[2:]] if fragment[2:] else []
    if simple := _SIMPLE_CLASS.match(fragment):
        rest = fragment[simple.end() :]
        return [] if rest[:1] in {"?", "*", "+", "{"} else [each + rest for each in simple[1]]
    if not fragment.startswith("(?:"):
        return []
    return _open_group(fragment)


def _open_group(fragment: str) -> list[str]:
    end = _closing(fragment)
    inner, rest = fragment[3:end], fragment[end + 1 :]
    if rest[:1] in {"*", "+", "{"}:
        return []
    optional = rest[:1] == "?"
    rest = rest[1:] if optional else rest
    return [each + rest for each in _split(inner)] + ([rest] if optional and rest else [])


def _branches(fragment: str) -> bool:
    return len([*_split(fragment)]) > 1 if "|" in fragment else False


def _split(fragment: str) -> Iterator[str]:
    """The alternatives at the top level."""
    depth, start, at = 0, 0, 0
    while at < len(fragment):
        char = fragment[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = fragment.index("]", at + 1)
        elif char == "|" and depth == 0:
            yield fragment[start:at]
            start = at + 1
        depth += {"(": 1, ")": -1}.get(char, 0)
        at += 1
    yield fragment[start:]


def _closing(fragment: str) -> int:
    """Offset of the bracket that closes the first one."""
    depth, at = 0, 0
    while at < len(fragment):
        char = fragment[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = fragment.index("]", at + 1)
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == ")" and depth == 0:
            return at
        at += 1
    return len(fragment)

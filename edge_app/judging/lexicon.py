"""A rule pack's phrases as compiled patterns.

Patterns work on folded text (``fold_text``): half-width, lower case, same length as the original. Each list of
phrases becomes one alternation, grouped by first character, because Python tries alternatives one by one.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from edge_app.domain.numbers import fold
from edge_app.domain.rulepack import CharacteristicRule, Cues, Phrases, RulePack, Term
from edge_app.judging.fragments import chinese, english, first_literal

Hit = tuple[int, int]
"""Start and end of a match in folded text."""

_NEVER: Final = re.compile(r"(?!)")
_CLASS: Final = re.compile(r"\[[^\]]*\]")
_CAPTURING: Final = re.compile(r"(?<!\\)\((?!\?)")
_CACHE_SIZE: Final = 64


class Group:
    """Rules of one kind and the pattern that finds any of them."""

    def __init__(self, rules: Sequence[Phrases]) -> None:
        """Compile the phrases of ``rules``; a phrase with a capturing group is a ValueError."""
        alternatives = [
            (fragment, index)
            for index, rule in enumerate(rules)
            for fragment in (*english(rule.en, inflected=True), *chinese(rule.zh))
        ]
        self._pattern, self._index = _alternation(alternatives)

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, int]]:
        """Index of the rule, start and end of each match, left to right."""
        matches = self._pattern.finditer(text, start, len(text) if end is None else end)
        return [(self._index[found.lastindex or 0], found.start(), found.end()) for found in matches]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything of a pack that is matched against text."""

    terms: tuple[Term, ...]
    characteristics: tuple[CharacteristicRule, ...]
    term_group: Group
    characteristic_group: Group
    cues: dict[str, re.Pattern[str]]
    """By field name of ``Cues``."""
    safety: re.Pattern[str]

    def hits(self, cue: str, text: str) -> list[Hit]:
        """Where ``cue`` stands in folded ``text``."""
        return [found.span() for found in self.cues[cue].finditer(text)]


def fold_text(text: str) -> str:
    """``text`` as patterns see it. Offsets stay."""
    folded = fold(text)
    lowered = folded.lower()
    return lowered if len(lowered) == len(folded) else "".join(each.lower()[:1] for each in folded)


_compiled: dict[str, Lexicon] = {}
_compiling = threading.Lock()
_matching: dict[str, re.Pattern[str]] = {}


def lexicon_of(pack: RulePack) -> Lexicon:
    """The compiled pack, kept by fingerprint. Workers that start together wait for one compilation, not for many."""
    if not pack.fingerprint:
        return _compile(pack)
    with _compiling:
        if pack.fingerprint not in _compiled:
            if len(_compiled) >= _CACHE_SIZE:
                _compiled.clear()
            _compiled[pack.fingerprint] = _compile(pack)
        return _compiled[pack.fingerprint]


def match_pattern(pack: RulePack) -> re.Pattern[str]:
    """The phrases that choose ``pack``, on their own: choosing must not compile every pack."""
    key = pack.fingerprint or pack.name
    if not pack.fingerprint or key not in _matching:
        _matching[key] = _pattern(pack.match.phrases)
    return _matching[key]


def _compile(pack: RulePack) -> Lexicon:
    return Lexicon(
        terms=pack.terms,
        characteristics=pack.characteristics,
        term_group=Group(pack.terms),
        characteristic_group=Group(pack.characteristics),
        cues={name: _pattern(getattr(pack.cues, name)) for name in Cues.model_fields},
        safety=_pattern(pack.safety_items),
    )


@lru_cache(maxsize=512)
def _pattern(phrases: Phrases) -> re.Pattern[str]:
    return _alternation(
        [(each, 0) for each in (*english(phrases.en, inflected=False), *chinese(phrases.zh))], grouped=False
    )[0]


def _alternation(
    alternatives: Sequence[tuple[str, int]], *, grouped: bool = True
) -> tuple[re.Pattern[str], dict[int, int]]:
    """One pattern for all, longer fragments first, and what the number of each group stands for."""
    if not alternatives:
        return _NEVER, {}
    buckets: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for fragment, rule in sorted(set(alternatives), key=lambda each: (-len(each[0]), each)):
        if _CAPTURING.search(_CLASS.sub("", fragment)):
            message = f"phrase {fragment!r} has a capturing group; write (?:...)"
            raise ValueError(message)
        buckets[first_literal(fragment)].append((fragment, rule))
    parts: list[str] = []
    index: dict[int, int] = {}
    for first in sorted(buckets, key=lambda each: (each == "", each)):
        for _, rule in buckets[first]:
            index[len(index) + 1] = rule
        parts.append(_bucket(first, [fragment for fragment, _ in buckets[first]], grouped=grouped))
    return re.compile(_guard(buckets) + "(?:" + "|".join(parts) + ")"), index


def _bucket(first: str, fragments: Sequence[str], *, grouped: bool) -> str:
    body = "|".join(f"({rest})" if grouped else rest for rest in (fragment[len(first) :] for fragment in fragments))
    if first.isascii() and first:
        return (
            f"{first}(?<![a-z0-9.]{first})(?:{body})" if first.isdigit() else f"{first}(?<![a-z0-9]{first})(?:{body})"
        )
    return f"{first}(?:{body})"


def _guard(buckets: dict[str, list[tuple[str, int]]]) -> str:
    """A look-ahead for the first characters: nearly every position fails on it at once."""
    return "" if "" in buckets else f"(?=[{re.escape(''.join(buckets))}])"

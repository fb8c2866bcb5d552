"""Which retold lines may be learned from: form, held-out words, the teacher's own reading, the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import islice
from typing import Final

from edge_app.distill.examples import Example
from edge_app.distill.lexicon import LANGUAGES, Lexicon, Split, load_lexicon
from edge_app.distill.retell import MARK, Line
from edge_app.distill.wording import parse, variants
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Category, Status
from edge_app.judging.lexicon import fold_text, lexicon_of

_BOUNDS: Final = (0.5, 2.2)
"""Of the length of the first telling."""
_SPARE: Final = 12
_LIKE: Final = 0.85
"""Above which a retelling says nothing new."""
_LOW: Final = 6
"""Characters that are never too few."""
_DEBRIS: Final = re.compile(
    r"^(?:sure|certainly|of course|okay|here(?:'s| is| are)|note:|line:|answer:|rewritten|as an? ai|i'm sorry|you )"
    r"|rewrit|rephras|paraphras|same meaning|other words|改写|换句话|如下|以下是|^好的|^当然|标记|意思不变|原句|抱歉"
    r"|[<>{}|`*=\\]|->|→|^[\"'“”「]|[\"”」]$",
    re.IGNORECASE,
)
_BRACKET: Final = re.compile(r"\[[^\]]*\]?|\]")
_DIGITS: Final = re.compile(r"\d+|[①-⑳]")
_CJK: Final = re.compile(r"[㐀-鿿]")
_LATIN: Final = re.compile(r"[A-Za-z]{2,}")
_SLOT: Final = re.compile(r"\{\w+\}")
_PLAIN: Final = re.compile(r"[\W_]+")
_FOREIGN: Final = re.compile(r"[^\x00-\u024f\u2000-\u22ff\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_LONGEST_LIST: Final = 400
"""Texts of one held-out entry that are looked for."""
_TELLING: Final = 3
"""Characters from which a piece of a Chinese clause says something of its own."""


def form_fault(line: Line, text: str) -> str:
    """The first thing that is wrong with the form of a retold line, still with its marks; empty when nothing is."""
    return next((name for name, is_wrong in _FAULTS.items() if is_wrong(line, text)), "")


def _has_other_marks(line: Line, text: str) -> bool:
    return sorted(_BRACKET.findall(text)) != sorted(MARK.findall(line.masked))


def _has_other_length(line: Line, text: str) -> bool:
    low, high = (bound * len(line.masked) for bound in _BOUNDS)
    return not min(low, _LOW) <= len(text) <= high + _SPARE


def plain(text: str) -> str:
    """Letters alone, to compare."""
    return _PLAIN.sub("", text).lower()


def likeness(text: str, other: str) -> float:
    """Of the letters, marks aside: 1 for the same."""
    one, two = (plain(MARK.sub("", each)) for each in (text, other))
    return SequenceMatcher(None, one, two, autojunk=False).ratio()


def _is_in(tongue: str, text: str, before: str) -> bool:
    bare = MARK.sub("", text)
    if tongue == "en":
        return not _CJK.search(bare) and bool(_LATIN.search(bare))
    known = {each.lower() for each in _LATIN.findall(before)}
    return bool(_CJK.search(bare)) and all(each.lower() in known for each in _LATIN.findall(bare))


@cache
def _held_out(tongue: str) -> tuple[str, ...]:
    """Words for defects that only the held-out split has."""
    return tuple(_words_of(load_lexicon(Split.TEST), tongue) - _words_of(load_lexicon(Split.TRAIN), tongue))


def _words_of(lexicon: Lexicon, tongue: str) -> set[str]:
    """Names whole; of clauses and signs what stands between their slots, where it is more than a common word."""
    defects = lexicon.defects.values()
    names = {text.lower() for defect in defects for text in _texts(defect.names[tongue])}
    told = [text for defect in defects for text in _texts(defect.clauses[tongue] + defect.signs[tongue])]
    pieces = {piece.strip(" ,，:：").lower() for text in told for piece in _SLOT.split(text)}
    return names | {piece for piece in pieces if (len(piece) >= _TELLING if tongue == "zh" else " " in piece)}


def _texts(entries: Sequence[str]) -> Iterator[str]:
    for entry in entries:
        yield from islice(variants(parse(entry)), _LONGEST_LIST)


@cache
def _pattern(tongue: str) -> re.Pattern[str]:
    assert tongue in LANGUAGES
    ends = ("", "") if tongue == "zh" else (r"\b", r"(?:s|es)?\b")
    words = sorted(_held_out(tongue), key=len, reverse=True)
    return re.compile(f"{ends[0]}(?:{'|'.join(map(re.escape, words))}){ends[1]}")


def names_held_out(tongue: str, text: str, before: str = "") -> bool:
    """Whether a text brings a word that the student must not see before the test."""
    return any(found not in before.lower() for found in _pattern(tongue).findall(text.lower()))


_FAULTS: Final[dict[str, Callable[[Line, str], bool]]] = {
    "debris": lambda _, text: bool(_DEBRIS.search(text) or _FOREIGN.search(text)),
    "marks": _has_other_marks,
    "language": lambda line, text: not _is_in(line.told.tongue, text, line.masked),
    "length": _has_other_length,
    "digits": lambda line, text: not set(_DIGITS.findall(text)) <= set(_DIGITS.findall(line.masked)),
    "same": lambda line, text: likeness(text, line.masked) > _LIKE,
    "held_out": lambda line, text: names_held_out(line.told.tongue, text, line.masked),
}
"""By name, in the order in which they are looked for."""


def choice(weights: Sequence[float], prior: Sequence[float], options: Sequence[str]) -> list[tuple[str, float]]:
    """Options with how much likelier the line makes them than no line at all, likeliest first."""
    gains = [(option, weight - base) for option, weight, base in zip(options, weights, prior, strict=True)]
    return sorted(gains, key=lambda each: -each[1])


def agrees(ranked: Sequence[tuple[str, float]], wanted: str, *, top: int, margin: float) -> bool:
    """Whether ``wanted`` is among the ``top`` and, as the first, leads by ``margin`` nats."""
    names = [name for name, _ in ranked]
    if names.index(wanted) >= top:
        return False
    return names[0] != wanted or ranked[0][1] - ranked[1][1] >= margin


def rules_fault(before: Example, after: Example, line: Line, text: str, packs: Mapping[str, RulePack]) -> str:
    """What the rules hold against a retold line in its report; empty when nothing.

    They may be undecided about a good report where they were so before: they miss much of what makes it good.
    """
    label, known = after.generated.label, before.assessment.status
    allowed = Status.PASS if known is Status.FAIL else known
    if after.assessment.status.rank > max(label.status.rank, allowed.rank):
        return "outranked"
    if line.category is Category.NONE:
        return ""
    named = {category for pack in packs.values() for category in _named(pack, text)}
    return "other_category" if named and label.category not in named else ""


def _named(pack: RulePack, text: str) -> set[Category]:
    lexicon = lexicon_of(pack)
    return {lexicon.terms[found[0]].category for found in lexicon.term_group.find(fold_text(text))}

"""Whether a defect is said not to be there: a negation before it, a count of none after it."""

from __future__ import annotations

import re
from typing import Final

from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Hit

_REACH: Final = 48
_REACH_ZH: Final = 16
_COUNT_REACH: Final = 26
_ITEM: Final = 26
"""A listed item is no longer than this."""
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")
_DIGIT: Final = re.compile(r"\d")
_SEEN: Final = re.compile(r"\s*(?:were |was )?(?:found|seen|noted|observed|detected|present)(?: anywhere| at all)?\s*$")
_NO_SUBJECT: Final = re.compile(r"none(?: of)?|nothing|not (?:a|one|any|a single)|no|neither|never")
_VERB: Final = re.compile(r"\b(?:is|was|are|were|(?:was |were )?found|seen)\b(?! (?:to be )?with\b)")
_STOPPER: Final = re.compile(r"(?<![a-z])(?:is|was|are|were|found|seen|with)(?![a-z])|有|见|出现|发现|是")


def is_absent(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a negation before the words or an absence after them applies to them."""
    if is_negated(clause, hit, terms) or any(
        _counts_none(clause, cue, hit, terms) for cue in clause.hits.get("absence_count", ())
    ):
        return True
    return "hedge" in clause.hits and any(hit[1] <= start for start, _ in clause.hits.get("resolved", ()))


def is_negated(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a negation before the words applies to them."""
    return any(_negates(clause, cue, hit, terms) for cue in clause.hits.get("negation", ()))


def _ends_reach(clause: Clause, cue: Hit, gap: str) -> bool:
    """``not one piece was warped``: what is denied is the subject, the verb does not end it."""
    if _NO_SUBJECT.fullmatch(clause.text[slice(*cue)]):
        gap = _VERB.sub(" ", gap)
    return _STOPPER.search(gap) is not None


def _negates(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    if cue[1] > hit[0] or cue[0] >= hit[0]:
        return False
    gap = clause.text[cue[1] : hit[0]]
    if all(clause.piece(at) == clause.piece(cue[0]) for at in (cue[1], hit[0])):
        reach = _REACH_ZH if _CJK.search(gap) else _REACH
        return len(gap) <= reach and not _ends_reach(clause, cue, gap)
    return _is_listed(clause, cue, hit, terms)


def _is_listed(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    """``no cracks, pores or burrs``: each piece between is a bare item that names a defect."""
    at = clause.piece(cue[0])[1]
    while True:
        piece = clause.piece(at)
        last = piece[0] <= hit[0] < piece[1]
        text = clause.text[piece[0] : hit[0] if last else piece[1]]
        own = any(inside(each, piece) for each in terms)
        if not own or len(text) > _ITEM or _DIGIT.search(text) or _STOPPER.search(_SEEN.sub("", text)):
            return False
        if last:
            return not _DIGIT.search(clause.text[hit[0] : piece[1]])
        at = piece[1]


def _counts_none(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    """``cracks: none``, ``连锡 0``: the nearest term before the count, or a list that ends with it."""
    if cue[0] < hit[1]:
        return False
    gap = clause.text[hit[1] : cue[0]].rpartition(":")[2]
    between = [each for each in terms if hit[1] <= each[0] < cue[0]]
    if between:
        return not _DIGIT.search(gap) and all(_counts_none(clause, cue, each, []) for each in between[:1])
    return len(gap) <= _COUNT_REACH and not _DIGIT.search(gap) and "," not in gap


def inside(hit: Hit, piece: Hit) -> bool:
    """Whether ``hit`` starts in ``piece``."""
    return piece[0] <= hit[0] < piece[1]

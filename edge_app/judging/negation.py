"""Whether a defect is said not to be there: a negation before it, a count of none after it."""

from __future__ import annotations

import re
from typing import Final

from edge_app.judging.clauses import Clause, holds
from edge_app.judging.denials import is_denied
from edge_app.judging.lexicon import Hit

_REACH: Final = 48
_REACH_ZH: Final = 16
_COUNT_REACH: Final = 26
_ITEM: Final = 26
"""A listed item is no longer than this."""
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")
_DIGIT: Final = re.compile(r"\d")
_COUNTED: Final = re.compile(r"^\W*\d|\d\s*(?:mm|um|%|pcs|pc|of|处|个|件|只|条|点|颗|片)|\d/\d")
"""How many or how large, not the number of a place."""
_DIRECT: Final = re.compile(
    r"(?:不|没|未|无|冇|唔|莫)(?:再|会|有|见|曾|得|到|发生|出现|发现|看到|摸到|什么|任何|一[个处点条丝件只片颗]|半[个点丝]){0,3}$"
)
"""Right before the words, in Chinese."""
_NONE_WITHOUT: Final = re.compile(r"没有(?:哪)?一(?:件|个|处|台|只|片|块|支|根|套|条)(?:是|能)?(?:不|没|未)$")
"""``没有一件不裂``: all of them are."""
_AFTERWARDS: Final = re.compile(
    r"[^,。;:\d]{0,8}?(?:一(?:样|个|处|点|条|颗|件|只|片|丝)(?:也|都)?(?:没|冇|无)(?:有|见)?|(?:也|都|全|均|的|统统|一概)(?:没有|没见|没得|冇|无|不见)(?=$|[,。;、)])"
    r"|(?:没有|不见|冇)(?=$|[,。;、)])"
    r"|(?:均|都|全)?(?:没有?|未有?|不|冇)(?:再|被)?(?:出现|见|发现|发生|检出|查出|测出|查到|看到|看见|见到|找到|存在|摸到|摸出)(?:过|了)?(?=$|[,。;、)(])"
    r"|一个(?:也|都)?没(?=$|[,。;、)]))"
)
"""``划伤一处都没有``, ``刮手的没有``: after the words."""
_DENIED: Final = (
    r"(?:没有?|未有?|不|冇)(?:再|被)?"
    r"(?:出现|见|发现|发生|检出|查出|测出|查到|看到|看见|见到|找到|存在|摸到|摸出)(?:过|了)?"
)
_NOTHING: Final = re.compile(
    r"(?:(?<=[,:\-\s])|\bbut )(?:it (?:was|is) not|was not|none|nothing|nil|no|not there|not found|they were not)"
    r"(?= ?(?:$|[,.;)]| there| found| seen| of))"
    rf"|(?:其实|结果|实际|一看|后来)?(?:均|都|全)?(?:没有?|不是|无|未见|没漏|没裂|没断|没坏|没事"
    rf"|没看见|没看到|一[个处点条](?:也|都)?没有?|{_DENIED})(?=$|[,。;)(、])"
)
"""An outcome that stands alone, not the denial of what follows."""
_FOUND: Final = re.compile(
    r"\b(?:found|saw|seen|got|there (?:is|are|was|were)|yes|but (?:a|one|two|the))\b|有(?!无|没|任)|发现|存在"
)
_ALLOWED: Final = re.compile(r"(?:spec|limit|max|allowed|permitted|drawing|target|要求|标准|规格|限|允许|图纸)[\s:=]*$")
"""``6 of 50, spec: none``: the count of what may be."""
_SEEN: Final = re.compile(r"\s*(?:were |was )?(?:found|seen|noted|observed|detected|present)(?: anywhere| at all)?\s*$")
_LISTED: Final = re.compile(r"[^、/,和及与或\s]")
"""Anything else between two defects ends a list of them."""
_LEFT_ALONE: Final = re.compile(
    r"\s*(?:has |have |had |been |be |\w+ly )*(?:remov|repair|rework|fix(?!ture)|correct|clean(?:ed|ing)? |polish"
    r"|treat|replac|overlook|miss(?!ing)|ignor|get rid|eliminat|cover|hide|hid |improv|take (?:off|out)"
    r"|grind|ground|weld(?:ed)? out)"
    r"|(?:再|去|被|有|人|进行)*(?:处理|去除|去掉|返修|返工|修[复整好]|清除|清理|补|打磨|更换|消除|解决|改善|遗漏|漏掉|忽略|没|无)"
)
"""What is denied is that something was done about the words."""
_SIGN: Final = re.compile(r" (?:sign|evidence|indication|hint|proof|trace)s? (?:that|of)\b")
_WORKED_ON: Final = re.compile(
    r"\b(?:was|were|is|are|been|being) (?:\w+ )?(?:remov|repair|rework|fix|correct|clean|polish|treat|replac|ground)"
)
"""``no sign that the crack was repaired``: no sign of the work, not of the words."""
_OR: Final = re.compile(r"[\s:]*(?:or|nor|and|any|的|及|和|或)?[\s:]*")
_PLAIN: Final = re.compile(r"visible|clearly|confirmed|by eye|real|明显|可见|确认")
_NO_SUBJECT: Final = re.compile(r"none(?: of)?|nothing|not (?:a|one|any|a single)|no|neither|never")
_VERB: Final = re.compile(r"\b(?:is|was|are|were|(?:was |were )?found|seen)\b(?! (?:to be )?with\b)")
_STOPPER: Final = re.compile(r"(?<![a-z])(?:is|was|are|were|found|seen|with)(?![a-z])|有|见|出现|发现|是")


def is_absent(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a negation before the words or an absence after them applies to them."""
    if is_denied(clause, hit) or _AFTERWARDS.match(clause.text, hit[1]) or _ends_a_denied_list(clause, hit, terms):
        return True
    if any(cue[0] <= hit[0] and _came_to_nothing(clause, cue, hit, terms) for cue in clause.hits.get("looked_for", ())):
        return True
    if is_negated(clause, hit, terms) or any(
        _counts_none(clause, cue, hit, terms)
        for cue in clause.hits.get("absence_count", ())
        if not holds(clause, cue, "hedge")
    ):
        return True
    return "hedge" in clause.hits and any(hit[1] <= start for start, _ in settled(clause))


def settled(clause: Clause) -> list[Hit]:
    """Words that settle a doubt: not the ``ruled out`` of ``cannot be ruled out``."""
    return [each for each in clause.hits.get("resolved", ()) if not holds(clause, each, "hedge")]


def _came_to_nothing(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    """``checked for burrs at hole 4, none``: what was looked for or feared, and next that it is not there."""
    if _STOPPER.search(clause.text, cue[1], hit[0]):
        return False
    outcomes = [
        start for name in ("absence_count", "positive") for start, _ in clause.hits.get(name, ()) if start >= hit[1]
    ]
    outcomes += [found.start() for found in [_NOTHING.search(clause.text, hit[1])] if found]
    first = min(outcomes, default=None)
    if first is None or any(hit[1] <= each[0] < first and "," in clause.text[hit[1] : each[0]] for each in terms):
        return False
    return _FOUND.search(clause.text, hit[1], first) is None


def is_negated(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a negation before the words applies to them."""
    if _NONE_WITHOUT.search(clause.text, 0, hit[0]):
        return False
    if _DIRECT.search(clause.text, 0, hit[0]):
        return True
    return any(_negates(clause, cue, hit, terms) for cue in clause.hits.get("negation", ()))


def _ends_a_denied_list(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """``飞边、缺胶、气纹一样没有``: the denial after the last of a bare list holds for all of it."""
    last = hit
    for each in sorted(terms):
        if each[0] >= last[1] and not _LISTED.search(clause.text[last[1] : each[0]]):
            last = each
    return last != hit and _AFTERWARDS.match(clause.text, last[1]) is not None


def _ends_reach(clause: Clause, cue: Hit, gap: str) -> bool:
    """``not one piece was warped``: what is denied is the subject, the verb does not end it."""
    if _NO_SUBJECT.fullmatch(clause.text[slice(*cue)]):
        gap = _VERB.sub(" ", gap)
    return _STOPPER.search(gap) is not None


def _negates(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    if cue[1] > hit[0] or cue[0] >= hit[0]:
        return False
    gap = clause.text[cue[1] : hit[0]]
    if _LEFT_ALONE.match(gap) or (_SIGN.match(gap) and _WORKED_ON.search(clause.text, hit[1])):
        return False
    if all(clause.piece(at) == clause.piece(cue[0]) for at in (cue[1], hit[0])):
        reach = _REACH_ZH if _CJK.search(gap) else _REACH
        return len(gap) <= reach and not _ends_reach(clause, cue, gap)
    return _is_listed(clause, cue, hit, terms)


def _is_listed(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    """``no cracks, pores or burrs``: each piece between is a bare item that names a defect."""
    low, at = clause.piece(cue[0])
    bare = any(low <= each[0] < at and each[0] >= cue[1] for each in terms)
    while True:
        piece = clause.piece(at)
        last = piece[0] <= hit[0] < piece[1]
        text = clause.text[piece[0] : hit[0] if last else piece[1]]
        own = any(inside(each, piece) for each in terms)
        if not own or len(text) > _ITEM or _DIGIT.search(text) or _STOPPER.search(_SEEN.sub("", text)):
            return False
        if last and not (bare or _OR.fullmatch(text)):
            return False
        if last:
            rest = clause.text[hit[0] : piece[1]]
            return not (_DIGIT.search(rest) or _PLAIN.search(rest))
        at = piece[1]


def _counts_none(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    """``cracks: none``, ``连锡 0``: the nearest term before the count, or a list that ends with it."""
    if cue[0] < hit[1]:
        return False
    if _ALLOWED.search(clause.text, hit[1], cue[0]):
        return False
    gap = clause.text[hit[1] : cue[0]].rpartition(":")[2]
    between = [each for each in terms if hit[1] <= each[0] < cue[0]]
    if between:
        return not _DIGIT.search(gap) and all(_counts_none(clause, cue, each, []) for each in between[:1])
    return len(gap) <= _COUNT_REACH and not _COUNTED.search(gap) and "," not in gap


def inside(hit: Hit, piece: Hit) -> bool:
    """Whether ``hit`` starts in ``piece``."""
    return piece[0] <= hit[0] < piece[1]

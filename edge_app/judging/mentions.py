"""Defect terms in clauses, each with its standing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from edge_app.domain.rulepack import Term
from edge_app.domain.verdict import Category, Severity
from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Hit, Lexicon
from edge_app.judging.permission import bounds, exceeds
from edge_app.judging.standing import Standing, standing_at

_TAKEN_UP: Final = 2
"""Mentions further on that may refer to the same defect."""
_LARGEST: Final = re.compile(r"\s*(?:area |ratio |depth |率)?(?:max\.?|maximum|largest|worst|最大|最高|最深)\s*:?\s*\d")
_BOUND_OF: Final = re.compile(
    r"\s*:?\s*(?:<=?|≤)?\s*\d[\d.]*\s*(?:mm|um|%|级|处|个)?\s*(?:max|maximum|or less|以下|以内)\b"
)
"""``undercut: 0.5 mm max`` is a limit."""
_NUMBER: Final = re.compile(r"\d")
_UNIT: Final = r"\s*(mm|级|%|um|处|个|点|grade|级别)?"
_GRADE: Final = re.compile(r"\s*(?:深|长|直径|最大|max\.?|grade|level|等级|depth|of)?\s*:?\s*(\d+(?:\.\d+)?)" + _UNIT)
_BOUND: Final = re.compile(
    r"[^,;。\d]{0,8}(?:不大于|不超过|不高于|≤|<=|max\.?|up to|允许|至多|not (?:over|above|more than))\s*(\d+(?:\.\d+)?)"
    + _UNIT
)
_NONE: Final = re.compile(
    r"\W*(?:none|nil|no|0|zero|absent|negative|not (?:found|seen|present|there)|nothing|clean|无|没有|未见|零|阴性)"
    r"(?: (?:seen|found|detected|left|there|visible|on any|anywhere|to see|at all)(?: \w+){0,2})?\W*"
)
_BARE: Final = 12
"""A record of a machine's call holds little beside the name of the defect."""
_PLACE: Final = 24
"""Characters that tell where."""
_HEADING: Final = re.compile(r"\s*:\s*\D{2}")


@dataclass(frozen=True, slots=True)
class Mention:
    """One defect term in one clause."""

    term: Term
    clause: Clause
    start: int
    """In the clause."""
    end: int
    standing: Standing
    in_label: bool = False

    @property
    def at(self) -> int:
        """Offset in the report."""
        return self.clause.start + self.start


def mentions_of(clauses: list[Clause], lexicon: Lexicon) -> list[Mention]:
    """Every defect term with its standing, in report order."""
    found = [mention for clause in clauses for mention in _in_clause(clause, lexicon)]
    found = [_taken_up(found, index) for index in range(len(found))]
    found = [_answered(mention, clauses) for mention in found]
    found = [_allowed_next(mention, clauses, found) for mention in found]
    found = [_overruled(mention, clauses) for mention in found]
    return [_within_bound(mention, found) for mention in found]


def _within_bound(mention: Mention, mentions: list[Mention]) -> Mention:
    """A defect that is no larger than a rule of the same report allows: ``气孔不大于3级`` and ``气孔2级``."""
    value = _GRADE.match(mention.clause.text, mention.end)
    if mention.standing is not Standing.STANDS or value is None:
        return mention
    for other in mentions:
        bound = _BOUND.match(other.clause.text, other.end)
        if other is not mention and other.term is mention.term and bound and bound[2] == value[2]:
            within = float(value[1]) <= float(bound[1])
            return replace(mention, standing=Standing.PERMITTED) if within else mention
    return mention


def _overruled(mention: Mention, clauses: list[Clause]) -> Mention:
    """A machine's call in a report that says further on that all of them were false."""
    if mention.standing is Standing.STANDS and _is_reviewed(mention, clauses):
        return replace(mention, standing=Standing.FALSE_CALL)
    bare = len(mention.clause.text.strip()) - (mention.end - mention.start) <= _BARE
    if mention.standing is not Standing.STANDS or not (bare or mention.in_label):
        return mention
    later = (each for each in clauses if each.start > mention.clause.start and each.has("all_false"))
    return replace(mention, standing=Standing.FALSE_CALL) if any(later) else mention


def _is_reviewed(mention: Mention, clauses: list[Clause]) -> bool:
    """``AXI: bridge at U3. Reviewed, false call``: a machine's call, and the next clause overrules it."""
    if not any(start <= mention.start for start, _ in mention.clause.hits.get("called", ())):
        return False
    following = _following(mention, clauses)
    return following is not None and following.has("reviewed_good", "false_call") and not following.has("negation")


def _following(mention: Mention, clauses: list[Clause]) -> Clause | None:
    """The next clause of the same remark."""
    at = next(index for index, clause in enumerate(clauses) if clause is mention.clause) + 1
    same = at < len(clauses) and clauses[at].remark == mention.clause.remark
    return clauses[at] if same else None


def _answered(mention: Mention, clauses: list[Clause]) -> Mention:
    """``burr; none``: the name of a defect with its place in a cell, and the cell after it says none."""
    beside = len(mention.clause.text.strip()) - (mention.end - mention.start)
    if mention.standing is not Standing.STANDS or beside > _PLACE or mention.clause.has("negative", "defect_verb"):
        return mention
    following = _following(mention, clauses)
    if following is None or not _NONE.fullmatch(following.text):
        return mention
    return replace(mention, standing=Standing.ABSENT)


def _allowed_next(mention: Mention, clauses: list[Clause], mentions: list[Mention]) -> Mention:
    """A defect that the next clause of the remark, naming none of its own, says is allowed."""
    if mention.standing is not Standing.STANDS or mention.term.category is Category.CRACK:
        return mention
    following = _following(mention, clauses)
    if following is None or not following.has("allowance", "permitted"):
        return mention
    if mention.term.severity is not Severity.MINOR and not _NUMBER.search(following.text):
        return mention
    named = any(each.clause is following for each in mentions) or "not_permitted" in following.hits
    at_cue = (following.hits.get("allowance") or following.hits["permitted"])[0][1]
    if named or exceeds(mention.clause.text[mention.end :], bounds(following.text, at_cue)):
        return mention
    return replace(mention, standing=Standing.PERMITTED)


def _taken_up(mentions: list[Mention], index: int) -> Mention:
    """A defect that the next sentences call doubtful or conditional is so where it is first named."""
    mention = mentions[index]
    if mention.standing is not Standing.STANDS:
        return mention
    for later in mentions[index + 1 : index + 1 + _TAKEN_UP]:
        if later.term.category is mention.term.category and later.standing in {Standing.HEDGED, Standing.CONDITIONAL}:
            return replace(mention, standing=later.standing)
    return mention


def _in_clause(clause: Clause, lexicon: Lexicon) -> Iterator[Mention]:
    found = lexicon.term_group.find(clause.text)
    spans = [(start, end) for _, start, end in found]
    for index, start, end in found:
        standing = standing_at(clause, (start, end), spans)
        if standing is Standing.STANDS and _is_name(clause, (start, end), lexicon):
            standing = Standing.IGNORED
        yield Mention(lexicon.terms[index], clause, start, end, standing)
    if not found and clause.label and "suspect_gauge" not in clause.hits:
        yield from _by_label(clause, lexicon)


def _by_label(clause: Clause, lexicon: Lexicon) -> Iterator[Mention]:
    """A field named after a defect: the text says whether it was found."""
    for index, _, _ in lexicon.term_group.find(clause.label)[:1]:
        if lexicon.cues["absence_count"].search(clause.text) and not clause.has("negative", "defect_verb"):
            standing = Standing.ABSENT
        else:
            standing = standing_at(clause, (0, 0), [(0, 0)])
        if standing is Standing.STANDS and not _is_found(clause, lexicon):
            return
        yield Mention(lexicon.terms[index], clause, 0, 0, standing, in_label=True)


def _is_found(clause: Clause, lexicon: Lexicon) -> bool:
    return clause.has("negative", "defect_verb") or lexicon.cues["present"].match(clause.text.lstrip()) is not None


def _is_name(clause: Clause, hit: Hit, lexicon: Lexicon) -> bool:
    """``crack test``, ``voids max 9 %``, ``burrs: edges smooth``: a check or a quantity is named, no defect found."""
    rest = clause.text[hit[1] :]
    if lexicon.cues["test_name"].match(rest.lstrip(" -")) or _LARGEST.match(rest) or _BOUND_OF.match(rest):
        return True
    return bool(_HEADING.match(rest)) and not clause.text[: hit[0]].strip(" -*") and not _is_found(clause, lexicon)

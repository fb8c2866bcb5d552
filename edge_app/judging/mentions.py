"""Defect terms in clauses, and what the words around them make of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from edge_app.domain.rulepack import Term
from edge_app.domain.verdict import Severity
from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Hit, Lexicon

_NEGATION_REACH: Final = 48
_NEGATION_REACH_ZH: Final = 16
_COUNT_REACH: Final = 26
_TAKEN_UP: Final = 2
"""Mentions further on that may refer to the same defect."""
_ITEM: Final = 26
"""A listed item is no longer than this."""
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")
_DIGIT: Final = re.compile(r"\d")
_NUMBER_OF_ITSELF: Final = re.compile(
    r"\d+(?:\.\d+)?\s*(?:mm|um|µm|%|pcs|pc|off|处|个|只|件|条|点|颗|粒|块|片|根)|\d+\s*/\s*\d+"
)
_LARGEST: Final = re.compile(r"\s*(?:area |ratio |depth |率)?(?:max\.?|maximum|largest|worst|最大|最高|最深)\s*:?\s*\d")
_HEADING: Final = re.compile(r"\s*:\s*\D{2}")
_SEVERAL: Final = re.compile(r"[\d,]")
"""Between two defects: they are told one by one, not as a list of one kind."""
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_SEEN: Final = re.compile(r"\s*(?:were |was )?(?:found|seen|noted|observed|detected|present)(?: anywhere| at all)?\s*$")
_STOPPER: Final = re.compile(
    r"(?<![a-z])(?:is|was|are|were|found|seen|with)(?![a-z])|有|见|出现|发现|是"
)


class Standing(Enum):
    """What a mention of a defect says."""

    STANDS = "stands"
    ABSENT = "absent"
    PERMITTED = "permitted"
    FALSE_CALL = "false-call"
    HEDGED = "hedged"
    CONDITIONAL = "conditional"
    IGNORED = "ignored"
    """A requirement, an instruction, another lot, a machine: says nothing about this product."""


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
    return [_allowed_next(mention, clauses, found) for mention in found]


def _allowed_next(mention: Mention, clauses: list[Clause], mentions: list[Mention]) -> Mention:
    """A defect of looks that the next clause of the remark, naming none of its own, says is allowed."""
    if mention.standing is not Standing.STANDS or mention.term.severity is not Severity.MINOR:
        return mention
    at = next(index for index, clause in enumerate(clauses) if clause is mention.clause) + 1
    following = clauses[at] if at < len(clauses) else None
    if following is None or following.remark != mention.clause.remark or "allowance" not in following.hits:
        return mention
    named = any(each.clause is following for each in mentions) or "not_permitted" in following.hits
    at_cue = following.hits["allowance"][0][1]
    if named or _exceeds(mention.clause.text[mention.end :], _bounds(following.text, at_cue)):
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
    if not found and clause.label:
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
    if lexicon.cues["test_name"].match(rest.lstrip(" -")) or _LARGEST.match(rest):
        return True
    return bool(_HEADING.match(rest)) and not clause.text[: hit[0]].strip(" -*") and not _is_found(clause, lexicon)


def standing_at(clause: Clause, hit: Hit, terms: list[Hit]) -> Standing:
    """What the cues of ``clause`` make of the words at ``hit``; ``terms`` are all defect terms of the clause."""
    if is_ignored(clause, hit) or _is_of_gauge(clause, hit) or _in_rule(clause, hit):
        return Standing.IGNORED
    if is_absent(clause, hit, terms):
        return Standing.ABSENT
    if clause.has("false_call"):
        return Standing.FALSE_CALL
    if is_hedged(clause):
        return Standing.HEDGED
    if clause.has("conditional"):
        return Standing.CONDITIONAL
    return Standing.PERMITTED if _is_permitted(clause, hit, terms) else Standing.STANDS


def _is_permitted(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a permission refers to the words: in their piece, or after them with no other defect between."""
    if clause.has("not_permitted"):
        return False
    piece = clause.piece(hit[0])
    for start, _ in clause.hits.get("permitted", ()):
        if _is_beyond(clause, hit, start):
            continue
        if _inside((start, start), piece):
            return True
        others = [each for each in terms if hit[1] <= each[0] < start]
        if start >= hit[1] and not (others and _SEVERAL.search(clause.text[hit[1] : others[-1][0]])):
            return True
    return False


def _is_beyond(clause: Clause, hit: Hit, cue: int) -> bool:
    """``grade 4, 0 to 1 allowed``: the words name more than the permission does."""
    low, high = clause.piece(cue)
    return _exceeds(clause.text[hit[0] : low], _bounds(clause.text[low:high], cue - low))


def _bounds(text: str, cue: int) -> str:
    """What follows a permission, or all of it when no number does: ``allowed up to 0.5``, ``0.5 allowed``."""
    return text[cue:] if _NUMBER.search(text[cue:]) else text


def _exceeds(found: str, allowed: str) -> bool:
    """Whether the largest number of the one is larger than that of the other; False when one has none."""
    values = [float(each) for each in _NUMBER.findall(found)]
    bounds = [float(each) for each in _NUMBER.findall(allowed)]
    return bool(values and bounds) and max(values) > max(bounds)


def is_hedged(clause: Clause) -> bool:
    """Whether a doubt is voiced that is not settled further on and not about the cause."""
    hedges = clause.hits.get("hedge", [])
    settled = max((start for start, _ in clause.hits.get("resolved", ())), default=-1)
    causes = [clause.piece(start) for start, _ in clause.hits.get("cause", ())]
    return any(hit[0] > settled and not any(_inside(hit, piece) for piece in causes) for hit in hedges)


def is_ignored(clause: Clause, hit: Hit) -> bool:
    """Whether the words at ``hit`` are an order, history or about a machine."""
    if "instruction" in clause.label_hits or _is_history(clause, hit):
        return True
    if any(start <= hit[0] for start, _ in clause.hits.get("instruction", ())):
        return True
    piece = clause.piece(hit[0])
    return "machine" in clause.label_hits or any(_inside(each, piece) for each in clause.hits.get("machine", ()))


def _is_history(clause: Clause, hit: Hit) -> bool:
    """The last word on the time before the words decides, else one in the same piece."""
    if "historical" in clause.label_hits:
        return "current" not in clause.hits
    past = clause.hits.get("historical", ())
    before = [(start, True) for start, _ in past if start <= hit[0]]
    before += [(start, False) for start, _ in clause.hits.get("current", ()) if start <= hit[0]]
    if before:
        return max(before)[1]
    piece = clause.piece(hit[0])
    return any(_inside(each, piece) for each in past)


def _in_rule(clause: Clause, hit: Hit) -> bool:
    """Whether the term stands in a rule (``cracks not allowed``), not in an observation."""
    piece = clause.piece(hit[0])
    if any(_inside(each, piece) for each in clause.hits.get("requirement", ())) or "requirement" in clause.label_hits:
        return True
    text = clause.text[slice(*piece)]
    excludes = [each for each in clause.hits.get("not_permitted", ()) if _inside(each, piece)]
    before = any(end <= hit[0] <= end + _NEGATION_REACH_ZH for _, end in clause.hits.get("not_permitted", ()))
    return before or (bool(excludes) and not _NUMBER_OF_ITSELF.search(text) and not clause.has("defect_verb"))


def _is_of_gauge(clause: Clause, hit: Hit) -> bool:
    """``gauge found bent``, ``file cannot be opened``: the complaint is about the gauge or the record."""
    cues = [*clause.hits.get("suspect_gauge", ()), *clause.hits.get("missing", ())]
    return any(start < hit[1] and hit[0] < end and (start, end) != hit for start, end in cues)


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


def _negates(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    if cue[1] > hit[0] or cue[0] >= hit[0]:
        return False
    gap = clause.text[cue[1] : hit[0]]
    if all(clause.piece(at) == clause.piece(cue[0]) for at in (cue[1], hit[0])):
        reach = _NEGATION_REACH_ZH if _CJK.search(gap) else _NEGATION_REACH
        return len(gap) <= reach and not _STOPPER.search(gap)
    return _is_listed(clause, cue, hit, terms)


def _is_listed(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    """``no cracks, pores or burrs``: each piece between is a bare item that names a defect."""
    at = clause.piece(cue[0])[1]
    while True:
        piece = clause.piece(at)
        last = piece[0] <= hit[0] < piece[1]
        text = clause.text[piece[0] : hit[0] if last else piece[1]]
        own = any(_inside(each, piece) for each in terms)
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


def _inside(hit: Hit, piece: Hit) -> bool:
    return piece[0] <= hit[0] < piece[1]

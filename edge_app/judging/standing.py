"""What the words around a defect make of it."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Hit
from edge_app.judging.negation import inside, is_absent, is_negated

_RULE_REACH: Final = 16
_NUMBER_OF_ITSELF: Final = re.compile(
    r"\d+(?:\.\d+)?\s*(?:mm|um|µm|%|pcs|pc|off|处|个|只|件|条|点|颗|粒|块|片|根)|\d+\s*/\s*\d+"
)
_BOUND_AFTER: Final = re.compile(r"\s*(?:不大于|不超过|不高于|不多于|≤|<=|should not|shall not|must not|not to exceed)")
"""``气孔不大于3级``: a rule, told beside what it is for."""
_BOUND_BEFORE: Final = re.compile(
    r"(?:up to|at most|(?:no|not) more than|max(?:imum)?\.?(?: of)?|allowed?:?|不超过|不多于|最多|至多|允许(?:有)?)"
    r"\s*(?:(?:\d[\d.]*|one|two|three|four|five|six|[一二两三四五])\s*(?:mm|处|个|点|条|small|light|fine|single)?\s*){0,2}$"
)
"""``up to three nibs``: the same, with the number first."""
_SEVERAL: Final = re.compile(r"[\d,]")
"""Between two defects: they are told one by one, not as a list of one kind."""
_NUMBER: Final = re.compile(r"(?<![a-z\d.\-])\d+(?:\.\d+)?")
"""Not the digits of a name such as ``ls-03``."""
_COUNT: Final = re.compile(r"(\d+)\s*(?:处|个|点|颗|粒|条|道|只|places?|spots?|pcs|off|pores?|marks?|per\b)")


_OF_DOUBTS: Final = ("suspect_gauge", "missing", "pending", "unit_doubt", "contradiction")


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


def standing_at(clause: Clause, hit: Hit, terms: list[Hit]) -> Standing:
    """What the cues of ``clause`` make of the words at ``hit``; ``terms`` are all defect terms of the clause."""
    if is_idle(clause, hit) or _is_of_gauge(clause, hit):
        return Standing.IGNORED
    if is_absent(clause, hit, terms):
        return Standing.ABSENT
    if doubted := _doubted(clause, hit):
        return doubted
    return Standing.PERMITTED if _is_permitted(clause, hit, terms) else Standing.STANDS


def _doubted(clause: Clause, hit: Hit) -> Standing | None:
    """Overruled, uncertain, depending on something or only supposed; None when the words are meant as they stand."""
    overruled = any(not is_negated(clause, each, []) for each in clause.hits.get("false_call", ()))
    hedged = is_hedged(clause) or "question" in clause.hits
    supposed = _is_supposed(clause, hit) or ("cause" in clause.label_hits and "hedge" in clause.hits)
    outcomes = (
        (overruled, Standing.FALSE_CALL),
        (hedged, Standing.HEDGED),
        (clause.has("conditional"), Standing.CONDITIONAL),
        (supposed, Standing.IGNORED),
    )
    return next((standing for applies, standing in outcomes if applies), None)


def _is_permitted(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a permission refers to the words: in their piece, or after them with no other defect between."""
    if clause.has("not_permitted"):
        return False
    piece = clause.piece(hit[0])
    for start, end in clause.hits.get("permitted", ()):
        if _is_beyond(clause, hit, start) or is_negated(clause, (start, end), []):
            continue
        if inside((start, start), piece):
            return True
        others = [each for each in terms if hit[1] <= each[0] < start]
        if start >= hit[1] and not (others and _SEVERAL.search(clause.text[hit[1] : others[-1][0]])):
            return True
    return False


def _is_beyond(clause: Clause, hit: Hit, cue: int) -> bool:
    """``grade 4, 0 to 1 allowed``: the words name more than the permission does."""
    low, _ = clause.piece(cue)
    return exceeds(clause.text[hit[0] : low], bounds(clause.text[low:], cue - low))


def bounds(text: str, cue: int) -> str:
    """What follows a permission, or all of it when no number does: ``allowed up to 0.5``, ``0.5 allowed``."""
    return text[cue:] if _NUMBER.search(text[cue:]) else text


def exceeds(found: str, allowed: str) -> bool:
    """Whether more or larger is found than allowed, counts with counts, sizes with sizes; no number, no excess."""
    pairs = zip(_counts_and_sizes(found), _counts_and_sizes(allowed), strict=True)
    return any(values and limits and max(values) > max(limits) for values, limits in pairs)


def _counts_and_sizes(text: str) -> tuple[list[float], list[float]]:
    counts = [float(each) for each in _COUNT.findall(text)]
    return counts, [float(each) for each in _NUMBER.findall(_COUNT.sub(" ", text))]


def is_hedged(clause: Clause) -> bool:
    """Whether a doubt is voiced that is not settled further on and not about the cause."""
    hedges = [] if "cause" in clause.label_hits else clause.hits.get("hedge", [])
    settled = max((start for start, _ in clause.hits.get("resolved", ())), default=-1)
    causes = [clause.piece(start) for start, _ in clause.hits.get("cause", ())]
    return any(hit[0] > settled and not any(inside(hit, piece) for piece in causes) for hit in hedges)


def is_idle(clause: Clause, hit: Hit) -> bool:
    """Whether the words at ``hit`` say nothing of this product."""
    return is_ignored(clause, hit) or _in_rule(clause, hit)


def is_ignored(clause: Clause, hit: Hit) -> bool:
    """Whether the words at ``hit`` are an order, history or about a machine."""
    if "instruction" in clause.label_hits or _is_history(clause, hit):
        return True
    if any(start <= hit[0] for start, _ in clause.hits.get("instruction", ())):
        return True
    piece = clause.piece(hit[0])
    return "machine" in clause.label_hits or any(inside(each, piece) for each in clause.hits.get("machine", ()))


def _is_supposed(clause: Clause, hit: Hit) -> bool:
    """``if it cracks``, ``起泡的话``: what would be, not what was seen."""
    piece = clause.piece(hit[0])
    supposed = [each for each in clause.hits.get("hypothetical", ()) if inside(each, piece)]
    return any(start <= hit[0] or clause.text[start:end] == "的话" for start, end in supposed)


def _is_history(clause: Clause, hit: Hit) -> bool:
    """The last word on the time before the words decides, else one in the same piece."""
    past = clause.hits.get("historical", ())
    before = [(start, True) for start, _ in past if start <= hit[0]]
    if "historical" in clause.label_hits and not clause.text.lstrip().startswith(clause.label):
        before.append((-1, True))
    before += [(start, False) for start, _ in clause.hits.get("current", ()) if start <= hit[0]]
    if before:
        return max(before)[1]
    piece = clause.piece(hit[0])
    return any(inside(each, piece) for each in past)


def _in_rule(clause: Clause, hit: Hit) -> bool:
    """Whether the term stands in a rule (``cracks not allowed``), not in an observation."""
    piece = clause.piece(hit[0])
    if any(inside(each, piece) for each in clause.hits.get("requirement", ())) or "requirement" in clause.label_hits:
        return True
    text = clause.text[slice(*piece)]
    excludes = [each for each in clause.hits.get("not_permitted", ()) if inside(each, piece)]
    before = any(end <= hit[0] <= end + _RULE_REACH for _, end in clause.hits.get("not_permitted", ()))
    bound = _BOUND_AFTER.match(clause.text, hit[1]) or _BOUND_BEFORE.search(clause.text, 0, hit[0])
    if bound and "defect_verb" not in clause.hits:
        return True
    return before or (bool(excludes) and not _NUMBER_OF_ITSELF.search(text) and not clause.has("defect_verb"))


def _is_of_gauge(clause: Clause, hit: Hit) -> bool:
    """``gauge found bent``, ``file cannot be opened``: the complaint is about the gauge, the record, the test."""
    cues = [each for cue in _OF_DOUBTS for each in clause.hits.get(cue, ())]
    return any(start < hit[1] and hit[0] < end for start, end in cues)

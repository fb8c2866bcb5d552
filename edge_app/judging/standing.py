"""What the words around a defect make of it."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from edge_app.judging.clauses import Clause, holds
from edge_app.judging.lexicon import Hit
from edge_app.judging.negation import inside, is_absent, is_negated, settled
from edge_app.judging.permission import is_permitted

_RULE_REACH: Final = 16
_ARE: Final = re.compile(r"\s*(?:are|is|shall|must|should|will|may)\b|\s*(?:一律|均|都|皆)")
_BESIDE_TIME: Final = re.compile(r"\b(?:was|were|that|this|of|from|in|on|the|a|only|all)\b|[的那是属于在事批]|[^\w]")
"""Beside a time, it says nothing more."""
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
_BESIDE: Final = 1
"""``warp skipped``: what was not measured bears the name of a defect."""
_OF_GAUGE: Final = 12
"""``gauge nozzle dirty, readings false``: so near, the complaint is about the gauge."""
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
    return Standing.PERMITTED if is_permitted(clause, hit, terms) else Standing.STANDS


def _doubted(clause: Clause, hit: Hit) -> Standing | None:
    """Overruled, uncertain, depending on something or only supposed; None when the words are meant as they stand."""
    hedged = is_hedged(clause) or "question" in clause.hits
    supposed = _is_supposed(clause, hit) or ("cause" in clause.label_hits and "hedge" in clause.hits)
    outcomes = (
        (_is_overruled(clause, hit), Standing.FALSE_CALL),
        (hedged, Standing.HEDGED),
        (clause.has("conditional"), Standing.CONDITIONAL),
        (supposed, Standing.IGNORED),
    )
    return next((standing for applies, standing in outcomes if applies), None)


def _is_overruled(clause: Clause, hit: Hit) -> bool:
    """A false call, or what a machine called and who looked again found good."""
    if any(not is_negated(clause, each, []) for each in clause.hits.get("false_call", ())):
        return True
    called = any(start <= hit[0] for start, _ in clause.hits.get("called", ()))
    return called and any(start >= hit[1] for start, _ in clause.hits.get("reviewed_good", ()))


def is_hedged(clause: Clause) -> bool:
    """Whether a doubt is voiced that is not settled further on and not about the cause."""
    hedges = [] if "cause" in clause.label_hits else clause.hits.get("hedge", [])
    last = max((start for start, _ in settled(clause)), default=-1)
    causes = [clause.piece(start) for start, _ in clause.hits.get("cause", ())]
    return any(hit[0] > last and not any(inside(hit, piece) for piece in causes) for hit in hedges)


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
    machines = [each for each in clause.hits.get("machine", ()) if not holds(clause, each, "called")]
    return "machine" in clause.label_hits or any(inside(each, piece) for each in machines)


def _is_supposed(clause: Clause, hit: Hit) -> bool:
    """``if it cracks``, ``起泡的话``: what would be, not what was seen."""
    piece = clause.piece(hit[0])
    supposed = [each for each in clause.hits.get("hypothetical", ()) if inside(each, piece)]
    return any(start <= hit[0] or clause.text[start:end] == "的话" for start, end in supposed)


def _is_history(clause: Clause, hit: Hit) -> bool:
    """The last word on the time before the words decides, else one after them that no word of the present follows."""
    past = clause.hits.get("historical", ())
    current = [start for start, _ in clause.hits.get("current", ())]
    before = [(start, True) for start, _ in past if start <= hit[0]]
    if "historical" in clause.label_hits and not clause.text.lstrip().startswith(clause.label):
        before.append((-1, True))
    before += [(start, False) for start in current if start <= hit[0]]
    if before:
        return max(before)[1]
    if any(start > hit[0] and not _ends_well(clause, start) for start in current):
        return False
    piece = clause.piece(hit[0])
    over = any(start >= hit[1] for start, _ in clause.hits.get("settled", ()))
    return any(over or inside(each, piece) or _is_alone(clause, each, hit) for each in past)


def _ends_well(clause: Clause, begin: int) -> bool:
    """``burrs on the last lot, this one clean``."""
    good = ("positive", "absence_count", "negation")
    return any(start > begin for cue in good for start, _ in clause.hits.get(cue, ()))


def _is_alone(clause: Clause, cue: Hit, hit: Hit) -> bool:
    """``crack at the lug, last lot (photo 3)``: the piece after the words holds the time and no more."""
    low, high = clause.piece(cue[0])
    return low >= hit[1] and _BESIDE_TIME.sub("", clause.text[low : cue[0]] + clause.text[cue[1] : high]) == ""


def _in_rule(clause: Clause, hit: Hit) -> bool:
    """Whether the term stands in a rule (``cracks not allowed``), not in an observation."""
    piece = clause.piece(hit[0])
    if any(inside(each, piece) for each in clause.hits.get("requirement", ())) or "requirement" in clause.label_hits:
        return True
    text = clause.text[slice(*piece)]
    excludes = [
        each for each in clause.hits.get("not_permitted", ()) if inside(each, piece) and _is_of_all(clause, hit)
    ]
    before = any(
        end <= hit[0] <= end + _RULE_REACH and "," not in clause.text[end : hit[0]]
        for _, end in clause.hits.get("not_permitted", ())
    )
    bound = _BOUND_AFTER.match(clause.text, hit[1]) or _BOUND_BEFORE.search(clause.text, 0, hit[0])
    if bound and "defect_verb" not in clause.hits:
        return True
    return before or (bool(excludes) and not _NUMBER_OF_ITSELF.search(text) and not clause.has("defect_verb"))


def _is_of_all(clause: Clause, hit: Hit) -> bool:
    """``cracks are not allowed`` speaks of all cracks; ``crack, not allowed`` of this one."""
    return "requirement" in clause.hits or _ARE.match(clause.text, hit[1]) is not None


def _is_of_gauge(clause: Clause, hit: Hit) -> bool:
    """``gauge found bent``, ``file cannot be opened``: the complaint is about the gauge, the record, the test."""
    if "suspect_gauge" in clause.hits and any(
        0 <= hit[0] - end <= _OF_GAUGE and clause.piece(start) == clause.piece(hit[0])
        for start, end in clause.hits.get("gauge", ())
    ):
        return True
    cues = [each for cue in _OF_DOUBTS for each in clause.hits.get(cue, ())]
    if any(start < hit[1] and hit[0] < end for start, end in cues):
        return True
    return any(0 <= max(start - hit[1], hit[0] - end) <= _BESIDE for start, end in clause.hits.get("missing", ()))

"""Statements that are denied as a whole: ``it is not so that …``, ``…的现象未见``, ``cracks? None``.

What is told inside them was not found, in whatever words; what stands beside them is left as it is.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Hit, Lexicon

_STRUCK: Final = (
    "negative",
    "defect_verb",
    "problem",
    "mismatch",
    "missing",
    "pending",
    "hedge",
    "question",
    "conditional",
    "unit_doubt",
    "contradiction",
    "reinspected_bad",
    "singled_out",
)
"""What says nothing of the product inside a denied statement."""
_BAD: Final = ("negative", "defect_verb", "problem", "mismatch", "missing")
_OF_WORK: Final = ("corrected", "in_rework", "permitted", "allowance", "positive", "instruction")
"""Denied of these, a statement says that something bad is left as it was: ``no sign that the crack was repaired``."""
_BETTER: Final = re.compile(
    r"\b(?:harmless|safe|gone|cured|smaller|less|only|removed|away|repair\w*|re-?\w*(?:check|inspect|test)\w*|stopped|solved|better)\b"
    r"|消除|解决|改善|好转|修|返工|去除|清除|处理|缩小|减少|消失"
)
_INNER: Final = re.compile(
    r"(?:不|没有?|未|无)(?:有|见|得|被)?$"
    r"|(?:\bnot|n[’']t|\bno|\bwithout|\bnever|\bfree of|\bfree from)(?: (?:a|an|any|the|be|been|yet|fully))*[ ]?$"
)
"""``no part where the lid is not cracked``: denied twice."""


def strike_denials(clauses: list[Clause], lexicon: Lexicon) -> None:
    """Keep in ``denied`` of each clause the statements that are denied, and drop the cues inside them."""
    for clause, following in pairwise([*clauses, None]):
        if clause is None:
            continue
        spans = [*clause.hits.pop("denied", ()), *_before(clause), *_asked(clause, following)]
        spans = [each for each in spans if _denies(clause, each, lexicon)]
        if spans:
            _strike(clause, spans)


def is_denied(clause: Clause, hit: Hit) -> bool:
    """Whether the words at ``hit`` stand in a denied statement and are not denied once more in it."""
    return any(_holds(clause, each, hit) for each in clause.hits.get("denied", ()))


def _covers(clause: Clause, span: Hit, hit: Hit) -> bool:
    """Whether ``hit`` stands in the statement or in the words that deny it: ``we did not see that``."""
    return _holds(clause, span, hit) or hit[0] <= span[0] < hit[1]


def _holds(clause: Clause, span: Hit, hit: Hit) -> bool:
    inside = span[0] <= hit[0] and hit[1] <= span[1]
    return inside and _INNER.search(clause.text, span[0] + 1, hit[0]) is None


def _before(clause: Clause) -> list[Hit]:
    """``crack at the lug: not the case``: the piece before, or what stands before it in its own."""
    made = []
    for start, end in clause.hits.get("denied_before", ()):
        low, _ = clause.piece(start)
        if low and not clause.text[low:start].strip():
            low, _ = clause.piece(low - 1)
        made.append((low, end))
    return made


def _asked(clause: Clause, following: Clause | None) -> list[Hit]:
    """A question that the next clause answers with a denial."""
    if following is None or "question" not in clause.hits or following.remark != clause.remark:
        return []
    answers = following.hits.get("denied_answer", ())
    begin = len(following.text) - len(following.text.lstrip(" ?"))
    return [(0, len(clause.text))] if any(start == begin for start, _ in answers) else []


def _denies(clause: Clause, span: Hit, lexicon: Lexicon) -> bool:
    """Whether something bad is told inside, and nothing that would be good for the part."""
    if any(span[0] < start < span[1] for cue in _OF_WORK for start, _ in clause.hits.get(cue, ())):
        return False
    if _BETTER.search(clause.text, *span):
        return False
    named = lexicon.term_group.find(clause.text, *span)
    return bool(named) or any(span[0] < start < span[1] for cue in _BAD for start, _ in clause.hits.get(cue, ()))


def _strike(clause: Clause, spans: list[Hit]) -> None:
    clause.hits["denied"] = spans
    for cue in _STRUCK:
        kept = [each for each in clause.hits.get(cue, ()) if not any(_covers(clause, span, each) for span in spans)]
        if kept:
            clause.hits[cue] = kept
        else:
            clause.hits.pop(cue, None)

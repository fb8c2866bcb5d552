"""Free text of a report that no rule could read: what a model is asked about where the rules say PASS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import fold_text
from edge_app.judging.standing import Standing
from edge_app.judging.words import Case

_WORDS: Final = re.compile(r"[a-z]{3}|[\u4e00-\u9fff]{2}")
_NOTE_FIELD: Final = re.compile(
    r"note|remark|comment|finding|observ|memo|text|visual|appear|defect|备注|说明|情况|描述|记录|外观|问题|异常|现象"
)
_ALARMING: Final = ("negative", "defect_verb", "reinspected_bad", "hedge")
_EXPLAINING: Final = (
    "positive",
    "permitted",
    "false_call",
    "gauge_cleared",
    "reinspected",
    "historical",
    "requirement",
)


def unread(case: Case) -> Iterator[Clause]:
    """Clauses of free text that the rules did not settle: no word known, or an alarming one that led to nothing."""
    for clause in case.clauses:
        is_free = not clause.label or _NOTE_FIELD.search(clause.label)
        if is_free and not _is_settled(case, clause) and _WORDS.search(_beside_numbers(case, clause)):
            yield clause


def _is_settled(case: Case, clause: Clause) -> bool:
    own = [each for each in case.mentions if each.clause is clause]
    if clause.has("instruction"):
        return True
    if clause.has(*_ALARMING) or any(each.standing is Standing.STANDS for each in own):
        return False
    return bool(own) or clause.has(*_EXPLAINING)


def _beside_numbers(case: Case, clause: Clause) -> str:
    """The clause without the names, values, limits and units that were read as measurements."""
    text, end = clause.text, clause.start + len(clause.text)
    for each in case.report.measurements:
        if each.evidence.start < end and clause.start < each.evidence.end:
            limits = each.limits.text if each.limits else ""
            for part in filter(None, (limits, each.text, each.characteristic, each.unit)):
                text = text.replace(fold_text(part), " ", 1)
    return text

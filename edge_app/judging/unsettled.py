"""What speaks against a PASS although no rule found anything.

Looked at only where everything else says PASS: what the rules cannot know is INDETERMINATE, and what they
cannot read is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_app.domain.verdict import Category, Doubt, Nonconformance, Severity, Status
from edge_app.judging.clauses import Clause
from edge_app.judging.findings import clip
from edge_app.judging.lexicon import fold_text
from edge_app.judging.standing import Standing, is_idle
from edge_app.judging.words import Case

_RESULT_FIELD: Final = re.compile(
    r"^(?:test |overall |inspection |final )?(?:results?|verdict|outcome|judge?ment|conclusion|finding)$"
    r"|^(?:检验|测试|检测)?(?:结果|判定|结论)$"
)
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
_SETTLING: Final = ("positive", "negation", "absence_count", "permitted", "gauge_cleared", "reinspected", "false_call")


def unsettled(case: Case, findings: list[Nonconformance]) -> list[Nonconformance]:
    """Doubts of a report that would otherwise pass."""
    return [*_exceptions(case, findings), *_unknown_results(case)]


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


def _exceptions(case: Case, findings: list[Nonconformance]) -> Iterator[Nonconformance]:
    """``Rest looks good``, and nothing was found that is not the rest."""
    known = any(each.standing not in {Standing.IGNORED, Standing.ABSENT} for each in case.mentions)
    if findings and known:
        return
    for clause in case.clauses:
        hits = [hit for hit in clause.hits.get("rest", ()) if not is_idle(clause, hit)]
        if hits and "positive" in clause.hits and not case.report.measurements:
            yield _doubt(case, clause)


def _unknown_results(case: Case) -> Iterator[Nonconformance]:
    """A field for the result whose words no rule knows."""
    for clause in case.clauses:
        is_told = _RESULT_FIELD.match(clause.label) and _WORDS.search(clause.text)
        is_named = any(each.clause is clause for each in case.mentions)
        if is_told and not (is_named or clause.has(*_SETTLING) or _is_measured(case, clause)):
            yield _doubt(case, clause)


def _is_measured(case: Case, clause: Clause) -> bool:
    end = clause.start + len(clause.text)
    return any(each.evidence.start < end and clause.start < each.evidence.end for each in case.report.measurements)


def _doubt(case: Case, clause: Clause) -> Nonconformance:
    coding = case.coder.of_clause(clause)
    span = clause.span(case.report)
    severity = coding.severity if coding.category is not Category.NONE else Severity.MINOR
    return Nonconformance(
        rule="unsettled",
        status=Status.INDETERMINATE,
        category=coding.category,
        severity=severity,
        evidence=span,
        message=clip(span.text),
        doubt=Doubt.UNDECIDED,
        code=coding.code,
    )

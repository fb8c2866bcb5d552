"""What speaks against a PASS although no rule found anything.

Looked at only where everything else says PASS: what the rules cannot know is INDETERMINATE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_app.domain.verdict import Category, Doubt, Nonconformance, Severity, Status
from edge_app.judging.clauses import Clause
from edge_app.judging.findings import clip
from edge_app.judging.standing import Standing, is_idle
from edge_app.judging.words import Case

_RESULT_FIELD: Final = re.compile(
    r"^(?:test |overall |inspection |final )?(?:results?|verdict|outcome|judge?ment|conclusion|finding)$"
    r"|^(?:检验|测试|检测)?(?:结果|判定|结论)$"
)
_WORDS: Final = re.compile(r"[a-z]{3}|[\u4e00-\u9fff]{2}")
_SETTLING: Final = ("positive", "negation", "absence_count", "permitted", "gauge_cleared", "reinspected", "false_call")


def unsettled(case: Case, findings: list[Nonconformance]) -> list[Nonconformance]:
    """Doubts of a report that would otherwise pass."""
    return [*_exceptions(case, findings), *_unknown_results(case)]


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

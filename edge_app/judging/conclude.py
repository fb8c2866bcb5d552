"""From the rules' assessment and the model's reply to the verdict.

``verdict = most severe of (rules, model)``. The model may raise, with the line of the report that
it points at; it never lowers. What it is trusted with is its ``Authority``; a missing, late, cut or
invalid answer leaves the rules' verdict and a note. A model that was not sure of its codes does not raise.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import IntEnum
from typing import Final

from edge_app.domain.inference import FinishReason, Reply
from edge_app.domain.report import Report
from edge_app.domain.verdict import (
    Assessment,
    Category,
    DecidedBy,
    Disposition,
    Nonconformance,
    Severity,
    Span,
    Status,
    Verdict,
)
from edge_app.judging.answer import Answer, read_answer
from edge_app.judging.compose import open_lines

_MIN_SENTENCE: Final = 4
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")
_SENTENCE_ENDS: Final = ".。!！"
_GIVEN: Final = frozenset({Disposition.USE_AS_IS, Disposition.RETURN_TO_SUPPLIER})
"""What a concession or the goods' origin says, whatever the defect."""
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")


class Authority(IntEnum):
    """What a model has shown it can be trusted with."""

    EXPLAIN = 1
    """Word the summary."""
    CODE = 2
    """... and code a finding that the rules left without category."""
    RAISE = 3
    """... and code what the rules only assumed; and raise status and severity, with a quote from the report."""


def conclude(
    report: Report,
    assessment: Assessment,
    reply: Reply | None,
    authority: Authority,
    raise_confidence: float = 0.0,
) -> Verdict:
    """The final verdict. Never less severe than ``assessment``.

    ``raise_confidence``: an answer with less than this, or with none measured, is trusted with CODE at most.
    """
    verdict = _by_rules(assessment)
    if reply is None:
        return verdict
    answer, trouble = _read_answer(reply)
    if answer is None:
        return replace(verdict, notes=(trouble,))
    sure = reply.confidence or 0.0
    if authority >= Authority.RAISE and sure < raise_confidence:
        authority = Authority.CODE
        if answer.status.rank > assessment.status.rank:
            verdict = replace(verdict, notes=(f"model does not raise: confidence {sure:.2f} < {raise_confidence:g}",))
    if authority >= Authority.EXPLAIN:
        verdict = _explain(report, assessment, verdict, answer)
    if authority >= Authority.CODE:
        verdict = _code(assessment, verdict, answer, authority)
    if authority >= Authority.RAISE:
        verdict = _raise(report, assessment, verdict, answer)
    return verdict


def _by_rules(assessment: Assessment) -> Verdict:
    return Verdict(
        status=assessment.status,
        category=assessment.category,
        severity=assessment.severity,
        disposition=assessment.disposition,
        findings=assessment.findings,
        summary=assessment.summary,
        evidence=assessment.evidence,
        conflict=assessment.conflict,
        reason=assessment.reason,
        decided_by=DecidedBy.RULES,
    )


def _read_answer(reply: Reply) -> tuple[Answer | None, str]:
    if reply.finish_reason is not FinishReason.STOP:
        return None, f"model answer not used: {reply.finish_reason.value}"
    answer = read_answer(reply.text)
    return answer, "" if answer else "model answer not used: invalid"


def _explain(report: Report, assessment: Assessment, verdict: Verdict, answer: Answer) -> Verdict:
    """Take the model's wording when it agrees with the rules and says no number the report lacks."""
    summary = " ".join(answer.summary.split())
    same_kind = answer.category is assessment.category or assessment.is_assumed
    agrees = answer.status is assessment.status and same_kind
    if not (agrees and _is_bounded_by(summary, report.text) and _same_script(summary, assessment.summary)):
        return verdict
    return replace(verdict, summary=summary, decided_by=DecidedBy.BOTH)


def _is_bounded_by(summary: str, text: str) -> bool:
    """A whole sentence whose numbers all stand in the report."""
    whole = len(summary) >= _MIN_SENTENCE and summary[-1] in _SENTENCE_ENDS
    return whole and all(number in text for number in _NUMBER.findall(summary))


def _same_script(summary: str, reference: str) -> bool:
    return bool(_CJK.search(summary)) == bool(_CJK.search(reference))


def _code(assessment: Assessment, verdict: Verdict, answer: Answer, authority: Authority) -> Verdict:
    """Fill in a category where the rules have none, or none that words of the finding name."""
    if not _is_uncoded(assessment, authority) or answer.category is Category.NONE:
        return verdict
    severity = max(verdict.severity, answer.severity, Severity.MINOR, key=lambda each: each.rank)
    disposition = _not_lenient(answer) if verdict.disposition not in _GIVEN else verdict.disposition
    return replace(
        verdict, category=answer.category, severity=severity, disposition=disposition, decided_by=DecidedBy.BOTH
    )


def _is_uncoded(assessment: Assessment, authority: Authority) -> bool:
    if assessment.status is Status.PASS or not assessment.open_text:
        return False
    return assessment.category is Category.NONE or (assessment.is_assumed and authority >= Authority.RAISE)


def may_change(assessment: Assessment, authority: Authority) -> bool:
    """Whether an answer can change more of the verdict than its wording."""
    may_raise = authority >= Authority.RAISE and assessment.status is not Status.FAIL and bool(assessment.unread)
    return may_raise or (authority >= Authority.CODE and _is_uncoded(assessment, authority))


def _raise(report: Report, assessment: Assessment, verdict: Verdict, answer: Answer) -> Verdict:
    quote = pointed_at(assessment, answer)
    if quote not in assessment.unread or answer.status.rank <= assessment.status.rank:
        return verdict  # what the rules have read is theirs
    if answer.status is Status.FAIL and answer.category is Category.NONE:
        return verdict
    finding = Nonconformance(
        rule="model",
        status=answer.status,
        category=answer.category,
        severity=max(answer.severity, Severity.MINOR, key=lambda each: each.rank),
        evidence=quote,
        message=_bounded_message(report, assessment, answer, quote),
    )
    worst = max(verdict.severity, finding.severity, key=lambda each: each.rank)
    return replace(
        verdict,
        status=answer.status,
        category=finding.category,
        severity=worst,
        disposition=_not_lenient(answer),
        findings=(*verdict.findings, finding),
        evidence=quote,
        summary=finding.message,
        reason="model",
        decided_by=DecidedBy.MODEL,
    )


def _bounded_message(report: Report, assessment: Assessment, answer: Answer, quote: Span) -> str:
    """The model's sentence where it says no more than the report, else the quote itself."""
    summary = " ".join(answer.summary.split())
    is_sound = _is_bounded_by(summary, report.text) and _same_script(summary, assessment.summary)
    return summary if is_sound else " ".join(quote.text.split())


def pointed_at(assessment: Assessment, answer: Answer) -> Span | None:
    """The words of the report in the line that an answer names; None for no line or one that was not shown."""
    lines = open_lines(assessment)
    return lines[answer.line - 1].span if 0 < answer.line <= len(lines) else None


def _not_lenient(answer: Answer) -> Disposition:
    """A raised verdict is never proposed for acceptance."""
    lenient = {Disposition.ACCEPT, Disposition.USE_AS_IS}
    if answer.status is Status.INDETERMINATE or answer.disposition in lenient:
        return Disposition.HOLD
    return answer.disposition

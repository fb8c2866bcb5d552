"""What speaks against a PASS although no rule found anything.

Looked at only where everything else says PASS: what the rules cannot know is INDETERMINATE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from edge_app.domain.verdict import Category, Doubt, Nonconformance, Severity, Status
from edge_app.judging.clauses import Clause, holds
from edge_app.judging.evaluate import status_of
from edge_app.judging.findings import clip
from edge_app.judging.lexicon import Hit, fold_text
from edge_app.judging.standing import Standing, is_hedged, is_idle, standing_at
from edge_app.judging.words import Case, stands

_RESULT_FIELD: Final = re.compile(
    r"^(?:test |overall |inspection |final )?(?:results?|verdict|outcome|judge?ment|conclusion|finding)$"
    r"|^(?:review|verif\w+)$|(?:^|\s)(?:review|verify|verdict)$"
    r"|^(?:检验|测试|检测|人工|复判|复核)?(?:结果|判定|结论|确认)$"
)
_WORDS: Final = re.compile(r"[a-z]{3}|[\u4e00-\u9fff]{2}")
_SETTLING: Final = ("positive", "negation", "absence_count", "permitted", "gauge_cleared", "reinspected", "false_call")
_EXPLAINED: Final = (
    "permitted",
    "allowance",
    "gauge_cleared",
    "reinspected",
    "reinspected_good",
    "false_call",
    "resolved",
)

_SAYS: Final = 2
"""Words that make a statement."""
_TOLD: Final = (
    "positive",
    "negation",
    "absence_count",
    "permitted",
    "allowance",
    "gauge_cleared",
    "reinspected",
    "reinspected_good",
    "false_call",
    "resolved",
    "requirement",
    "machine",
    "process",
    "corrected",
    "historical",
    "supplier",
    "future",
    "gauge",
)
"""Clauses that are told of otherwise."""
_OPEN: Final = (
    "hedge",
    "question",
    "conditional",
    "pending",
    "missing",
    "suspect_gauge",
    "unit_doubt",
    "contradiction",
    "reinspected",
    "corrected",
)
"""Where a report leaves something open, trouble is part of it."""
_ELSEWHERE: Final = re.compile(r"\.(?:pdf|xlsx?|docx?|jpe?g|png|zip)\b|\battach|\bpage|页|附[图件页]")
"""The result stands in another paper or file."""
_ALL: Final = re.compile(r"(?<!\d)(\d+) ?(?:/|of|out of|过|中) ?\1(?!\d)")
"""``36 of 36``."""
_OTHER: Final = ("cause", "process", "machine", "drift", "suspect_gauge")
"""What a doubt is of when it is not of the product."""


def unsettled(case: Case, findings: list[Nonconformance]) -> list[Nonconformance]:
    """Doubts of a report that would otherwise pass."""
    return [
        *_exceptions(case, findings),
        *_unknown_results(case),
        *_unexplained(case),
        *_doubted(case),
        *_singled_out(case),
    ]


def _singled_out(case: Case) -> Iterator[Nonconformance]:
    """One piece of several is spoken of, and nothing from there on says that it is good."""
    for clause in case.clauses:
        found = case.lexicon.cues["singled_out"].search(clause.text)
        if found is None or _ALL.search(clause.text) or is_idle(clause, found.span()):
            continue
        says = len(_WORDS.findall(clause.text[found.end() :])) >= _SAYS
        if says and not _is_told_of(case, clause, clause.piece(found.start())[0]):
            yield _doubt(case, clause)


def _is_told_of(case: Case, clause: Clause, begin: int) -> bool:
    """Whether anything from offset ``begin`` on is a defect, a value or words whose meaning is known."""
    if any(start >= begin for cue in _TOLD for start, _ in clause.hits.get(cue, ())):
        return True
    if clause.label_hits.intersection(_TOLD):
        return True
    if any(each.clause is clause and each.start >= begin for each in case.mentions):
        return True
    return _is_measured(case, clause) and not begin


def troubles(case: Case) -> list[Nonconformance]:
    """What a report that tells of nothing good says is wrong: trouble with a piece of the product stands."""
    text = _text(case)
    left_open = any(each.has(*_OPEN) for each in case.clauses) or _ELSEWHERE.search(text)
    if left_open or not case.lexicon.cues["product"].search(text):
        return []
    return [replace(each, rule="words/trouble", status=Status.FAIL, doubt=None) for each in _unexplained(case)]


def _text(case: Case) -> str:
    return " ".join(f"{each.label} {each.text}" for each in case.clauses if "instruction" not in each.hits)


def _doubted(case: Case) -> Iterator[Nonconformance]:
    """A doubt that no finding carries: of whatever it is, it is not settled."""
    for clause, following in pairwise([*case.clauses, None]):
        if clause is None or not is_hedged(clause) or clause.has(*_EXPLAINED, *_OTHER) or _is_measured(case, clause):
            continue
        settled = following and following.remark == clause.remark and following.has(*_EXPLAINED, "positive")
        if stands(clause, "hedge") and not settled:
            yield _doubt(case, clause)


def _exceptions(case: Case, findings: list[Nonconformance]) -> Iterator[Nonconformance]:
    """``Rest looks good``, and nothing was found that is not the rest."""
    known = any(each.standing not in {Standing.IGNORED, Standing.ABSENT} for each in case.mentions)
    if findings and known:
        return
    for clause in case.clauses:
        hits = [hit for hit in clause.hits.get("rest", ()) if not is_idle(clause, hit)]
        if hits and "positive" in clause.hits and not case.report.measurements and any(_is_unknown(case)):
            yield _doubt(case, clause)


def _is_unknown(case: Case) -> Iterator[bool]:
    """Whether each clause tells something that no rule knows: the exception may be there."""
    return (not _is_told_of(case, clause, 0) and len(_WORDS.findall(clause.text)) >= _SAYS for clause in case.clauses)


def _unknown_results(case: Case) -> Iterator[Nonconformance]:
    """A field for the result whose words no rule knows."""
    for clause in case.clauses:
        is_told = _RESULT_FIELD.search(clause.label) and _WORDS.search(clause.text)
        is_named = any(each.clause is clause for each in case.mentions)
        if is_told and not (is_named or clause.has(*_SETTLING) or _is_measured(case, clause)):
            yield _doubt(case, clause)


def _unexplained(case: Case) -> Iterator[Nonconformance]:
    """Words of trouble or of things that do not agree, and nothing beside them that settles it."""
    for clause, following in pairwise([*case.clauses, None]):
        if clause is None or clause.has(*_EXPLAINED) or _is_measured(case, clause):
            continue
        if following and following.remark == clause.remark and following.has(*_EXPLAINED, "positive"):
            continue
        hits = [*clause.hits.get("problem", ()), *clause.hits.get("mismatch", ())]
        named = [(each.start, each.end) for each in case.mentions if each.clause is clause]
        if any(_is_told(clause, hit) and not _overlaps(hit, named) for hit in hits):
            yield _doubt(case, clause)


def _is_told(clause: Clause, hit: Hit) -> bool:
    silent = {Standing.IGNORED, Standing.ABSENT, Standing.PERMITTED, Standing.FALSE_CALL}
    denied = holds(clause, hit, "negation", "absence_count", "permitted", "false_call")
    return standing_at(clause, hit, []) not in silent and not denied and not _is_well(clause, hit)


def _overlaps(hit: Hit, named: list[Hit]) -> bool:
    """Whether a defect is named with the same words: its standing decides."""
    return any(start < hit[1] and hit[0] < end for start, end in named)


def _is_well(clause: Clause, hit: Hit) -> bool:
    """Whether the same piece says that it is good."""
    piece = clause.piece(hit[0])
    return any(piece[0] <= start < piece[1] for start, _ in clause.hits.get("positive", ()))


def _is_measured(case: Case, clause: Clause) -> bool:
    """Whether a value that was judged stands in the clause itself, not only in the same row."""
    end = clause.start + len(clause.text)
    return any(
        each.evidence.start < end and clause.start < each.evidence.end and fold_text(each.text) in clause.text
        for each in case.report.measurements
        if status_of(each) is not None
    )


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
        is_assumed=coding.assumed,
    )

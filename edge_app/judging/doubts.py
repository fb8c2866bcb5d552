"""Statements that take the ground from a result: the gauge, the unit, a missing or a second result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Final

from edge_app.domain.verdict import Doubt, Nonconformance, Span, Status
from edge_app.judging.clauses import Clause
from edge_app.judging.findings import clip
from edge_app.judging.gauges import overdue
from edge_app.judging.lexicon import fold_text
from edge_app.judging.standing import Standing
from edge_app.judging.words import Case, finding_in, positives, stands

_DOUBTS: Final = {
    "contradiction": Doubt.CONTRADICTION,
    "suspect_gauge": Doubt.SUSPECT_GAUGE,
    "unit_doubt": Doubt.UNIT_CLASH,
    "missing": Doubt.MISSING_DATA,
    "conditional": Doubt.CONDITIONAL,
    "pending": Doubt.NOT_REINSPECTED,
}
_AGREE: Final = re.compile(
    r"\b(?:agree[sd]?|match(?:es|ed)?|same (?:result|figure|reading|value))\b|一致|吻合|相符|相同"
)
_SOURCES: Final = re.compile(
    r"(?P<kind>station|stand|tester|fixture|lab|laboratory|inspector|machine|run|shift|rig|bench|meter|operator|camera"
    r"|台架|工位|机台|治具|夹具|实验室|设备|检验员|仪器)\W{0,2}(?P<one>[a-d\d])(?![a-z\d]).{1,120}?"
    r"(?P=kind)\W{0,2}(?!(?P=one))[a-d\d](?![a-z\d])"
)
_SENTENCE: Final = 300
"""Characters in which a sentence may speak against itself."""
_WHATEVER_IS_TOLD = frozenset({"suspect_gauge", "contradiction"})
"""Said of machines and of the past too: that is where gauges and earlier results stand."""


def doubts(case: Case) -> Iterator[Nonconformance]:
    """All doubts that the report voices, in report order by kind."""
    for index, clause in enumerate(case.clauses):
        for cue, doubt in _DOUBTS.items():
            if _is_voiced(case, clause, cue) and not (cue == "suspect_gauge" and _is_cleared(case, index)):
                coding = case.coder.of_clause(clause, papers=doubt is not Doubt.SUSPECT_GAUGE)
                yield finding_in(case, clause, Status.INDETERMINATE, doubt, f"doubt/{doubt}", coding)
    yield from _disputes(case)
    yield from _overdue(case)


def split_results(case: Case, found: Iterable[Nonconformance]) -> Iterator[Nonconformance]:
    """Sources of equal standing that differ: something is bad, something is good, and both are vouched for."""
    bad = [each for each in found if each.status is Status.FAIL]
    good = positives(case) or any(each.standing is Standing.ABSENT for each in case.mentions)
    vouching = [each for each in case.clauses if "vouched" in each.hits and not each.has("instruction", "historical")]
    doubly = sum(len(each.hits["vouched"]) for each in vouching) > 1 and not any(map(_agrees, vouching))
    if vouching and (doubly or (bad and (good or _has_two_sources(case, vouching)))):
        clause = vouching[0]
        worst = max(bad, key=lambda each: each.severity.rank, default=None)
        coding = case.coder.of_finding(worst) if worst else case.coder.of_clause(clause)
        yield finding_in(case, clause, Status.INDETERMINATE, Doubt.CONTRADICTION, "doubt/contradiction", coding)


def _agrees(clause: Clause) -> bool:
    return _AGREE.search(clause.text) is not None


def _has_two_sources(case: Case, vouching: list[Clause]) -> bool:
    """``station 1 … station 2 …`` beside a clause that vouches for both."""
    remarks = {each.remark for each in vouching}
    text = " ".join(each.text for each in case.clauses if each.remark in remarks)
    return bool(vouching) and _SOURCES.search(text) is not None


def _is_voiced(case: Case, clause: Clause, cue: str) -> bool:
    if cue == "missing" and (_names_defects(case, clause) or _is_done(clause)):
        return False
    if cue not in _WHATEVER_IS_TOLD:
        return stands(clause, cue)
    if cue == "suspect_gauge" and clause.has("false_call"):
        return False
    return bool(clause.hits.get(cue)) and not clause.has("instruction")


def _names_defects(case: Case, clause: Clause) -> bool:
    """``barcode not readable``: what no one can read is the product, not the record."""
    named = [each for each in case.mentions if each.clause is clause]
    hits = clause.hits.get("missing", ())
    return all(any(each.start < hit[1] and hit[0] < each.end for each in named) for hit in hits)


def _is_done(clause: Clause) -> bool:
    """``torque not reached, fixed and retested good``: what was missing was put right, or a false call."""
    return clause.has("false_call") or (clause.has("corrected") and clause.has("reinspected_good"))


def _disputes(case: Case) -> Iterator[Nonconformance]:
    """What clauses of one sentence say against each other: ``passed in the table but rejected in the remark``."""
    for _, group in groupby(case.clauses, key=lambda each: (each.remark, each.sentence)):
        clauses = [*group]
        end = clauses[-1].start + len(clauses[-1].text)
        if len(clauses) == 1 or end - clauses[0].start > _SENTENCE or any(each.has("instruction") for each in clauses):
            continue
        span = Span(case.report.text[clauses[0].start : end].strip(), clauses[0].start)
        own = any(each.hits.get("contradiction") for each in clauses)
        if not own and case.lexicon.cues["contradiction"].search(fold_text(span.text)):
            coding = case.coder.of_clause(clauses[0])
            doubt = Doubt.CONTRADICTION
            found = finding_in(case, clauses[0], Status.INDETERMINATE, doubt, f"doubt/{doubt}", coding)
            yield replace(found, evidence=span)


def _is_cleared(case: Case, index: int) -> bool:
    """In the same clause or further on."""
    return any("gauge_cleared" in each.hits for each in case.clauses[index:])


def _overdue(case: Case) -> Iterator[Nonconformance]:
    hit = overdue(fold_text(case.report.text))
    if hit is None or any("gauge_cleared" in each.hits for each in case.clauses):
        return
    coding = case.coder.of_document()
    evidence = Span(case.report.text[slice(*hit)], hit[0])
    doubt = Doubt.SUSPECT_GAUGE
    yield Nonconformance(
        rule=f"doubt/{doubt}",
        status=Status.INDETERMINATE,
        category=coding.category,
        severity=coding.severity,
        evidence=evidence,
        message=clip(evidence.text),
        doubt=doubt,
        code=coding.code,
    )

"""Findings from words: named defects, results in words, and what makes a result doubtful."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from edge_app.domain.report import Measurement, Report, conforms
from edge_app.domain.verdict import Doubt, Nonconformance, Severity, Status
from edge_app.judging.clauses import Clause, holds
from edge_app.judging.coding import Coder, Coding
from edge_app.judging.evaluate import evaluate
from edge_app.judging.findings import clip, lot_status
from edge_app.judging.lexicon import Lexicon, fold_text
from edge_app.judging.mentions import Mention
from edge_app.judging.negation import is_absent
from edge_app.judging.standing import Standing, is_hedged, is_idle, standing_at

_DEFECT_FIELD: Final = re.compile(r"defect|nonconform|缺陷|不良|不合格项")
_RATIO: Final = re.compile(r"(?<![\d/.])(\d{1,6}) ?(?:/|of|out of|过|中) ?(\d{1,6})(?![\d/.])")
_NO_RESULT: Final = re.compile(
    r"\s*(?:tests?|checks?|trend|试验|测试|走势|趋势|(?:the |this |my )?(?:report|ticket|file|case|card)\b)"
    r"|[^,.;]{0,12}\b(?:taken off|lifted|withdrawn|cleared)\b"
)
"""After the words: they name a check or a trend, speak of the paper, or are taken back."""
_CONTRAST: Final = re.compile(r"\s*(?:but|only|except(?: that)?|however)\b|\s*(?:但是?|就是|只是|可是|不过)")
_TOLD_OTHERWISE: Final = (
    "positive",
    "absence_count",
    "permitted",
    "allowance",
    "not_permitted",
    "hedge",
    "question",
    "conditional",
    "pending",
    "missing",
    "unit_doubt",
    "contradiction",
    "suspect_gauge",
    "gauge_cleared",
    "corrected",
    "reinspected",
    "false_call",
    "resolved",
    "machine",
    "process",
    "historical",
    "instruction",
    "requirement",
    "future",
    "drift",
    "concession_pending",
    "concession_granted",
    "gauge",
    "reference",
)
"""Clauses whose cues say what they are."""
_PLAN: Final = re.compile(r"\b(?:ac|aql|accept)\b|\bac\d|允收|允许")
"""A clause that tells the plan and what was found under it, not several kinds."""
_LAST_MONTH: Final = 12
_COUNT: Final = re.compile(r"(?<![\d.])\d{1,4}(?![\d.])")
_VALUE: Final = re.compile(r"(?<![a-z\d.\-])\d+(?:\.\d+)?")
_STANDING: Final = {
    Standing.STANDS: (Status.FAIL, None),
    Standing.HEDGED: (Status.INDETERMINATE, Doubt.HEDGED),
    Standing.CONDITIONAL: (Status.INDETERMINATE, Doubt.CONDITIONAL),
    Standing.ABSENT: (Status.PASS, None),
    Standing.PERMITTED: (Status.PASS, None),
    Standing.FALSE_CALL: (Status.PASS, None),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One report while it is judged."""

    report: Report
    lexicon: Lexicon
    clauses: list[Clause]
    mentions: list[Mention]
    coder: Coder


def worded(case: Case) -> Iterator[Nonconformance]:
    """Named defects with their standing, bad results in words, hedged characteristics."""
    for mention in case.mentions:
        if mention.standing in _STANDING:
            yield from _of_mention(case, mention)
    yield from exceptions(case)
    silent = {Standing.IGNORED, Standing.ABSENT}
    named = {id(each.clause) for each in case.mentions if each.standing not in silent}
    for clause in case.clauses:
        if id(clause) not in named:
            yield from _of_result(case, clause)


def keeps_limits(case: Case, mention: Mention) -> bool:
    """The value of a defect keeps the limits that the report gives for it elsewhere: ``飞边0.2～0.5``."""
    named = mention.clause.text[mention.start : mention.end]
    tail = mention.clause.text[mention.end :].partition(",")[0]
    values = [Decimal(each) for each in _VALUE.findall(tail)]
    limits = [
        each.limits for each in case.report.measurements if each.limits and named in fold_text(each.characteristic)
    ]
    return bool(limits and values) and all(conforms(value, limits[0]) for value in values)


def positives(case: Case) -> list[Clause]:
    """Clauses that say the product is good."""
    return [clause for clause in case.clauses if _says_good(clause, case.lexicon)]


def says_bad(clause: Clause, begin: int = 0) -> bool:
    """Whether the clause states a bad result, from offset ``begin`` on, without naming a defect."""
    if clause.has("suspect_gauge", "question"):
        return False
    cues = ("negative",) if clause.has("missing") else ("negative", "defect_verb")
    hits = [hit for cue in cues for hit in clause.hits.get(cue, ()) if hit[0] >= begin]
    return any(_is_standing(clause, hit) and not _is_part_of_other(clause, hit) for hit in hits)


def _is_part_of_other(clause: Clause, hit: tuple[int, int]) -> bool:
    """``rattle test``, ``refused the no-go``: a name or a good result that holds the words."""
    if _NO_RESULT.match(clause.text, hit[1]):
        return True
    good = [each for cue in ("positive", "gauge_cleared", "permitted") for each in clause.hits.get(cue, ())]
    if any(start <= hit[0] and hit[1] <= end for start, end in good):
        return True
    return holds(clause, hit, "negation", "absence_count", "hedge", "contradiction", "missing")


def stands(clause: Clause, cue: str) -> bool:
    """Whether the cue stands in the clause, outside instructions, history and talk about machines."""
    return any(not (is_idle(clause, hit) or is_absent(clause, hit, [])) for hit in clause.hits.get(cue, ()))


def _says_good(clause: Clause, lexicon: Lexicon) -> bool:
    if clause.has("hedge", "question", "conditional", "pending") or _is_about_other(clause):
        return False
    hits = [*clause.hits.get("positive", ()), *_full_counts(clause)]
    good = [hit for hit in hits if standing_at(clause, hit, []) in {Standing.STANDS, Standing.PERMITTED}]
    machines = [start for start, _ in clause.hits.get("machine", ())]
    return any(
        not any(start < hit[0] for start in machines)
        or lexicon.characteristic_group.find(clause.text, *clause.piece(hit[0]))
        for hit in good
    )


def _full_counts(clause: Clause) -> Iterator[tuple[int, int]]:
    """``FCT 480/480``: all of them. Small numbers may be a date."""
    for found in _RATIO.finditer(clause.text):
        dated = "/" in found.group() and int(found[1]) <= _LAST_MONTH
        if found[1] == found[2] and int(found[1]) > 1 and not dated:
            yield found.span()


def _is_about_other(clause: Clause) -> bool:
    return "instruction" in clause.hits or "instruction" in clause.label_hits or clause.has("requirement")


def _is_standing(clause: Clause, hit: tuple[int, int]) -> bool:
    return "instruction" not in clause.hits and standing_at(clause, hit, []) in {
        Standing.STANDS,
        Standing.HEDGED,
        Standing.CONDITIONAL,
    }


def _of_mention(case: Case, mention: Mention) -> Iterator[Nonconformance]:
    status, doubt = _STANDING[mention.standing]
    if status is Status.FAIL and (settled := _settled_by_numbers(case, mention)):
        if settled is not Status.PASS:
            return
        status = Status.PASS
    coding = case.coder.of_term(mention.term, mention.clause)
    yield finding_in(case, mention.clause, status, doubt, f"term/{mention.term.category}", coding)


def _settled_by_numbers(case: Case, mention: Mention) -> Status | None:
    """PASS or FAIL when a measurement or lot in the same piece already decides about the defect."""
    if _exceeds_lots(case, mention) and not _PLAN.search(mention.clause.text):
        return None
    if _is_counted(case, mention) or keeps_limits(case, mention):
        return Status.PASS
    if case.report.lots and _is_what_lots_count(case, mention):
        return max((lot_status(lot) for lot in case.report.lots), key=lambda each: each.rank)
    for lot in case.report.lots:
        if lot.evidence.start <= mention.at < lot.evidence.end:
            return lot_status(lot)
    statuses = [found[0] for each in _measured(case, mention) if (found := evaluate(each))]
    return max(statuses, key=lambda each: each.rank) if statuses else None


def _measured(case: Case, mention: Mention) -> Iterator[Measurement]:
    """Values of the defect itself in the same piece: not of the bore that the crack is in."""
    low, high = mention.clause.piece(mention.start)
    start, end = mention.clause.start + low, mention.clause.start + high
    named = mention.clause.text[mention.start : mention.end]
    for measurement in case.report.measurements:
        span = measurement.evidence
        near = span.start < end and start < span.end and measurement.value is not None
        if near and named in fold_text(measurement.characteristic):
            yield measurement


def _is_what_lots_count(case: Case, mention: Mention) -> bool:
    """The defect is named without a count of its own, beside lots that are open or rejected for it."""
    if _DEFECT_FIELD.search(mention.clause.label):
        return True
    passed = all(lot_status(lot) is Status.PASS for lot in case.report.lots)
    counts = {int(each) for each in _COUNT.findall(mention.clause.text)}
    if not passed and counts & {lot.found for lot in case.report.lots}:
        return True
    severe = case.coder.of_term(mention.term, mention.clause).severity is Severity.CRITICAL
    return not (passed or severe or _COUNT.search(mention.clause.text))


def _exceeds_lots(case: Case, mention: Mention) -> bool:
    """Several kinds are counted in one clause, together more than any lot may have."""
    counts = [int(each) for each in _COUNT.findall(mention.clause.text)]
    counted = len(counts) > 1 and len(counts) == mention.clause.text.count(",") + 1
    return bool(case.report.lots) and counted and sum(counts) > max(lot.accept for lot in case.report.lots)


def _is_counted(case: Case, mention: Mention) -> bool:
    """A detail of lots that are all accepted: ``minor: dust nibs 5``."""
    lots = case.report.lots
    if not lots or any(lot_status(lot) is not Status.PASS for lot in lots):
        return False
    counts = [int(each) for each in _COUNT.findall(mention.clause.text)]
    return bool(counts) and min(counts) <= max(lot.found or 0 for lot in lots)


def _of_result(case: Case, clause: Clause) -> Iterator[Nonconformance]:
    if _is_of_lot(case, clause):
        return
    if says_bad(clause) or _is_excluded(clause):
        doubtful = is_hedged(clause) or clause.has("conditional")
        status, doubt = (Status.INDETERMINATE, Doubt.HEDGED) if doubtful else (Status.FAIL, None)
        yield finding_in(case, clause, status, doubt, "words/bad", case.coder.of_clause(clause))
    elif _is_bad_again(clause):
        yield finding_in(case, clause, Status.FAIL, None, "words/bad", case.coder.of_clause(clause))
    elif clause.has("suspect_gauge"):
        return
    elif is_hedged(clause) and stands(clause, "hedge") and case.lexicon.characteristic_group.find(clause.text):
        yield finding_in(case, clause, Status.INDETERMINATE, Doubt.HEDGED, "words/hedge", case.coder.of_clause(clause))


def _is_bad_again(clause: Clause) -> bool:
    """``corrected twice, second check still bad``: whatever it was."""
    worked = clause.has("corrected", "reinspected") and stands(clause, "reinspected_bad")
    return worked and not clause.has("positive", "hedge", "question", "suspect_gauge", "missing")


def _is_of_lot(case: Case, clause: Clause) -> bool:
    """A field of a lot that was sampled: its count decides."""
    counted = (each.evidence for each in case.report.lots if each.found is not None)
    return any(each.start <= clause.start < each.end for each in counted)


def _is_excluded(clause: Clause) -> bool:
    """Trouble that the same clause says is not permitted, seen and counted: ``凹一溜，不许有，10模里4模``."""
    trouble = [hit for hit in clause.hits.get("problem", ()) if _is_standing(clause, hit)]
    ruled_out = clause.hits.get("not_permitted", ())
    return any(start >= hit[1] for hit in trouble for start, _ in ruled_out) and bool(_COUNT.search(clause.text))


def exceptions(case: Case) -> Iterator[Nonconformance]:
    """``No dents, no rust. But the lamp of cart 9 …``: what a contrast sets against a good result is none."""
    named = {id(each.clause) for each in case.mentions if each.standing is not Standing.IGNORED}
    for before, clause in pairwise(case.clauses):
        near = clause.remark - before.remark <= 1 and _CONTRAST.match(clause.text)
        if not near or id(clause) in named or clause.has(*_TOLD_OTHERWISE):
            continue
        denied = any(each.clause is before and each.standing is Standing.ABSENT for each in case.mentions)
        about = case.lexicon.cues["product"].search(clause.text) or "singled_out" in clause.hits
        if (denied or _says_good(before, case.lexicon) or "negation" in before.hits) and about:
            yield finding_in(case, clause, Status.FAIL, None, "words/exception", case.coder.of_clause(clause))


def finding_in(
    case: Case, clause: Clause, status: Status, doubt: Doubt | None, rule: str, coding: Coding
) -> Nonconformance:
    """A finding whose evidence is ``clause``."""
    span = clause.span(case.report)
    return Nonconformance(
        rule=rule,
        status=status,
        category=coding.category,
        severity=coding.severity,
        evidence=span,
        message=clip(f"{clause.label}: {span.text}" if clause.label else span.text),
        doubt=doubt,
        code=coding.code,
        is_assumed=coding.assumed,
    )

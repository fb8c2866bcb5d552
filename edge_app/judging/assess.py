"""What the rules alone say of a report.

Numbers first, then words; rework and doubt act on what was found; the worst finding left decides. Good is only
what the report shows to be good: without positive evidence nothing passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Assessment, Category, Doubt, Nonconformance, Severity, Span, Status
from edge_app.judging.clauses import Clause, clauses_of
from edge_app.judging.coding import Coder
from edge_app.judging.corrections import apply, cast_doubt, corrections_of, hedged_numbers
from edge_app.judging.denials import strike_denials
from edge_app.judging.disposition import propose
from edge_app.judging.doubts import doubts, split_results
from edge_app.judging.evaluate import status_of
from edge_app.judging.findings import clip, is_conflicting, lot_status, measured, sampled
from edge_app.judging.gauges import mark_gauges
from edge_app.judging.identities import mismatched
from edge_app.judging.lexicon import fold_text, lexicon_of, match_pattern
from edge_app.judging.machines import is_machine_report
from edge_app.judging.mentions import mentions_of
from edge_app.judging.orders import strike_orders
from edge_app.judging.readable import is_unreadable
from edge_app.judging.standing import Standing
from edge_app.judging.summary import summarise
from edge_app.judging.unread import unread
from edge_app.judging.unsettled import troubles, unsettled
from edge_app.judging.words import Case, positives, worded

_BASE: Final = "general"
_OPEN: Final = (
    "hedge",
    "conditional",
    "pending",
    "negative",
    "defect_verb",
    "contradiction",
    "missing",
    "suspect_gauge",
)
_FORMAT_HIT: Final = 3


def select_pack(report: Report, packs: Mapping[str, RulePack]) -> RulePack:
    """The pack whose match phrases hit the report most; ``general`` when none does.

    Different words count, repetitions do not: a table of fifty ``bore`` rows is one hint.
    """
    text = fold_text(report.text)
    scores = {name: _score(report, text, pack) for name, pack in packs.items() if name != _BASE}
    best = max(scores, key=lambda name: scores[name], default=_BASE)
    if not scores or not scores[best]:
        return packs[_BASE] if _BASE in packs else next(iter(packs.values()))
    return packs[best]


def assess(report: Report, pack: RulePack) -> Assessment:
    """The verdict before any model is asked. What the rules cannot know is INDETERMINATE."""
    case = _case(report, pack)
    found = [*measured(report, case.coder), *sampled(report, case.coder), *worded(case), *mismatched(case)]
    statements = [*doubts(case), *split_results(case, found)]
    corrected = [] if _is_conceded(case) else corrections_of(case)
    findings = cast_doubt(case, apply(hedged_numbers(case, found), corrected), statements)
    findings += statements
    findings += apply(_stated(case, findings), corrected)
    return _resolve(case, pack, findings)


def _score(report: Report, text: str, pack: RulePack) -> int:
    words = {found.group() for found in match_pattern(pack).finditer(text)}
    return len(words) + (_FORMAT_HIT if report.format in pack.match.formats else 0)


def _case(report: Report, pack: RulePack) -> Case:
    lexicon = lexicon_of(pack)
    clauses = clauses_of(report, lexicon)
    strike_orders(clauses, lexicon)
    strike_denials(clauses, lexicon)
    mark_gauges(clauses, report, lexicon)
    mentions = mentions_of(clauses, lexicon)
    safety = lexicon.safety.search(fold_text(report.text)) is not None
    return Case(report, lexicon, clauses, mentions, Coder(report, lexicon, safety, mentions, pack.category))


def _stated(case: Case, findings: Sequence[Nonconformance]) -> list[Nonconformance]:
    """The report's own bad verdict, when nothing that was found explains it."""
    if case.report.stated is not Status.FAIL or any(each.status is not Status.PASS for each in findings):
        return []
    coding = case.coder.of_document()
    evidence = case.report.stated_evidence or Span("", 0)
    return [
        Nonconformance(
            rule="stated",
            status=Status.FAIL,
            category=coding.category,
            severity=coding.severity,
            evidence=evidence,
            message=clip(evidence.text) or "stated verdict",
            code=coding.code,
        )
    ]


def _resolve(case: Case, pack: RulePack, findings: list[Nonconformance]) -> Assessment:
    good = _is_shown_good(case, findings)
    standing = [each for each in findings if each.status is not Status.PASS]
    if is_unreadable(case.report.text) and not any(each.status is Status.FAIL for each in standing):
        return _without_result(case, pack, findings, Doubt.UNREADABLE)
    if is_machine_report(case):
        return _without_result(case, pack, findings, Doubt.NO_RESULT)
    worst = max(standing, key=_weight, default=None)
    if worst is None and _is_conceded(case):
        # A concession was granted for something that the rules did not find.
        return _without_result(case, pack, findings, Doubt.UNDECIDED)
    if worst is None and good and (open_ends := unsettled(case, findings)):
        findings, worst = findings + open_ends, open_ends[0]
    if worst is None and not good and (trouble := troubles(case)):
        findings, standing, worst = findings + trouble, trouble, trouble[0]
    if worst is None and good:
        return _conclude(case, pack, findings, None, Status.PASS)
    if worst is None or not (good or any(_is_about_product(case, each) for each in standing)):
        return _without_result(case, pack, findings, Doubt.NO_RESULT)
    return _conclude(case, pack, findings, worst, worst.status)


def _is_about_product(case: Case, finding: Nonconformance) -> bool:
    """A missing result alone, with nothing measured or found, is no result."""
    if finding.status is Status.FAIL or finding.doubt is not Doubt.MISSING_DATA:
        return True
    named = any(each.standing is not Standing.IGNORED for each in case.mentions)
    return named or any(each.limits for each in case.report.measurements)


def _is_shown_good(case: Case, findings: Sequence[Nonconformance]) -> bool:
    report = case.report
    if any(status_of(each) is Status.PASS or each.stated is Status.PASS for each in report.measurements):
        return True
    if any(lot_status(each) is Status.PASS for each in report.lots) or report.stated is Status.PASS:
        return True
    return any(each.status is Status.PASS for each in findings) or bool(positives(case))


def _weight(finding: Nonconformance) -> tuple[int, ...]:
    found = not finding.rule.startswith("doubt/")
    measured_first = finding.rule in {"limit", "lot"}
    known = finding.category is not Category.NONE
    return finding.status.rank, int(known), int(found), finding.severity.rank, int(measured_first)


def _conclude(
    case: Case, pack: RulePack, findings: list[Nonconformance], worst: Nonconformance | None, status: Status
) -> Assessment:
    category = worst.category if worst else Category.NONE
    strange = tuple(each.span(case.report) for each in unread(case))
    own = next((term.disposition for term in case.lexicon.terms if worst and term.code == worst.code), None)
    disposition = propose(
        status,
        category,
        pack,
        own=own,
        purchased=_any(case, "supplier"),
        conceded=_is_conceded(case),
    )
    return Assessment(
        status=status,
        category=category,
        severity=worst.severity if worst else Severity.NONE,
        disposition=disposition,
        findings=tuple(findings),
        summary=summarise(case.report, status, worst, findings),
        evidence=worst.evidence if worst else _good_evidence(case, findings),
        conflict=_is_in_conflict(case, status),
        reason=_reason(worst),
        open_text=_open_text(case, worst, findings, strange),
        unread=strange,
        is_assumed=worst is not None and worst.is_assumed,
        is_safety=case.coder.safety,
    )


def _without_result(case: Case, pack: RulePack, findings: list[Nonconformance], doubt: Doubt) -> Assessment:
    return Assessment(
        status=Status.INDETERMINATE,
        category=Category.NONE,
        severity=Severity.NONE,
        disposition=propose(Status.INDETERMINATE, Category.NONE, pack),
        findings=tuple(each for each in findings if each.status is Status.PASS),
        summary=summarise(case.report, Status.INDETERMINATE, None, findings),
        evidence=None,
        conflict=False,
        reason=str(doubt),
        open_text=tuple(each.span(case.report) for each in case.clauses if not each.has("instruction")),
        unread=tuple(each.span(case.report) for each in unread(case)),
        is_safety=case.coder.safety,
    )


def _is_conceded(case: Case) -> bool:
    granted = any(_is_concession(clause) for clause in case.clauses)
    return granted and not _any(case, "concession_pending")


def _is_concession(clause: Clause) -> bool:
    """Not the acceptance of what a limit sample permits anyway."""
    hits = clause.hits.get("concession_granted", ())
    if not hits or clause.has("instruction", "historical"):
        return False
    permits = [
        each for each in clause.hits.get("permitted", ()) if not any(a < each[1] and each[0] < b for a, b in hits)
    ]
    return not permits


def _any(case: Case, cue: str) -> bool:
    return any(clause.has(cue) and not clause.has("instruction", "historical") for clause in case.clauses) or (
        cue == "supplier" and case.lexicon.cues[cue].search(fold_text(case.report.text)) is not None
    )


def _reason(worst: Nonconformance | None) -> str:
    if worst is None:
        return "conforms"
    return f"{worst.rule}: {worst.doubt}" if worst.doubt else worst.rule


def _is_in_conflict(case: Case, status: Status) -> bool:
    stated = case.report.stated
    opposed = stated is not None and {stated, status} == {Status.PASS, Status.FAIL}
    return opposed or any(is_conflicting(each) for each in case.report.measurements)


def _good_evidence(case: Case, findings: Sequence[Nonconformance]) -> Span | None:
    if clauses := positives(case):
        return clauses[-1].span(case.report)
    if cleared := [each.evidence for each in findings if each.status is Status.PASS]:
        return cleared[0]
    passed = [each.evidence for each in case.report.measurements if status_of(each) is Status.PASS]
    return passed[0] if passed else case.report.stated_evidence


def _open_text(
    case: Case, worst: Nonconformance | None, findings: Sequence[Nonconformance], strange: tuple[Span, ...]
) -> tuple[Span, ...]:
    """Clauses that the words around them left unsettled or that no rule could read, unless the case is clear."""
    if worst is None:
        return strange
    if worst.rule == "unsettled":
        return tuple(each.span(case.report) for each in case.clauses if not each.has("instruction"))
    if worst.status is Status.FAIL and worst.category is not Category.NONE and not worst.is_assumed:
        return ()
    known = set(strange)
    spans = [(span := each.span(case.report), span in known or _is_open(each, case)) for each in case.clauses]
    assumed = [each.evidence for each in findings if each.is_assumed and each.status is not Status.PASS]
    return tuple(span for span, is_open in spans if is_open or any(map(span.overlaps, assumed)))


def _is_open(clause: Clause, case: Case) -> bool:
    stands = {Standing.HEDGED, Standing.CONDITIONAL, Standing.STANDS}
    return clause.has(*_OPEN) or any(each.clause is clause and each.standing in stands for each in case.mentions)

"""What rework and re-inspection make of the findings before them, and doubt of results that it concerns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Final

from edge_app.domain.report import Measurement, conforms
from edge_app.domain.verdict import Category, Doubt, Nonconformance, Status
from edge_app.judging.clauses import Clause
from edge_app.judging.evaluate import evaluate
from edge_app.judging.lexicon import fold_text
from edge_app.judging.negation import is_negated
from edge_app.judging.standing import Standing, is_hedged, is_ignored
from edge_app.judging.words import Case, keeps_limits, says_bad

_CJK: Final = re.compile(r"[\u4e00-\u9fff]")
_LETTERS: Final = re.compile(r"[a-z]")
_SUBJECT: Final = 12
_SUBJECT_ZH: Final = 4
"""Letters that name what the work was done on."""
_FOLLOWS: Final = 60
"""A condition for a defect stands in the next sentence."""
_KINDS: Final = (
    (re.compile("burr|毛刺"), frozenset({Category.SURFACE, Category.MOULDING, Category.CONTAMINATION})),
    (re.compile("label|标"), frozenset({Category.LABELLING_PACKAGING})),
    (re.compile("clean|wash|wipe|洗|擦|吹"), frozenset({
        Category.CONTAMINATION, Category.SURFACE, Category.SOLDER, Category.COATING, Category.WELD,
    })),
)  # fmt: skip
_AFTER: Final = re.compile(
    r"\bafter (?:the )?(?:re-?\w+|hon|grind|weld|polish|repair|tighten"
    r"|trim|deburr|clean|wash|straighten|adjust|touch|fix)"
    r"|(?:返工|返修|返珩|补焊|补锡|修磨|打磨|更换|清洗|调整|校正|去毛刺|重焊|重喷|紧固|浸渗)(?:好|完|过)?(?:之)?后"
)
_WORK: Final = re.compile(r"(?:\b(?:rework|repair|touch-?up)(?:ed)?|返工|返修|(?<=[,，])修)\s*$")
_AGAIN: Final = re.compile(
    r"\bagain\b|\bre-?(?:test|check|inspect|meas|run|shoot|shot|exam|scan|verif|x|ut\b|mt\b|pt\b)|\bover\b|\bsince\b"
    r"|after (?:the )?(?:rework|repair)|(?:没|未)(?:有)?(?:再|重新|过|上|进|复)"
    r"|待复|复(?:检|测|查|验|探)[^,。;]{0,4}(?:没|未|待)"
)
"""An inspection that is still to be repeated: something was done to the parts."""
_NOT_DONE: Final = re.compile(r"\s*(?:station|bench|was |is |has )?\s*(?:not\b|n[o'’]t\b|还?没|未(?!见))")
"""``touch up not done``."""
_NONE_LEFT: Final = re.compile(
    r"(?:一|半)[个处点条只件片颗丝][^,。;]{0,4}(?:都|也)?(?:没有|没|不)|全部?(?:不|没|未)"
    r"|\b(?:none|nothing) (?:\w+ )?(?:left|more)"
)
"""``一个泡都没有``: nothing of what was found is left."""
_DECIMAL: Final = re.compile(r"(?<![\w.])\d+\.\d+(?![\d.])")
_NOTHING: Final = re.compile(r"\b(?:nothing|none|no \w+|not one)\s*$")
_LABEL: Final = re.compile(r"\blabel|sticker|标签|标贴|唛")
_OBJECT: Final = 8
_OBJECT_ZH: Final = 3
"""What was put right stands this near the verb."""
_DISPOSITION: Final = re.compile(
    r"hold|scrap|return|reject|quarantin|concession|waiver|accept|use as is|release|ship|none|n/a|8d|report"
    r"|隔离|退|报废|让步|特采|放行|待|无|通知|开单|入库|判|挂|原因"
)
_NUMERIC: Final = frozenset({"limit", "lot", "row-stated"})


@dataclass(frozen=True, slots=True)
class Correction:
    """Rework that was done at an offset of the report, and how the inspection after it came out."""

    at: int
    categories: frozenset[Category]
    """Of the defects named with it: it concerns these only. Empty when none is named."""
    row: tuple[int, int] | None
    """The row whose remark it stands in: it concerns that row only."""
    clause: tuple[int, int]
    """Where its clause stands: what is found bad in the same words is what was put right."""
    is_own: bool
    """Its clause tells of something that no rule knows, and how that came out: nothing else was put right."""
    result: Status | None
    """PASS good, FAIL still bad, INDETERMINATE to be inspected, None nothing is said of it."""


def corrections_of(case: Case) -> list[Correction]:
    """All rework that the report tells of, not counting instructions, other lots and machines."""
    made = []
    for index, clause in enumerate(case.clauses):
        hits = [hit for hit in clause.hits.get("corrected", ()) if _counts(clause, hit)]
        if not hits and (_is_stage(clause) or _is_after_rework(clause)):
            hits = [(0, 0)]
        if not hits and _is_away(case.clauses[index : index + 2]):
            hits = clause.hits["in_rework"]
        if not hits and _is_work_named(case.clauses[index : index + 2]):
            hits = [(len(clause.text), len(clause.text))]
        if hits:
            row = _row_of(case, clause)
            named = _named(case, clause, hits[0][0])
            kind = _kind(clause.text[slice(*hits[0])]) or _kind_by_name(case, clause, hits[0])
            named = kind if row else named or kind
            extent = clause.start, clause.start + len(clause.text)
            own = not named and _tells_its_own(clause, hits[0])
            made.append(Correction(clause.start + hits[0][0], named, row, extent, own, _result(case, index)))
    return made


def _is_work_named(clauses: list[Clause]) -> bool:
    """``coating thin, 返工→复检OK``: the name of the work ends the words, and the next ones say how it came out."""
    clause, following = clauses[0], clauses[1] if len(clauses) > 1 else None
    if following is None or following.remark != clause.remark or clause.has("instruction", "historical", "future"):
        return False
    first = min((start for start, _ in following.hits.get("reinspected_good", ())), default=_SUBJECT)
    return _WORK.search(clause.text) is not None and not following.text[:first].strip()


def _tells_its_own(clause: Clause, hit: tuple[int, int]) -> bool:
    """``the … on the socket removed, retest passed``."""
    before = clause.text[: hit[0]]
    told = len(_LETTERS.findall(before)) >= _SUBJECT or len(_CJK.findall(before)) >= _SUBJECT_ZH
    return told and "reinspected_good" in clause.hits


def _named(case: Case, clause: Clause, at: int) -> frozenset[Category]:
    """Categories of the defects told before the work on them; of all in the clause when none is."""
    own = [each for each in case.mentions if each.clause is clause]
    before = [each for each in own if each.start < at]
    return frozenset(each.term.category for each in before or own)


def _is_away(clauses: list[Clause]) -> bool:
    """``sent to rework, check open``: what was done there is not known yet."""
    idle = clauses[0].has("instruction", "historical", "conditional", "question")
    return "in_rework" in clauses[0].hits and not idle and any("pending" in each.hits for each in clauses)


def apply(findings: Iterable[Nonconformance], corrections: list[Correction]) -> list[Nonconformance]:
    """Findings as they stand after rework."""
    return [_after(finding, corrections) for finding in findings]


def _after(finding: Nonconformance, corrections: list[Correction]) -> Nonconformance:
    if finding.status is Status.PASS:
        return finding
    concerned = [each for each in corrections if _concerns(each, finding)]
    if not concerned:
        return finding
    known = [each.result for each in concerned if each.result is not None]
    result = known[-1] if known else Status.INDETERMINATE
    if result is Status.FAIL:
        return finding
    doubt = None if result is Status.PASS else Doubt.NOT_REINSPECTED
    return replace(finding, status=result, doubt=doubt)


def _concerns(correction: Correction, finding: Nonconformance) -> bool:
    if correction.row and not correction.row[0] <= finding.evidence.start < correction.row[1]:
        return False
    if not correction.row and finding.evidence.start > correction.at:
        return False
    low, high = correction.clause
    if correction.is_own:
        return low <= finding.evidence.start < high
    if not correction.categories or finding.category in correction.categories:
        return True
    return finding.rule.startswith("words/") and low <= finding.evidence.start < high


def _counts(clause: Clause, hit: tuple[int, int]) -> bool:
    idle = is_ignored(clause, hit) or is_negated(clause, hit, []) or clause.has("conditional", "question")
    idle = idle or _NOT_DONE.match(clause.text, hit[1]) is not None
    return not (idle or _is_of_process(clause, hit) or _is_to_come(clause, hit))


def _kind(words: str) -> frozenset[Category]:
    """What rework can put right that names its defect: deburring leaves a bore as large as it was."""
    return next((kinds for pattern, kinds in _KINDS if pattern.search(words)), frozenset())


def _kind_by_name(case: Case, clause: Clause, hit: tuple[int, int]) -> frozenset[Category]:
    """``标签贴斜1块，手撕重贴了``: what is named before it in the clause, where that is a label."""
    told = case.coder.of_name(clause.text[: hit[0]]) if _LABEL.search(clause.text[: hit[0]]) else None
    return frozenset({told.category, Category.LABELLING_PACKAGING}) if told else frozenset()


def _is_stage(clause: Clause) -> bool:
    """A field for what was done, filled with something that was done to the parts."""
    idle = clause.has("instruction", "historical", "future", "conditional", "negation")
    stage = "rework_stage" in clause.label_hits or "corrected" in clause.label_hits
    return stage and not idle and not _DISPOSITION.search(clause.text)


def _is_after_rework(clause: Clause) -> bool:
    """``all five after honing 20.007``: what is measured after it tells of the rework too."""
    idle = clause.has("instruction", "historical", "future", "conditional", "hypothetical", "pending")
    return "reinspected" in clause.hits and not idle and _AFTER.search(clause.text) is not None


def _is_to_come(clause: Clause, hit: tuple[int, int]) -> bool:
    """``to be reworked``, ``待返修``."""
    low, _ = clause.piece(hit[0])
    reach = _OBJECT_ZH * 2 if _CJK.search(clause.text[slice(*hit)]) else _OBJECT * 2
    return any(low <= start and 0 <= hit[0] - end <= reach for start, end in clause.hits.get("future", ()))


def _is_of_process(clause: Clause, hit: tuple[int, int]) -> bool:
    """``nozzle changed``, ``擦钢网``: what is put right is the tool, not the parts made before."""
    reach = _OBJECT_ZH if _CJK.search(clause.text[slice(*hit)]) else _OBJECT
    return any(
        max(start - hit[1], hit[0] - end) <= reach and clause.piece(start) == clause.piece(hit[0])
        for start, end in clause.hits.get("process", ())
    )


def _row_of(case: Case, clause: Clause) -> tuple[int, int] | None:
    for measurement in case.report.measurements:
        remark = measurement.remark
        own_cell = remark and not (
            remark.start <= measurement.evidence.start and measurement.evidence.end <= remark.end
        )
        if remark and own_cell and remark.start <= clause.start < remark.end:
            return measurement.evidence.start, max(measurement.evidence.end, remark.end)
    return None


def _result(case: Case, index: int) -> Status | None:
    """The first word on the inspection after the rework, in its own clause or after it."""
    clause = case.clauses[index]
    row = _row_of(case, clause)
    following = case.clauses[index:] if row is None else [clause]
    if any(each.has("pending") for each in following if each.remark == clause.remark):
        return Status.INDETERMINATE
    for at, each in enumerate(following):
        if "instruction" in each.hits or "instruction" in each.label_hits:
            continue
        if _is_still_bad(each):
            return Status.FAIL
        if each.has("reinspected_good"):
            return Status.PASS
        if each.has("reinspected"):
            return _outcome(case, following[at:], row)
    return None


def _outcome(case: Case, clauses: list[Clause], row: tuple[int, int] | None) -> Status:
    """What a re-inspection found, from its clause to the end of the report."""
    if any(each.has("pending") for each in clauses[:2]):
        return Status.INDETERMINATE
    begin = clauses[0].start + max((start for start, _ in clauses[0].hits.get("reinspected", ())), default=0)
    ids = {id(each) for each in clauses}
    told = [each for each in case.mentions if id(each.clause) in ids and each.at >= begin]
    standing = [each.standing for each in told if not keeps_limits(case, each)]
    measured_good = len(standing) < len(told)
    others = [each for each in case.report.measurements if row is None or not row[0] <= each.evidence.start < row[1]]
    values = [found[0] for each in others if _value_at(each) >= begin and (found := evaluate(each))]
    if Standing.STANDS in standing and Status.PASS not in values:
        return Status.FAIL
    if Status.FAIL in values or any(says_bad(each, begin - each.start) for each in clauses):
        return Status.FAIL
    good = (
        measured_good
        or Status.PASS in values
        or Standing.ABSENT in standing
        or any(each.has("positive") for each in clauses)
        or any(_NONE_LEFT.search(each.text, max(begin - each.start, 0)) for each in clauses)
    )
    return Status.PASS if good else _by_bare_values(case, clauses[0], begin)


def _is_still_bad(clause: Clause) -> bool:
    """``came back``, but not ``nothing came back``."""
    good = clause.hits.get("positive", ())
    bad = clause.hits.get("reinspected_bad", ())
    return any(
        not any(start < hit[1] and hit[0] < end and (start, end) != hit for start, end in good)
        and not _NOTHING.search(clause.text, 0, hit[0])
        for hit in bad
    )


def _by_bare_values(case: Case, clause: Clause, begin: int) -> Status:
    """Values told without limits (``measured again 0.22``) keep those that were missed before, or still miss them."""
    values = [Decimal(each) for each in _DECIMAL.findall(clause.text[max(begin - clause.start, 0) :])]
    before = [each for each in case.report.measurements if _value_at(each) < begin]
    missed = [each.limits for each in before if each.limits and (found := evaluate(each)) and found[0] is Status.FAIL]
    if not (values and missed):
        return Status.INDETERMINATE
    return Status.PASS if all(conforms(value, missed[-1]) for value in values) else Status.FAIL


def _value_at(measurement: Measurement) -> int:
    """Where the value stands in the report."""
    return measurement.evidence.start + max(measurement.evidence.text.find(measurement.text), 0)


def hedged_numbers(case: Case, findings: Iterable[Nonconformance]) -> list[Nonconformance]:
    """A number that the same words call doubtful (``maybe 0.8``) is not certain."""
    hedged = [clause for clause in case.clauses if is_hedged(clause)]
    return [_if_hedged(finding, hedged) for finding in findings]


def _if_hedged(finding: Nonconformance, hedged: list[Clause]) -> Nonconformance:
    if finding.rule != "limit" or finding.status is not Status.FAIL:
        return finding
    span = finding.evidence
    for clause in hedged:
        if any(span.start <= clause.start + start < span.end for start, _ in clause.hits["hedge"]):
            return replace(finding, status=Status.INDETERMINATE, doubt=Doubt.HEDGED)
    return finding


def cast_doubt(case: Case, findings: Iterable[Nonconformance], doubts: list[Nonconformance]) -> list[Nonconformance]:
    """Findings that a doubt concerns are no longer certain: a suspect gauge's numbers, a contradicted result."""
    return [_doubted(case, finding, doubts) for finding in findings]


def _doubted(case: Case, finding: Nonconformance, doubts: list[Nonconformance]) -> Nonconformance:
    kinds = {each.doubt for each in doubts}
    if finding.status is not Status.FAIL:
        return finding
    if Doubt.CONTRADICTION in kinds and finding.rule != "words/mismatch" and _is_contradicted(finding, doubts):
        return replace(finding, status=Status.INDETERMINATE, doubt=Doubt.CONTRADICTION)
    numeric = finding.rule in _NUMERIC
    if not numeric and any(_is_to_be_repeated(each, finding) for each in doubts):
        return replace(finding, status=Status.INDETERMINATE, doubt=Doubt.NOT_REINSPECTED)
    if any(each.doubt is Doubt.CONDITIONAL and _bears_on(case, each, finding) for each in doubts):
        return replace(finding, status=Status.INDETERMINATE, doubt=Doubt.CONDITIONAL)
    for doubt in (Doubt.SUSPECT_GAUGE, Doubt.UNIT_CLASH):
        if numeric and doubt in kinds:
            return replace(finding, status=Status.INDETERMINATE, doubt=doubt)
    return finding


def _bears_on(case: Case, condition: Nonconformance, finding: Nonconformance) -> bool:
    """A condition in the words of the finding, or right after a defect that is named."""
    if condition.evidence.start < finding.evidence.end:
        return finding.evidence.start < condition.evidence.end
    apart = condition.evidence.start - finding.evidence.end
    near = apart - _ordered(case, finding.evidence.end, condition.evidence.start) <= _FOLLOWS
    return near and finding.rule.startswith("term/") and finding.category is not Category.CRACK


def _ordered(case: Case, start: int, end: int) -> int:
    """Characters between two places that are orders to the reader: what they push apart stays as near as it was."""
    between = (each for each in pairwise(case.clauses) if start <= each[0].start < end)
    return sum(after.start - clause.start for clause, after in between if clause.has("instruction"))


def _is_to_be_repeated(doubt: Nonconformance, finding: Nonconformance) -> bool:
    """The inspection that found it is told to be still to repeat."""
    later = doubt.evidence.start + len(doubt.evidence.text) > finding.evidence.start
    return doubt.doubt is Doubt.NOT_REINSPECTED and later and _AGAIN.search(fold_text(doubt.evidence.text)) is not None


def _is_contradicted(finding: Nonconformance, doubts: list[Nonconformance]) -> bool:
    statements = [each for each in doubts if each.doubt is Doubt.CONTRADICTION]
    if any(_lies_in(finding, each) for each in statements):
        return True
    return any(each.category in {finding.category, "none"} for each in statements)


def _lies_in(finding: Nonconformance, statement: Nonconformance) -> bool:
    """Whether the result itself is one of the two that contradict each other."""
    span = statement.evidence
    return finding.rule.startswith("words/") and span.start <= finding.evidence.start < span.start + len(span.text)

"""Whether the report itself casts doubt on what it was measured with.

A fault beside the name of equipment, a reference that reads off its value, a calibration that was over on the
day of the report. Said to be cleared later in the report, none of it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from edge_app.domain.report import Report
from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Hit, Lexicon, fold_text

_BEFORE: Final = 12
"""The value of a reference may stand before its name: ``5.00 step block``."""
_LINE: Final = 120
_NEAR: Final = 24
_NEAR_ZH: Final = 10
_NEAR_REFERENCE: Final = 60
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\d.])")
_READS: Final = re.compile(
    r"\b(?:reads?|reading|show(?:s|ed|n)?|gave|gives|measured|got|came)\b|读|显示|测得|量出|示值|实读"
)
_MOST_OFF: Final = 0.02
"""A reference that reads further off its value than this share is no longer one."""
_FINE: Final = 3
_STEPS: Final = 10
"""... or, when its value is given to thousandths, by so many steps of the last digit."""
_NOTICED: Final = re.compile(
    r"(?:afterwards?|only then|too late|later|at the end)\b.{0,24}\b(?:saw|seen|noticed|found|realis|realiz|turned out)"
    r"|(?:saw|seen|noticed|found|realised|realized) (?:only )?(?:afterwards?|later|too late|at the end)"
    r"|(?:才|后来|事后|收工|完)(?:才)?(?:看见|看到|发现|知道|想起|注意到)"
)
_OF_PARTS: Final = re.compile(r"gau?ges?|规|go\b")
_NOT_SET: Final = re.compile(
    r"(?:was|were|is|had) (?:still )?not (?:been )?(?:switched|plugged|connected|zeroed|set|clamped|locked"
    r"|tightened|fixed|screwed"
    r"|levelled|warmed|tared|mounted|seated|closed|opened|on\b)"
    r"|(?:没|未)(?:有)?(?:开|插|接|锁|夹|固定|吸|装|拧|放平|调平|去皮|预热|通电|归|清)"
    r"|是(?:关|松|断|歪|倒|空)着?的|(?:关|松|断|歪|倒|空)着的"
)
_DUE: Final = re.compile(
    r"(?:cal(?:ibration|\.)?[ _]*(?:is )?(?:due|valid|exp\w*|until|to|next)|due[ _]*date"
    r"|valid[ _]*(?:until|to|till|thru|through)|expir\w*|next cal\w*"
    r"|calduedate|caldue|有效期|到期|校准至|检定至|下次(?:校准|检定)|有效(?:至|到))[^\d\n]{0,14}"
)
_DATE: Final = re.compile(
    r"(?<!\d)(20\d\d)[-/.年 ](\d{1,2})[-/.月 ](\d{1,2})(?!\d)|(?<!\d)(\d{1,2})\.(\d{1,2})\.(20\d\d)(?!\d)"
)


def mark_gauges(clauses: Iterable[Clause], report: Report, lexicon: Lexicon) -> None:
    """Add what :func:`faulty` finds to the cues of each clause, as ``suspect_gauge``."""
    for clause in clauses:
        if not {"gauge", "reference", "deviation"} & clause.hits.keys():
            continue
        hit = faulty(clause, _reference_before(clause, report, lexicon))
        if hit:
            clause.hits["suspect_gauge"] = [*clause.hits.get("suspect_gauge", ()), hit]


def _reference_before(clause: Clause, report: Report, lexicon: Lexicon) -> str:
    """What stands before the clause in its line of a record, when it names a reference."""
    if report.format == "text" or "deviation" not in clause.hits:
        return ""
    start = max(report.text.rfind("\n", 0, clause.start) + 1, clause.start - _LINE)
    line = fold_text(report.text[start : clause.start])
    return line if lexicon.cues["reference"].search(line) else ""


def faulty(clause: Clause, line: str = "") -> Hit | None:
    """The words that make the equipment of ``clause`` doubtful.

    ``line`` is what stands before the clause in its line: in records the reference may be named there.
    """
    return next(_pairs(clause, line), None)


def _pairs(clause: Clause, line: str) -> Iterator[Hit]:
    for gauge in clause.hits.get("gauge", ()):
        yield from (each for each in clause.hits.get("gauge_fault", ()) if _is_beside(clause, gauge, each))
        yield from _in_disorder(clause, gauge)
    for reference in clause.hits.get("reference", ()):
        faults = [*clause.hits.get("gauge_fault", ()), *clause.hits.get("deviation", ())]
        yield from (each for each in faults if each[0] >= reference[1] and each[0] - reference[1] <= _NEAR_REFERENCE)
        if _reads_off(clause.text[reference[0] :]) or _reads_off(clause.text[max(0, reference[0] - _BEFORE) :]):
            yield reference
    if line and "deviation" in clause.hits:
        yield clause.hits["deviation"][0]


def _in_disorder(clause: Clause, gauge: Hit) -> Iterator[Hit]:
    """``the probe was not plugged in``, or noticed only afterwards; plug gauges judge parts."""
    noticed = _NOTICED.search(clause.text)
    if noticed:
        yield noticed.span()
    if not _OF_PARTS.search(clause.text, *gauge) and "pending" not in clause.hits:
        yield from (
            each.span() for each in [_NOT_SET.search(clause.text, gauge[1], gauge[1] + _NEAR_REFERENCE)] if each
        )


def _is_beside(clause: Clause, gauge: Hit, fault: Hit) -> bool:
    low, high = min(gauge[1], fault[1]), max(gauge[0], fault[0])
    gap = clause.text[low:high]
    return len(gap) <= (_NEAR_ZH if _CJK.search(clause.text) else _NEAR)


def _reads_off(rest: str) -> bool:
    """``10.0 mohm read 7.1``: a value other than the one that is known."""
    reads = _READS.search(rest)
    if reads is None:
        return False
    known = [float(each) for each in _NUMBER.findall(rest[: reads.start()])]
    shown = [float(each) for each in _NUMBER.findall(rest[reads.end() :])]
    if not (known and shown) or known[0] <= 0:
        return False
    decimals = len(next(iter(_NUMBER.findall(rest[: reads.start()]))).partition(".")[2])
    fine = decimals >= _FINE and abs(shown[0] - known[0]) >= _STEPS * 10**-decimals
    return fine or abs(shown[0] / known[0] - 1) > _MOST_OFF


def overdue(text: str) -> Hit | None:
    """Where folded ``text`` gives a calibration date before another date of the report."""
    due = {found.start(): (found.end(), each) for found in _DUE.finditer(text) if (each := _date_at(text, found.end()))}
    starts = {end for end, _ in due.values()}
    others = [each for found in _DATE.finditer(text) if found.start() not in starts and (each := _day(found))]
    for start, (end, day) in due.items():
        if others and max(others) > day:
            return start, end
    return None


def _date_at(text: str, at: int) -> date | None:
    found = _DATE.match(text, at)
    return _day(found) if found else None


def _day(found: re.Match[str]) -> date | None:
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None

"""Findings from numbers: measurements against limits, lots against their plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from edge_app.domain.report import LotSample, Measurement, Report
from edge_app.domain.verdict import Category, Doubt, Nonconformance, Severity, Status
from edge_app.judging.coding import UNKNOWN, Coder, Coding
from edge_app.judging.evaluate import evaluate
from edge_app.judging.gauge_checks import wrong_references
from edge_app.judging.lexicon import fold_text

_MESSAGE: Final = 90
_STAGE: Final = re.compile(
    r"first|second|third|1st|2nd|stage|sample|cumulative|again|第?[一二三12]次?|样本|样|次|累计|抽样?", re.IGNORECASE
)
"""What the name of a sample of a double plan says beside the class."""
_CLASSES: Final = (
    (Severity.CRITICAL, ("critical", "致命", "cr", "安全")),
    (Severity.MAJOR, ("major", "主要", "严重", "maj", "ma")),
    (Severity.MINOR, ("minor", "cosmetic", "次要", "轻微", "外观", "min", "mi", "visual")),
)


def measured(report: Report, coder: Coder) -> Iterator[Nonconformance]:
    """What each measurement says; conforming ones say nothing."""
    yield from misread(report, coder)
    for measurement in report.measurements:
        if measurement.superseded:
            continue
        found = evaluate(measurement)
        if found is None:
            yield from _stated_only(measurement, coder)
        elif found[0] is Status.PASS and measurement.stated is Status.FAIL:
            yield _finding(measurement, coder, Status.INDETERMINATE, Doubt.CONTRADICTION, "row-stated")
        elif found[0] is Status.INDETERMINATE and measurement.stated is Status.FAIL:
            yield _finding(measurement, coder, Status.FAIL, None, "row-stated")
        elif found[0] is not Status.PASS:
            yield _finding(measurement, coder, found[0], found[1], "limit")


def misread(report: Report, coder: Coder) -> Iterator[Nonconformance]:
    """References that a gauge reads wrong put in doubt what it measured."""
    coding = coder.of_document()
    for span in wrong_references(report):
        yield Nonconformance(
            rule="gauge",
            status=Status.INDETERMINATE,
            category=coding.category,
            severity=coding.severity,
            evidence=span,
            message=clip(span.text),
            doubt=Doubt.SUSPECT_GAUGE,
            code=coding.code,
        )


def sampled(report: Report, coder: Coder) -> Iterator[Nonconformance]:
    """Lots that are rejected or still open."""
    for at, lot in enumerate(report.lots):
        status = Status.PASS if _goes_on(lot, report.lots[at + 1 :]) else lot_status(lot)
        if status is not Status.PASS:
            coding = _lot_coding(lot, coder)
            yield Nonconformance(
                rule="lot",
                status=status,
                category=coding.category,
                severity=coding.severity,
                evidence=lot.evidence,
                message=clip(
                    f"{lot.name}: {'?' if lot.found is None else lot.found} (Ac {lot.accept}, Re {lot.reject})"
                ),
                doubt=Doubt.SAMPLE_OPEN if status is Status.INDETERMINATE else None,
                code=coding.code,
                characteristic=lot.name,
            )


def _count(lot: LotSample) -> str:
    return "?" if lot.found is None else str(lot.found)


def lot_status(lot: LotSample) -> Status:
    """Accepted up to Ac, rejected from Re on, open between them or without a count."""
    if lot.found is None:
        return Status.INDETERMINATE
    if lot.found <= lot.accept:
        return Status.PASS
    return Status.FAIL if lot.found >= lot.reject else Status.INDETERMINATE


def _goes_on(lot: LotSample, later: Sequence[LotSample]) -> bool:
    """Whether a first sample between its numbers is followed by the second, which decides."""
    if lot.found is None or not lot.accept < lot.found < lot.reject:
        return False
    name = _STAGE.sub("", lot.name).strip()
    return any(
        each.found is not None and each.accept > lot.accept and _STAGE.sub("", each.name).strip() == name
        for each in later
    )


def is_conflicting(measurement: Measurement) -> bool:
    """Whether the row says otherwise than its number."""
    found = evaluate(measurement)
    return (
        found is not None
        and measurement.stated is not None
        and {found[0], measurement.stated} == {Status.PASS, Status.FAIL}
    )


def clip(text: str) -> str:
    """One bounded line."""
    line = " ".join(text.split())
    return line if len(line) <= _MESSAGE else line[: _MESSAGE - 1].rstrip() + "…"


def _stated_only(measurement: Measurement, coder: Coder) -> Iterator[Nonconformance]:
    if measurement.problem in {Doubt.CONTRADICTION, Doubt.UNDECIDED}:
        yield _finding(measurement, coder, Status.INDETERMINATE, measurement.problem, "row-stated")
    elif measurement.stated is Status.FAIL:
        yield _finding(measurement, coder, Status.FAIL, None, "row-stated")


def _finding(measurement: Measurement, coder: Coder, status: Status, doubt: Doubt | None, rule: str) -> Nonconformance:
    coding = coder.of_measurement(measurement)
    return Nonconformance(
        rule=rule,
        status=status,
        category=coding.category,
        severity=coding.severity,
        evidence=measurement.evidence,
        message=clip(_describe(measurement)),
        doubt=doubt,
        code=coding.code,
        characteristic=measurement.characteristic,
    )


def _describe(measurement: Measurement) -> str:
    value = measurement.text or (str(measurement.value) if measurement.value is not None else "-")
    limits = measurement.limits.text if measurement.limits else ""
    return f"{measurement.characteristic} {value}{f' ({limits})' if limits else ''}".strip()


def _lot_coding(lot: LotSample, coder: Coder) -> Coding:
    severity = _class_severity(lot.name)
    coding = coder.of_name(lot.name) or coder.of_name(lot.evidence.text) or coder.of_document()
    if coding is UNKNOWN and severity is Severity.MINOR:
        coding = Coding(Category.SURFACE, Severity.MINOR)
    return replace(coding, severity=severity or coding.severity)


def _class_severity(name: str) -> Severity | None:
    words = fold_text(name)
    return next((severity for severity, marks in _CLASSES if any(_has_word(words, mark) for mark in marks)), None)


def _has_word(text: str, mark: str) -> bool:
    return mark in text if not mark.isascii() else mark in text.replace("(", " ").replace(")", " ").split()

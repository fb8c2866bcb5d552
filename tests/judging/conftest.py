"""Reports as the readers would make them, and the general pack as it ships."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from edge_app.domain.language import detect_language
from edge_app.domain.report import Limits, Measurement, Remark, Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Span, Status
from edge_app.judging.assess import assess
from edge_app.judging.lexicon import Lexicon, lexicon_of
from edge_app.rulepacks import load_packs

RULES = Path(__file__).resolve().parents[2] / "rules"

Told = Callable[..., Report]


@pytest.fixture(scope="session")
def general() -> RulePack:
    return load_packs(RULES)["general"]


@pytest.fixture(scope="session")
def lexicon(general: RulePack) -> Lexicon:
    return lexicon_of(general)


@pytest.fixture(scope="session")
def told() -> Told:
    """A report of lines, each a remark, and of measurements ``(name, lower, upper, value)``."""
    return _told


def _told(*lines: str, measured: tuple[tuple[str, str, str, str], ...] = ()) -> Report:
    rows = [f"{name} {value} ({lower}..{upper})" for name, lower, upper, value in measured]
    text = "\n".join([*lines, *rows])
    remarks, at = [], 0
    for line in lines:
        remarks.append(Remark(Span(line, at)))
        at += len(line) + 1
    measurements = []
    for row, (name, lower, upper, value) in zip(rows, measured, strict=True):
        limits = Limits(Decimal(lower), Decimal(upper), text=f"{lower}..{upper}")
        measurements.append(Measurement(name, Decimal(value), limits, Span(row, at), text=value))
        at += len(row) + 1
    return Report(
        text=text,
        format="text",
        encoding="utf-8",
        language=detect_language(text),
        measurements=tuple(measurements),
        remarks=tuple(remarks),
    )


@pytest.fixture(scope="session")
def beside_good(told: Told, general: RulePack) -> Callable[[str], Status]:
    """What the general pack makes of a line beside a value that conforms."""
    return lambda line: assess(told(line, measured=(("bore", "10.00", "10.05", "10.02"),)), general).status

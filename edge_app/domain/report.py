"""What an inspection report says, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from edge_app.domain.verdict import Doubt, Span, Status


class Language(StrEnum):
    """The language a report is written in."""

    EN = "en"
    ZH = "zh"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a characteristic. A value on a bound conforms unless that bound is ``open``."""

    lower: Decimal | None = None
    upper: Decimal | None = None
    nominal: Decimal | None = None
    unit: str = ""
    """As written; empty when the report gives none."""
    text: str = ""
    """As written, for people: ``8.5±0.2``, ``≤ 0.10``."""
    lower_open: bool = False
    upper_open: bool = False
    alternatives: tuple[Limits, ...] = ()
    """Limits of which one holds, by a class or place that may not be told: ``class B 2.2, class C 3.4``."""


def conforms(value: Decimal, limits: Limits) -> bool:
    """Whether ``value``, in the unit of the limits, lies inside them."""
    if limits.lower is not None and (value < limits.lower or (limits.lower_open and value == limits.lower)):
        return False
    return not (limits.upper is not None and (value > limits.upper or (limits.upper_open and value == limits.upper)))


_SLACK: Final = 4
"""Widths of the tolerance outside of which a number is not near."""
_BEYOND: Final = 10


def near(value: Decimal, limits: Limits) -> bool:
    """Whether a number is of the size that its limits, at least one of them given, expect."""
    if limits.lower is not None and limits.upper is not None:
        slack = (limits.upper - limits.lower) * _SLACK
        return limits.lower - slack <= value <= limits.upper + slack
    bound = limits.upper if limits.upper is not None else limits.lower
    return bound is not None and abs(value) <= abs(bound) * _BEYOND


@dataclass(frozen=True, slots=True)
class Measurement:
    """One observed value of one characteristic."""

    characteristic: str
    value: Decimal | None
    """None when the cell is empty or cannot be read as one number: ``problem`` says which."""
    limits: Limits | None
    evidence: Span
    """The row or clause that holds the value."""
    unit: str = ""
    text: str = ""
    """The value as written."""
    stated: Status | None = None
    """What the report itself says of this row."""
    remark: Span | None = None
    problem: Doubt | None = None
    part: str = ""
    """Serial or index of the part in a file about several parts."""
    superseded: bool = False
    """Taken before a rework whose own measurement stands beside it."""


@dataclass(frozen=True, slots=True)
class LotSample:
    """Acceptance sampling as stated in the report (ISO 2859-1 vocabulary)."""

    name: str
    """The class or defect sampled for: ``major``, ``连锡``."""
    accept: int
    """Ac: the lot passes when found ≤ accept."""
    reject: int
    """Re: the lot fails when found ≥ reject."""
    found: int | None
    evidence: Span
    size: int | None = None
    """n, the number of pieces inspected."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Free text: a note, a cell, an element. ``label`` is the field it stood in, empty if none."""

    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One inspection report. Every span points into ``text``, the decoded file."""

    text: str
    format: str
    """``csv``, ``json``, ``text``, ``qif``, ``atml`` …"""
    encoding: str
    language: Language
    fields: dict[str, str] = field(default_factory=dict)
    """Header fields by canonical name: part_no, serial_no, lot_no, station, operator, time, supplier."""
    measurements: tuple[Measurement, ...] = ()
    lots: tuple[LotSample, ...] = ()
    remarks: tuple[Remark, ...] = ()
    stated: Status | None = None
    """The verdict the report gives itself (a verdict field, not prose)."""
    stated_evidence: Span | None = None
    notes: tuple[str, ...] = ()
    """What the reader had to note: truncated text, a second root element, unknown columns."""

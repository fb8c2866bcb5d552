"""What a generated report tells, and what is right about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge_app.distill.lexicon import Product
from edge_app.domain.verdict import Category, Severity, Status


@dataclass(frozen=True, slots=True)
class Label:
    """What is right. ``phrase`` is the report's own wording of the deciding finding."""

    status: Status
    category: Category = Category.NONE
    severity: Severity = Severity.NONE
    told: str = "PASS"
    """Which sentence sums it up: a key of ``phrases.summary``."""
    phrase: str = ""
    sentence: str = ""
    """The sentence of the report that decides."""
    conceded: bool = False
    item: str = ""
    """The product as the report calls it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A measured value with its limits, all as written."""

    name: str
    unit: str
    lower: str
    upper: str
    nominal: str
    tolerance: str
    value: str
    conforms: bool
    category: Category


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and where it comes from."""

    sentence: str
    core: str
    """Without opening and closing."""
    kind: str
    """The list of ``phrases`` that its form was drawn from."""
    tongue: str


@dataclass(slots=True)
class Story:
    """Sentences and rows in the order in which they are told."""

    language: str
    """``en``, ``zh`` or ``mixed``."""
    product: Product
    name: str
    label: Label
    sentences: list[str] = field(default_factory=list)
    standing: list[Label] = field(default_factory=list)
    """One for each defect that stands or may stand."""
    rows: list[Row] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    """Places, people, codes and numbers in the sentences, as they were drawn."""

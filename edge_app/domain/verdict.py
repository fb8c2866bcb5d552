"""What is said about a report: status, findings, verdict.

The words follow DIN EN ISO 9000 (nonconformity, concession, rework, repair, scrap) and the
characteristic status of QIF 3.0 (ISO 23952).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Whether the product conforms. INDETERMINATE: the report does not let anybody decide."""

    PASS = "PASS"
    INDETERMINATE = "INDETERMINATE"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """Position on the scale of strictness: PASS 0, INDETERMINATE 1, FAIL 2."""
        return _STATUS_ORDER.index(self)


class Category(StrEnum):
    """The kind of nonconformance."""

    NONE = "none"
    DIMENSIONAL = "dimensional"
    SURFACE = "surface"
    CRACK = "crack"
    POROSITY = "porosity"
    WELD = "weld"
    ASSEMBLY = "assembly"
    SOLDER = "solder"
    ELECTRICAL = "electrical"
    MATERIAL = "material"
    CONTAMINATION = "contamination"
    COATING = "coating"
    MOULDING = "moulding"
    LABELLING_PACKAGING = "labelling_packaging"
    DOCUMENTATION = "documentation"


class Severity(StrEnum):
    """How bad the worst standing finding is."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position on the scale: none 0 … critical 3."""
        return _SEVERITY_ORDER.index(self)


class Disposition(StrEnum):
    """What is proposed to be done with the product. A person decides."""

    ACCEPT = "accept"
    REWORK = "rework"
    REPAIR = "repair"
    SCRAP = "scrap"
    HOLD = "hold"
    RETURN_TO_SUPPLIER = "return_to_supplier"
    USE_AS_IS = "use_as_is"


_STATUS_ORDER: Final = (Status.PASS, Status.INDETERMINATE, Status.FAIL)
_SEVERITY_ORDER: Final = (Severity.NONE, Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Span:
    """A substring of ``Report.text`` and where it starts (character offset)."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset of the first character after the span."""
        return self.start + len(self.text)

    def overlaps(self, other: Span) -> bool:
        """Whether they share a character."""
        return self.start < other.end and other.start < self.end


class Doubt(StrEnum):
    """Why something cannot be decided from the report. Stored as the reason of INDETERMINATE."""

    SUSPECT_GAUGE = "suspect-gauge"
    UNIT_CLASH = "unit-clash"
    AMBIGUOUS_NUMBER = "ambiguous-number"
    MISSING_DATA = "missing-data"
    CONTRADICTION = "contradiction"
    NOT_REINSPECTED = "not-reinspected"
    HEDGED = "hedged"
    CONDITIONAL = "conditional"
    SAMPLE_OPEN = "sample-open"
    NO_RESULT = "no-result"
    UNREADABLE = "unreadable"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Nonconformance:
    """A finding: something in the report that breaks a rule, or may break it.

    ``status`` is FAIL for a finding that stands, INDETERMINATE for one in doubt (``doubt`` says why)
    and PASS for one that does not stand (negated, permitted, corrected and re-inspected): such
    findings are kept because they explain the verdict.
    """

    rule: str
    """Id of the rule that found it, such as ``limit``, ``term/crack``, ``lot``, ``stated``."""
    status: Status
    category: Category
    severity: Severity
    evidence: Span
    message: str
    """One bounded clause for people, in English or in the report's language."""
    doubt: Doubt | None = None
    code: str = ""
    """The plant's defect code from the rule pack, empty when the pack has none."""
    characteristic: str = ""
    is_assumed: bool = False
    """Its category is only what such reports are mostly about: no word of the evidence names it."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules alone say of a report: the verdict before any model is asked."""

    status: Status
    category: Category
    severity: Severity
    disposition: Disposition
    findings: tuple[Nonconformance, ...]
    summary: str
    evidence: Span | None
    conflict: bool
    """Numbers and words, or two statements, disagree."""
    reason: str
    """Why this status, in a few words: the deciding rule."""
    open_text: tuple[Span, ...] = ()
    """Free text that the rules could not settle: what a model is asked about."""
    unread: tuple[Span, ...] = ()
    """Of the open text, what no rule could read: only that can make a verdict stricter."""
    is_assumed: bool = False
    """The category is that of a finding in which it is assumed."""
    is_safety: bool = False
    """The report is about a safety-related item."""

    @property
    def needs_model(self) -> bool:
        """Whether anything is left to code or to explain."""
        return bool(self.open_text) or self.status is not Status.PASS


class DecidedBy(StrEnum):
    """Who the verdict comes from."""

    RULES = "rules"
    MODEL = "model"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The final word on one report, with the fingerprints of everything that produced it."""

    status: Status
    category: Category
    severity: Severity
    disposition: Disposition
    findings: tuple[Nonconformance, ...]
    summary: str
    evidence: Span | None
    conflict: bool
    reason: str
    decided_by: DecidedBy
    notes: tuple[str, ...] = field(default=())
    """What went otherwise than planned on the way: an answer cut by length, a late engine."""

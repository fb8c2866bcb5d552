"""What a reader finds on its way through a file, put together as a Report at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.report import Limits, LotSample, Measurement, Remark, Report
from edge_app.domain.verdict import Span, Status
from edge_app.intake.readers.late import Stated, attracted, bind
from edge_app.intake.readers.prose import read_prose
from edge_app.intake.readers.repeats import contradicting
from edge_app.intake.readers.vocabulary import Vocabulary

_TOLD_TWICE: Final = frozenset(
    {"supplier", "gauge", "calibration_due", "sampling", "part_name", "specification", "upper", "lower", "remark"}
)
"""Header fields whose value may also say something about the product or the gauge."""
_NOT_IDENTITY: Final = frozenset({"verdict", "specification", "upper", "lower", "nominal", "remark"})
_CODES: Final = frozenset({"serial_no", "lot_no", "order_no", "report_no", "revision", "quantity"})
"""Header fields that hold a code, never a sentence."""
_MOST_LOOSE: Final = 20_000
"""More numbers than this under unknown names are a machine's log."""
_SENTENCE: Final = re.compile(r"[，。；;!?！？]|\w[.,:] \w|\S+(?: +\S+){5}|[㐀-鿿]{9}")
_LETTER: Final = re.compile(r"[^\W\d_]")
_KEY_VALUE: Final = re.compile(r"\s*[#*/\-]*\s*(?P<label>[^:：=\n]{1,30}?)\s*[:：=]\s*(?P<value>\S.*)")


class Gathering:
    """Findings in the order of the file. Every span given must point into ``text``."""

    def __init__(self, text: str, words: Vocabulary, decimal_mark: str = "") -> None:
        """Nothing found yet. ``decimal_mark`` is that of the numbers in the file, empty when unknown."""
        self.text = text
        self.words = words
        self.decimal_mark = decimal_mark
        self.fields: dict[str, str] = {}
        self.notes: list[str] = []
        self._measurements: list[Measurement] = []
        self._loose: list[Measurement] = []
        self._told: list[Measurement] = []
        self._limits: list[Stated] = []
        self._compared: list[tuple[int, int]] = []
        self._lots: list[LotSample] = []
        self._remarks: dict[tuple[int, int], Remark] = {}
        self._stated: Status | None = None
        self._stated_evidence: Span | None = None

    def measured(self, measurements: Iterable[Measurement], lots: Iterable[LotSample] = ()) -> None:
        """Add what a row says."""
        self._measurements.extend(measurements)
        self._lots.extend(lots)

    def loose(self, measurements: Iterable[Measurement]) -> None:
        """Add numbers that are measurements only if limits of their name stand elsewhere."""
        if len(self._loose) < _MOST_LOOSE:
            self._loose.extend(measurements)

    def limited(self, name: str, limits: Limits) -> None:
        """Add limits that have no value beside them."""
        self._limits.append(Stated(name, limits))

    @contextmanager
    def compared(self) -> Iterator[None]:
        """What is added inside was measured on the same thing by different means."""
        start = len(self._measurements)
        yield
        self._compared.append((start, len(self._measurements)))

    def remark(self, span: Span | None, label: str = "", *, prose: bool = True, subject: str = "") -> bool:
        """Add free text, and the measurements and lots that it states; whether it stated any.

        ``subject`` is the characteristic that the text is about.
        """
        span = stripped(span)
        if span is None or (span.start, span.end) in self._remarks:
            return False
        self._remarks[span.start, span.end] = Remark(span, label)
        if not prose:
            return False
        return self.prose(span, label, subject)

    def prose(self, span: Span, label: str = "", subject: str = "") -> bool:
        """Add the measurements and lots that a text states without adding the text; whether there are any."""
        found = read_prose(span, decimal_mark=self.decimal_mark)
        self.measured((_named(each, label, subject) for each in found.measurements), found.lots)
        self._told.extend(_named(each, label, subject) for each in found.free)
        for one in found.limits:
            self.limited(one.name or subject or label, one.limits)
        return bool(found.measurements or found.lots)

    def field(
        self,
        label: str,
        value: Span | None,
        whole: Span | None = None,
        text: str | None = None,
        *,
        identity: bool = True,
    ) -> None:
        """A header line or member: identity, verdict, or a remark under its label.

        ``whole`` is label and value as they stand; ``text`` the value where it differs from the span. Not
        ``identity``: a member of one of several records, which says nothing about the whole report.
        """
        shown = stripped(value)
        if shown is None:
            return
        written = (shown.text if text is None else text).strip()
        name = self._meaning(label, written)
        if name == "verdict" and self._verdict(written, whole or shown):
            return
        known = identity and name not in {*_NOT_IDENTITY, ""} and self.fields.setdefault(name, written) == written
        if not known or name in _TOLD_TWICE or _SENTENCE.search(written):
            self._as_remark(label, shown, whole)

    def verdict(self, status: Status, evidence: Span) -> None:
        """The report's own verdict; of several the strictest stands."""
        if self._stated is None or status.rank > self._stated.rank:
            self._stated, self._stated_evidence = status, evidence

    def line(self, span: Span | None) -> None:
        """A line of text that may be ``label: value``."""
        span = stripped(span)
        if span is None:
            return
        match = _KEY_VALUE.fullmatch(span.text)
        if match is None or not self.words.header(match["label"]):
            self.remark(span)
            return
        start = span.start + match.start("value")
        self.field(match["label"], Span(match["value"], start), span)

    def report(self, format: str, encoding: str) -> Report:  # noqa: A002 - the name of the Report field
        """The report."""
        return Report(
            text=self.text,
            format=format,
            encoding=encoding,
            language=detect_language(self.text),
            fields=self.fields,
            measurements=tuple(self._bound()),
            lots=tuple(self._lots),
            remarks=tuple(self._remarks.values()),
            stated=self._stated,
            stated_evidence=self._stated_evidence,
            notes=tuple(self.notes),
        )

    def _bound(self) -> list[Measurement]:
        """All measurements, in order; those without limits get the ones stated elsewhere under their name."""
        free = [one for one in self._measurements if one.limits is None and one.value is not None]
        bound = bind(self._limits, free, self._loose)
        by_id = {id(one): new for one, new in zip(free, bound, strict=False)}
        found = [*(by_id.get(id(one), one) for one in self._measurements), *bound[len(free) :]]
        for start, end in self._compared:
            found[start:end] = contradicting(found[start:end])
        return [*found, *self._told_limited(found)]

    def _told_limited(self, found: list[Measurement]) -> list[Measurement]:
        """Numbers in sentences that have limits elsewhere and are not measurements yet."""
        if not self._told:
            return []
        stated = [Stated(one.characteristic, one.limits, one.evidence.start) for one in found if one.limits]
        new = attracted([*stated, *self._limits], self._told)
        return [one for one in new if not any(_tells(each, one) for each in found)]

    def _meaning(self, label: str, written: str) -> str:
        """Canonical name of a header field, empty where the value cannot be one."""
        name = self.words.header(label)
        if name == "unit" and not self.words.is_unit(written):
            return ""
        return "" if name in _CODES and _SENTENCE.search(written) else name

    def _verdict(self, written: str, evidence: Span) -> bool:
        status = self.words.stated(written)
        if status is not None:
            self.verdict(status, evidence)
        return status is not None

    def _as_remark(self, label: str, value: Span, whole: Span | None) -> None:
        """A lone number or code means nothing without its label, so both are shown."""
        if whole is not None and (not _LETTER.search(value.text) or len(value.text) < 5):  # noqa: PLR2004 - OK, yes, none
            self.remark(whole)
        else:
            self.remark(value, label)


def stripped(span: Span | None) -> Span | None:
    """``span`` without white space around it; None when nothing is left."""
    if span is None or not span.text.strip():
        return None
    lead = len(span.text) - len(span.text.lstrip())
    return Span(span.text.strip(), span.start + lead)


def _tells(one: Measurement, other: Measurement) -> bool:
    """Whether ``one`` is the measurement of the same number in the same place."""
    return one.value == other.value and one.evidence.start <= other.evidence.start < one.evidence.end


def _named(measurement: Measurement, label: str, subject: str) -> Measurement:
    own = measurement.characteristic
    name = f"{subject} {own}".strip() if subject not in own else own
    return replace(measurement, characteristic=name or label)

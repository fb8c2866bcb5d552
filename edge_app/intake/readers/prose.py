"""Measurements and lot samples in free text, English, Chinese and mixed.

A number becomes a measurement only next to limits: ``bore 25.08, tolerance 25.00-25.05``, ``22 µm (18-28)``,
``max .015: .008 .006``. Limits without a value of their own hold for the reading lines below them.
In doubt there is no measurement rather than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import fold
from edge_app.domain.report import Limits, LotSample, Measurement, conforms
from edge_app.domain.tolerance import FoundLimits, find_limits
from edge_app.domain.units import same_quantity
from edge_app.domain.verdict import Doubt, Span
from edge_app.intake.readers.late import Stated, attracted
from edge_app.intake.readers.prose_bind import (
    UNIT_ASIDE,
    Line,
    backward,
    bare_upper,
    bounds,
    checks_gauge,
    cued_value,
    demands,
    fits,
    follows,
    is_labelled,
    is_limit,
    is_reading,
    is_time,
    nominal_apart,
    of_their_size,
    one_of_several,
    only_cue,
    plausible,
    points,
    same_bracket,
    slash_pair,
    strong,
    written_alike,
)
from edge_app.intake.readers.prose_lots import find_lots, plan_spans
from edge_app.intake.readers.prose_names import name_before, part_label, same_name, title_before
from edge_app.intake.readers.prose_tokens import LONGEST_CLAUSE, Quantity, blank, calm, find_quantities, mask

_SEGMENT: Final = re.compile(
    rf"(?:(?!(?<!max)(?<!min)(?<!dia)(?<!spec)(?<!tol)\.\s+[A-Z][a-z])[^\n。;；!！]){{1,{LONGEST_CLAUSE}}}"
)
_ELSEWHEN: Final = re.compile(
    r"上(?:批|次|周|个?月|一批)|之前|以前|去年|旧|\b(?:last|previous|earlier|former|history)\b", re.IGNORECASE
)
"""The clause tells of another lot or day."""
_NO_DECIMAL_COMMA: Final = re.compile("(?<=\\d)\uff0c(?=\\d)")
"""A full-width comma separates numbers and is no part of one."""
_MAX_EVIDENCE: Final = 300
_ROWS: Final = 3
_MAX_TEXT: Final = 200_000
"""Prose longer than this is a log, not a note; reading goes no further."""


@dataclass(frozen=True, slots=True)
class Prose:
    """What a piece of free text states in numbers. Spans are absolute in the report."""

    measurements: tuple[Measurement, ...] = ()
    lots: tuple[LotSample, ...] = ()
    limits: tuple[Stated, ...] = ()
    """Without a value in this text."""
    free: tuple[Measurement, ...] = ()
    """Numbers that may be measured values, without limits."""


@dataclass(frozen=True, slots=True)
class _Open:
    """Limits that hold for the reading lines below."""

    name: str
    limits: Limits
    title: str = ""
    """The whole heading that states them."""


def read_prose(span: Span, *, decimal_mark: str = "") -> Prose:
    """Measurements with limits and lot samples that ``span`` states. Never raises."""
    text = span.text[:_MAX_TEXT]
    if not any(char.isdigit() for char in text):
        return Prose()
    folded = calm(fold(_NO_DECIMAL_COMMA.sub("、", text)))
    lots = tuple(find_lots(Span(text, span.start), folded))
    for start, end in plan_spans(folded):
        folded = blank(folded, start, end)
    reader = _Reader(Span(text, span.start), mask(folded), decimal_mark)
    measurements = tuple(reader.measurements())
    measurements += tuple(reader.below_a_heading())
    bound = {id(one.limits) for one in measurements}
    free = tuple(reader.free(lots))
    near = attracted(
        [
            *reader.stated,
            *(Stated(one.characteristic, one.limits, one.evidence.start) for one in measurements if one.limits),
        ],
        free,
    )
    bound |= {id(one.limits) for one in near}
    taken = {(one.evidence.start, one.value) for one in near}
    return Prose(
        (*measurements, *near),
        lots,
        tuple(one for one in reader.stated if id(one.limits) not in bound),
        tuple(one for one in free if (one.evidence.start, one.value) not in taken),
    )


class _Reader:
    """Goes through a text clause by clause and remembers which limits are still open."""

    def __init__(self, span: Span, masked: str, mark: str) -> None:
        self._span = span
        self._masked = masked
        self._mark = mark
        self._open: list[_Open] = []
        self._known: list[_Open] = []
        self.stated: list[Stated] = []
        """All limits, with the names they stand under."""
        self._last: Line | None = None
        self._lines: list[Line] = []
        self._heading = ""
        self._stays = True

    def measurements(self) -> Iterator[Measurement]:
        """In the order of the text."""
        end = 0
        for match in _SEGMENT.finditer(self._masked):
            if re.search(r"\n[ \t\r]*\n", self._masked[end : match.start() + 1]) or not match.group().strip():
                self._open = []
            end = match.end()
            if any(char.isdigit() for char in match.group()) and not checks_gauge(match.group()):
                yield from self._segment(match)
                if not self._stays:
                    self._open = []
            elif match.group().strip():
                self._open = [] if self._within_line(match.start()) else self._open
                self._heading = title_before(self._text(*match.span()))

    def below_a_heading(self) -> Iterator[Measurement]:
        """``casing M12, 75-90 Nm`` above lines with one number each, most of them inside: a heading with its limits."""
        for at, head in enumerate(self._lines):
            limits = self._heading_limits(head)
            lines = [*self._one_number_lines(at, limits.limits)] if limits else []
            values = [v.number for line in lines for v in line.quantities[0].values if v.number is not None]
            if limits is None or len(lines) < _ROWS or self._outside(values, limits.limits) * 2 > len(values):
                continue
            name = title_before(self._text(head.start, head.start + limits.start))
            for line in lines:
                line.used.add(0)
                part = part_label(self._text(line.start, line.start + line.quantities[0].start))
                yield from self._measured(line, line.quantities[0], limits.limits, name, part)

    def _heading_limits(self, head: Line) -> FoundLimits | None:
        """The only limits of a line without a value of its own."""
        told = [one for i, one in enumerate(head.limits) if i not in head.bound]
        soft = [
            one
            for one in head.soft
            if one.limits.unit or UNIT_ASIDE.search(head.masked) or head.masked.rstrip().endswith(":")
        ]
        found = told or soft
        return found[0] if len(found) == 1 and len(head.limits) <= 1 and not head.used else None

    def _one_number_lines(self, at: int, limits: Limits) -> Iterator[Line]:
        """The lines right below a heading that are a short label and a value of its size."""
        units: dict[str, str] = {}
        for line in self._lines[at + 1 :]:
            one = len(line.quantities) == 1 and not line.limits and not line.soft and 0 not in line.used
            if (
                not one
                or not is_labelled(line)
                or not fits(line.quantities[0], limits)
                or not plausible(line.quantities[0], limits)
            ):
                return
            if units.setdefault("", line.quantities[0].unit) != line.quantities[0].unit:
                return
            yield line

    @staticmethod
    def _outside(values: list[Decimal], limits: Limits) -> int:
        return sum(not conforms(value, limits) for value in values)

    def free(self, lots: tuple[LotSample, ...]) -> Iterator[Measurement]:
        """Numbers with decimals or a unit that no limits have taken, apart from other lots and earlier days."""
        for line in self._lines:
            if _ELSEWHEN.search(line.masked) or any(
                lot.evidence.start <= self._span.start + line.start < lot.evidence.end for lot in lots
            ):
                continue
            for at, quantity in enumerate(line.quantities):
                if at not in line.used and not quantity.condition and strong(quantity):
                    name = self._name(line, quantity.start)
                    yield from self._measured(line, quantity, None, name)

    def _segment(self, match: re.Match[str]) -> Iterator[Measurement]:
        line = self._line(match)
        self._lines.append(line)
        own = [*self._bind_back(line), *self._bind_near(line)]
        yield from own
        yield from self._bind_named(line)
        below = [*self._bind_open(line)] if not line.limits and not own else []
        if below:
            line.used.update(range(len(line.quantities)))
        yield from below
        self._stays = bool(line.limits or below) or not self._within_line(line.start)
        self._remember(line)
        text = self._text(line.start, line.start + len(line.masked))
        self._heading = "" if line.limits or line.quantities else title_before(text)

    def _line(self, match: re.Match[str]) -> Line:
        text = match.group()
        rest = text
        apart = nominal_apart(text)
        for one in apart:
            rest = blank(rest, one.start, one.end)
        stated = [*find_limits(rest, decimal_mark=self._mark)]
        limits = [one for one in stated if is_limit(one, text)]
        soft = [one for one in stated if one not in limits]
        limits = [one for one in apart if one.form != "nominal"] or limits or slash_pair(text) or bare_upper(text)
        for one in limits:
            rest = blank(rest, one.start, one.end)
        limits = one_of_several(limits, text)
        return Line(match.start(), text, limits, [*find_quantities(rest, self._mark)], soft)

    def _bind_near(self, line: Line) -> Iterator[Measurement]:
        for index, limits in enumerate(line.limits):
            found = self._partner(line, index)
            if found is None:
                continue
            quantity, stated = found
            line.used.add(quantity)
            line.bound.add(index)
            name = self._name(line, line.quantities[quantity].start)
            if not name and limits.start < line.quantities[quantity].start:
                name = self._name(line, limits.start)
            if name:
                self._known.append(_Open(name, stated))
            yield from self._measured(line, line.quantities[quantity], stated, name or self._heading)

    def _partner(self, line: Line, index: int) -> tuple[int, Limits] | None:
        """The quantity that a limit belongs to: the one before it, or after it when the text points there."""
        limits = line.limits[index]
        left = line.limits[index - 1].end if index else 0
        right = line.limits[index + 1].start if index + 1 < len(line.limits) else len(line.masked)
        after = next(
            (i for i, q in enumerate(line.quantities) if limits.end <= q.start < right and i not in line.used), None
        )
        if after is not None and points(line, limits, line.quantities[after]):
            return (after, limits.limits) if fits(line.quantities[after], limits.limits) else None
        named = self._by_name(line, index)
        if named is not None:
            return (named, limits.limits) if named >= 0 else None
        before = [
            i
            for i, q in enumerate(line.quantities)
            if left <= q.start and q.end <= limits.start and i not in line.used and not self._elsewhen(line, q)
        ]
        cued = [i for i in before if cued_value(line, line.quantities[i])]
        alike = [i for i in before[-3:] if written_alike(line.quantities[i], limits.limits)]
        for i in (*reversed(cued), *reversed(alike), *reversed(before[-3:])):
            stated = backward(line, line.quantities[i], limits)
            if stated is not None:
                return i, stated
        if after is not None and not before and follows(line, limits, line.quantities[after]):
            return after, limits.limits
        return None

    def _elsewhen(self, line: Line, quantity: Quantity) -> bool:
        """Whether a value is told of another lot or day: ``孔径 12.03，上次 12.08``."""
        return _ELSEWHEN.search(self._name(line, quantity.start)) is not None

    def _by_name(self, line: Line, index: int) -> int | None:
        """Several limits in one bracket, each with its name: ``OD 50.02 ID 40.01 (OD 50 ±0.05, ID 40 ±0.05)``.

        None where this is not the case, -1 where the name is not found.
        """
        limits = line.limits[index]
        siblings = [one for one in line.limits if same_bracket(line.masked, one.start, limits.start)]
        name = self._name(line, limits.start)
        if len(siblings) < 2 or not name:  # noqa: PLR2004 - several
            return None
        for i, quantity in enumerate(line.quantities):
            if i not in line.used and self._name(line, quantity.start) == name and fits(quantity, limits.limits):
                return i
        return -1

    def _bind_back(self, line: Line) -> Iterator[Measurement]:
        """``bow 0.6 mm; max 0.5``: limits alone in their clause belong to the clause before on the same line."""
        last = self._last
        self._last = line
        if last is None or len(line.limits) != 1 or line.quantities or not self._within_line(line.start) or last.limits:
            return
        limits = line.limits[0]
        free = [q for i, q in enumerate(last.quantities) if i not in last.used and not q.condition]
        own = [
            q
            for q in free
            if strong(q) and not self._elsewhen(last, q) and fits(q, limits.limits) and of_their_size(q, limits.limits)
        ]
        if not only_cue(line, limits) or not own or (len(own) > 1 and limits.form not in {"range", "tolerance"}):
            return
        line.bound.add(0)
        name = self._name(last, own[0].start)
        for quantity in own:
            last.used.add(last.quantities.index(quantity))
            yield from self._measured(last, quantity, limits.limits, name)

    def _bind_named(self, line: Line) -> Iterator[Measurement]:
        """Values of a characteristic whose limits were stated further up: ``re-check: DFT 82-95 µm``."""
        for index, quantity in enumerate(line.quantities):
            name = self._name(line, quantity.start)
            if index in line.used or quantity.condition or not name:
                continue
            known = next((one for one in self._open if one.name == name), None) or next(
                (one for one in reversed(self._known) if same_name(one.name, name)), None
            )
            if known and fits(quantity, known.limits) and plausible(quantity, known.limits):
                line.used.add(index)
                yield from self._measured(line, quantity, known.limits, known.name)

    def _bind_open(self, line: Line) -> Iterator[Measurement]:
        """A reading line below limits that have no value of their own yet."""
        free = [q for i, q in enumerate(line.quantities) if i not in line.used and not q.condition]
        if not self._open or not free or not is_reading(line, free):
            return
        free = [q for q in free if not is_time(q) or any(is_time(q, one.limits) for one in self._open)]
        if not free:
            return
        part = part_label(self._text(line.start, line.start + free[0].start))
        for quantity, one in self._matched(free):
            yield from self._measured(line, quantity, one.limits, one.title or one.name, part)

    def _matched(self, free: list[Quantity]) -> Iterator[tuple[Quantity, _Open]]:
        if len(self._open) == 1:
            if len(free) == 1 and fits(free[0], self._open[0].limits) and plausible(free[0], self._open[0].limits):
                yield free[0], self._open[0]
            return
        for quantity in free:
            same_unit = [one for one in self._open if quantity.unit and same_quantity(quantity.unit, one.limits.unit)]
            if len(same_unit) == 1:
                yield quantity, same_unit[0]
            elif not same_unit and len(free) == len(self._open) and _all_fit(free, self._open):
                yield quantity, self._open[free.index(quantity)]

    def _remember(self, line: Line) -> None:
        stated = [self._stated(line, one) for one in line.limits]
        self.stated += [
            Stated(one.name or one.title, one.limits, self._evidence(line).start)
            for i, one in enumerate(stated)
            if i not in line.bound
        ]
        self._known += [one for one in stated if one.name]
        orphans = [one for i, one in enumerate(stated) if i not in line.bound and demands(line, line.limits[i])]
        if (
            line.limits
            and not orphans
            and any(bounds(one.limits) in {bounds(own.limits) for own in line.limits} for one in self._open)
        ):
            return
        if line.limits:
            self._open = (
                [*self._open, *orphans] if self._open and orphans and self._within_line(line.start) else orphans
            )
        elif line.quantities and not line.used and not is_reading(line, line.quantities):
            self._open = []

    def _stated(self, line: Line, one: FoundLimits) -> _Open:
        title = title_before(self._text(line.start, line.start + one.start)) if len(line.limits) == 1 else ""
        name = self._name(line, one.start)
        heading = title if name in title else f"{title[:60]} {name}".strip()
        return _Open(name, one.limits, heading or self._heading)

    def _within_line(self, start: int) -> bool:
        """Whether something stands before ``start`` on its line."""
        return bool(self._masked[self._masked.rfind("\n", 0, start) + 1 : start].strip())

    def _name(self, line: Line, before: int) -> str:
        """The words before an offset, back to the previous number or limit."""
        ends = [one.end for one in line.limits if one.end <= before] + [
            q.end for q in line.quantities if q.end <= before
        ]
        start = max(ends, default=0)
        return name_before(self._text(line.start + start, line.start + before))

    def _measured(
        self, line: Line, quantity: Quantity, limits: Limits | None, name: str, part: str = ""
    ) -> Iterator[Measurement]:
        evidence = self._evidence(line)
        for value in quantity.values:
            yield Measurement(
                characteristic=name,
                value=value.number,
                limits=limits,
                evidence=evidence,
                unit=value.unit or quantity.unit,
                text=self._text(line.start + value.start, line.start + value.end),
                remark=evidence,
                problem=None if value.number is not None else Doubt.AMBIGUOUS_NUMBER,
                part=part,
            )

    def _evidence(self, line: Line) -> Span:
        text = self._text(line.start, line.start + len(line.masked))[:_MAX_EVIDENCE]
        lead = len(text) - len(text.lstrip())
        return Span(text.strip(), self._span.start + line.start + lead)

    def _text(self, start: int, end: int) -> str:
        return self._span.text[start:end]


def _all_fit(free: list[Quantity], opened: list[_Open]) -> bool:
    return all(fits(q, one.limits) and plausible(q, one.limits) for q, one in zip(free, opened, strict=True))

"""Measurements and lot samples in free text, English, Chinese and mixed.

A number becomes a measurement only next to limits: ``bore 25.08, tolerance 25.00-25.05``, ``22 µm (18-28)``,
``max .015: .008 .006``. Limits without a value of their own hold for the reading lines below them.
In doubt there is no measurement rather than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import fold
from edge_app.domain.report import Limits, LotSample, Measurement
from edge_app.domain.tolerance import FoundLimits, find_limits
from edge_app.domain.units import same_quantity
from edge_app.domain.verdict import Doubt, Span
from edge_app.intake.readers.prose_lots import find_lots, plan_spans
from edge_app.intake.readers.prose_names import VALUE_CUE, name_before, part_label, same_name, title_before
from edge_app.intake.readers.prose_tokens import FILLER, Quantity, Value, blank, find_quantities, mask

_SEGMENT: Final = re.compile(r"[^\n。;；!！]+")
_SPEC_BEFORE: Final = re.compile(
    r"(?:\bspec(?:ification|ified)?|\btol(?:erance)?|\blimits?|\brequire(?:ment|d)|\breq|\ballow(?:ed|able)|\bpermitted|\bagainst|\bvs\.?|\bversus|"
    r"\bwindow|\brange|\bshould\s+be|\bmust\s+be|\bshall\s+be|\bdrawing|\bdrg|\bto\s+be|\bnominal|标准|规格书?|要求|公差|图纸?|规定的?|合同|协议|"
    r"允许|范围|应|限|技术条件|内控)[\s:：]*(?:is|are|of|为|是|在|值|says|:|书)?[\s:：]*$",
    re.IGNORECASE,
)
_SPEC_AFTER: Final = re.compile(
    r"\s*(?:spec\b|allowed|permitted|required|tolerance|之间|limits?\b|范围)", re.IGNORECASE
)
_FORWARD: Final = re.compile(
    rf"^[\s)\]]*(?:[:→=]|->|[,，]?\s*(?:{VALUE_CUE}))|(?:{VALUE_CUE}|:|->|→|=)\s*$", re.IGNORECASE
)
_GOOD_AFTER: Final = re.compile(r"^\s*\S{0,6}\s*[,(]?\s*(?:ok\b|pass|good|合格|符合|通过)", re.IGNORECASE)
_BAD_AFTER: Final = re.compile(
    r"^\s*\S{0,6}\s*[,(!]?\s*(?:ng\b|fail|not ok|reject|too low|不合格|不符|超差|偏低|不良)", re.IGNORECASE
)
_RELATION: Final = re.compile(r"\s*[^\s,;:()\d]{0,14}\s*")
_SLASH_PAIR: Final = re.compile(r"(?<![\d./])(\d*\.\d{3,})\s?/\s?(\d*\.\d{3,})(?![\d/])(?:\s?(in|IN|mm|\"))?")
_MAX_GAP: Final = 60
_WEAK_GAP: Final = 14
_MAX_EVIDENCE: Final = 300
_MAX_TEXT: Final = 200_000
"""Prose longer than this is a log, not a note; reading goes no further."""


@dataclass(frozen=True, slots=True)
class Prose:
    """What a piece of free text states in numbers. Spans are absolute in the report."""

    measurements: tuple[Measurement, ...] = ()
    lots: tuple[LotSample, ...] = ()


@dataclass(slots=True)
class _Line:
    """One clause while it is being read. Offsets are relative to the piece of text."""

    start: int
    masked: str
    limits: list[FoundLimits]
    quantities: list[Quantity]
    used: set[int] = field(default_factory=set)
    """Indices of quantities that are bound."""
    bound: set[int] = field(default_factory=set)
    """Indices of limits that are bound."""


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
    folded = fold(text)
    lots = tuple(find_lots(Span(text, span.start), folded))
    for start, end in plan_spans(folded):
        folded = blank(folded, start, end)
    return Prose(tuple(_Reader(Span(text, span.start), mask(folded), decimal_mark).measurements()), lots)


class _Reader:
    """Goes through a text clause by clause and remembers which limits are still open."""

    def __init__(self, span: Span, masked: str, mark: str) -> None:
        self._span = span
        self._masked = masked
        self._mark = mark
        self._open: list[_Open] = []
        self._known: list[_Open] = []
        self._last: _Line | None = None
        self._heading = ""

    def measurements(self) -> Iterator[Measurement]:
        """In the order of the text."""
        end = 0
        for match in _SEGMENT.finditer(self._masked):
            if re.search(r"\n[ \t\r]*\n", self._masked[end : match.start() + 1]) or not match.group().strip():
                self._open = []
            end = match.end()
            if any(char.isdigit() for char in match.group()):
                yield from self._segment(match)
                self._heading = ""
            elif match.group().strip():
                self._heading = title_before(self._text(*match.span()))

    def _segment(self, match: re.Match[str]) -> Iterator[Measurement]:
        line = self._line(match)
        own = [*self._bind_back(line), *self._bind_near(line)]
        yield from own
        yield from self._bind_named(line)
        if not line.limits and not own:
            yield from self._bind_open(line)
        self._remember(line)

    def _line(self, match: re.Match[str]) -> _Line:
        text = match.group()
        limits = [one for one in find_limits(text, decimal_mark=self._mark) if _is_limit(one, text)]
        limits = limits or _slash_pair(text)
        rest = text
        for one in limits:
            rest = blank(rest, one.start, one.end)
        return _Line(match.start(), text, limits, [*find_quantities(rest, self._mark)])

    def _bind_near(self, line: _Line) -> Iterator[Measurement]:
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

    def _partner(self, line: _Line, index: int) -> tuple[int, Limits] | None:
        """The quantity that a limit belongs to: the one before it, or after it when the text points there."""
        limits = line.limits[index]
        left = line.limits[index - 1].end if index else 0
        right = line.limits[index + 1].start if index + 1 < len(line.limits) else len(line.masked)
        after = next(
            (i for i, q in enumerate(line.quantities) if limits.end <= q.start < right and i not in line.used), None
        )
        if after is not None and _points(line, limits, line.quantities[after]):
            return (after, limits.limits) if _fits(line.quantities[after], limits.limits) else None
        before = [
            i for i, q in enumerate(line.quantities) if left <= q.start and q.end <= limits.start and i not in line.used
        ]
        for i in reversed(before[-3:]):
            stated = _backward(line, line.quantities[i], limits)
            if stated is not None:
                return i, stated
        if after is not None and not before and _follows(line, limits, line.quantities[after]):
            return after, limits.limits
        return None

    def _bind_back(self, line: _Line) -> Iterator[Measurement]:
        """``bow 0.6 mm; max 0.5``: limits alone in their clause belong to the clause before on the same line."""
        last = self._last
        self._last = line
        if last is None or len(line.limits) != 1 or line.quantities or not self._same_line(line) or last.limits:
            return
        free = [q for i, q in enumerate(last.quantities) if i not in last.used and not q.condition]
        words = blank(line.masked, line.limits[0].start, line.limits[0].end).replace(FILLER, "").strip()
        if len(words) <= _WEAK_GAP and len(free) == 1 and _strong(free[0]) and _fits(free[0], line.limits[0].limits):
            line.bound.add(0)
            yield from self._measured(last, free[0], line.limits[0].limits, self._name(last, free[0].start))

    def _bind_named(self, line: _Line) -> Iterator[Measurement]:
        """Values of a characteristic whose limits were stated further up: ``re-check: DFT 82-95 µm``."""
        for index, quantity in enumerate(line.quantities):
            name = self._name(line, quantity.start)
            if index in line.used or quantity.condition or not name:
                continue
            known = next((one for one in self._open if one.name == name), None) or next(
                (one for one in reversed(self._known) if same_name(one.name, name)), None
            )
            if known and _fits(quantity, known.limits) and _plausible(quantity, known.limits):
                line.used.add(index)
                yield from self._measured(line, quantity, known.limits, known.name)

    def _bind_open(self, line: _Line) -> Iterator[Measurement]:
        """A reading line below limits that have no value of their own yet."""
        free = [q for i, q in enumerate(line.quantities) if i not in line.used and not q.condition]
        if not self._open or not free or not _is_reading(line, free):
            return
        part = part_label(self._text(line.start, line.start + free[0].start))
        for quantity, one in self._matched(line, free):
            yield from self._measured(line, quantity, one.limits, one.title or one.name, part)

    def _matched(self, line: _Line, free: list[Quantity]) -> Iterator[tuple[Quantity, _Open]]:
        if len(self._open) == 1:
            if len(free) == 1 and _fits(free[0], self._open[0].limits) and _plausible(free[0], self._open[0].limits):
                yield free[0], self._open[0]
            return
        for quantity in free:
            same_unit = [one for one in self._open if quantity.unit and same_quantity(quantity.unit, one.limits.unit)]
            if len(same_unit) == 1:
                yield quantity, same_unit[0]
            elif not same_unit and len(free) == len(self._open) and _all_fit(free, self._open):
                yield quantity, self._open[free.index(quantity)]

    def _remember(self, line: _Line) -> None:
        stated = [self._stated(line, one) for one in line.limits]
        self._known += [one for one in stated if one.name]
        orphans = [one for i, one in enumerate(stated) if i not in line.bound]
        if (
            line.limits
            and not orphans
            and any(_bounds(one.limits) in {_bounds(own.limits) for own in line.limits} for one in self._open)
        ):
            return
        if line.limits:
            self._open = [*self._open, *orphans] if self._open and orphans and self._same_line(line) else orphans
        elif line.quantities and not line.used and not _is_reading(line, line.quantities):
            self._open = []

    def _stated(self, line: _Line, one: FoundLimits) -> _Open:
        title = title_before(self._text(line.start, line.start + one.start)) if len(line.limits) == 1 else ""
        name = self._name(line, one.start)
        return _Open(name, one.limits, title if name in title else f"{title[:60]} {name}".strip())

    def _same_line(self, line: _Line) -> bool:
        return "\n" not in self._masked[max(0, self._masked.rfind("\n", 0, line.start)) + 1 : line.start]

    def _name(self, line: _Line, before: int) -> str:
        """The words before an offset, back to the previous number or limit."""
        ends = [one.end for one in line.limits if one.end <= before] + [
            q.end for q in line.quantities if q.end <= before
        ]
        start = max(ends, default=0)
        return name_before(self._text(line.start + start, line.start + before))

    def _measured(
        self, line: _Line, quantity: Quantity, limits: Limits, name: str, part: str = ""
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

    def _evidence(self, line: _Line) -> Span:
        text = self._text(line.start, line.start + len(line.masked))[:_MAX_EVIDENCE]
        lead = len(text) - len(text.lstrip())
        return Span(text.strip(), self._span.start + line.start + lead)

    def _text(self, start: int, end: int) -> str:
        return self._span.text[start:end]


def _is_limit(found: FoundLimits, text: str) -> bool:
    """A range is a limit only where the text says so; otherwise it is the spread of readings."""
    if found.form != "range":
        return True
    before, after = text[max(0, found.start - 24) : found.start], text[found.end : found.end + 12]
    opened = max(before.rfind("("), before.rfind("["))
    if opened > max(before.rfind(")"), before.rfind("]")) or text[found.start] == "[":
        return True
    if re.search(r"min|max|[<≤>≥限]", found.limits.text, re.IGNORECASE):
        return True
    return _SPEC_BEFORE.search(before) is not None or _SPEC_AFTER.match(after) is not None


def _bounds(limits: Limits) -> tuple[Decimal | None, Decimal | None]:
    return limits.lower, limits.upper


def _slash_pair(text: str) -> list[FoundLimits]:
    """``BORE .7500/.7506 IN``: two close numbers of three decimals or more and nothing else."""
    pairs = [*_SLASH_PAIR.finditer(text)]
    if len(pairs) != 1 or re.search(r"\d\.\d|\.\d", text.replace(pairs[0].group(), "")):
        return []
    lower, upper = Decimal(pairs[0][1]), Decimal(pairs[0][2])
    if not lower < upper < lower * Decimal("1.02"):
        return []
    limits = Limits(lower, upper, None, pairs[0][3] or "", pairs[0].group().strip())
    return [FoundLimits(pairs[0].start(), pairs[0].end(), limits, "range")]


def _points(line: _Line, limits: FoundLimits, quantity: Quantity) -> bool:
    """Whether the text between points forward: ``max .015: .008``, ``limit 0.10, found 0.14``."""
    gap = line.masked[limits.end : quantity.start]
    return len(gap) <= _MAX_GAP and _FORWARD.search(gap) is not None and not quantity.condition


def _follows(line: _Line, limits: FoundLimits, quantity: Quantity) -> bool:
    """A value right after limits without a word between: same unit or decimals on both sides."""
    gap = line.masked[limits.end : quantity.start]
    if not re.fullmatch(r"[\s,，、)\]]{0,6}", gap) or quantity.condition or not _fits(quantity, limits.limits):
        return False
    same_unit = bool(quantity.unit) and quantity.unit == limits.limits.unit
    return (same_unit or (_has_decimals(quantity) and "." in limits.limits.text)) and _plausible(
        quantity, limits.limits
    )


def _backward(line: _Line, quantity: Quantity, limits: FoundLimits) -> Limits | None:
    """The limits as they hold for the quantity before them, None when they do not belong to it."""
    gap = line.masked[quantity.end : limits.start]
    if quantity.condition or len(gap) > _MAX_GAP or not _fits(quantity, limits.limits):
        return None
    if gap.count(")") > gap.count("("):
        return None
    bracketed = re.match(r"[^,;]{0,30}[(\[]", gap) is not None
    if not bracketed and not (_near_enough(gap, quantity, limits) and _plausible(quantity, limits.limits)):
        return None
    if limits.form == "sign" and line.masked[limits.start] in "<>≤≥" and _RELATION.fullmatch(gap):
        return _relation(line, limits)
    return limits.limits


def _near_enough(gap: str, quantity: Quantity, limits: FoundLimits) -> bool:
    """A bare integer may be a count or a name: it needs a word like ``spec``, or limits of its size beside it."""
    if _strong(quantity) or _SPEC_BEFORE.search(gap):
        return True
    bound = limits.limits.upper if limits.limits.upper is not None else limits.limits.lower
    alike = (
        bound is not None and bound != 0 and all(_within(v, abs(bound) / 4, abs(bound) * 4) for v in quantity.values)
    )
    return alike and not limits.limits.unit and len(gap.strip(FILLER)) <= _WEAK_GAP


def _relation(line: _Line, limits: FoundLimits) -> Limits | None:
    """``0.12 > 0.10`` states the relation between value and limit: which side is good, the words around say."""
    rest = line.masked[limits.end :]
    stated = limits.limits
    if stated.lower is not None and line.masked[limits.start] == ">" and not _GOOD_AFTER.match(rest):
        return replace(stated, lower=None, upper=stated.lower, lower_open=False)
    if stated.upper is not None and line.masked[limits.start] == "<" and _BAD_AFTER.match(rest):
        return replace(stated, upper=None, lower=stated.upper, upper_open=False)
    return stated


def _fits(quantity: Quantity, limits: Limits) -> bool:
    """Units do not speak against it."""
    if not quantity.unit or not limits.unit or quantity.unit == limits.unit:
        return True
    return same_quantity(quantity.unit, limits.unit) is not False


def _plausible(quantity: Quantity, limits: Limits) -> bool:
    """Same order of magnitude, where units are not given on both sides."""
    if quantity.unit and limits.unit:
        return True
    bounds = [abs(bound) for bound in (limits.lower, limits.upper) if bound]
    if limits.lower is None or limits.upper is None or not bounds:
        return True
    return all(_within(value, min(bounds) / 4, max(bounds) * 4) for value in quantity.values)


def _within(value: Value, low: Decimal, high: Decimal) -> bool:
    return value.number is None or low <= abs(value.number) <= high


def _all_fit(free: list[Quantity], opened: list[_Open]) -> bool:
    return all(_fits(q, one.limits) and _plausible(q, one.limits) for q, one in zip(free, opened, strict=True))


def _strong(quantity: Quantity) -> bool:
    """A unit, decimals or a list: hardly a count."""
    return bool(quantity.unit) or _has_decimals(quantity) or len(quantity.values) > 1


def _has_decimals(quantity: Quantity) -> bool:
    """As written: 8.0 has decimals."""
    return any(value.number is not None and value.number.as_tuple().exponent != 0 for value in quantity.values)


def _is_reading(line: _Line, free: list[Quantity]) -> bool:
    """A line that is values with a short label: ``bar 3: 41 s``, ``1 front tab 9.4``, ``读数 4.6 4.9``."""
    label = line.masked[: free[0].start]
    words = label.replace(FILLER, "").strip(" \t\u3000:=.,-*()")
    if len(words) > 24 or len(re.findall(r"[A-Za-z]{2,}", words)) > 4:  # noqa: PLR2004 - a label, not a sentence
        return False
    if FILLER in label or not words or label.rstrip().endswith(("=", "→")):
        return True
    tail = line.masked[free[-1].end :].replace(FILLER, "").strip()
    if len(tail) > _WEAK_GAP or not _strong(free[0]):
        return False
    indexed = label.rstrip().endswith(":")
    cue = re.search(rf"(?:{VALUE_CUE})\s*[:：]?\s*$", label, re.IGNORECASE) is not None
    return indexed or cue or sum(len(quantity.values) for quantity in free) >= 3  # noqa: PLR2004 - a list

"""The limits of one row or record: bounds, tolerances, a specification text, or stated once for all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import NUMBER, Number, fold, parse_number, to_decimal
from edge_app.domain.report import Limits
from edge_app.domain.tolerance import find_limits, parse_limits
from edge_app.domain.verdict import Doubt, Span
from edge_app.intake.readers.vocabulary import Heading, Vocabulary

LIMIT_ROLES: Final = frozenset(
    {"upper", "lower", "upper_tolerance", "lower_tolerance", "tolerance", "specification", "nominal"}
)
"""Columns that state what a value is held against."""
_PERCENT: Final = frozenset({"%", "pct", "percent"})
_COUNTED: Final = 50
"""A required number of things (castors, screws) is a small whole number."""
_RANGE: Final = re.compile(r"\s*([-+]?[\d.,]+)\s*(?:-|–|~|～|\.\.+|…|to|至|,\s|;|/|\s)\s*([-+]?[\d.,]+)\s*")
_LIMITING: Final = re.compile(r"lim|max|限|allow|permit|允许|不超", re.IGNORECASE)
_EITHER: Final = re.compile(r"\s+/\s+|[;；]|\s+or\s+|或者?")
_LABEL: Final = re.compile(r"[A-Za-z\u4e00-\u9fff]{2}|\(")
_DEVIATION: Final = re.compile(r"error|deviation|offset|shift|误差|偏差|偏移|差$", re.IGNORECASE)
_CLOSE: Final = 5
_TIMES: Final = re.compile(r"\d+\s?[-x×*]\s?(?=Ø|R?\d)|\d+\s?(?:处|孔|off|places)", re.IGNORECASE)
_SIZE: Final = re.compile(rf"(?<![A-Za-z\d.])Ø?({NUMBER})(?![\d°%])")
_DECIMAL: Final = re.compile(r"\d\.\d")
"""A value stands before the limits."""
_NAME_TAIL: Final = re.compile(r"(?<![\w.])(?=[Øφ(]?[\d.]*\d|[±≤≥<>＜＞])")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row under its heading."""

    heading: Heading
    role: str
    """What the heading means here, empty when it is not known."""
    text: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for all rows of a table, all records below a member."""

    words: Vocabulary
    decimal_mark: str = ""
    unit: str = ""
    """Of values and limits that name none."""
    limit_unit: str = ""
    """Of limits only: ``spec in mils``."""
    limits: Limits | None = None
    """Stated once for all rows that have none of their own."""
    title: str = ""
    """What the table or record is about: the characteristic where rows name none."""
    part: str = ""
    units_given: bool = False
    """Rows name their units: one that names none may be in any."""
    units_in_values: bool = False
    """... beside the numbers: ``3.31 V``."""
    inherited: bool = False
    """``limits`` are those of a record that holds its values as members."""
    listed: bool = False
    """One of several records: its header fields are not the report's."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row or record."""

    cells: tuple[Cell, ...]
    evidence: Span
    context: Context

    def all(self, *roles: str) -> Iterator[Cell]:
        """Cells with content in one of these roles."""
        return (cell for cell in self.cells if cell.role in roles and not self.context.words.blank(cell.text))

    def first(self, *roles: str) -> Cell | None:
        """The first of ``all``."""
        return next(self.all(*roles), None)

    def number(self, text: str) -> Number:
        """The number in ``text`` by the decimal mark of the file."""
        return parse_number(text, decimal_mark=self.context.decimal_mark)

    @property
    def name(self) -> str:
        """Of the characteristic, as far as the row has it."""
        return " ".join(cell.text.strip() for cell in self.all("characteristic", "defect"))


def row_limits(row: Row, first_value: Decimal | None) -> Limits | None:
    """The limits of ``row``, None when it has none. ``first_value`` decides what a lone tolerance is."""
    limits = _bounds(row) or _toleranced(row, first_value) or _specified(row, first_value) or _named(row)
    limits = _with_remark(limits or row.context.limits, row)
    if limits is None or limits.unit:
        return limits
    unit = row.first("unit")
    return replace(limits, unit=(unit.text.strip() if unit else "") or row.context.limit_unit or row.context.unit)


def ambiguous_limits(row: Row) -> Doubt | None:
    """AMBIGUOUS_NUMBER where a bound can be read in two ways; the limits then hold one of the two."""
    cells = row.all("upper", "lower")
    doubts = [
        row.number(cell.text).problem for cell in cells if parse_number(cell.text, decimal_mark=".").value is not None
    ]
    return Doubt.AMBIGUOUS_NUMBER if Doubt.AMBIGUOUS_NUMBER in doubts else None


def bounded(limits: Limits | None) -> bool:
    """Whether there is anything to keep."""
    return limits is not None and (limits.lower is not None or limits.upper is not None or bool(limits.alternatives))


def _bounds(row: Row) -> Limits | None:
    cells = {role: row.first(role) for role in ("lower", "upper")}
    lower, upper = (_one_bound(row, cell, role) for role, cell in cells.items())
    if lower is None and upper is None:
        return None
    nominal = row.first("nominal")
    unit = next((cell.heading.unit for cell in cells.values() if cell and cell.heading.unit), "")
    given = lower or upper
    if lower and upper and lower.lower == upper.upper == 0:
        return None
    return Limits(
        lower=lower.lower if lower else None,
        upper=upper.upper if upper else None,
        nominal=row.number(nominal.text).value if nominal else None,
        unit=(given.unit if given else "") or unit,
        text=" … ".join(cell.text.strip() for cell in cells.values() if cell),
        lower_open=bool(lower and lower.lower_open),
        upper_open=bool(upper and upper.upper_open),
    )


def _one_bound(row: Row, cell: Cell | None, role: str) -> Limits | None:
    """A bound is a number, or a clause such as ``≥5``."""
    if cell is None:
        return None
    number = row.number(cell.text)
    if number.problem is Doubt.AMBIGUOUS_NUMBER:
        number = parse_number(cell.text, decimal_mark=".")
    if number.value is not None and not number.comparator:
        unit = _unit(row, number.unit)
        if number.unit and not unit:
            return None
        return Limits(lower=number.value, unit=unit) if role == "lower" else Limits(upper=number.value, unit=unit)
    limits = parse_limits(cell.text, decimal_mark=row.context.decimal_mark)
    return limits if limits is not None and getattr(limits, role) is not None else None


def _toleranced(row: Row, value: Decimal | None) -> Limits | None:
    plus, minus = (row.first(role) for role in ("upper_tolerance", "lower_tolerance"))
    nominal_cell = row.first("nominal") or (row.first("specification") if plus or minus else None)
    nominal = row.number(nominal_cell.text) if nominal_cell else Number(None)
    unit = (nominal_cell.heading.unit if nominal_cell else "") or _unit(row, nominal.unit)
    if (plus or minus) and nominal.value is not None:
        return _deviated(row, nominal.value, unit, plus, minus)
    if tolerance := row.first("tolerance"):
        return _around(row, tolerance, nominal.value, unit, value)
    if nominal_cell is None:
        return None
    text = parse_limits(nominal_cell.text, decimal_mark=row.context.decimal_mark, unit=unit)
    if text is None and nominal.value is not None and not row.first("specification"):
        form = row.context.words.upper_only(row.name)
        return Limits(upper=nominal.value if form else None, nominal=nominal.value, unit=unit, text=nominal_cell.text)
    return text


def _deviated(row: Row, nominal: Decimal, unit: str, plus: Cell | None, minus: Cell | None) -> Limits:
    upper = row.number(plus.text.lstrip("+ ")).value if plus else None
    lower = row.number(minus.text).value if minus else None
    if upper is not None and lower is not None and lower > 0 and lower >= upper:
        lower = -lower
    if lower is not None and lower > 0 and minus and minus.heading.name.strip().startswith("-"):
        lower = -lower
    return Limits(
        lower=None if lower is None else nominal + lower,
        upper=None if upper is None else nominal + upper,
        nominal=nominal,
        unit=unit,
        text=" ".join(cell.text.strip() for cell in (plus, minus) if cell),
    )


def _around(row: Row, cell: Cell, nominal: Decimal | None, unit: str, value: Decimal | None) -> Limits | None:
    """A tolerance cell: ``±0.1``, ``+0.1/0``, a whole specification, or a lone number."""
    nominal_unit, unit = unit, cell.heading.unit or unit
    if nominal is None and cell.text.strip()[:1] in {"±", "+", "-", "0"}:
        nominal = _nominal_of(row, value, cell.text)
    if both := _pair(row, cell):
        return replace(both, unit=unit)
    width = row.number(cell.text)
    if width.value is None or cell.text.strip()[:1] in {"±", "+", "-"} or width.comparator:
        return parse_limits(cell.text, decimal_mark=row.context.decimal_mark, unit=unit, nominal=nominal)
    if nominal:
        share = (cell.heading.unit or width.unit).casefold() in _PERCENT
        by = abs(nominal) * width.value / 100 if share else width.value
        return Limits(nominal - by, nominal + by, nominal, nominal_unit if share else unit, cell.text)
    if in_name := _named(row):
        return in_name
    if row.context.words.upper_only(row.name) or nominal is not None or (value is not None and value <= width.value):
        return Limits(upper=width.value, unit=unit or _unit(row, width.unit), text=cell.text)
    return None


def _specified(row: Row, first_value: Decimal | None) -> Limits | None:
    nominal_cell = row.first("nominal")
    nominal = row.number(nominal_cell.text).value if nominal_cell else None
    for cell in row.all("specification"):
        nominal = _nominal_of(row, first_value, cell.text) if nominal is None else nominal
        unit = cell.heading.unit or (nominal_cell.heading.unit if nominal_cell else "")
        limits = _alternatives(row, cell) or parse_limits(
            cell.text, decimal_mark=row.context.decimal_mark, unit=unit, nominal=nominal
        )
        limits = limits or _pair(row, cell) or _lone(row, cell)
        if limits is not None:
            return replace(limits, unit=limits.unit or unit)
    return None


def _nominal_of(row: Row, value: Decimal | None, tolerance: str) -> Decimal | None:
    """What a tolerance without a nominal is around: the size in the name, nothing where the value is a deviation."""
    named = _nominal_in_name(row)
    if named is not None and (value is None or abs(value - named) * _CLOSE <= abs(named)):
        return named
    if value is None:
        return None
    widths = [abs(width) for text in _SIZE.findall(fold(tolerance)) if (width := to_decimal(text)) is not None]
    deviates = bool(named) and abs(value) <= max(widths, default=Decimal(0)) * _CLOSE
    return Decimal(0) if deviates or _DEVIATION.search(row.name) else None


def _nominal_in_name(row: Row) -> Decimal | None:
    """``4-φ5.5``, ``bore 25``: the one size that the name of a characteristic gives."""
    sizes = _SIZE.findall(_TIMES.sub(" ", fold(row.name)))
    return to_decimal(sizes[0], row.context.decimal_mark) if len(sizes) == 1 else None


def _pair(row: Row, cell: Cell) -> Limits | None:
    """``[1175, 1195]``, ``225-275``, ``[null, 0.8]``."""
    plain = cell.text.strip().strip("[]()")
    sides = re.split(r",\s+", plain)
    match = _RANGE.fullmatch(plain)
    if len(sides) == 2 and any(row.context.words.blank(side) for side in sides):  # noqa: PLR2004 - low and high
        low, high = (row.number(side).value for side in sides)
        return Limits(low, high, text=cell.text) if (low is None) != (high is None) else None
    if match is None:
        return None
    low, high = (row.number(part).value for part in match.groups())
    if low is None or high is None or low > high:
        return None
    return Limits(low, high, text=cell.text)


def _alternatives(row: Row, cell: Cell) -> Limits | None:
    """``45~52 (8.8) / 64~72 (10.9)``: one of them holds, and the remark may say which."""
    parts = [part for part in _EITHER.split(cell.text) if any(char.isdigit() for char in part)]
    if len(parts) < 2 or not all(_LABEL.search(part) for part in parts):  # noqa: PLR2004 - one statement
        return None
    found = [parse_limits(part, decimal_mark=row.context.decimal_mark) or _nothing(part) for part in parts]
    known = tuple(limits for limits in found if limits is not None)
    if len(known) < len(parts):
        return None
    remark = row.first("remark")
    named = [one for one in known if remark and _core(one) in remark.text]
    return named[0] if len(named) == 1 else Limits(text=cell.text, alternatives=known)


def _core(limits: Limits) -> str:
    """The numbers of a statement as written: ``45~52`` of ``45~52 (8.8)``."""
    return re.sub(r"\s*\(.*", "", fold(limits.text)).strip()


def _nothing(part: str) -> Limits | None:
    """``visible 0``: none is allowed."""
    return Limits(upper=Decimal(0), text=part.strip()) if re.search(r"[^\d.,]\s*0\s*$", part) else None


def _lone(row: Row, cell: Cell) -> Limits | None:
    """A number without a sign: a limit under such a heading, a required count, otherwise only a nominal."""
    number = row.number(cell.text)
    if number.value is None:
        return None
    unit = _unit(row, number.unit)
    if _LIMITING.search(cell.heading.name) or number.value == 0 or row.context.words.upper_only(row.name):
        return Limits(upper=number.value, unit=unit, text=cell.text)
    whole = number.value == number.value.to_integral_value() and number.value <= _COUNTED
    counts = whole and row.context.words.counts(number.unit)
    return Limits(lower=number.value if counts else None, nominal=number.value, unit=unit, text=cell.text)


def _named(row: Row) -> Limits | None:
    """Limits in the name of the characteristic: ``台肩宽1 6±0.02``."""
    for cell in row.all("characteristic"):
        for match in _NAME_TAIL.finditer(cell.text):
            found = [*find_limits(cell.text[match.start() :], decimal_mark=row.context.decimal_mark)]
            if len(found) == 1 and bounded(found[0].limits) and not _DECIMAL.search(cell.text[: match.start()]):
                return found[0].limits
    return None


def _with_remark(limits: Limits | None, row: Row) -> Limits | None:
    """The other side of one-sided limits may stand in the remark and nothing else there: ``下限6.5``."""
    remark = row.first("remark")
    if limits is None or remark is None or len(remark.text) > 20 or (limits.lower is None) == (limits.upper is None):  # noqa: PLR2004
        return limits
    other = parse_limits(remark.text, decimal_mark=row.context.decimal_mark)
    if other is None or other.text.strip() != remark.text.strip():
        return limits
    if limits.lower is None and other.lower is not None and other.upper is None:
        return replace(limits, lower=other.lower, lower_open=other.lower_open)
    if limits.upper is None and other.upper is not None and other.lower is None:
        return replace(limits, upper=other.upper, upper_open=other.upper_open)
    return limits


def _unit(row: Row, text: str) -> str:
    return text if text and row.context.words.is_unit(text) else ""

"""One row of a table, or one record of a tree, to measurements and lot samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import NUMBER, Number, fold, parse_number
from edge_app.domain.report import Limits, LotSample, Measurement, conforms
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers.repeats import compared, converted
from edge_app.intake.readers.row_limits import Cell, Context, Row, ambiguous_limits, bounded, row_limits

_SEPARATOR: Final = re.compile(r"\s*(?:[~～、;|…]|/|\.\.+|至)\s*|\s*(?<=\d)\s*[-–—]\s*(?=\d)|,\s+|\s+")
_ASIDE: Final = re.compile(r"\s*\([^()]*\)\s*$")
_INTEGER: Final = re.compile(r"(?<![\d.,])\d{1,7}(?![\d]|[.,]\d)")
_ONE_NUMBER: Final = re.compile(NUMBER)
_UNKNOWN_UNIT: Final = re.compile(r"[?？]+|unknown|不明|未知|不清")
_MAX_VALUES: Final = 200
_FACTORS: Final = tuple(Decimal(text) for text in ("25.4", "0.03937", "1000", "0.001"))
"""Between the units that people mix up: inch and millimetre, mil and micrometre, steps of prefixes."""
_OPEN_UNIT: Final = re.compile(
    r"(?:没|未|不)\s?(?:写|注|标|说|知|清)[^,，。;；]{0,12}(?:单位|标尺|还是|哪)|(?:单位|标尺|刻度)\S{0,6}(?:没|未|不)\s?(?:写|注|标|知|清|明)"
    r"|(?:unit|scale)s?\s+(?:is\s+|was\s+|were\s+)?(?:not|un|missing|open|doubtful)|(?:no|which|what)\s+(?:unit|scale)|wrote\s+which",
    re.IGNORECASE,
)
"""``没写 A 型还是 D 型``, ``unit not written``."""
_NOT_DONE: Final = re.compile(r"没|未(?!见|发现)|待|尚|\b(?:not|no|pending|open|tbd|waiting)\b|[?？]", re.IGNORECASE)
"""In the place of a result: there is none yet."""
_NONE: Final = re.compile(r"nil|none|zero|no|clear|absent|无|未见|没有", re.IGNORECASE)
_SHORT: Final = 3
"""Letters after each number of a list: a unit, not a sentence."""
_LONGEST_WORD: Final = 6
"""A longer result in words says more than good or bad: ``不合格（2.5mm夹渣）``."""
_WHOLE: Final = re.compile(r"\d{1,7}\s?(?:pcs|ea|[件个只台处片])?")
_MAY_COUNT: Final = frozenset({"", "defect", "sequence", "stated", "remark", "characteristic"})
_TELLING: Final = frozenset({"", "remark"})
"""Roles whose cells say more than the measurement."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says."""

    measurements: tuple[Measurement, ...] = ()
    lots: tuple[LotSample, ...] = ()
    texts: tuple[Cell, ...] = ()
    """Cells with free text beside the numbers."""
    understood: bool = False
    """False: the whole row is free text."""


def read_row(row: Row) -> Reading:
    """The measurements or the lot sample of ``row``, and the text that stands beside them."""
    lot = _lot(row)
    if lot is not None:
        return Reading(lots=(lot,), texts=_texts(row, "found"), understood=True)
    measurements, texts = _measured(row)
    return Reading(measurements, texts=texts, understood=bool(measurements))


def loose_values(row: Row) -> Iterator[Measurement]:
    """Numbers under headings that mean nothing by themselves: values, if limits of that name are stated."""
    for cell in row.cells:
        if not cell.role and row.context.words.is_number(cell.text):
            number = row.number(cell.text)
            unit = _value_unit(row, cell, number)[0]
            part = row.name or _part(row) or row.cells[0].text
            yield Measurement(cell.heading.name, number.value, None, row.evidence, unit, cell.text.strip(), part=part)


def is_none(text: str) -> bool:
    """``nil``, ``无``: of what is limited from above there was none."""
    return _NONE.fullmatch(text.strip()) is not None


def numbers_in(text: str, decimal_mark: str) -> list[Number]:
    """The number, or the numbers of a list or range (``65.3~65.6``), that a value cell holds; none for text."""
    whole = parse_number(text, decimal_mark=decimal_mark)
    if whole.value is not None:
        return [whole]
    parts = [part for part in _SEPARATOR.split(_ASIDE.sub("", fold(text)).strip(" []()")) if part]
    if 1 < len(parts) <= _MAX_VALUES:
        numbers = [parse_number(part, decimal_mark=decimal_mark) for part in parts]
        if all(
            number.value is not None and number.problem is None and len(number.unit) <= _SHORT for number in numbers
        ):
            return numbers
    return _inner_number(text, decimal_mark)


def _inner_number(text: str, decimal_mark: str) -> list[Number]:
    """The only number of a short text: ``长18mm``. Ambiguous numbers stay in, with their problem."""
    folded = fold(text)
    found = list(_ONE_NUMBER.finditer(folded))
    if len(found) != 1 or len(folded) > 16 or re.search(r"[A-Za-z][-_.]?\d|#", folded):  # noqa: PLR2004 - a value, not a sentence
        return []
    number = parse_number(folded[found[0].start() :], decimal_mark=decimal_mark)
    return [number] if number.problem is not Doubt.MISSING_DATA else []


def _lot(row: Row) -> LotSample | None:
    accept, reject = (_count(row.first(role)) for role in ("accept", "reject"))
    if accept is None and (both := row.first("accept_reject")):
        pair = [int(digits) for digits in _INTEGER.findall(both.text)]
        accept, reject = pair if len(pair) == 2 else (None, None)  # noqa: PLR2004 - Ac and Re
    if accept is None:
        return None
    found = row.first("found") or row.first("value") or row.first("count") or _only_count(row)
    size = row.first("sample_size")
    return LotSample(
        name=_name(row),
        accept=accept,
        reject=accept + 1 if reject is None else reject,
        found=_count(found),
        evidence=row.evidence,
        size=_count(size),
    )


def _only_count(row: Row) -> Cell | None:
    """The one whole number left beside a plan, under whatever name: ``不良``, ``实得``, ``bad ones``."""
    left = [cell for cell in row.cells if cell.role in _MAY_COUNT and _WHOLE.fullmatch(cell.text.strip())]
    named = [cell for cell in left if not row.context.words.header(cell.heading.name)] or left
    return named[0] if len(named) == 1 else None


def _count(cell: Cell | None) -> int | None:
    """The one whole number of a cell: ``5``, ``轻微磕碰3件``."""
    if cell is None:
        return None
    digits = _INTEGER.findall(fold(cell.text).replace(" ", ""))
    return int(digits[0]) if len(digits) == 1 else None


def _measured(row: Row) -> tuple[tuple[Measurement, ...], tuple[Cell, ...]]:
    words, mark = row.context.words, row.context.decimal_mark
    outcomes = list(row.all("value", "stated"))
    statuses = [(cell, words.stated(cell.text)) for cell in outcomes]
    stated = [status for _, status in statuses if status is not None]
    readings = [
        (cell, number)
        for cell, status in statuses
        if status is None and cell.role == "value"
        for number in numbers_in(cell.text, mark)
    ]
    told = any(cell.role in {"value", "stated"} for cell in row.cells)
    if told and not stated and (remark := row.first("remark")) and (status := words.stated(remark.text)) is not None:
        stated = [status]
    limits = row_limits(row, readings[0][1].value if readings else None)
    if not readings and limits and limits.upper is not None and limits.lower is None:
        readings = [(cell, Number(Decimal(0))) for cell in row.cells if cell.role == "value" and is_none(cell.text)]
    texts = _texts(row, "")
    several = len({cell.heading.name for cell, _ in readings}) > 1
    if readings:
        found = [_measurement(row, cell, number, limits, stated, several=several) for cell, number in readings]
        headings = [cell.heading.name for cell, _ in readings]
        found = converted(found) if several else found
        return tuple(compared(_blamed(found), headings, [_outside(each) for each in found])), texts
    return _without_number(row, limits, stated, [cell for cell, status in statuses if status is None], texts)


def _measurement(
    row: Row, cell: Cell, number: Number, limits: Limits | None, stated: list[Status], *, several: bool
) -> Measurement:
    unit, problem = _value_unit(row, cell, number)
    if limits and limits.lower is not None and limits.upper is not None and limits.lower > limits.upper:
        problem = Doubt.CONTRADICTION
    remark = row.first("remark")
    if not unit and (_may_be_in_any_unit(row, number, limits) or _unit_is_open(row, number, limits)):
        problem = Doubt.UNIT_CLASH
    return Measurement(
        characteristic=_name(row, cell),
        value=number.value,
        limits=_or_in_value(limits, cell, row),
        evidence=row.evidence,
        unit=unit,
        text=cell.text.strip(),
        stated=_one_status(stated),
        remark=remark.span if remark else None,
        problem=number.problem or problem or ambiguous_limits(row),
        part=cell.heading.name if several and row.first("part") is None else _part(row),
    )


def _may_be_in_any_unit(row: Row, number: Number, limits: Limits | None) -> bool:
    """Units are written here but not for this value, and in which it is decides."""
    blank = row.context.units_given and any(cell.role == "unit" for cell in row.cells) and row.first("unit") is None
    value = number.value
    if not (blank or row.context.units_in_values) or limits is None or value is None:
        return False
    return bool(blank and limits.unit) or (
        not conforms(value, limits) and any(conforms(value * f, limits) for f in _FACTORS)
    )


def _unit_is_open(row: Row, number: Number, limits: Limits | None) -> bool:
    """The row itself says that unit or scale of a value outside its limits are not known."""
    told = any(_OPEN_UNIT.search(cell.text) for cell in row.cells if cell.role in _TELLING)
    return told and limits is not None and number.value is not None and not conforms(number.value, limits)


def _blamed(found: list[Measurement]) -> list[Measurement]:
    """A row's verdict ``NG`` over several values is about those outside the limits, when there are any."""
    outside = [each for each in found if _outside(each)]
    if not outside or found[0].stated is not Status.FAIL:
        return found
    return [each if each in outside else replace(each, stated=None) for each in found]


def _outside(measurement: Measurement) -> bool:
    limits, value = measurement.limits, measurement.value
    return limits is not None and value is not None and not conforms(value, limits)


def _without_number(
    row: Row, limits: Limits | None, stated: list[Status], words: list[Cell], texts: tuple[Cell, ...]
) -> tuple[tuple[Measurement, ...], tuple[Cell, ...]]:
    """A row that states a result in words, or none at all although it has limits."""
    remark = row.first("remark")
    base = Measurement(_name(row), None, None, row.evidence, remark=remark.span if remark else None, part=_part(row))
    if stated:
        problem = None if words else _disagreement(_judgements(row))
        told = [cell for cell in row.all("value", "stated") if cell in words or len(cell.text) > _LONGEST_WORD]
        return (replace(base, stated=_one_status(stated), problem=problem),), (*texts, *told)
    if any(cell.role == "stated" and _NOT_DONE.search(cell.text) for cell in row.cells):
        return (replace(base, problem=Doubt.UNDECIDED),), (*texts, *words)
    required = row.first("specification", "nominal")
    if words and required and words[0].text.strip() == required.text.strip():
        return (replace(base, stated=Status.PASS, text=words[0].text.strip()),), texts
    if not bounded(limits) or not any(cell.role == "value" for cell in row.cells):
        return (), ()
    problem = Doubt.UNREADABLE if words else Doubt.MISSING_DATA
    return (replace(base, limits=limits, problem=problem, text=words[0].text if words else ""),), (*texts, *words)


def _texts(row: Row, *roles: str) -> tuple[Cell, ...]:
    """Cells that are not used up by the measurement: remarks, unknown columns, and ``roles``."""
    return tuple(
        cell
        for cell in row.cells
        if (cell.role in _TELLING or cell.role in roles)
        and not row.context.words.blank(cell.text)
        and (row.context.words.stated(cell.text) is None or len(cell.text) > _LONGEST_WORD)
        and re.search(r"[^\W\d_]{2}|[㐀-鿿]", cell.text)
    )


def _name(row: Row, cell: Cell | None = None) -> str:
    """The characteristic: the row's own name, else what the value's heading adds, else the title."""
    stem = cell.heading.stem if cell else ""
    if name := row.name:
        inferred = any("characteristic" not in other.heading.roles for other in row.all("characteristic"))
        return f"{name} {stem}" if stem and cell and (cell.heading.roles or inferred) else name
    codes = [other.text.strip() for other in row.all("index") if not row.context.words.is_number(other.text)]
    counts = [other.heading.name for other in row.cells if not other.role and row.context.words.is_number(other.text)]
    return " ".join(dict.fromkeys(part for part in (row.context.title, stem, *codes, *counts[:3]) if part))


def _part(row: Row) -> str:
    return " ".join(cell.text.strip() for cell in row.all("part")) or row.context.part


def _value_unit(row: Row, cell: Cell, number: Number) -> tuple[str, Doubt | None]:
    """Unit of a value: its own, its column's, the unit column's, the gauge's, the table's."""
    words = row.context.words
    if number.unit and words.is_unit(number.unit):
        return number.unit, None
    column = row.first("unit")
    if column and _UNKNOWN_UNIT.fullmatch(column.text.strip()):
        return "", Doubt.UNIT_CLASH
    gauge = row.first("gauge")
    of_gauge = words.unit_in(gauge.text) if gauge and not cell.heading.unit else ""
    return cell.heading.unit or of_gauge or (column.text.strip() if column else "") or row.context.unit, None


def _or_in_value(limits: Limits | None, cell: Cell, row: Row) -> Limits | None:
    """Limits that stand behind the value in its own cell: ``72.018（72 +0.03/0）``."""
    if bounded(limits):
        return limits
    folded = fold(cell.text)
    if "(" not in folded:
        return limits
    aside = Cell(cell.heading, "specification", cell.text[folded.index("(") :].strip(" ()（）"), cell.span)
    own = row_limits(replace(row, cells=(aside,), context=replace(row.context, limits=None)), None)
    return own if bounded(own) else limits


def _one_status(stated: list[Status]) -> Status | None:
    return max(stated, key=lambda status: status.rank) if stated else None


def _judgements(row: Row) -> list[Status]:
    """One status a judge: columns numbered ``1, 2, 3`` are parts, and the worst part is what that judge says."""
    judges: dict[str, list[Status]] = {}
    for cell in row.all("value", "stated"):
        status = row.context.words.stated(cell.text)
        if status is not None:
            judges.setdefault(cell.heading.name.strip(" #0123456789"), []).append(status)
    return [max(each, key=lambda status: status.rank) for each in judges.values()]


def _disagreement(stated: list[Status]) -> Doubt | None:
    return Doubt.CONTRADICTION if len(set(stated)) > 1 else None


__all__ = ["Cell", "Context", "Reading", "Row", "numbers_in", "read_row"]

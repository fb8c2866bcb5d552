"""What a column means by what stands in it, where its heading does not say.

Cells that read like limits are limits; numbers near the limits of their rows are values, whatever the
heading: ``part 1``, ``cav A``, ``T2``. Row numbers and serials are not near limits that differ by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from edge_app.domain.report import Limits, near
from edge_app.domain.tolerance import find_limits
from edge_app.intake.readers.columns import Column
from edge_app.intake.readers.row_limits import LIMIT_ROLES, Cell, Context, Row, bounded, row_limits
from edge_app.intake.readers.table_layout import Line

_MOST: Final = 0.6
_NEARLY_ALL: Final = 0.8
_VARIED: Final = 3
"""So many different limits that numbers near all of them are no coincidence."""
_STAYS: Final = frozenset({"value", "stated", "unit", "sequence", "time"})
_PLAN: Final = frozenset({"accept", "reject", "found", "sample_size"})
_LONGEST_CELL: Final = 40


def informed(columns: list[Column], rows: list[Line], context: Context) -> list[Column]:
    """``columns`` with the roles that their content shows."""
    columns = _specified(columns, rows, context)
    columns = _valued(columns, rows, context)
    return _named(columns, rows, context)


def _specified(columns: list[Column], rows: list[Line], context: Context) -> list[Column]:
    """A column of ``35 +0.025/0`` and ``≤0.1`` is the specification under any heading."""
    if any(column.role in LIMIT_ROLES for column in columns):
        return columns
    for at, column in enumerate(columns):
        texts = [line.text(at) for line in rows if not context.words.blank(line.text(at))]
        if column.role or not texts:
            continue
        reads = [
            text
            for text in texts
            if len(text) < _LONGEST_CELL
            and any(one.form != "range" or one.start == 0 for one in find_limits(text, cell=True))
        ]
        if len(reads) >= max(2, len(texts) * _MOST):
            return [*columns[:at], replace(column, role="specification"), *columns[at + 1 :]]
    return columns


def _valued(columns: list[Column], rows: list[Line], context: Context) -> list[Column]:
    if not any(column.role in LIMIT_ROLES for column in columns):
        return columns
    limits = [_limits_of(line, columns, context) for line in rows]
    sampling = {"accept", "reject"} <= {column.role for column in columns}
    has_value = any(column.role == "value" for column in columns)
    roles = [column.role for column in columns if column.role in LIMIT_ROLES]
    own = len(roles) > len(set(roles))  # each value has limits of its own
    found = []
    for at, column in enumerate(columns):
        stays = _STAYS | LIMIT_ROLES | ({"index"} if has_value else set()) | (_PLAN if sampling else set())
        free = column.role not in stays and not _counts_up([line.text(at) for line in rows])
        near = free and not own and _is_near(at, rows, limits, context, sure=has_value)
        found.append(replace(column, role="value") if near else column)
    return found if sampling or any(column.role == "value" for column in found) else _by_place(found, rows, context)


def _by_place(columns: list[Column], rows: list[Line], context: Context) -> list[Column]:
    """Without a value by name or size: the unknown columns of numbers, else what stands beside the limits."""
    for at, column in enumerate(columns):
        numeric = sum(context.words.is_number(line.text(at)) for line in rows) * 2 > len(rows)
        if not column.role and numeric:
            columns = [*columns[:at], replace(column, role="value"), *columns[at + 1 :]]
    last = max(at for at, column in enumerate(columns) if column.role in LIMIT_ROLES) + 1
    told = any(column.role in {"value", "stated"} for column in columns)
    if told or last >= len(columns) or columns[last].role:
        return columns
    return [*columns[:last], replace(columns[last], role="value"), *columns[last + 1 :]]


def _limits_of(line: Line, columns: list[Column], context: Context) -> Limits | None:
    cells = [
        Cell(column.heading, column.role, line.text(at), None)
        for at, column in enumerate(columns)
        if column.role in LIMIT_ROLES
    ]
    limits = row_limits(Row(tuple(cells), line.span, context), None)
    return limits if bounded(limits) else None


def _is_near(at: int, rows: Sequence[Line], limits: Sequence[Limits | None], context: Context, *, sure: bool) -> bool:
    pairs = [
        (value, one)
        for line, one in zip(rows, limits, strict=True)
        if one and (value := context.words.number(line.text(at), context.decimal_mark)) is not None
    ]
    both = [one for _, one in pairs if one.lower is not None and one.upper is not None]
    varied = len({(one.lower, one.upper) for one in both})
    whole = all(value == value.to_integral_value() for value, _ in pairs)
    if not pairs or (not both and (sure or whole)) or (sure and varied < _VARIED):
        return False
    share = sum(near(value, one) for value, one in pairs) / len(pairs)
    filled = sum(not context.words.blank(line.text(at)) for line in rows)
    return share >= (_NEARLY_ALL if sure else _MOST) and len(pairs) * 2 >= filled


def _counts_up(texts: list[str]) -> bool:
    """``1, 2, 3`` and ``10, 20, 30`` number the rows."""
    numbers = [int(text) for text in texts if text.strip().isdecimal()]
    different = list(dict.fromkeys(numbers))
    steps = {second - first for first, second in pairwise(different)}
    return len(different) > 1 and len(steps) == 1 and steps.pop() > 0 and len(numbers) * 2 > len(texts)


def _named(columns: list[Column], rows: list[Line], context: Context) -> list[Column]:
    """The first column of differing words names the rows."""
    if any(column.role in {"characteristic", "defect"} for column in columns):
        return columns
    end = next((at for at, column in enumerate(columns) if column.role == "value"), 0)
    for at, column in enumerate(columns[:end]):
        texts = [line.text(at) for line in rows if not context.words.blank(line.text(at))]
        words = [text for text in texts if any(char.isalpha() for char in text) and len(text) > 2]  # noqa: PLR2004 - a name, not a code
        if not column.role and len(words) > len(texts) * _MOST and len(set(words)) > 1:
            return [*columns[:at], replace(column, role="characteristic"), *columns[at + 1 :]]
    return columns

"""Which members of a record are its values, its limits and its name, by what stands in them.

``{"bolt": 5, "lo": 21.5, "hi": 26.5, "final": 17.9}``: a row number is a whole number away from the limits;
``{"压力MPa": 0.2, "保压s": 60, "泄漏mL/min": 1.1, "上限": 3.0}``: of several units the one beside the limit has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edge_app.domain.report import Limits, near
from edge_app.domain.tolerance import find_limits
from edge_app.domain.units import same_quantity
from edge_app.domain.verdict import Span
from edge_app.intake.readers.row_limits import LIMIT_ROLES, Cell, Context, Row, bounded, row_limits
from edge_app.intake.readers.rows import numbers_in
from edge_app.intake.readers.vocabulary import Vocabulary

_WHOLE: Final = re.compile(r"\d{1,4}")
_LONGEST_NAME: Final = 40


def specified(cells: list[Cell], words: Vocabulary) -> list[Cell]:
    """A member that reads like limits is the specification where no other is: ``T-dim="27.43±0.15"``."""
    if any(cell.role in LIMIT_ROLES for cell in cells):
        return cells
    reads = [
        cell
        for cell in cells
        if not cell.role and not words.header(cell.heading.name) and _reads_like_limits(cell.text)
    ]
    if len(reads) != 1:
        return cells
    return [replace(cell, role="specification") if cell is reads[0] else cell for cell in cells]


def values_among(unknown: Sequence[Cell], cells: Sequence[Cell], words: Vocabulary) -> list[Cell]:
    """Those of the numbers under ``unknown`` names that the record's limits are about."""
    limits = row_limits(Row(tuple(cells), Span("", 0), Context(words)), None)
    unknown = [cell for cell in unknown if limits is None or same_quantity(_unit(cell), limits.unit) is not False]
    if len(unknown) < 2:  # noqa: PLR2004 - nothing to choose
        return list(unknown)
    if limits is None or not bounded(limits) or limits.alternatives:
        return list(unknown)
    left = _without_numbering(unknown, limits)
    units = {cell.heading.unit for cell in left}
    if len(units) > 1 and len(units) == len(left):
        left = _beside_the_limit(left, cells, limits)
    return left


def named(cells: list[Cell], words: Vocabulary) -> list[Cell]:
    """The first text under an unknown name, where nothing else names the record: ``nm="VREF"``."""
    if any(cell.role in {"characteristic", "defect"} for cell in cells):
        return cells
    for at, cell in enumerate(cells):
        plain = any(char.isalpha() for char in cell.text) and not numbers_in(cell.text, "")
        code = any(char.isalpha() for char in cell.text) and cell.heading.name.isascii() and "_" in cell.text
        free = not cell.role and len(cell.text) <= _LONGEST_NAME and words.stated(cell.text) is None
        if free and (plain or code) and not words.header(cell.heading.name):
            return [*cells[:at], replace(cell, role="characteristic"), *cells[at + 1 :]]
    return cells


def deviating(cells: Sequence[Cell]) -> list[Cell]:
    """``"tolerance": "0/+18", "deviation": [4, 5, 6]``: deviations are held against a tolerance without a nominal."""
    roles = {cell.role for cell in cells}
    if "tolerance" not in roles or {"nominal", "value"} & roles:
        return []
    return [cell for cell in cells if cell.role == "sequence" and numbers_in(cell.text, "")]


def _unit(cell: Cell) -> str:
    return cell.heading.unit or next((one.unit for one in numbers_in(cell.text, "") if one.unit), "")


def _reads_like_limits(text: str) -> bool:
    found = [*find_limits(text, cell=True)] if len(text) <= _LONGEST_NAME else []
    whole = len(found) == 1 and found[0].start <= 1 and not any(char.isalnum() for char in text[found[0].end :])
    return whole and found[0].form in {"tolerance", "sign", "pair", "fit"}


def _without_numbering(unknown: Sequence[Cell], limits: Limits) -> list[Cell]:
    values = {id(cell): [one.value for one in numbers_in(cell.text, "") if one.value is not None] for cell in unknown}
    close = [cell for cell in unknown if any(near(value, limits) for value in values[id(cell)])]
    fractions = [cell for cell in unknown if not _WHOLE.fullmatch(cell.text.strip())]
    keep = fractions or close
    return [cell for cell in unknown if cell in keep or (cell in close and not fractions)] or list(unknown)


def _beside_the_limit(left: list[Cell], cells: Sequence[Cell], limits: Limits) -> list[Cell]:
    same = [cell for cell in left if limits.unit and cell.heading.unit == limits.unit]
    if same:
        return same
    order = [id(cell) for cell in cells]
    first = min(order.index(id(cell)) for cell in cells if cell.role in LIMIT_ROLES)
    before = [cell for cell in left if order.index(id(cell)) < first]
    return before[-1:] or left[:1]

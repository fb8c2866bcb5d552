"""The members of a record as cells of table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from edge_app.domain.numbers import NUMBER
from edge_app.intake.readers.record_values import deviating, named, specified, values_among
from edge_app.intake.readers.row_limits import LIMIT_ROLES, Cell
from edge_app.intake.readers.rows import numbers_in
from edge_app.intake.readers.vocabulary import Heading, Vocabulary, normalise

if TYPE_CHECKING:
    from edge_app.intake.readers.records import Node

_NUMERIC: Final = frozenset(["count", "found", "accept", "reject", "sample_size", "upper", "lower", "nominal"])
_SAMPLING: Final = frozenset({"accept", "reject", "sample_size"})
_TEXTUAL: Final = frozenset(["characteristic", "defect", "remark", "gauge", "unit"])
_EXTREMES: Final = {"maximum": "upper", "minimum": "lower"}
_LIMITS: Final = LIMIT_ROLES | _EXTREMES.keys()
_LEADING: Final = re.compile(rf"\s*{NUMBER}\s?([^\s,;.\d]{{1,6}})(?=[\s,;.]|$)")
_PAIR: Final = re.compile(rf"\s*{NUMBER}\s*,\s*{NUMBER}\s*")
_MAX_MEMBERS: Final = 200
"""A record with more members is a dictionary of something else."""


def record_rows(
    node: Node, words: Vocabulary, *, limits_given: bool, inherited: bool = False
) -> Iterator[tuple[Cell, ...]]:
    """The rows that a record's own members make: one for values with the same stem as a limit, one for the rest."""
    cells = _cells(node, words)
    if len(cells) > _MAX_MEMBERS:
        return
    for group in _stem_groups(cells, words):
        yield tuple(group)
        cells = [cell for cell in cells if all(cell.span is not used.span for used in group)]
    if inherited:
        cells = [replace(cell, role="value") if _is_text_of(cell, node, words) else cell for cell in cells]
    yield tuple(_settled(cells, words, limits_given=limits_given))


def scalar(node: Node) -> bool:
    """Whether a node is a list of numbers: one value, not a structure."""
    plain = all(not child.label and not child.children for child in node.children)
    texts = [child.text for child in node.children if child.text]
    return plain and bool(texts) and all(numbers_in(text, "") for text in texts)


def _cells(node: Node, words: Vocabulary) -> list[Cell]:
    cells = []
    if node.text.strip():
        heading = words.column(node.label)
        telling = {"specification", "value"}.intersection(heading.roles)
        cells.append(Cell(heading if telling else Heading(node.label, unit=heading.unit), "", node.text, node.span))
    for child in node.children:
        if scalar(child):
            text = ", ".join(item.text or "-" for item in child.children)
            cells.append(_cell(child, text, words))
        elif not child.children:
            cells.append(_cell(child, child.text, words))
        elif _part_of_row(child, words):
            cells.extend(_cell(member, member.text, words) for member in child.children)
    sampling = any("accept" in cell.heading.roles and numbers_in(cell.text, "") for cell in cells)
    return specified(_paired([replace(cell, role=_role(cell, words, sampling=sampling)) for cell in cells]), words)


def _part_of_row(node: Node, words: Vocabulary) -> bool:
    """``"limits": {"lower": 9.95, "upper": 10.05}``: an object that stands for one cell."""
    roles = words.column(node.label).roles
    inside = [set(words.column(child.label).roles) for child in node.children if not child.children]
    if any("accept" in each for each in inside) and any("reject" in each for each in inside):
        plain = len(inside) == len(node.children)
        return plain and all(each & _SAMPLING and "found" not in each for each in inside)
    whole = bool(LIMIT_ROLES.intersection(roles)) or "value" in roles
    known = LIMIT_ROLES | _EXTREMES.keys() | {"value", "unit"}
    return whole and all(
        not child.children and known.intersection(words.column(child.label).roles) for child in node.children
    )


def _cell(node: Node, text: str, words: Vocabulary) -> Cell:
    heading = words.column(node.label)
    unit_name = not heading.roles and node.label.isalpha() and len(node.label) > 1 and words.is_unit(node.label)
    if unit_name and len(numbers_in(text, "")) == 1 and not text[:1].isalpha():
        heading = Heading(node.label, ("value",), node.label)
    said = words.stated(node.label) if text in {"true", "false"} else None
    if said is not None:
        good = (text == "true") == (said.value == "PASS")
        return Cell(replace(heading, roles=("stated",)), "stated", "OK" if good else "NG", node.span)
    return Cell(heading, "", text, node.span)


def _role(cell: Cell, words: Vocabulary, *, sampling: bool) -> str:
    roles = cell.heading.roles
    numeric = words.is_number(cell.text) or (not cell.heading.roles and bool(numbers_in(cell.text, "")))
    if sampling:
        named = [role for role in ("sample_size", "found", "accept", "reject") if role in roles and numeric]
        if named:
            return named[0]
    blank = words.blank(cell.text)
    if {"value", "stated"} <= set(roles):
        return "stated" if words.stated(cell.text) is not None else "value"
    if not blank and not numeric and "index" in roles and "characteristic" in roles:
        return "characteristic"
    for role in roles:
        if role in {"accept", "reject", "sample_size"} and not sampling:
            continue
        if blank or not ((role in _NUMERIC and not numeric) or (role in _TEXTUAL and numeric)):
            return role
    return ""


def _stem_groups(cells: list[Cell], words: Vocabulary) -> Iterator[list[Cell]]:
    """``skew_mm`` with ``skew_max_mm``: a value and limits that share the start of their names."""
    limits = [cell for cell in cells if cell.role in _LIMITS and cell.heading.stem]
    for stem in dict.fromkeys(normalise(cell.heading.stem) for cell in limits):
        values = [
            led
            for cell in cells
            if cell.role in {"", "value"}
            and normalise(cell.heading.name).startswith(stem)
            and (led := _led_by_number(cell, words))
        ]
        if len(values) != 1:
            continue
        value = values[0]
        named = replace(value.heading, stem=value.heading.stem or value.heading.name)
        bounds = [
            replace(cell, role=_EXTREMES.get(cell.role, cell.role))
            for cell in limits
            if normalise(cell.heading.stem) == stem
        ]
        yield [replace(value, heading=named, role="value"), *bounds]


def _led_by_number(cell: Cell, words: Vocabulary) -> Cell | None:
    """``240 psi for 10 min, dry``: a value at the start of a text under the name of a limit."""
    if numbers_in(cell.text, ""):
        return cell
    match = _LEADING.match(cell.text)
    return replace(cell, text=match[0]) if match and words.is_unit(match[1]) else None


def _paired(cells: list[Cell]) -> list[Cell]:
    """``"paint_um": [50, 80]`` beside ``"paint_read_mil": 2.4``: two numbers of one stem are limits."""
    stems = {normalise(cell.heading.stem) for cell in cells if cell.role == "value" and cell.heading.stem}
    return [
        replace(cell, role="specification", text=f"[{cell.text}]")
        if not cell.role and normalise(cell.heading.stem) in stems and _PAIR.fullmatch(cell.text)
        else cell
        for cell in cells
    ]


def _settled(cells: list[Cell], words: Vocabulary, *, limits_given: bool) -> Iterator[Cell]:
    """Roles that depend on what else the record holds."""
    values = any(cell.role == "value" for cell in cells)
    own_limits = any(cell.role in _LIMITS and not words.blank(cell.text) for cell in cells)
    unknown = deviating(cells) or [cell for cell in cells if _may_be_value(cell, words)]
    if own_limits and not values:
        unknown = values_among(unknown, cells, words)
    if own_limits and (values or unknown):
        cells = named(cells, words)
    extremes = [cell for cell in cells if cell.role in _EXTREMES]
    statistics = (
        limits_given
        and not values
        and not unknown
        and len(extremes) == len([cell for cell in cells if cell.role in _LIMITS])
    )
    for cell in cells:
        if cell.role == "mean" or (cell.role in _EXTREMES and statistics):
            yield replace(cell, role="value")
        elif cell.role in _EXTREMES:
            yield replace(cell, role=_EXTREMES[cell.role])
        elif cell in unknown and not values and own_limits:
            heading = cell.heading
            yield replace(cell, role="value", heading=replace(heading, stem=heading.stem or heading.name))
        else:
            yield cell


def _is_text_of(cell: Cell, node: Node, words: Vocabulary) -> bool:
    """``<pt h="06">21.2</pt>``: the number that an element is about."""
    return cell.span is node.span and not cell.role and words.is_number(cell.text)


def _may_be_value(cell: Cell, words: Vocabulary) -> bool:
    """A number, or a list of them, under a name that means nothing else."""
    return (
        not cell.role
        and not cell.text[:1].isalpha()
        and bool(numbers_in(cell.text, ""))
        and (bool(cell.heading.unit) or not words.header(cell.heading.name))
    )

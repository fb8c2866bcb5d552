"""Tables with a characteristic a column: limits stand in rows of their own (``USL;10,1;5,1``), parts below them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final

from edge_app.domain.report import LotSample
from edge_app.domain.tolerance import parse_limits
from edge_app.intake.readers.headless import limited_heading, limited_headings
from edge_app.intake.readers.row_limits import LIMIT_ROLES, Cell, Context, Row, bounded
from edge_app.intake.readers.table_layout import Line
from edge_app.intake.readers.vocabulary import Heading, Vocabulary

_EXTREMES: Final = {"maximum": "upper", "minimum": "lower"}
_WORDED: Final = frozenset({"specification", "tolerance"})
"""Limit rows whose cells are no plain numbers."""
_PLAN: Final = ("accept", "reject", "found", "sample_size")
_LOOK_AHEAD: Final = 4
_SHORT: Final = 12
"""Letters of the word before a row of limits."""
_SEVERAL: Final = 3


def limit_role(line: Line, words: Vocabulary) -> str:
    """What a row of limits states, ``upper`` or ``unit``; empty for any other row."""
    if all_limits(line, words):
        return "specification"
    if len(line.filled) < 2 or line.filled[0] != 0:  # noqa: PLR2004 - a name and at least one limit
        return ""
    roles = [_EXTREMES.get(role, role) for role in words.column(line.text(0)).roles]
    role = next((role for role in roles if role in LIMIT_ROLES or role == "unit"), "")
    rest = [line.text(index) for index in line.filled[1:]]
    if role == "unit":
        return role if all(words.is_unit(text) for text in rest) else ""
    return role if role in _WORDED or any(words.is_number(text) for text in rest) else ""


def all_limits(line: Line, words: Vocabulary) -> bool:
    """``,15-30,max 300,max 40,min 5``: limits in every cell behind an empty first one, or a short word and many."""
    rest = [line.text(at) for at in line.filled if at]
    fewest = _SEVERAL if line.text(0) else _SEVERAL - 1
    if len(rest) < fewest or len(line.text(0)) > _SHORT or words.is_number(line.text(0)):
        return False
    if any(words.is_number(text) or limited_heading(text) for text in rest):
        return False
    return all(bounded(parse_limits(text)) for text in rest)


def is_matrix_header(at: int, lines: list[Line], words: Vocabulary) -> bool:
    """Whether the line at ``at`` names characteristics: only text, and limits by row follow soon."""
    line = lines[at]
    filled = line.filled
    if len(filled) < 2 or limit_role(line, words) or any(words.is_number(line.text(index)) for index in filled):  # noqa: PLR2004
        return False
    following = [other for other in lines[at + 1 : at + 1 + _LOOK_AHEAD] if len(other.filled) >= len(filled) - 1]
    if not following or following[0] is not lines[at + 1]:
        return False
    roles = {limit_role(other, words) for other in following}
    plan = {role for other in following for role in words.column(other.text(0)).roles}
    return (bool(roles & LIMIT_ROLES) or {"accept", "reject"} <= plan) and len(filled) > 2  # noqa: PLR2004 - otherwise lines of a header block


def sampling_columns(header: Line, rows: list[Line], words: Vocabulary) -> Iterator[LotSample]:
    """Plans that stand in columns: ``class,major,minor``, ``Ac,2,5``, ``Re,3,6``, ``found,3,4``."""
    named: dict[str, Line] = {}
    for line in rows:
        for role in words.column(line.text(0)).roles:
            if role in _PLAN:
                named.setdefault(role, line)
    if not {"accept", "reject"} <= named.keys():
        return
    for at in header.filled[1:]:
        count = {role: _count(line.text(at)) for role, line in named.items()}
        accept, reject = count["accept"], count["reject"]
        if accept is not None and reject is not None:
            evidence = named.get("found", named["accept"]).span
            yield LotSample(header.text(at), accept, reject, count.get("found"), evidence, count.get("sample_size"))


def _count(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def matrix_rows(header: Line, rows: list[Line], context: Context) -> Iterator[tuple[Line, list[Row]]]:
    """Each data line with its rows, one a characteristic; limit rows come with none."""
    words = context.words
    limits = [(role, line) for line in rows if (role := limit_role(line, words))]
    own = limited_headings(header, context.decimal_mark)
    kept = {at for at in own if sum(words.is_number(line.text(at)) for line in rows) > len(rows) / 2}
    for line in rows:
        values = (
            [] if limit_role(line, words) else [at for at in line.filled if _measured(at, header, line, words, own)]
        )
        missing = kept.difference(values) if kept.intersection(values) else ()
        yield line, [_row(index, header, line, limits, context) for index in sorted({*values, *missing})]


def _measured(index: int, header: Line, line: Line, words: Vocabulary, limited: Container[int]) -> bool:
    free = index in limited or not words.column(header.text(index)).roles
    return index > 0 and bool(header.text(index)) and free and words.is_number(line.text(index))


def _row(index: int, header: Line, line: Line, limits: list[tuple[str, Line]], context: Context) -> Row:
    own = limited_headings(header, context.decimal_mark).get(index)
    written = own.name if own else header.text(index)
    heading = context.words.column(written)
    name = Heading(heading.name)
    cells = [
        Cell(name, "characteristic", written, header.cells[index]),
        *((Cell(Heading("specification"), "specification", own.limits, None),) if own else ()),
        *(Cell(Heading(role), role, stated.text(index), None) for role, stated in limits),
        Cell(
            replace(heading, stem=""), "value", line.text(index), line.cells[index] if index < len(line.cells) else None
        ),
    ]
    return Row(tuple(cells), line.span, replace(context, part=line.text(0)))

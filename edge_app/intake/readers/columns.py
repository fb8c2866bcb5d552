"""Which column of a table means what: its heading first, what stands in it where the heading is not enough."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from edge_app.domain.numbers import parse_number
from edge_app.domain.tolerance import parse_limits
from edge_app.intake.readers.row_limits import LIMIT_ROLES, bounded
from edge_app.intake.readers.table_layout import Line
from edge_app.intake.readers.vocabulary import Heading, Vocabulary

_NUMERIC: Final = frozenset({"count", "found", "accept", "reject", "sample_size", "upper", "lower", "nominal", "index"})
_TEXTUAL: Final = frozenset({"characteristic", "defect", "remark", "gauge", "unit"})
_FRAME: Final = frozenset(
    {"index", "characteristic", "part", "group", "time", "unit", "remark", "gauge", "sample_size", "reject", "count"}
)
"""Columns around the data. A header names at least one that is not of these."""
_ORDINAL: Final = re.compile(r"[#第]?\d{1,2}[#号]?")
_SERIAL: Final = re.compile(r"0\d+|\d{3,}")
_FEWEST: Final = 2
_LONGEST_ORDINAL: Final = 2
_MAJORITY: Final = 0.5
_ROWS_LOOKED_AT: Final = 3
_LONGEST_HEADING: Final = 24
_LIMIT_SIGN: Final = re.compile(r"[≤≥±<>。；;!?]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the meaning it has in this table."""

    heading: Heading
    role: str


def is_header(line: Line, following: Line | None, words: Vocabulary) -> bool:  # noqa: PLR0911 - one reason each
    """Whether ``line`` names columns: two or more known names, one of them of a result or limit, and no values."""
    texts = [line.text(index) for index in line.filled]
    serials = {text for text in texts if _SERIAL.fullmatch(text)} if _limits_named(texts, words) else set()
    texts = [text for text in texts if text not in serials]
    if len(texts) < 2 or following is None or any(_is_value(text, words) for text in texts):  # noqa: PLR2004 - one cell names nothing
        return False
    if texts[0].isdigit() and not all(_ORDINAL.fullmatch(text) for text in texts):
        return False
    if len(texts) == 2 and words.stated(texts[1]):  # noqa: PLR2004 - ``verdict;accept``
        return False
    known = [heading.roles for text in texts if (heading := words.column(text)).roles]
    if len(set(texts)) < len(texts) and len(known) < len(texts):
        return False
    certain = [text for text in texts if words.column(text).roles and len(text) > 1]
    named = [text for text in texts if not _ORDINAL.fullmatch(text)]
    if len(known) < 2 or not certain or len(known) * 3 < len(named):  # noqa: PLR2004
        return False
    if any(role not in _FRAME for roles in known for role in roles):
        return not any(words.stated(text) and not words.column(text).roles for text in texts)
    unknown = len(known) < len(texts)
    return unknown and any(words.stated(following.text(i)) for i in following.filled)


def _limits_named(texts: list[str], words: Vocabulary) -> bool:
    """A name and its limits head the line: what stands behind them may be serial numbers."""
    roles = [words.column(text).roles for text in texts[:3] if not text.isdecimal()]
    return len(roles) > 1 and any(LIMIT_ROLES.intersection(each) for each in roles)


def is_header_by_shape(line: Line, below: list[Line], words: Vocabulary) -> bool:
    """Whether ``line`` is short words over columns that hold numbers or results in every row that follows."""
    filled = line.filled
    texts = [line.text(index) for index in filled]
    rows = below[:_ROWS_LOOKED_AT]
    if any(not any(char.isalpha() for char in text) and bounded(parse_limits(text)) for text in texts):
        return False
    long = any(len(text) > _LONGEST_HEADING or _LIMIT_SIGN.search(text) for text in texts)
    if long or min(len(filled), len(rows)) < _FEWEST:
        return False
    if any(_is_value(text, words) or _ORDINAL.fullmatch(text) or words.stated(text) for text in texts):
        return False
    if len(filled) == 2 and not all(any(char.isdigit() for char in row.text(filled[0])) for row in rows):  # noqa: PLR2004 - a form
        return False
    if any(abs(len(row.cells) - len(line.cells)) > 1 or len(row.filled) < 2 for row in rows):  # noqa: PLR2004
        return False
    return any(all(_is_data(row.text(index), words) for row in rows) for index in filled)


def _is_data(text: str, words: Vocabulary) -> bool:
    return words.is_number(text) or words.stated(text) is not None


def holds_data(line: Line, words: Vocabulary) -> bool:
    """Whether a line has a number or a result beside its first cell."""
    return any(_is_data(line.text(index), words) for index in line.filled[1:])


def columns_of(header: Line, rows: list[Line], words: Vocabulary, *, limits_given: bool) -> list[Column]:
    """Roles of all columns. ``limits_given``: limits for the whole table stand above it."""
    headings = [words.column(header.text(index)) for index in range(len(header.cells))]
    shares = [_Share.of([row.text(index) for row in rows], words) for index in range(len(headings))]
    sampling = any("accept" in heading.roles or "accept_reject" in heading.roles for heading in headings)
    roles: list[str] = []
    for heading, share in zip(headings, shares, strict=True):
        roles.append(_role(heading, share, roles, sampling=sampling))
    texts = {role: {row.text(at) for row in rows} for at, role in enumerate(roles)}
    roles = _extremes(roles, limits_given=limits_given, constant=_are_constant(texts, len(rows)))
    if "value" not in roles and limits_given and not LIMIT_ROLES & set(roles):
        roles = [
            "value" if not role and share.numeric > _MAJORITY else role
            for role, share in zip(roles, shares, strict=True)
        ]
    return [Column(heading, role) for heading, role in zip(headings, roles, strict=True)]


@dataclass(frozen=True, slots=True)
class _Share:
    """How much of a column's content is numbers and verdict words."""

    numeric: float
    stated: float
    filled: int

    @classmethod
    def of(cls, texts: list[str], words: Vocabulary) -> _Share:
        """Of the cells with content."""
        cells = [text for text in texts if not words.blank(text)]
        total = max(len(cells), 1)
        numeric = sum(words.is_number(text) for text in cells)
        return cls(numeric / total, sum(words.stated(text) is not None for text in cells) / total, len(cells))


def _role(heading: Heading, share: _Share, taken: list[str], *, sampling: bool) -> str:
    if not heading.roles:
        return "stated" if share.stated >= _MAJORITY and share.filled else ""
    if sampling and (named := [role for role in ("sample_size", "found", "accept", "reject") if role in heading.roles]):
        return named[0]
    for role in heading.roles:
        if _fits(role, share, heading, taken):
            return role
    return heading.roles[0]


def _fits(role: str, share: _Share, heading: Heading, taken: list[str]) -> bool:
    if not share.filled:
        return role not in taken
    if role in _NUMERIC:
        return share.numeric >= _MAJORITY
    if role in _TEXTUAL:
        return share.numeric < _MAJORITY and not (role == "characteristic" and role in taken and len(heading.roles) > 1)
    if role in {"value", "stated"} and {"value", "stated"} <= set(heading.roles):
        return (role == "stated") == (share.stated >= _MAJORITY)
    return True


def _are_constant(texts: dict[str, set[str]], rows: int) -> bool:
    """Whether ``max`` and ``min`` say the same in every row while the mean does not: such are limits."""
    sides = [texts[role] for role in ("maximum", "minimum") if role in texts]
    return rows >= _FEWEST and all(len(side) == 1 for side in sides) and len(texts.get("mean", ())) > 1


def _extremes(roles: list[str], *, limits_given: bool, constant: bool) -> list[str]:
    """``max`` and ``min``: limits beside a value, values beside a mean or where limits stand elsewhere."""
    values = {"value", "stated"} & set(roles)
    elsewhere = limits_given or bool(LIMIT_ROLES & set(roles))
    statistics = not constant and ("mean" in roles or (elsewhere and not values))
    names = {"maximum": "value", "minimum": "value"} if statistics else {"maximum": "upper", "minimum": "lower"}
    return [{"mean": "value", **names}.get(role, role) for role in roles]


def _is_value(text: str, words: Vocabulary) -> bool:
    """Whether a cell holds a measured value; small ordinals (``1``, ``#2``, ``1st``) also head columns."""
    number = parse_number(text)
    unit = not number.unit or words.is_unit(number.unit) or len(number.unit) > _LONGEST_ORDINAL
    return number.value is not None and unit and not _ORDINAL.fullmatch(text)


def value_groups(columns: list[Column]) -> list[list[int]]:
    """Indices of the columns of each value that has limits of its own: ``hipot,limit,ground,limit``. Else one group."""
    everything = list(range(len(columns)))
    values = [at for at in everything if columns[at].role == "value"]
    limits = [at for at in everything if columns[at].role in LIMIT_ROLES]
    repeated = len(limits) > len({columns[at].role for at in limits})
    if len(values) < 2 or not repeated:  # noqa: PLR2004 - one value has all limits
        return [everything]
    after = limits[0] > values[0]
    shared = [at for at in everything if at not in values and at not in limits]
    return [sorted([*shared, value, *_own_limits(value, values, limits, after=after)]) for value in values]


def _own_limits(value: int, values: list[int], limits: list[int], *, after: bool) -> list[int]:
    """Limit columns between a value and its neighbour on the side where the first limit stands."""
    at = values.index(value)
    if after:
        end = values[at + 1] if at + 1 < len(values) else limits[-1] + 1
        return [limit for limit in limits if value < limit < end]
    start = values[at - 1] if at else -1
    return [limit for limit in limits if start < limit < value]

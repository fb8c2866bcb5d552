"""PC-DMIS classic text listings.

Blocks ``DIM x= LOCATION OF CIRCLE y UNITS=MM``, a heading ``AX NOMINAL +TOL -TOL [BONUS] MEAS DEV OUTTOL`` in any
order, one row an axis. Some installations write -TOL as a positive magnitude, others signed: one negative value in the
listing settles it. OUTTOL is kept as what the report states; the limits are computed again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.numbers import parse_number
from edge_app.domain.report import Limits, Measurement, Remark, Report
from edge_app.domain.verdict import Doubt, Span, Status

_LINE: Final = re.compile(r"[^\r\n]+")
_HEADING: Final = re.compile(r"^\s*(?:AX|轴)\s+.*(?:MEAS|测定|实测|测量)", re.IGNORECASE)
_BLOCK: Final = re.compile(
    r"^\s*(?:DIM|尺寸)\s+(?P<id>[^=]{1,60}?)\s*=\s*(?P<what>.*?)(?:\s*(?:UNITS|单位)\s*=\s*(?P<unit>[A-Za-z\u4e00-\u9fff]+).*)?$",
    re.IGNORECASE,
)
_ROW: Final = re.compile(r"^\s*(?P<axis>[A-Z]{1,3}\d?)\s+(?P<cells>(?:RFS|MMC|LMC|[-+.\d]).*)$")
_FIELD: Final = re.compile(
    r"(PART NAME|SER(?:IAL)? NUMBER|REV NUMBER|STATS COUNT|DATE|TIME|OPERATOR)\s*[:=]\s*"
    r"(.*?)(?=\s{2,}|\s+(?:PART NAME|SER|REV|STATS|DATE|TIME|OPER)[A-Z ]*[:=]|$)",
    re.IGNORECASE,
)
_NAMES: Final = {
    "PARTNAME": "part_no",
    "SERNUMBER": "serial_no",
    "SERIALNUMBER": "serial_no",
    "REVNUMBER": "revision",
    "DATE": "time",
    "OPERATOR": "operator",
}
_COLUMNS: Final = {
    "NOMINAL": "nominal", "理论值": "nominal", "标称值": "nominal",
    "+TOL": "above", "正公差": "above", "+公差": "above", "-TOL": "below", "负公差": "below", "-公差": "below",
    "BONUS": "bonus", "补偿": "bonus", "MEAS": "value", "测定": "value", "测量值": "value", "实测值": "value",
    "DEV": "deviation", "偏差": "deviation", "OUTTOL": "out", "超差": "out",
    "MAX": "maximum", "MIN": "minimum",
}  # fmt: skip
_ANGLE: Final = re.compile(r"(?P<sign>-?)(?P<deg>\d+)°(?:(?P<min>\d+)['′])?(?:(?P<sec>\d+(?:\.\d+)?)[\"″])?$")
_DATUM: Final = re.compile(r"D\d")
_PAGE: Final = re.compile(r"^\s*(?:[-=_#*<>|]+|PAGE\b.*|GRAPH\s*=.*|END OF .*|第.*页)\s*$", re.IGNORECASE)
_UNITS: Final = {"MM": "mm", "IN": "in", "INCH": "in", "DEG": "°"}
_BASIC: Final = ("nominal", "value", "deviation")
"""A row of basic dimensions has no tolerance."""
_SECOND_OF_ARC: Final = Decimal("1e-9")
"""Angles are rounded far below a second of arc, so that a value on its limit stays there."""
_LONGEST_LINE: Final = 500
_MIN_COLUMNS: Final = 4


@dataclass(frozen=True, slots=True)
class _Row:
    """One axis of one dimension."""

    name: str
    unit: str
    line: Span
    cells: dict[str, str]


def is_pcdmis(text: str) -> bool:
    """Whether a listing has the axis heading of PC-DMIS and a block line."""
    lines = [match.group()[:_LONGEST_LINE] for match in _LINE.finditer(text)]
    return any(_columns(line) for line in lines) and any(_BLOCK.match(line) for line in lines)


def read_pcdmis(text: str, encoding: str) -> Report:
    """The report of a listing, over all its pages."""
    lines = [Span(match.group()[:_LONGEST_LINE], match.start()) for match in _LINE.finditer(text)]
    rows, fields, rest = _sorted_lines(lines)
    signed = any(_number(row.cells.get("below", "")) < 0 for row in rows)
    measurements = tuple(_measurement(row, signed=signed) for row in rows)
    return Report(
        text=text,
        format="pcdmis",
        encoding=encoding,
        language=detect_language(text),
        fields=fields,
        measurements=measurements,
        remarks=tuple(Remark(line) for line in rest),
    )


def _sorted_lines(lines: list[Span]) -> tuple[list[_Row], dict[str, str], list[Span]]:
    """Rows, header fields and the lines that are neither."""
    rows: list[_Row] = []
    fields: dict[str, str] = {}
    rest: list[Span] = []
    columns: tuple[str, ...] = ()
    name = unit = ""
    for line in lines:
        if heading := _columns(line.text):
            columns = heading
        elif block := _BLOCK.match(line.text):
            name = f"{block['id'].strip()} {block['what'].strip(' ,')}".strip()
            unit = _UNITS.get((block["unit"] or "").upper().rstrip(","), block["unit"] or unit)
        elif columns and (row := _ROW.match(line.text)):
            if not _DATUM.fullmatch(row["axis"]):
                rows.append(_Row(f"{name} {row['axis']}".strip(), unit, line, _cells(row["cells"], columns)))
        elif found := _FIELD.findall(line.text):
            for key, value in found:
                if known := _NAMES.get(key.upper().replace(" ", "")):
                    fields.setdefault(known, value.strip())
        elif line.text.strip() and not _PAGE.match(line.text):
            rest.append(Span(line.text.strip(), line.start + len(line.text) - len(line.text.lstrip())))
    return rows, {key: value for key, value in fields.items() if value}, rest


def _columns(line: str) -> tuple[str, ...]:
    if _HEADING.match(line) is None:
        return ()
    found = tuple(_COLUMNS.get(word.upper(), "") for word in line.split()[1:])
    return found if "value" in found and len(found) >= _MIN_COLUMNS else ()


def _cells(text: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Cells by column. Rows of position have no nominal and no -TOL: they are read from both ends."""
    words = [word for word in text.split() if not re.fullmatch(r"[-#<>=*|]+", word) or re.fullmatch(r"-?\d.*", word)]
    if words and words[0].upper() in {"RFS", "MMC", "LMC"}:
        return _position(words[1:], columns)
    if len(words) < len(columns) and "bonus" in columns:
        columns = tuple(column for column in columns if column != "bonus")
    if len(words) == len(_BASIC):
        return dict(zip(_BASIC, words, strict=True))
    if len(words) < len(columns):
        return _position(words, columns)
    return {column: word for column, word in zip(columns, words, strict=False) if column}


def _position(words: list[str], columns: tuple[str, ...]) -> dict[str, str]:
    tail = columns[columns.index("value") :]
    head = ("above", "bonus") if "bonus" in columns and len(words) > len(tail) + 1 else ("above",)
    if len(words) < len(tail) + len(head):
        return {}
    found = dict(zip(head, words, strict=False))
    return found | dict(zip(tail, words[-len(tail) :], strict=True))


def _measurement(row: _Row, *, signed: bool) -> Measurement:
    written = row.cells.get("value", "")
    value = _angle(written) if "°" in written else parse_number(written, decimal_mark=".").value
    return Measurement(
        characteristic=row.name,
        value=value,
        limits=_limits(row.cells, row.unit, signed=signed),
        evidence=row.line,
        unit="°" if "°" in written else row.unit,
        text=written,
        stated=_stated(row.cells.get("out", "")),
        problem=None if value is not None else Doubt.MISSING_DATA,
    )


def _limits(cells: dict[str, str], unit: str, *, signed: bool) -> Limits | None:
    if "above" not in cells:
        return None
    above, below = _number(cells["above"]), _number(cells.get("below", ""))
    if "nominal" not in cells:
        return Limits(None, above + _number(cells.get("bonus", "")), None, unit, cells["above"])
    nominal = _number(cells["nominal"])
    lower = nominal + below if signed else nominal - abs(below)
    return Limits(lower, nominal + above, nominal, "°" if "°" in cells["nominal"] else unit)


def _stated(out: str) -> Status | None:
    if not any(char.isdigit() for char in out):
        return None
    return Status.FAIL if _number(out) else Status.PASS


def _number(text: str) -> Decimal:
    """The number of a cell, 0 for a blank."""
    if "°" in text:
        return _angle(text) or Decimal(0)
    return parse_number(text, decimal_mark=".").value or Decimal(0)


def _angle(text: str) -> Decimal | None:
    """``5°00'10"`` in degrees."""
    match = _ANGLE.match(text.strip())
    if match is None:
        return parse_number(text.replace("°", ""), decimal_mark=".").value
    degrees = Decimal(match["deg"]) + Decimal(match["min"] or 0) / 60 + Decimal(match["sec"] or 0) / 3600
    return (-degrees if match["sign"] else degrees).quantize(_SECOND_OF_ARC)

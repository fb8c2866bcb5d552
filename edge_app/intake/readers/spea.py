"""Spea in-circuit testers: ``;`` lines whose first field is the record type, no header.

``ANL`` and ``FUNC`` lines: board, task, two numbers, remark, site, result, value, low, high, unit. Limits 0/0
mean none. A tester appends run after run to one file; of runs of the same unit the last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.numbers import parse_number
from edge_app.domain.report import Limits, Measurement, Report
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.encoding import decode
from edge_app.intake.readers.table_layout import Line, split_lines

_START: Final = re.compile(r"\s*FORMAT;[^\n]*\n(?:[A-Z]+;[^\n]*\n){0,5}?START;")
_MEASURED: Final = frozenset({"ANL", "FUNC"})
_TASK, _NAME, _RESULT, _VALUE, _LOW, _HIGH, _UNIT = 2, 5, 7, 8, 9, 10, 11


@dataclass(slots=True)
class _Run:
    """What the tester did with one unit, once."""

    start: Line
    serial: str = ""
    lot: str = ""
    rows: list[Line] = field(default_factory=list)
    verdict: Line | None = None


def is_spea(text: str) -> bool:
    """Whether a text begins like a log of these testers."""
    return _START.match(text) is not None


def read_spea(source: Source) -> Report:
    """The report of the last run of each unit."""
    decoded = decode(source.content, source.code_pages)
    runs = list(_runs(decoded.text))
    last = list({run.serial: run for run in runs}.values())
    verdicts = [(_status(run.verdict.text(1)), run.verdict.span) for run in last if run.verdict]
    known = [(status, span) for status, span in verdicts if status is not None]
    status, evidence = max(known, key=lambda pair: pair[0].rank) if known else (None, None)
    return Report(
        text=decoded.text,
        format="spea",
        encoding=decoded.encoding,
        language=detect_language(" ".join(row.text(_NAME) for run in last for row in run.rows)),
        fields=_fields(last),
        measurements=tuple(_measurement(row, run, several=len(last) > 1) for run in last for row in run.rows),
        stated=status,
        stated_evidence=evidence,
        notes=(f"{len(runs) - len(last)} earlier runs of the same unit",) if len(runs) > len(last) else (),
    )


def _runs(text: str) -> Iterator[_Run]:
    run: _Run | None = None
    for line in split_lines(text, ";"):
        kind = line.text(0)
        if kind == "START":
            if run:
                yield run
            run = _Run(line)
        elif run is None:
            continue
        elif kind in _MEASURED:
            run.rows.append(line)
        elif kind == "SN":
            run.serial = line.text(1)
        elif kind == "LOT":
            run.lot = line.text(1)
        elif kind == "BOARDRESULT":
            run.verdict = line
    if run:
        yield run


def _fields(runs: list[_Run]) -> dict[str, str]:
    """Of the last run; the serial number only where the file is about one unit."""
    if not runs:
        return {}
    start = runs[-1].start
    found = {
        "program": start.text(2),
        "operator": start.text(5),
        "time": f"{start.text(6)} {start.text(7)}".strip(),
        "lot_no": runs[-1].lot,
        "serial_no": runs[0].serial if len(runs) == 1 else "",
    }
    return {name: value for name, value in found.items() if value}


def _measurement(row: Line, run: _Run, *, several: bool) -> Measurement:
    value = parse_number(row.text(_VALUE), decimal_mark=".").value
    stated = _status(row.text(_RESULT))
    limits = _limits(row)
    missing = value is None and limits is not None and stated is not Status.FAIL
    return Measurement(
        characteristic=row.text(_NAME) or row.text(_TASK),
        value=value,
        limits=limits,
        evidence=row.span,
        unit=row.text(_UNIT),
        text=row.text(_VALUE),
        stated=stated,
        problem=Doubt.MISSING_DATA if missing else None,
        part=run.serial if several else "",
    )


def _limits(row: Line) -> Limits | None:
    low, high = (parse_number(row.text(index), decimal_mark=".").value for index in (_LOW, _HIGH))
    if low is None or high is None or low > high or low == high == Decimal(0):
        return None
    return Limits(low, high, unit=row.text(_UNIT), text=f"{row.text(_LOW)} … {row.text(_HIGH)}")


def _status(text: str) -> Status | None:
    if text.startswith("PASS"):
        return Status.PASS
    return Status.FAIL if text.startswith("FAIL") else None

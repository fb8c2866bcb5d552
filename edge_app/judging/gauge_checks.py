"""A gauge that reads a reference wrong: what it measured is not known better than that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import NUMBER, fold, to_decimal
from edge_app.domain.report import Report, near
from edge_app.domain.verdict import Span

_CHECK: Final = re.compile(
    r"(?:reference|master|standard|(?:test|gauge)\s+block|setting\s+ring|标尺|标准件|标准块|标准片|量块|对块|校对环|环规)"
    rf"[^\d\n]{{0,12}}(?P<true>{NUMBER})[^\d\n]{{0,16}}?(?:reads?|shows?|gives|got|came\s+out|读成|读作|读数|读|显示|测得|量得)"
    rf"[^\d\n]{{0,8}}(?P<read>{NUMBER})",
    re.IGNORECASE,
)
_SETTLED: Final = re.compile(
    r"re-?zero|re-?set|adjusted|corrected|before\s+the|then\s+(?:measured|checked)|归零|校准后|调好|换了|重新|已修正",
    re.IGNORECASE,
)
_REACH: Final = 80
_SHARE: Final = 10
"""A gauge may be wrong by this part of the tolerance: the usual rule of ten to one."""


def wrong_references(report: Report) -> Iterator[Span]:
    """Where a reference was read further off than a tenth of the narrowest tolerance of its size."""
    for match in _CHECK.finditer(fold(report.text)):
        true, read = to_decimal(match["true"]), to_decimal(match["read"])
        widths = [] if true is None else _widths(report, true)
        if true is None or read is None or not widths or abs(true - read) * _SHARE <= min(widths):
            continue
        if not _SETTLED.search(report.text[match.end() : match.end() + _REACH]):
            yield Span(report.text[match.start() : match.end()], match.start())


def _widths(report: Report, size: Decimal) -> list[Decimal]:
    found = [each.limits for each in report.measurements if each.limits]
    return [
        limits.upper - limits.lower
        for limits in found
        if limits.lower is not None and limits.upper is not None and near(size, limits)
    ]

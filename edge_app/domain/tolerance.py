"""Limits as people write them: ``8.5±0.2``, ``Ø10 H7``, ``≤ 0.1``, ``不小于 5``, ``4.0~5.0``.

Text that states no limits gives None. What can be read in two ways gives None as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.limit_forms import (
    CELL_FORMS,
    FORMS,
    NUMBER_PATTERN,
    ONLY_DEVIATION,
    ONLY_DEVIATIONS,
    UNIT_PATTERN,
    Form,
    Reading,
    deviations,
    fitted,
    one_unit,
    zero_deviation,
)
from edge_app.domain.numbers import fold
from edge_app.domain.report import Limits

_NO_LIMIT: Final = re.compile(
    r"(?<!\d)\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)|(?<![\d.])(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])(?![\d.])|[-=]+>|<-+(?=\s)"
)
"""Dates and arrows."""
_LONGEST_CELL: Final = 400
"""A longer cell is prose."""


@dataclass(frozen=True, slots=True)
class FoundLimits:
    """Limits and where they stand in the text."""

    start: int
    end: int
    limits: Limits
    form: str
    """``tolerance``, ``fit``, ``range``, ``sign`` (≤ <), ``word`` (max, 不大于)."""


def parse_limits(text: str, *, decimal_mark: str = "", unit: str = "", nominal: Decimal | None = None) -> Limits | None:
    """The limits that a cell or clause states, None when it states none or several.

    ``unit`` stands in when the text has none; ``nominal`` is for ``±0.05``, ``+0.1/-0`` and ``H7`` alone.
    """
    if len(text) > _LONGEST_CELL:
        return None
    found = [*find_limits(text, decimal_mark=decimal_mark, cell=True)]
    limits = _only(found) if found else None
    if limits is None and nominal is not None and not found:
        limits = _around(fold(text), Reading(decimal_mark, nominal))
    if limits is None:
        return None
    return replace(limits, unit=limits.unit or unit, text=text.strip())


def find_limits(text: str, *, decimal_mark: str = "", cell: bool = False) -> Iterator[FoundLimits]:
    """All limits in ``text`` from left to right. ``cell``: the whole text is a specification.

    Neighbouring one-sided limits that make a pair (``min 4 max 5``) come as one.
    """
    folded = _NO_LIMIT.sub(lambda match: " " * len(match.group()), fold(text))
    reading = Reading(decimal_mark)
    pending: FoundLimits | None = None
    for one in _scan(text, folded, reading, FORMS + CELL_FORMS if cell else FORMS):
        pair = _paired(pending, one, text) if pending else None
        if pending and pair is None:
            yield pending
        pending = pair or one
    if pending:
        yield pending


def _scan(text: str, folded: str, reading: Reading, forms: tuple[Form, ...]) -> Iterator[FoundLimits]:
    hits = [
        (match.start(), order, match, form)
        for order, form in enumerate(forms)
        for match in form.pattern.finditer(folded)
    ]
    end = 0
    for start, _, match, form in sorted(hits, key=lambda hit: hit[:2]):
        if start < end:
            continue
        limits = form.build(match, reading)
        if limits is not None:
            end = match.end()
            written = text[start:end].rstrip()
            yield FoundLimits(start, start + len(written), replace(limits, text=written.strip()), form.name)


def _paired(first: FoundLimits, second: FoundLimits, text: str) -> FoundLimits | None:
    """``min 4`` and ``max 5`` side by side; also a nominal's fit followed by its limits in brackets."""
    gap = text[first.end : second.start]
    if len(gap) > 12 or re.search(r"[\d。;；\n]", gap):  # noqa: PLR2004 - side by side
        return None
    low, high = sorted((first.limits, second.limits), key=lambda limits: limits.lower is None)
    if None in {low.lower, high.upper} or low.upper is not None or high.lower is not None:
        explicit = first.form == "fit" and second.form in {"range", "tolerance"}
        return replace(second, start=first.start, form="tolerance") if explicit else None
    assert low.lower is not None and high.upper is not None  # noqa: PT018 - one fact: a pair
    if low.lower > high.upper:
        return None
    both = replace(low, upper=high.upper, upper_open=high.upper_open, unit=low.unit or high.unit)
    return FoundLimits(first.start, second.end, replace(both, text=text[first.start : second.end].strip()), "pair")


def _only(found: list[FoundLimits]) -> Limits | None:
    """The one statement; several that say different things are none."""
    stated = [one for one in found if one.form != "fit"] or found
    bounds = {(one.limits.lower, one.limits.upper) for one in stated}
    return stated[0].limits if len(bounds) == 1 else None


def _around(folded: str, reading: Reading) -> Limits | None:
    """Deviations or a fit without their nominal."""
    assert reading.nominal is not None
    if fit := re.fullmatch(r"\s*([A-Za-z]{1,2})\s?(\d{1,2})\s*", folded):
        return fitted(reading.nominal, fit[1], fit[2])
    if (
        one := re.fullmatch(
            rf"\s*(?:tol\.?|公差)?\s*(?:±|\+/-|\+-)\s*(?P<width>{NUMBER_PATTERN})(?P<unit>{UNIT_PATTERN})\s*", folded
        )
    ) and (width := reading.number(one["width"])) is not None:
        unit = one_unit(one["unit"])
        width = abs(reading.nominal) * width / 100 if unit == "%" else width
        return Limits(reading.nominal - width, reading.nominal + width, reading.nominal, "" if unit == "%" else unit)
    shifted = ONLY_DEVIATIONS.fullmatch(f"0 {folded.strip()}") or ONLY_DEVIATION.fullmatch(f"0 {folded.strip()}")
    if shifted is None:
        return None
    build = deviations if "first" in shifted.groupdict() else zero_deviation
    limits = build(shifted, reading)
    if limits is None or limits.lower is None or limits.upper is None:
        return None
    nominal = reading.nominal
    return replace(limits, lower=nominal + limits.lower, upper=nominal + limits.upper, nominal=nominal)

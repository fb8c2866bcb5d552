"""One value against its limits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from edge_app.domain.report import Limits, Measurement, conforms
from edge_app.domain.units import canonical, convert
from edge_app.domain.verdict import Doubt, Status

_UNIT_FACTORS: Final = (Decimal("25.4"), Decimal(1000))
"""Inch and millimetre, mil and micrometre; steps between prefixes."""
_WIDE: Final = 2
"""Limits further apart than this factor would hold a value in the wrong unit by chance."""


def status_of(measurement: Measurement) -> Status | None:
    """Whether the value keeps its limits; None when the report gives no limits.

    A value on a limit conforms unless that bound is open. INDETERMINATE: no single number, or
    its unit cannot be compared with that of the limits.
    """
    found = evaluate(measurement)
    return found[0] if found else None


def evaluate(measurement: Measurement) -> tuple[Status, Doubt | None] | None:
    """As ``status_of``, with what is in doubt."""
    limits = measurement.limits
    if limits is not None and limits.alternatives and not measurement.superseded:
        return _by_any(measurement, limits)
    if limits is None or measurement.superseded or limits.lower is limits.upper is None:
        return None
    if measurement.value is None or measurement.problem is not None:
        return Status.INDETERMINATE, measurement.problem or Doubt.MISSING_DATA
    value = _in_unit_of_limits(measurement.value, measurement.unit, limits.unit)
    return (Status.INDETERMINATE, Doubt.UNIT_CLASH) if value is None else _held(value, measurement, limits)


def _held(value: Decimal, measurement: Measurement, limits: Limits) -> tuple[Status, Doubt | None]:
    """A number in the unit of its limits against them."""
    if conforms(value, limits):
        return Status.PASS, None
    if not (measurement.unit and limits.unit) and _fits_another_unit(value, limits):
        return Status.INDETERMINATE, Doubt.UNIT_CLASH
    return Status.FAIL, None


def _by_any(measurement: Measurement, limits: Limits) -> tuple[Status, Doubt | None] | None:
    """Which of several limits holds is not known: certain only where all say the same."""
    found = {evaluate(replace(measurement, limits=each)) for each in limits.alternatives}
    return found.pop() if len(found) == 1 else (Status.INDETERMINATE, Doubt.CONDITIONAL)


def margin(value: Decimal, limits: Limits) -> Decimal:
    """How far ``value`` lies outside, as a share of the width (or of the bound); 0 inside."""
    if limits.upper is not None and value > limits.upper:
        over, bound = value - limits.upper, limits.upper
    elif limits.lower is not None and value < limits.lower:
        over, bound = limits.lower - value, limits.lower
    else:
        return Decimal(0)
    width = limits.upper - limits.lower if limits.upper is not None and limits.lower is not None else abs(bound)
    return over / width if width else Decimal(1)


def _in_unit_of_limits(value: Decimal, unit: str, wanted: str) -> Decimal | None:
    if not unit or not wanted or unit.casefold() == wanted.casefold() or _same(unit, wanted):
        return value
    return convert(value, unit, wanted)


def _same(unit: str, wanted: str) -> bool:
    known = canonical(unit)
    return known is not None and known == canonical(wanted)


def _fits_another_unit(value: Decimal, limits: Limits) -> bool:
    """A far-off value without unit that would conform in a usual other unit is doubted, not failed."""
    lower, upper = limits.lower, limits.upper
    if lower is None or upper is None or lower <= 0 or upper > lower * _WIDE:
        return False
    slack = (upper - lower) / 2
    wider = replace(limits, lower=lower - slack, upper=upper + slack)
    return any(conforms(each, wider) for factor in _UNIT_FACTORS for each in (value * factor, value / factor))

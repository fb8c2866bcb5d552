"""One value against its limits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.report import Limits, Measurement
from edge_app.domain.verdict import Doubt, Span, Status
from edge_app.judging.evaluate import evaluate, status_of

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-10_000, max_value=10_000, places=3)


def measurement(
    value: str | None,
    limits: Limits | None,
    unit: str = "",
    problem: Doubt | None = None,
) -> Measurement:
    number = None if value is None else Decimal(value)
    return Measurement("bore", number, limits, Span("row", 0), unit=unit, problem=problem)


def within(lower: str | None, upper: str | None, unit: str = "") -> Limits:
    return Limits(Decimal(lower) if lower else None, Decimal(upper) if upper else None, unit=unit)


@pytest.mark.parametrize(
    ("value", "limits", "unit", "status"),
    [
        ("10.00", within("10.00", "10.05"), "", Status.PASS),
        ("10.05", within("10.00", "10.05"), "", Status.PASS),
        ("10.051", within("10.00", "10.05"), "", Status.FAIL),
        ("9.999", within("10.00", "10.05"), "", Status.FAIL),
        ("200", within("100", None), "", Status.PASS),
        ("0.02", within(None, "0.015"), "", Status.FAIL),
        ("12.738", within("0.495", "0.501", "in"), "mm", Status.FAIL),
        ("12.70", within("0.495", "0.501", "in"), "mm", Status.PASS),
        ("6", within("0.5", "0.7", "MPa"), "bar", Status.PASS),
        ("5", within("4", "6", "mm"), "MPa", Status.INDETERMINATE),
        ("76", within("2.5", "4.0"), "", Status.INDETERMINATE),
        ("500", within("0.495", "0.505"), "", Status.INDETERMINATE),
        ("76", within("2.5", "4.0", "mil"), "mil", Status.FAIL),
        ("0.8", within(None, "0.05"), "", Status.FAIL),
    ],
)
def test_value_against_limits(value: str, limits: Limits, unit: str, status: Status) -> None:
    assert status_of(measurement(value, limits, unit)) is status


def test_open_bound_excludes_its_value() -> None:
    limits = Limits(Decimal(1), Decimal(2), lower_open=True, upper_open=True)
    assert status_of(measurement("1", limits)) is Status.FAIL
    assert status_of(measurement("2", limits)) is Status.FAIL
    assert status_of(measurement("1.5", limits)) is Status.PASS


def test_without_limits_nothing_is_said() -> None:
    assert status_of(measurement("1", None)) is None
    assert status_of(measurement("1", Limits(nominal=Decimal(1)))) is None


@pytest.mark.parametrize("problem", [None, Doubt.AMBIGUOUS_NUMBER])
def test_without_a_number_it_is_open(problem: Doubt | None) -> None:
    found = evaluate(measurement(None, within("1", "2"), problem=problem))
    assert found == (Status.INDETERMINATE, problem or Doubt.MISSING_DATA)


@given(NUMBERS, NUMBERS)
def test_a_value_on_a_limit_conforms(one: Decimal, other: Decimal) -> None:
    limits = Limits(min(one, other), max(one, other))
    assert status_of(Measurement("x", one, limits, Span("", 0))) is Status.PASS
    assert status_of(Measurement("x", other, limits, Span("", 0))) is Status.PASS


@given(NUMBERS, NUMBERS, NUMBERS)
def test_with_units_stated_a_value_outside_fails(value: Decimal, one: Decimal, other: Decimal) -> None:
    limits = Limits(min(one, other), max(one, other), unit="mm")
    inside = limits.lower is not None and limits.upper is not None and limits.lower <= value <= limits.upper
    expected = Status.PASS if inside else Status.FAIL
    assert status_of(Measurement("x", value, limits, Span("", 0), unit="mm")) is expected

"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.numbers import fold, parse_number
from edge_app.domain.verdict import Doubt


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("0,123", "0.123"),
        ("1.234", "1.234"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("12 345,6", "12345.6"),
        ("1'234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        (".7502", "0.7502"),
        ("12.", "12"),
        ("-3.5", "-3.5"),
        ("−3.5", "-3.5"),
        ("–3.5", "-3.5"),
        ("－３．５", "-3.5"),
        ("＋１２", "12"),
        ("1e-3", "0.001"),
        ("1.2×10^-3", "0.0012"),
        ("3.1×10⁻⁹", "3.1E-9"),
        ("约 12.5", "12.5"),
        ("Ø8.62", "8.62"),
        ("Φ8.62", "8.62"),
        ("0.141 (worst, hole 4)", "0.141"),
    ],
)
def test_a_plain_number(text: str, value: str) -> None:
    number = parse_number(text)
    assert number.value == Decimal(value)
    assert number.problem is None
    assert not number.unit


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("4.21 kΩ", "4.21", "kΩ"),
        ("12.3mm", "12.3", "mm"),
        ("12 %", "12", "%"),
        ("3010W", "3010", "W"),
        ("3.1e-9 mbar·l/s", "3.1E-9", "mbar·l/s"),
        ("5.2 mm2", "5.2", "mm2"),
        ("25 毫米", "25", "毫米"),
        ("HB 188", "188", "HB"),
        ("17 mA!", "17", "mA"),
    ],
)
def test_a_number_with_its_unit(text: str, value: str, unit: str) -> None:
    number = parse_number(text)
    assert (number.value, number.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [("<0.5", "<", "0.5"), ("＞200 MΩ", ">", "200"), ("≥5", ">=", "5"), ("<= 0.1", "<=", "0.1"), (">200M", ">", "200")],
)
def test_a_one_sided_value_keeps_its_comparator(text: str, comparator: str, value: str) -> None:
    number = parse_number(text)
    assert (number.comparator, number.value) == (comparator, Decimal(value))


@pytest.mark.parametrize("text", ["", " ", "-", "—", "/", "n/a", "N/A", "NaN", "无", "未测", "GO", "null", "#DIV/0!"])
def test_nothing_is_missing_data(text: str) -> None:
    assert parse_number(text).problem is Doubt.MISSING_DATA


@pytest.mark.parametrize(
    "text",
    ["1,234", "4/5", "12.3 12.4", "65.3~65.6", "2024-11-05", "10:30", "A12", "1 200", "5°00'10\"", "9" * 500],
)
def test_what_can_be_read_in_two_ways_has_no_value(text: str) -> None:
    number = parse_number(text)
    assert number.value is None
    assert number.problem is Doubt.AMBIGUOUS_NUMBER


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1,234", ",", "1.234"),
        ("1,234", ".", "1234"),
        ("1.234", ",", "1234"),
        ("0.123", ",", "0.123"),
        ("12.5", ",", "12.5"),
    ],
)
def test_a_known_mark_settles_it(text: str, mark: str, value: str) -> None:
    assert parse_number(text, decimal_mark=mark).value == Decimal(value)


def test_a_question_mark_is_a_doubt_about_a_value() -> None:
    number = parse_number("-96?")
    assert (number.value, number.problem) == (Decimal(-96), Doubt.HEDGED)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-99999, max_value=99999))
def test_what_is_written_plainly_is_read_exactly(value: Decimal) -> None:
    assert parse_number(f"{value:f}").value == value


@given(st.text())
def test_any_text_gives_a_value_or_a_problem(text: str) -> None:
    number = parse_number(text)
    assert number.value is not None or number.problem is not None


@given(st.text())
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)

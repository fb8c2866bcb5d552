"""PC-DMIS classic listings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edge_app.domain.verdict import Status
from edge_app.intake.readers.pcdmis import is_pcdmis, read_pcdmis

_HEAD = "PART NAME  : BRACKET 77\nREV NUMBER : B    SER NUMBER : 0042    STATS COUNT : 1\n"
_PLAIN = """DIM LOC1= LOCATION OF CIRCLE CIR1  UNITS=MM ,$
AX   NOMINAL    +TOL     -TOL     MEAS     DEV      OUTTOL
X     10.0000   0.0500   {below}   9.9600   -0.0400   0.0000 -----#--
Y     20.0000   0.0500   {below}   20.0700   0.0700   0.0200 -------->
"""
_POSITION = """DIM TP1= TRUE POSITION OF CIRCLE CIR2  UNITS=IN
AX   NOMINAL    +TOL     -TOL     BONUS    MEAS     DEV      OUTTOL
X     30.0000                              30.0100   0.0100
DF     6.0000   0.1000   0.1000   0.0500   6.0500   0.0500   0.0000 ---#
D1     6.0000   0.1000   0.1000   0.0500   6.0500   0.0500   0.0000 ---#
TP    MMC       0.2000            0.0500   0.2540   0.2540   0.0040 -->
"""


@pytest.mark.parametrize("below", ["0.0500", "-0.0500"])
def test_minus_tolerance_as_magnitude_or_signed(below: str) -> None:
    report = read_pcdmis(_HEAD + _PLAIN.format(below=below), "utf-8")
    x, y = report.measurements
    assert x.limits is not None
    assert (x.limits.lower, x.limits.upper, x.limits.unit) == (Decimal("9.95"), Decimal("10.05"), "mm")
    assert (x.stated, y.stated) == (Status.PASS, Status.FAIL)
    assert y.value == Decimal("20.07")


def test_a_tolerance_wholly_above_the_nominal_in_a_signed_listing() -> None:
    text = _PLAIN.format(below="-0.0500") + "Z     5.0000   0.0500   0.0200   5.0300   0.0300   0.0000 --#\n"
    z = read_pcdmis(text, "utf-8").measurements[-1]
    assert z.limits is not None
    assert z.limits.lower == Decimal("5.02")


def test_position_rows_take_the_bonus_and_datums_are_no_results() -> None:
    report = read_pcdmis(_POSITION, "utf-8")
    assert [one.characteristic.split()[-1] for one in report.measurements] == ["X", "DF", "TP"]
    basic, _, position = report.measurements
    assert basic.limits is None
    assert position.limits is not None
    assert (position.value, position.limits.lower, position.limits.upper) == (
        Decimal("0.2540"),
        None,
        Decimal("0.2500"),
    )
    assert position.unit == "in"


def test_several_pages_repeat_the_head() -> None:
    text = _HEAD + _PLAIN.format(below="0.0500") + "PAGE 2\n" + _HEAD + _POSITION
    report = read_pcdmis(text, "cp1252")
    assert len(report.measurements) == 5
    assert report.fields == {"part_no": "BRACKET 77", "revision": "B", "serial_no": "0042"}
    assert report.remarks == ()


def test_angles_in_degrees_minutes_seconds() -> None:
    text = (
        "DIM ANG= ANGLE OF LINE 1 UNITS=DEG\nAX   NOMINAL    +TOL     -TOL     MEAS     DEV      OUTTOL\n"
        "A    5°00'00\"  0°06'00\"  0°06'00\"  5°06'00\"  0°06'00\"  0°00'00\"\n"
    )
    (one,) = read_pcdmis(text, "cp1252").measurements
    assert one.limits is not None
    assert (one.value, one.limits.lower, one.limits.upper) == (Decimal("5.1"), Decimal("4.9"), Decimal("5.1"))


def test_free_lines_stay_as_remarks() -> None:
    text = _PLAIN.format(below="0.0500") + "END OF DIMENSION LOC1\nburr on hole 3\n"
    (one,) = read_pcdmis(text, "utf-8").remarks
    assert text[one.span.start : one.span.end] == "burr on hole 3"


@pytest.mark.parametrize("text", ["", "bore 25.08 (25.00-25.05)", "AX of evil\nDIM the light", _HEAD])
def test_other_texts_are_no_listing(text: str) -> None:
    assert not is_pcdmis(text)
    assert is_pcdmis(_PLAIN.format(below="0"))

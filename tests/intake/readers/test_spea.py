"""Logs of Spea in-circuit testers."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.verdict import Status
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.spea import is_spea, read_spea

FIELDS = FieldVocabulary(header={}, column={}, stated_pass=(), stated_fail=(), no_value=(), units={})
REAL = (
    Path(os.environ.get("EDGE_SHARED", Path(__file__).resolve().parents[4] / "shared"))
    / "data/machine-logs/virinco-Spea-ICT-3030/Data/testdata_SN9871234012.csv"
)
RUN = """FORMAT;mmdd
START;Programme;P1;1.0;P1;op1;10/12/2024;16:15:03
LOT;
ANL;1;R5;2;3;RES5 1k;;{result};{value};9.5e+02;1.05e+03;Ohm;;7
ANL;1;SYS;2;4;wait;;PASS;1.0e+00;0.0e+00;0.0e+00;;;8
SN;{serial}
BOARDRESULT;{result}
END;{result};10/12/2024;16:15:22
"""


def log(*runs: tuple[str, str, str]) -> Report:
    text = "".join(RUN.format(serial=serial, result=result, value=value) for serial, result, value in runs)
    assert is_spea(text)
    return read_spea(Source(text.encode(), "log.csv", FIELDS))


def test_limits_of_zero_are_none() -> None:
    first, second = log(("S1", "PASS", "1.0e+03")).measurements

    assert first.limits is not None
    assert (first.value, first.limits.lower, first.limits.upper, first.unit) == (
        Decimal(1000),
        Decimal(950),
        Decimal(1050),
        "Ohm",
    )
    assert second.limits is None


def test_the_last_run_of_a_unit_counts() -> None:
    report = log(("S1", "FAIL", "2.0e+03"), ("S1", "PASS", "1.0e+03"))

    assert report.stated is Status.PASS
    assert [each.value for each in report.measurements] == [Decimal(1000), Decimal(1)]
    assert report.notes == ("1 earlier runs of the same unit",)
    assert report.fields["serial_no"] == "S1"


def test_several_units_in_one_file() -> None:
    report = log(("S1", "FAIL", "-NAN"), ("S2", "PASS", "1.0e+03"))

    assert report.stated is Status.FAIL
    assert [each.part for each in report.measurements] == ["S1", "S1", "S2", "S2"]
    assert report.measurements[0].value is None
    assert "serial_no" not in report.fields


@pytest.mark.skipif(not REAL.exists(), reason="machine logs not there")
def test_a_real_log() -> None:
    report = read_spea(Source(REAL.read_bytes(), REAL.name, FIELDS))

    assert report.fields["serial_no"] == "SN9871234012"
    assert len(report.measurements) > 1000
    assert report.notes == ("9 earlier runs of the same unit",)

"""Units as people write them."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.units import canonical, convert, same_quantity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mm", "毫米"),
        ("um", "µm"),
        ("μm", "微米"),
        ("in", '"'),
        ("inch", "英寸"),
        ("mil", "thou"),
        ("N·m", "Nm"),
        ("牛米", "N.m"),
        ("kΩ", "K Ω"),
        ("Ω", "ohm"),
        ("°C", "℃"),
        ("deg", "°"),
        ("mbar·l/s", "mbar*L/s"),
        ("L/min", "lpm"),
        ("HB", "HBW"),
    ],
)
def test_spellings_of_one_unit(one: str, other: str) -> None:
    assert canonical(one) is not None
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize("unit", ["", "foo", "pcs", "级", "件"])
def test_what_is_no_unit(unit: str) -> None:
    assert canonical(unit) is None


def test_case_tells_prefixes_apart() -> None:
    assert canonical("mΩ") != canonical("MΩ")
    assert canonical("mW") != canonical("MW")


@pytest.mark.parametrize(
    ("value", "source", "target", "wanted"),
    [
        ("3.1", "mil", "um", "78.74"),
        ("0.5", '"', "mm", "12.7"),
        ("12.7", "mm", "in", "0.5"),
        ("6", "bar", "MPa", "0.6"),
        ("25", "℃", "°F", "77"),
        ("1", "kΩ", "Ω", "1000"),
        ("1", "mbar·l/s", "Pa·m³/s", "0.1"),
        ("1", "MPa", "N/mm²", "1"),
        ("5", "foo", "foo", "5"),
    ],
)
def test_conversion_is_exact(value: str, source: str, target: str, wanted: str) -> None:
    assert convert(Decimal(value), source, target) == Decimal(wanted)


@pytest.mark.parametrize(
    ("source", "target"),
    [("HRC", "HB"), ("°", "%"), ("sccm", "mL/min"), ("mm", "N"), ("mm", "foo"), ("ppm", "%"), ("mm", "")],
)
def test_what_is_not_comparable_is_not_converted(source: str, target: str) -> None:
    assert convert(Decimal(3), source, target) is None


def test_quantities() -> None:
    assert same_quantity("mm", "in") is True
    assert same_quantity("mm", "N") is False
    assert same_quantity("HRC", "HV") is False
    assert same_quantity("mm", "") is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9999, max_value=9999))
def test_inch_and_back(value: Decimal) -> None:
    inches = convert(value, "mm", "in")
    assert inches is not None
    back = convert(inches, "in", "mm")
    assert back is not None
    assert back.quantize(Decimal("1e-9")) == value


def test_pint_is_not_loaded_by_the_import() -> None:
    code = "import sys, edge_app.domain.units; sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

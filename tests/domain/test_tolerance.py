"""Limits as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.fits import fit_deviations
from edge_app.domain.tolerance import find_limits, parse_limits


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("8.5±0.2", "8.3", "8.7"),
        ("8.5 +/- 0.2", "8.3", "8.7"),
        ("10 ± 0,05 mm", "9.95", "10.05"),
        ("8.5 +0.1/-0", "8.5", "8.6"),
        ("8.5 +0.1 -0.05", "8.45", "8.6"),
        ("8.5+0.1-0.05", "8.45", "8.6"),
        ("36(-0.025/-0.050)", "35.950", "35.975"),
        ("Φ25（-0.020/-0.033）", "24.967", "24.980"),
        ("12H8(+0.027/0)", "12", "12.027"),
        ("40 H6 (0/+0.016)", "40", "40.016"),
        ("17 (-0.2)", "16.8", "17"),
        ("10+1", "10", "11"),
        ("10 -0.2", "9.8", "10"),
        ("10 ±5 %", "9.5", "10.5"),
        ("10 mm ±50 µm", "9.95", "10.05"),
        ("10 tol 0.05", "9.95", "10.05"),
        ("4.0–5.0", "4.0", "5.0"),
        ("4.0~5.0", "4.0", "5.0"),
        ("4.0～5.0", "4.0", "5.0"),
        ("4.0 to 5.0", "4.0", "5.0"),
        ("4.0..5.0", "4.0", "5.0"),
        ("4,2-5,0", "4.2", "5.0"),
        ("between 4 and 5", "4", "5"),
        ("-40~85℃", "-40", "85"),
        ("-0.5 to 0.5", "-0.5", "0.5"),
        ("9.95≤d≤10.05", "9.95", "10.05"),
        ("[11.95..12.05]", "11.95", "12.05"),
        ("2850～3150W", "2850", "3150"),
        ("LSL 9.9 USL 10.1", "9.9", "10.1"),
        ("下限 9.9 上限 10.1", "9.9", "10.1"),
        ("min 4 max 5", "4", "5"),
        (".7500/.7506", "0.7500", "0.7506"),
        ("30 k6", "30.002", "30.015"),
        ("62 J7", "61.988", "62.018"),
        ("Ø10 H7", "10", "10.015"),
        ("阀芯外径左 13.991～13.996", "13.991", "13.996"),
        ("≤0.1", "", "0.1"),
        ("<= 0.1", "", "0.1"),
        ("max 0.1", "", "0.1"),
        ("max. 3.2", "", "3.2"),
        ("0.8 max", "", "0.8"),
        ("max -97", "", "-97"),
        ("不大于0.5mm", "", "0.5"),
        ("不超过 3", "", "3"),
        ("不得大于3", "", "3"),
        ("至多5", "", "5"),
        ("最大 0.014", "", "0.014"),
        ("not more than 5", "", "5"),
        ("Ra 3.2", "", "3.2"),
        ("Ra≤1.6", "", "1.6"),
        ("Ø0.1 M", "", "0.1"),
        ("Ø0.8 /D", "", "0.8"),
        ("min 5", "5", ""),
        ("min -2", "-2", ""),
        ("≥5", "5", ""),
        ("不小于2M", "2", ""),
        ("不低于 5", "5", ""),
        ("不少于75%", "75", ""),
        ("至少5", "5", ""),
        ("at least 5", "5", ""),
    ],
)
def test_limits(text: str, lower: str, upper: str) -> None:
    limits = parse_limits(text)
    assert limits is not None
    assert (limits.lower, limits.upper) == (_number(lower), _number(upper))
    assert (limits.lower_open, limits.upper_open) == (False, False)
    assert limits.text == text


@pytest.mark.parametrize(
    "text",
    [
        "", "目视", "GO/NOGO", "ISO 2768-m", "2024-11-05", "M8x1.25", "M18x1.5", "1250V 60s", "12 000", "5只",
        "0.01", "±0.05", "1,234±5", "60°±30'", "100 H14",
        "10 min", "180 to 240, spec 150-300", "VCC 3.3V±0.1V；待机 ≤10mA", "5.0-4.0",
    ],
)  # fmt: skip
def test_what_states_no_limits_or_several(text: str) -> None:
    assert parse_limits(text) is None


def test_strict_signs_open_the_bound() -> None:
    above, below = parse_limits(">200"), parse_limits("<1e-8 mbar·l/s")
    assert above is not None
    assert below is not None
    assert (above.lower, above.lower_open) == (Decimal(200), True)
    assert (below.upper, below.upper_open, below.unit) == (Decimal("1e-8"), True, "mbar·l/s")


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("±0.05", "9.95", "10.05"),
        ("+0.1/-0", "10", "10.1"),
        ("0/-0.02", "9.98", "10"),
        ("-0.2", "9.8", "10"),
        ("±5%", "9.5", "10.5"),
        ("H7", "10", "10.015"),
    ],
)
def test_a_tolerance_around_a_nominal_given_apart(text: str, lower: str, upper: str) -> None:
    limits = parse_limits(text, nominal=Decimal(10), unit="mm")
    assert limits is not None
    assert (limits.lower, limits.upper, limits.unit) == (Decimal(lower), Decimal(upper), "mm")


@pytest.mark.parametrize(
    ("nominal", "letter", "grade", "lower", "upper"),
    [
        ("25", "f", 6, "-0.033", "-0.020"),
        ("36", "f", 7, "-0.050", "-0.025"),
        ("10", "g", 6, "-0.014", "-0.005"),
        ("50", "h", 6, "-0.016", "0"),
        ("50", "H", 8, "0", "0.039"),
        ("25", "K", 7, "-0.015", "0.006"),
        ("25", "M", 7, "-0.021", "0"),
        ("25", "N", 7, "-0.028", "-0.007"),
        ("25", "P", 7, "-0.035", "-0.014"),
        ("25", "P", 6, "-0.031", "-0.018"),
        ("25", "js", 7, "-0.0105", "0.0105"),
        ("300", "M", 6, "-0.041", "-0.009"),
        ("30", "m", 6, "0.008", "0.021"),
        ("18", "p", 6, "0.018", "0.029"),
        ("500", "H", 7, "0", "0.063"),
    ],
)
def test_fits_of_iso_286(nominal: str, letter: str, grade: int, lower: str, upper: str) -> None:
    assert fit_deviations(Decimal(nominal), letter, grade) == (Decimal(lower), Decimal(upper))


@pytest.mark.parametrize(
    ("nominal", "letter", "grade"), [("501", "H", 7), ("10", "z", 7), ("10", "H", 18), ("0", "H", 7)]
)
def test_unknown_fits_are_not_approximated(nominal: str, letter: str, grade: int) -> None:
    assert fit_deviations(Decimal(nominal), letter, grade) is None


_VALUE = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value="0.5", max_value=9999)


@given(
    _VALUE,
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value="0.4"),
    st.sampled_from(["±", "+/-", " ± "]),
)
def test_plus_minus_is_exact(nominal: Decimal, width: Decimal, sign: str) -> None:
    limits = parse_limits(f"{nominal}{sign}{width}")
    assert limits is not None
    assert (limits.lower, limits.upper, limits.nominal) == (nominal - width, nominal + width, nominal)


@given(_VALUE, _VALUE, st.sampled_from(["~", "～", " to ", "–", "..", " 至 "]))
def test_ranges_are_exact(one: Decimal, other: Decimal, dash: str) -> None:
    low, high = sorted((one, other))
    limits = parse_limits(f"{low}{dash}{high}")
    assert limits is not None
    assert (limits.lower, limits.upper) == (low, high)


@given(st.text(alphabet="0123456789.,+-±~/≤≥<>() 上下限不大于maxinHk6mµ%°'年Ø"))
def test_any_text_is_survived_and_offsets_hold(text: str) -> None:
    parse_limits(text)
    for found in find_limits(text):
        assert text[found.start : found.end].strip() == found.limits.text
        assert found.limits.lower is not None or found.limits.upper is not None

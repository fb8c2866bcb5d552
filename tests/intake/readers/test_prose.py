"""Measurements and lot samples in free text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.report import Measurement
from edge_app.domain.verdict import Doubt, Span
from edge_app.intake.readers.prose import Prose, read_prose
from edge_app.intake.readers.prose_tokens import calm


def _read(text: str) -> Prose:
    return read_prose(Span(text, 0))


def _bounds(one: Measurement) -> tuple[str, str]:
    assert one.limits is not None
    return tuple("" if bound is None else str(bound) for bound in (one.limits.lower, one.limits.upper))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "name", "values", "lower", "upper"),
    [
        ("Ø12.034 (spec 12.00 ±0.02)", "", ["12.034"], "11.98", "12.02"),
        ("bore measured 25.08, tolerance 25.00-25.05", "bore", ["25.08"], "25.00", "25.05"),
        ("孔径实测25.08mm，要求25.00~25.05", "孔径", ["25.08"], "25.00", "25.05"),
        ("torque 3.2 Nm (min 4.0)", "torque", ["3.2"], "4.0", ""),
        ("hole spacing reads 140.07, drawing 140 +/-0.04", "hole spacing", ["140.07"], "139.96", "140.04"),
        ("硬度 HRC 41、42，技术要求 HRC 48~54", "硬度 HRC", ["41", "42"], "48", "54"),
        ("膜厚 85 µm，标准 60–80", "膜厚", ["85"], "60", "80"),
        ("Ra 1.8 against 1.6 max", "Ra", ["1.8"], "", "1.6"),
        ("limit 0.10, found 0.14", "", ["0.14"], "", "0.10"),
        ("three parts 10.01, 10.02, 10.07 vs 10 ±0.05", "three parts", ["10.01", "10.02", "10.07"], "9.95", "10.05"),
        ("pos. 3: 0.12 > 0.10", "pos. 3", ["0.12"], "", "0.10"),
        ("spec is 4.5 to 5.5 N, readings 4.6/4.9/5.7", "", ["4.6", "4.9", "5.7"], "4.5", "5.5"),
        ("共面度 0.18，规格书上限 0.10，抽20只有7只超", "共面度", ["0.18"], "", "0.10"),
        ("Journal 30 k6 (30.002 to 30.015): 30.006, 30.018", "Journal", ["30.006", "30.018"], "30.002", "30.015"),
        ("Runout, max .015: .008 .006 .007", "Runout", ["0.008", "0.006", "0.007"], "", "0.015"),
        ("flatness ≤0.02 → 最大 0.014", "flatness", ["0.014"], "", "0.02"),
        ("bearing bore 62 J7 came out at 62.024 on all four", "bearing bore", ["62.024"], "61.988", "62.018"),
        ("硬度 HB 186～193（要求 170～210）", "硬度 HB", ["186", "193"], "170", "210"),
        ("DFT 3.1 mil against 60-100 um spec", "DFT", ["3.1"], "60", "100"),
        ("largest void 18 % of ball area, ball C11 (class 2 limit 30 %)", "largest void", ["18"], "", "30"),
        ("0.06 ohm at 25 A (max 0.1)", "", ["0.06"], "", "0.1"),
        ("balance 1.1 gmm/kg vs 2.5 allowed", "balance", ["1.1"], "", "2.5"),
        ("拼合力 1.8～2.6N，在规定的1.5～3.5之间", "拼合力", ["1.8", "2.6"], "1.5", "3.5"),
        ("色差：ΔE=1.9，合同上限1.0", "ΔE", ["1.9"], "", "1.0"),
        ("weight 31.20→31.34→31.47 g, tol 31.4 ±0.4", "weight", ["31.20", "31.34", "31.47"], "31.0", "31.8"),
        ("solder fill at pin 6 is 40 %, class 3 needs 75 %", "solder fill at pin 6", ["40"], "75", ""),
        ("undercut 0.9 mm × 长 40 (spec ≤0.5)", "undercut", ["0.9"], "", "0.5"),
        ("拉力 45N，低于标准50N", "拉力", ["45"], "50", ""),
        ("Pull force 48 N, below the 50 N minimum", "Pull force", ["48"], "50", ""),
        ("孔径 8.12 超上限 8.10", "孔径", ["8.12"], "", "8.10"),
        ("同轴度 0.03，图纸0.02", "同轴度", ["0.03"], "", "0.02"),
        ("间隙0.8mm，允差0.5mm", "间隙", ["0.8"], "", "0.5"),
        ("voltage 11.4 V < 11.5 V min", "voltage", ["11.4"], "11.5", ""),
        ("Wall: nominal 2.5, measured 2.31, tolerance ±0.15", "Wall", ["2.31"], "2.35", "2.65"),
        ("length is 99.7 instead of 100 ±0.2", "length", ["99.7"], "99.8", "100.2"),
        ("D1: 12.03 [11.95..12.05]", "D1", ["12.03"], "11.95", "12.05"),
        ("1  Ø8.5±0.2  8.62  OK", "", ["8.62"], "8.3", "8.7"),
        ("Length  50 ±0.1  50.08", "Length", ["50.08"], "49.9", "50.1"),
        ("He 3.1e-9 mbar·l/s, spec < 1e-8", "He", ["3.1E-9"], "", "1E-8"),
        ("CTQ 3: 45.02 / 45.11, LSL 44.95 USL 45.10", "CTQ 3", ["45.02", "45.11"], "44.95", "45.10"),
        (
            "nugget slid from 6.1 to 5.4 mm over 40 dressings; lower limit 5.0",
            "nugget slid from",
            ["6.1", "5.4"],
            "5.0",
            "",
        ),
    ],
)
def test_a_value_beside_its_limits(text: str, name: str, values: list[str], lower: str, upper: str) -> None:
    measurements = _read(text).measurements
    assert [str(one.value) for one in measurements] == values
    assert {_bounds(one) for one in measurements} == {(lower, upper)}
    assert {one.characteristic for one in measurements} == {name}


@pytest.mark.parametrize(
    "text",
    [
        "On 12/05/2024 at 14:30 lot 4500-12 checked, 25 pcs, 2 rejected, dwg 118-22 rev C",
        "Temp 23.5 C, humidity 45 %, ISO 2768-m, EN 10204 3.1",
        "齿轮轴 8831  Φ25(-0.020/-0.033)  抽5",
        "Board 118, max 5 V",
        "The 3 parts from cavity 4 were 0.3 short, PO 4500-7781 of 2024-11-05",
        "Start within 4 h of plating: 2 h 35 min. 220 C, 24 h.",
        "Hydro 24 bar / 10 min, dry.",
        "note 11: a4 min up to t 8, a5 min above t 8. Plate here t 10.",
        "SPI 上下限 80–130% 重设",
        "标准毛重 6.482kg  提示带 ±4g",
        "Might be a bridge between pins 4 and 5 under the can",
        "绝缘 500V >200MΩ",
        "12:00 - 01:30   nothing above 20 % DAC",
        "motor end shield with 4 M5 inserts, hole 8 M6",
        "光泽(60°) 要求80～90",
        "03:00 - 04:15   nothing above 20 % DAC\n04:30   60 % DAC over 25 mm at depth 17",
        "标准样 CRM-12 Mn 读 0.67，证书值 0.74±0.01",
        "预热 120℃，层温不超过 230℃",
        "approximately 0.5mm in diameter and range 3-15mm in length",
        "Jif natural spread NET WT 1.5oz (43g) cups",
        "grade 4, we need 1 or better. Job stopped.\nB. Ferro, 2024-10-21, 14h",
    ],
)
def test_numbers_that_are_no_measured_values(text: str) -> None:
    assert _read(text).measurements == ()


def test_readings_below_a_heading_with_limits() -> None:
    text = "空调面板翘曲（平台塞尺，上限1.2mm）\n1号 0.85\n2号 1.62\n保压 6s，模温 52/48\n"
    found = _read(text).measurements
    assert [(one.part, str(one.value)) for one in found] == [("1号", "0.85"), ("2号", "1.62")]
    assert all("翘曲" in one.characteristic for one in found)


def test_a_blank_line_ends_what_a_heading_demands() -> None:
    assert _read("flatness, max 0.05\n\n1: 0.07\n").measurements == ()


def test_several_limits_go_to_the_values_of_their_unit() -> None:
    found = _read("规格：VCC 3.3V±0.1V；待机 ≤10mA\n#4  3.31V  12.8mA").measurements
    assert [(one.characteristic, str(one.value), _bounds(one)) for one in found] == [
        ("VCC", "3.31", ("3.2", "3.4")),
        ("待机", "12.8", ("", "10")),
    ]


def test_several_limits_go_to_the_values_of_their_name() -> None:
    found = _read("Spec: OD 25.00 ±0.02, length 80.0 ±0.1\nPart 2: OD 25.03, length 79.95").measurements
    assert [(one.characteristic, str(one.value)) for one in found] == [("OD", "25.03"), ("length", "79.95")]
    nested = _read("OD 50.02 ID 40.01 (OD 50 ±0.05, ID 40 ±0.05)").measurements
    assert [_bounds(one) for one in nested] == [("49.95", "50.05"), ("39.95", "40.05")]


def test_a_value_keeps_its_own_unit() -> None:
    (one,) = _read("DFT 3.1 mil against 60-100 um spec").measurements
    assert one.limits is not None
    assert (one.unit, one.limits.unit) == ("mil", "um")


def test_a_number_that_can_be_read_in_two_ways_is_kept_as_a_doubt() -> None:
    (one,) = _read("length 1,234 mm (max 1300 mm)").measurements
    assert (one.value, one.problem, one.text) == (None, Doubt.AMBIGUOUS_NUMBER, "1,234 mm")


@pytest.mark.parametrize(
    ("text", "size", "accept", "reject", "found"),
    [
        ("AQL 1.0, n=125, Ac=3, Re=4, found 2", 125, 3, 4, 2),
        ("抽样125件，发现2件，Ac 3 Re 4", 125, 3, 4, 2),
        ("(Ac/Re 3/4) defects 5", None, 3, 4, 5),
        ("sample 80, accept 2 reject 3, 1 defective", 80, 2, 3, 1),
        ("纤维/hair 封在 wall 里面 3 pcs (n=200, Ac 0 Re 1)", 200, 0, 1, 3),
        ("抽样200，AQL0.65，允收3拒收4，实际不良2", 200, 3, 4, 2),
        ("n=80, c=0, found 1", 80, 0, 1, 1),
        ("carton dented on pallet 3, 8 of 80, Ac 5 Re 6", None, 5, 6, 8),
        ("n=50, Ac 1 Re 2, no defects", 50, 1, 2, 0),
        ("n=50, Ac 1 Re 2", 50, 1, 2, None),
    ],
)
def test_a_lot_sample(text: str, size: int | None, accept: int, reject: int, found: int | None) -> None:
    prose = _read(text)
    assert prose.measurements == ()
    (lot,) = prose.lots
    assert (lot.size, lot.accept, lot.reject, lot.found) == (size, accept, reject, found)


def test_a_double_plan_with_its_second_sample_open() -> None:
    first, second = _read("first n=80, Ac 2 Re 5, found 3; second n=80 Ac 6 Re 7").lots
    assert (first.found, second.accept, second.found) == (3, 6, None)


def test_classes_each_with_their_number() -> None:
    major, minor = _read("Sample 32 pcs: major 1 (Ac 1/Re 2), minor 4 (Ac 2/Re 3)").lots
    assert (major.name, major.found, minor.name, minor.found) == ("major", 1, "minor", 4)


def test_spans_are_absolute() -> None:
    before = "some header\n"
    (one,) = read_prose(Span("bow 0.6 mm (max 0.5)", len(before))).measurements
    assert (before + "bow 0.6 mm (max 0.5)")[one.evidence.start : one.evidence.end] == one.evidence.text


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=1, max_value=999),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=1, max_value=999),
)
def test_a_value_on_its_limit_is_exact(value: Decimal, limit: Decimal) -> None:
    (one,) = _read(f"bow {value} mm (max {limit} mm)").measurements
    assert one.limits is not None
    assert (one.value, one.limits.upper) == (value, limit)


@given(
    st.text(
        alphabet="0123456789.,+-±~/≤≥<>() 上限要求不大于max inmHµ%°年月日号；。\n\r\tAcRe=n→Ø实测found", max_size=120
    )
)
def test_any_text_is_survived_with_spans_intact(text: str) -> None:
    prose = read_prose(Span(text, 7))
    for one in prose.measurements:
        start = one.evidence.start - 7
        assert text[start : start + len(one.evidence.text)] == one.evidence.text
        assert one.text in text
    for lot in prose.lots:
        start = lot.evidence.start - 7
        assert text[start : start + len(lot.evidence.text)] == lot.evidence.text


@given(st.text(alphabet="a =-.", min_size=30, max_size=300))
def test_endless_repetition_is_cut_and_offsets_stay(text: str) -> None:
    calmed = calm(text + " " * 60)
    assert len(calmed) == len(text) + 60
    assert " " * 41 not in calmed

"""Values and limits that stand apart, in units of their own, or in sentences: counted as fails and passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.domain.report import Report
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.evaluate import evaluate, status_of
from edge_app.judging.findings import lot_status
from edge_app.judging.gauge_checks import wrong_references
from edge_app.rulepacks import load_fields

FIELDS = load_fields(Path(__file__).resolve().parents[3] / "rules")
P, F = Status.PASS, Status.FAIL


def report(text: str, suffix: str) -> Report:
    return read(Source(text.encode(), f"r.{suffix}", FIELDS))


def statuses(text: str, suffix: str = "txt") -> list[Status]:
    return [status for each in report(text, suffix).measurements if (status := status_of(each))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Flow index 17.8, 12.5. Order text says 11 to 13.", [F, P]),
        ("Bore came out 25.08 on all five. Print allows 25.00 to 25.05.", [F]),
        ("孔径 12.06，图面 12.00 到 12.05。", [F]),
        ("孔径 12.03，上次 12.08，图面 12.00 到 12.05。", [P]),
        ("Wall, not below 14.5\n  pc 1   15.8  16.1\n  pc 2   14.5  14.2   on the foot\n", [P, P, P, F]),
        ("膜厚周记（μm，标准 18～25）\n周一　23.4\n周二　26.7\n周三　22.6\n", [P, F, P]),
        ("Torque check (Nm) 8 to 10\nM1 8.2\nM2 9.1\nM3 11.4\n", [P, P, F]),
        ("Leak test: 0.8 bar drop in 5 min. Not more than 0.5 bar.", [F]),
        ("Flatness 0.08 where 0.05 is allowed", [F]),
        ("功率551.0～554.3W（标称550，0～+5）", [P, P]),
        ("Bore 25.02 mm. Shaft spec 24.98 to 25.00, shaft 24.99.", [P]),
        ("Shift 06-14   120 pcs   118 ok\nShift 14-22   130 pcs   129 ok\n", []),
    ],
)
def test_sentences_say_what_the_limits_are(text: str, expected: list[Status]) -> None:
    assert statuses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"torque_spec": "8-10 Nm", "torque": {"a": 8.4, "b": 7.1}}', [P, F]),
        ('{"spec": "60-80 um", "readings": {"top": 72, "left": 58}}', [P, F]),
        ('{"limits": {"thickness": {"min": 60, "max": 80}}, "thickness": 58}', [F]),
        ('{"公差_μm": "0～+18", "间隔": "30分钟", "偏差": [4, 19]}', [P, F]),
        ('{"proof_min_bar": 16, "proof": "240 psi for 10 min, dry"}', [P]),
        ('{"paint_um": [50, 80], "paint_read_mil": 4.1}', [F]),
    ],
)
def test_members_find_the_limits_of_their_name(text: str, expected: list[Status]) -> None:
    assert statuses(text, "json") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("尺寸,下限in,上限in,读数\n宽,0.745,0.755,19.05 mm\n厚,0.120,0.125,3.20 mm\n", [P, F]),
        (
            (
                "部位,图面,读数,换成mm\n底,0.55±0.05,562,0.562\n侧,0.50±0.05,571,0.571\n"
                "唇,0.80±0.08,774,0.774\n盖,0.45±0.05,438,0.438\n"
            ),
            [P, F, P, P],
        ),
        ("Check,Tol,0007,0008\nPilot Ø95 h7,0/-0.035,-0.012,-0.036\nFace runout,0.02,0.009,0.012\n", [P, F, P, P]),
    ],
)
def test_units_and_deviations_are_compared_as_they_are_meant(text: str, expected: list[Status]) -> None:
    assert statuses(text, "csv") == expected


def test_a_digit_that_cannot_be_read_is_a_doubt() -> None:
    found = report("SN,bore 60 (+0.019/0),PCD 92 ±0.05\n1,60.008,92.01\n2,60.0?? oil,91.99\n3,60.01,92.0\n", "csv")
    assert [evaluate(each) for each in found.measurements].count((Status.INDETERMINATE, Doubt.HEDGED)) == 1


def test_a_scale_that_nobody_wrote_down_is_a_doubt() -> None:
    found = report("项目,要求,读数,备注\n硬度,60±5,14,没写 A 型还是 D 型\n", "csv")
    assert [evaluate(each) for each in found.measurements] == [(Status.INDETERMINATE, Doubt.UNIT_CLASH)]


def test_two_instruments_of_one_value_contradict() -> None:
    found = report(
        '{"feature": "bore 32.025 to 32.050", "first": {"with": "air plug", "mm": 32.047},'
        ' "second": {"with": "bore mic", "mm": 32.058}}',
        "json",
    )
    assert {each.problem for each in found.measurements} == {Doubt.CONTRADICTION}


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("CR,锡桥,0收1退,0\nMA,少锡,2收3退,3\n", "csv", [P, F]),
        ("oil film, 6/50 tubes, spec: none\n", "txt", [F]),
        ("样本\tn\tAc\tRe\t本次\t累计\n一\t125\t3\t6\t4\t4\n二\t125\t9\t10\t5\t9\n", "csv", [Status.INDETERMINATE, P]),
    ],
)
def test_lots_are_read_as_they_are_noted(text: str, suffix: str, expected: list[Status]) -> None:
    assert [lot_status(each) for each in report(text, suffix).lots] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reference 20.00 V,reads 20.41,cause not found", 1),
        ("reference 20.00 V,reads 20.01,", 0),
        ("reference 20.00 V,reads 20.41, adjusted before the run", 0),
    ],
)
def test_a_reference_read_wrong_puts_the_gauge_in_doubt(line: str, expected: int) -> None:
    found = report(f"{line}\nserial,out V (19.60-20.40)\nC-1,19.85\nC-2,19.91\n", "csv")
    assert len([*wrong_references(found)]) == expected

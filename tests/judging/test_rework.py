"""What rework, and the inspection after it, make of a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.judging.assess import assess

Told = Callable[..., Report]
BAD = ("bore", "10.00", "10.05", "9.98")

AFTER_A_DEFECT = [
    ("Burrs on 4 pins, filed off, went straight back to the line.", "INDETERMINATE"),
    ("Burrs on 4 pins, filed off, second look by Kay: none left.", "PASS"),
    ("Burrs on 4 pins, filed off, second look by Kay: burrs are still there.", "FAIL"),
    ("Burrs on 4 pins, to be filed off tomorrow.", "FAIL"),
    ("Burrs on 4 pins. Cutter changed.", "FAIL"),
    ("毛刺4件，锉平了，没人再看过", "INDETERMINATE"),
    ("毛刺4件，锉平后复看，没有毛刺", "PASS"),
    ("毛刺4件，待去毛刺", "FAIL"),
    ("毛刺4件，换了钻头", "FAIL"),
    ("裂纹一条，打磨后变长", "FAIL"),
]


@pytest.mark.parametrize(("line", "status"), AFTER_A_DEFECT)
def test_a_named_defect(told: Told, general: RulePack, line: str, status: str) -> None:
    assert assess(told(line), general).status == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Re-reamed by Jo, nobody has put a gauge in since.", "INDETERMINATE"),
        ("重新铰孔，塞规明天借到再测", "INDETERMINATE"),
        ("Re-reamed by Jo, gauged again: good.", "PASS"),
        ("Slot deburred.", "FAIL"),
        ("Program offset corrected for the next lot.", "FAIL"),
    ],
)
def test_a_value_out_of_its_limits(told: Told, general: RulePack, line: str, status: str) -> None:
    report = told(line, measured=(BAD,))
    rows = tuple(replace(each, remark=report.remarks[0].span) for each in report.measurements)
    assert assess(replace(report, measurements=rows), general).status == status


@pytest.mark.parametrize(
    ("stages", "status"),
    [
        ((("初检", "飞边2处"), ("处理", "磨掉"), ("再检", "无飞边")), "PASS"),
        ((("初检", "飞边2处"), ("处理", "磨掉")), "INDETERMINATE"),
        ((("初检", "飞边2处"), ("处理", "隔离待判")), "FAIL"),
        ((("first check", "flash at gate"), ("treatment", "carving by hand"), ("re-confirmation", "no flash")), "PASS"),
    ],
)
def test_fields_name_the_stages(
    told: Told, general: RulePack, stages: tuple[tuple[str, str], ...], status: str
) -> None:
    report = told(*(text for _, text in stages))
    labels = [label for label, _ in stages]
    remarks = tuple(replace(each, label=label) for each, label in zip(report.remarks, labels, strict=True))
    assert assess(replace(report, remarks=remarks), general).status == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("验收：气孔不大于3级。铸件2：气孔2级", "PASS"),
        ("验收：气孔不大于3级。铸件2：气孔4级", "FAIL"),
        ("Gas hole 1.2 mm; standard lets us have up to 2 mm.", "PASS"),
        ("Gas hole 2.4 mm; standard lets us have up to 2 mm.", "FAIL"),
        ("流痕比限度样浅", "PASS"),
        ("Not one lid was warped, none of them was cracked.", "PASS"),
        ("连锡4处，不是误报", "FAIL"),
    ],
)
def test_bounds_and_denials(told: Told, general: RulePack, line: str, status: str) -> None:
    assert assess(told(line), general).status == status


def test_calls_of_a_machine_that_were_all_overruled(told: Told, general: RulePack) -> None:
    assert assess(told("tombstone", "bridge", "all 2 calls false, glare"), general).status == "PASS"
    assert assess(told("tombstone", "bridge", "one call false"), general).status == "FAIL"

"""Trees of named values to reports."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from edge_app.domain.report import Measurement, Report
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.json_records import read_json
from edge_app.rulepacks import load_fields

FIELDS = load_fields(Path(__file__).resolve().parents[3] / "rules")


def tree(value: object) -> Report:
    text = json.dumps(value, ensure_ascii=False)
    return read_json(Source(text.encode(), "report.json", FIELDS))


def seen(measurement: Measurement) -> tuple[str, str, str, str]:
    limits = measurement.limits
    lower, upper = (limits.lower, limits.upper) if limits else (None, None)
    return measurement.characteristic, str(measurement.value), str(lower), str(upper)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"steps": [{"name": "5V rail", "measured": 8.62, "min": 8.0, "max": 8.5}]}, ("5V rail", "8.62", "8.0", "8.5")),
        ({"torque_nm": 4.2, "limit": "4.0-5.0"}, ("torque", "4.2", "4.0", "5.0")),
        ({"weight_g": {"value": 1184, "window": [1175, 1195]}}, ("weight_g", "1184", "1175", "1195")),
        ({"colour": {"colour_dE": 0.42, "limit": 0.7}}, ("colour colour_dE", "0.42", "None", "0.7")),
        ({"a": {"straightness_mm_per_m": 0.09, "straightness_max": 0.1}}, ("a straightness", "0.09", "None", "0.1")),
        ({"检验": [{"项": "外径", "标准": "20±0.05", "实测值": "20.06"}]}, ("外径", "20.06", "19.95", "20.05")),
        ({"轴颈": "14.99（14.984~14.995）"}, ("轴颈", "14.99", "14.984", "14.995")),
        ({"torque": {"target": 25, "tol_pct": 10, "values": [28.9]}}, ("torque", "28.9", "22.5", "27.5")),
        ({"data": [{"point": 2, "um": 58}], "spec_um": [60, 90]}, ("data point", "58", "60", "90")),
        (
            {"feature": "bore", "readings": [10.07], "limits": {"lower": 9.95, "upper": 10.05}},
            ("bore", "10.07", "9.95", "10.05"),
        ),
        (
            {"results": {"bore": {"value": "10,02", "nominal": "10,00", "tol": "0,05"}}},
            ("bore", "10.02", "9.95", "10.05"),
        ),
    ],
)
def test_records_with_limits_are_measurements(value: object, expected: tuple[str, str, str, str]) -> None:
    assert [seen(each) for each in tree(value).measurements] == [expected]


def test_values_of_one_record_are_parts() -> None:
    report = tree({"dims": [{"f": "height", "lim": [231.0, 233.0], "c1": 232.1, "c2": 234.0}]})

    assert [(each.part, each.value) for each in report.measurements] == [
        ("c1", Decimal("232.1")),
        ("c2", Decimal("234.0")),
    ]
    assert {each.evidence.text for each in report.measurements} == {
        '{"f": "height", "lim": [231.0, 233.0], "c1": 232.1, "c2": 234.0}'
    }


def test_limits_stated_beside_the_statistics_hold_for_them() -> None:
    report = tree({"规格": "Φ83.000~83.006", "读数": {"最小": 83.001, "最大": 83.008}})

    assert [(str(each.value), str(each.limits.upper)) for each in report.measurements if each.limits] == [
        ("83.001", "83.006"),
        ("83.008", "83.006"),
    ]


def test_a_record_that_only_states_a_result() -> None:
    report = tree({"part": "x", "tests": [{"name": "hipot", "result": "FAIL"}, {"name": "visual", "result": "OK"}]})

    assert [(each.characteristic, each.stated) for each in report.measurements] == [
        ("hipot", Status.FAIL),
        ("visual", Status.PASS),
    ]
    assert report.stated is None


@pytest.mark.parametrize(("value", "status"), [({"判定": "不合格"}, Status.FAIL), ({"passed": True}, Status.PASS)])
def test_the_verdict_of_the_report(value: dict[str, object], status: Status) -> None:
    report = tree({"serial": "A1", **value})

    assert report.stated is status
    assert report.stated_evidence is not None
    assert report.fields == {"serial_no": "A1"}


def test_lots_carry_the_name_of_their_member() -> None:
    report = tree({"次要": {"Ac": 10, "Re": 11, "实": 10}, "sampling": {"n": 80, "ac": 1, "re": 2, "defects_found": 3}})

    assert [(lot.name, lot.size, lot.accept, lot.reject, lot.found) for lot in report.lots] == [
        ("次要", None, 10, 11, 10),
        ("sampling", 80, 1, 2, 3),
    ]


def test_text_is_told_under_the_name_of_its_record() -> None:
    report = tree({"项目": [{"名": "外观", "果": "一条贯通裂纹，敲击声哑"}], "虚焊": 0, "备注": ["a burr", "无"]})

    assert [(remark.label, remark.span.text) for remark in report.remarks] == [
        ("外观", "一条贯通裂纹，敲击声哑"),
        ("", '"虚焊": 0'),
        ("备注", "a burr"),
        ("", '"无"'),
    ]


def test_a_defect_and_its_count_stay_together() -> None:
    report = tree({"缺陷": [{"名称": "砂眼", "数量": 2}]})

    assert [remark.span.text for remark in report.remarks] == ['{"名称": "砂眼", "数量": 2}']


def test_members_of_one_of_many_records_are_not_about_the_report() -> None:
    report = tree([{"serial": "A1", "v": 3.3, "lo": 3.2, "hi": 3.4}, {"serial": "A2", "v": None, "lo": 3.2, "hi": 3.4}])

    assert report.fields == {}
    assert [(each.part, each.problem) for each in report.measurements] == [("A1", None), ("A2", Doubt.MISSING_DATA)]

"""Text reports: key lines, columns, notes."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_app.domain.report import Report
from edge_app.domain.verdict import Span, Status
from edge_app.errors import ReportError
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.text import decimal_mark, read_text
from edge_app.rulepacks import load_fields

_ROOT = Path(__file__).parents[3]
_FIELDS = load_fields(_ROOT / "rules")
_SHARED = Path(os.environ.get("EDGE_SHARED", _ROOT.parent / "shared"))
_REPORTS = sorted((_SHARED / "data" / "handwritten-reports" / "reports").glob("*.txt"))


def _read(text: str) -> Report:
    return read_text(Source(text.encode(), "note.txt", _FIELDS))


def _intact(report: Report) -> bool:
    spans: list[Span] = [one.evidence for one in report.measurements] + [one.span for one in report.remarks]
    spans += [one.evidence for one in report.lots]
    return all(report.text[span.start : span.end] == span.text for span in spans)


def test_identity_lines_are_fields_and_no_remarks() -> None:
    report = _read("Part: BT-2407\nSerial: 0042\n批号：A-77\n检验员：孟工\nNo burrs found.\n")
    assert report.fields["part_no"] == "BT-2407"
    assert report.fields["serial_no"] == "0042"
    assert report.fields["lot_no"] == "A-77"
    assert report.fields["operator"] == "孟工"
    assert [one.span.text for one in report.remarks] == ["No burrs found."]


def test_several_fields_on_one_line() -> None:
    report = _read("产品：充电桩电源 FZ-60        订单：P24-0602        数量：214 台\n")
    assert report.fields["part_name"] == "充电桩电源 FZ-60"
    assert report.fields["order_no"] == "P24-0602"


def test_dotted_leaders_and_codes() -> None:
    report = _read("Customer ....... Dorn Lifting\n料号 CN-40P-0.5  板对板连接器\n")
    assert report.fields["customer"] == "Dorn Lifting"
    assert report.fields["part_no"] == "CN-40P-0.5"


def test_an_identity_line_that_says_more_stays_a_remark() -> None:
    report = _read("检验：外圆有一道裂纹，已隔离。\n")
    assert [one.span.text for one in report.remarks] == ["检验：外圆有一道裂纹，已隔离。"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Result: PASS", Status.PASS),
        ("判定：合格", Status.PASS),
        ("Result ..... FAIL", Status.FAIL),
        ("结论：不合格", Status.FAIL),
        ("判定 不合格", Status.FAIL),
    ],
)
def test_a_stated_verdict(line: str, status: Status) -> None:
    report = _read(f"Shaft 12\n{line}\n")
    assert report.stated is status
    assert report.stated_evidence is not None
    assert report.stated_evidence.text == line


def test_of_two_stated_verdicts_the_strict_one_counts() -> None:
    assert _read("Result: PASS\nOverall result: FAIL\n").stated is Status.FAIL


def test_a_verdict_told_in_a_sentence_is_not_stated() -> None:
    assert _read("Result: all 220 looked at again after trimming, flash gone.\n").stated is None


def test_aligned_columns() -> None:
    report = _read(
        " #   feature               nominal     +tol     -tol    actual\n"
        " 1   bore A diameter          42.000    +0.025    0.000   42.011\n"
        " 2   bore A cylindricity       0.000    +0.008      -      0.005\n"
        " 7   position 6x M8            0.000    +0.200      -      0.141 (worst, hole 4)\n"
    )
    found = [
        (one.characteristic, str(one.value), str(one.limits.lower), str(one.limits.upper))
        for one in report.measurements
        if one.limits
    ]
    assert found == [
        ("bore A diameter", "42.011", "42.000", "42.025"),
        ("bore A cylindricity", "0.005", "None", "0.008"),
        ("position 6x M8", "0.141", "None", "0.200"),
    ]


def test_columns_between_bars_with_a_stated_result() -> None:
    report = _read("Item | Spec | Actual | Result\nOD | 25.00 +/-0.02 | 25.03 | OK\nLen | max 80.1 | 80.2 | NG\n")
    assert [(one.characteristic, one.value, one.stated) for one in report.measurements] == [
        ("OD", Decimal("25.03"), Status.PASS),
        ("Len", Decimal("80.2"), Status.FAIL),
    ]


def test_limit_columns() -> None:
    report = _read("Char   Nom   Min   Max   Meas\nA      10.0  9.9   10.1  10.05\nB      5.0   4.9   5.1   5.2\n")
    assert [(one.value, one.limits and one.limits.upper) for one in report.measurements] == [
        (Decimal("10.05"), Decimal("10.1")),
        (Decimal("5.2"), Decimal("5.1")),
    ]


def test_a_positive_minus_tolerance_lies_below() -> None:
    report = _read("Char   Nominal   +Tol   -Tol   Actual\nA      10.00     0.05   0.02   9.99\n")
    (one,) = report.measurements
    assert one.limits is not None
    assert (one.limits.lower, one.limits.upper) == (Decimal("9.98"), Decimal("10.05"))


def test_sentences_are_remarks() -> None:
    report = _read("One run on the underside, 4 cm. Not seen when fitted, ca. 2 m off. 外观亮，无起泡。切片两只。\n")
    assert [one.span.text for one in report.remarks] == [
        "One run on the underside, 4 cm.",
        "Not seen when fitted, ca. 2 m off.",
        "外观亮，无起泡。",
        "切片两只。",
    ]


def test_a_wrapped_sentence_is_one_remark() -> None:
    text = "Boring bar insert was of the wrong grade and has been\nchanged before the next casting. Closed.\n"
    assert [one.span.text for one in _read(text).remarks] == [text[: text.index(" Closed")], "Closed."]


def test_a_key_that_is_not_in_the_vocabulary_labels_its_remark() -> None:
    (one,) = _read("Why: flash on hinge side\n").remarks
    assert (one.label, one.span.text) == ("Why", "Why: flash on hinge side")


def test_a_time_is_no_label() -> None:
    (one,) = _read("Fixture pins cleaned 06:00.\n").remarks
    assert one.label == ""


@pytest.mark.parametrize(("text", "mark"), [("12,5 and 3,4", ","), ("12.5", "."), ("12,5 and 3.4", ""), ("none", "")])
def test_the_decimal_mark_shows_in_the_text(text: str, mark: str) -> None:
    assert decimal_mark(text) == mark


def test_line_ends_of_windows_keep_offsets() -> None:
    report = _read("Part: X-1\r\nbow 0.6 mm (max 0.5)\r\nA. Smith signed.\r\n")
    assert _intact(report)
    assert [one.evidence.text for one in report.measurements] == ["bow 0.6 mm (max 0.5)"]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ReportError):
        read_text(Source(b"PK\x03\x04rest", "a.txt", _FIELDS))


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        report = _read(text)
    except (ReportError, UnicodeEncodeError):
        return
    assert _intact(report)


@pytest.mark.skipif(not _REPORTS, reason="the shared reports are not here")
def test_every_handwritten_report_is_read_with_spans_intact() -> None:
    reports = [read_text(Source(path.read_bytes(), path.name, _FIELDS)) for path in _REPORTS]
    assert all(_intact(report) for report in reports)
    assert all(report.remarks or report.measurements for report in reports)


_OUT_OF_LIMITS = {
    "03ce43e7": "0.18", "05ef61b6": "30.018", "198925a5": "24.965", "2f167f31": "62.024", "70c95d83": "1.62",
    "75d7aa59": "41", "78b14d82": "3.1", "89689971": "0.021", "95c73672": "0.8", "a24684cf": "0.9",
    "afd6f8f5": "12.8", "c3bf4471": "71", "d6170611": "1.9",
}  # fmt: skip
"""Reports of the shared set that fail by a number, and the number."""


@pytest.mark.skipif(not _REPORTS, reason="the shared reports are not here")
@pytest.mark.parametrize(("name", "value"), _OUT_OF_LIMITS.items())
def test_the_number_that_decides_is_found(name: str, value: str) -> None:
    (path,) = [path for path in _REPORTS if path.stem == name]
    report = read_text(Source(path.read_bytes(), path.name, _FIELDS))
    outside = [
        one.value
        for one in report.measurements
        if one.value is not None
        and one.limits is not None
        and (
            (one.limits.lower is not None and one.value < one.limits.lower)
            or (one.limits.upper is not None and one.value > one.limits.upper)
        )
    ]
    assert Decimal(value) in outside


def test_a_numbered_first_column_is_not_the_name() -> None:
    report = _read(
        "Dim  Description      Spec            Meas    Status\n2    Bore             12 H7           12.022  NG\n"
    )
    (one,) = report.measurements
    assert (one.characteristic, one.value, one.stated) == ("Bore", Decimal("12.022"), Status.FAIL)
    assert one.limits is not None
    assert one.limits.upper == Decimal("12.018")


def test_a_chinese_table_below_its_head() -> None:
    report = _read(
        "首件检验记录\n零件号：XJ-2201\n\n序号  项目      图纸要求        实测值    判定\n"
        "1     外径      Φ45 h6         44.990    合格\n2     内孔      Φ30 +0.021/0   30.025    不合格\n结论：不合格\n"
    )
    assert report.fields["part_no"] == "XJ-2201"
    assert report.stated is Status.FAIL
    assert [(one.characteristic, str(one.value), one.stated) for one in report.measurements] == [
        ("外径", "44.990", Status.PASS),
        ("内孔", "30.025", Status.FAIL),
    ]


def test_readings_hour_by_hour_below_their_limits() -> None:
    report = _read("Checked 3 pcs per hour, OD 12.50 +/- 0.03:\n06:00 12.51 12.50 12.49\n08:00 12.51 12.54 12.50\n")
    assert [str(one.value) for one in report.measurements] == ["12.51", "12.50", "12.49", "12.51", "12.54", "12.50"]
    assert {one.part for one in report.measurements} == {"06:00", "08:00"}


def test_labelled_readings_take_their_name_from_the_title() -> None:
    report = _read("Torque audit, station 4\nspec 22-28 Nm\nbolt 1: 24.1\nbolt 3: 29.2\n")
    assert [(one.characteristic, one.part, str(one.value)) for one in report.measurements] == [
        ("Torque audit, station 4", "bolt 1", "24.1"),
        ("Torque audit, station 4", "bolt 3", "29.2"),
    ]


def test_rulers_are_no_remarks() -> None:
    assert [one.span.text for one in _read("Report\n=====\n-----\nNo burrs.\n").remarks] == ["Report", "No burrs."]

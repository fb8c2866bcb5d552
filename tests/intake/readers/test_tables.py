"""Delimited files of many layouts to measurements, lots and remarks."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from edge_app.domain.report import Measurement, Report
from edge_app.domain.verdict import Doubt, Status
from edge_app.errors import IncompleteReportError
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.tables import decimal_mark, read_table
from edge_app.judging.evaluate import status_of
from edge_app.rulepacks import load_fields

FIELDS = load_fields(Path(__file__).resolve().parents[3] / "rules")


def table(text: str) -> Report:
    return read_table(Source(text.encode(), "report.csv", FIELDS))


def only(report: Report) -> Measurement:
    assert len(report.measurements) == 1, report.measurements
    return report.measurements[0]


def bounds(measurement: Measurement) -> tuple[str | None, str | None]:
    limits = measurement.limits
    assert limits is not None
    return (
        None if limits.lower is None else str(limits.lower.normalize()),
        None if limits.upper is None else str(limits.upper.normalize()),
    )


@pytest.mark.parametrize(
    ("heading", "row", "expected"),
    [
        ("item,lower,upper,value", "A,1,2,1.5", ("1", "2")),
        ("item,LSL,USL,Measured", "A,-,2,1.5", (None, "2")),
        ("Feature,Nominal,Tol+,Tol-,Actual", "A,10.5,0.5,-0.25,10.6", ("10.25", "11")),
        ("Feature,Nominal,+TOL,-TOL,MEAS", "A,10.5,0.5,0.25,10.6", ("10.25", "11")),
        ("Feature,Nominal,UpTol,LoTol,Actual", "Spigot,63.00,-0.030,-0.060,62.957", ("62.94", "62.97")),
        ("Feature,Nominal,Tol (+/-),Actual", "A,10.5,0.5,10.6", ("1E+1", "11")),
        ("Feature,Nominal,Tol,Actual", "A,10.5,±0.5,10.6", ("1E+1", "11")),
        ("Feature,Nominal,Tol,Actual", "A,100.5,+0.5/0,100.6", ("100.5", "101")),
        ("序号,项目,要求,实测", "1,外径,8.5±0.2,8.6", ("8.3", "8.7")),
        ("no,test,limit,unit,read", "1,power,min -2,dBm,0.4", ("-2", None)),
        ("item,limit,actual", "leak,5.5,4.1", (None, "5.5")),
        ("Item 项目,Spec max,Actual 实测", "Runout 跳动,0.050,0.031", (None, "0.05")),
        ("项目,公差,实测", "端面垂直度,0.01,0.006", (None, "0.01")),
        ("特性,公差,实测", "台肩宽 6±0.02,0.04,6.008", ("5.98", "6.02")),
        ("Feature,Nominal,Actual", "Bore Ra,0.4,0.31", (None, "0.4")),
        ("项目,上限,实测,说明", "Si,7.5,7.1,下限6.5", ("6.5", "7.5")),
        ("项,要求,实测", "轮子,5只,5", ("5", None)),
    ],
)
def test_limits_in_every_usual_column_layout(heading: str, row: str, expected: tuple[str | None, str | None]) -> None:
    assert bounds(only(table(f"{heading}\n{row}\n"))) == expected


def test_header_block_table_and_footer() -> None:
    report = table(
        "Part No,AB-12,rev,C\nSupplier,Acme Tools\nGauge,caliper C-31\nPos,Feature,Min,Max,Actual,Remark\n"
        '1,Length,10,11,10.5,"burr, light"\nInspector,Li,,,,\nRemarks,paint run on the face,,,,\nResult,NG,,,,\n'
    )

    assert report.fields == {
        "part_no": "AB-12",
        "revision": "C",
        "supplier": "Acme Tools",
        "gauge": "caliper C-31",
        "operator": "Li",
    }
    assert only(report).evidence.text == '1,Length,10,11,10.5,"burr, light"'
    assert only(report).remark is not None
    assert report.stated is Status.FAIL
    assert report.stated_evidence is not None
    assert report.stated_evidence.text == "Result,NG"
    told = {(remark.label, remark.span.text) for remark in report.remarks}
    assert {
        ("Supplier", "Acme Tools"),
        ("Gauge", "caliper C-31"),
        ("Remark", "burr, light"),
        ("Remarks", "paint run on the face"),
    } <= told


def test_decimal_commas_are_told_from_the_file() -> None:
    report = table("Feature;Nom;Min;Max;Is\nA;61,20;61,10;61,30;61,17\nB;1;0;2;1,234\n")

    assert [each.value for each in report.measurements] == [Decimal("61.17"), Decimal("1.234")]


def test_a_number_that_can_be_read_in_two_ways_has_no_value() -> None:
    measurement = only(table("item;lower;upper;value\nA;1;2000;1,234\n"))

    assert measurement.value is None
    assert measurement.problem is Doubt.AMBIGUOUS_NUMBER
    assert bounds(measurement) == ("1", "2E+3")


def test_an_ambiguous_bound_is_a_doubt_too() -> None:
    assert only(table('item,lower,upper,value\nA,"1,000","1,500",1200\n')).problem is Doubt.AMBIGUOUS_NUMBER


def test_units_of_column_cell_gauge_and_title() -> None:
    report = table(
        "drawing in inches / readings as noted\nfeature,min_in,max_in,reading,how\nstem,0.236,0.240,6.31,mm caliper\n"
    )

    assert only(report).unit == "mm"
    assert only(report).limits is not None
    assert only(report).limits.unit == "in"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("heading", "row"),
    [("Test,Value [mm],Max [mm]", "A,1,2"), ("测试,实测(mm),上限(mm)", "A,1,2"), ("item,unit,max,value", "A,mm,2,1")],
)
def test_unit_in_the_heading_or_its_own_column(heading: str, row: str) -> None:
    measurement = only(table(f"{heading}\n{row}\n"))

    assert measurement.unit == "mm"
    assert measurement.limits is not None
    assert measurement.limits.unit == "mm"


def test_a_unit_that_nobody_knows_is_a_doubt() -> None:
    assert only(table("char,spec (mm),unit read,result\nHook,2.0 ±0.1,?,0.080\n")).problem is Doubt.UNIT_CLASH


def test_limits_for_all_rows_stand_above_the_table() -> None:
    report = table("锡膏厚度,SPC\n规格,120～160\n日期,均值,最大,备注\n05-06,134,161,\n")

    assert [(each.value, each.part, bounds(each)) for each in report.measurements] == [
        (Decimal(134), "均值", ("1.2E+2", "1.6E+2")),
        (Decimal(161), "最大", ("1.2E+2", "1.6E+2")),
    ]


def test_several_actual_columns_are_several_parts() -> None:
    report = table("Item;Spec;1;2;3;Result\nBore;25±0.05;25.01;24.93;25.00;NG\n")

    assert [(each.part, each.value, each.stated) for each in report.measurements] == [
        ("1", Decimal("25.01"), None),
        ("2", Decimal("24.93"), Status.FAIL),
        ("3", Decimal("25.00"), None),
    ]


def test_characteristics_side_by_side_with_limits_in_rows() -> None:
    report = table("Serial,Length,Width\nUSL,10.1,5.1\nLSL,9.9,4.9\nS1,10.0,5.2\n")

    assert [(each.part, each.characteristic, each.value, bounds(each)) for each in report.measurements] == [
        ("S1", "Length", Decimal("10.0"), ("9.9", "10.1")),
        ("S1", "Width", Decimal("5.2"), ("4.9", "5.1")),
    ]


def test_limits_in_the_last_row_hold_for_the_rows_above() -> None:
    report = table("time,torque,angle\n08:01,12.6,45\nspec,11.5-12.5,40-50\n")

    assert [(each.characteristic, bounds(each)) for each in report.measurements] == [
        ("torque", ("11.5", "12.5")),
        ("angle", ("4E+1", "5E+1")),
    ]


def test_limits_beside_each_value() -> None:
    report = table("unit,hipot (mA),limit mA,ground (ohm),limit ohm,result\nU-2,0.9,5,0.14,0.10,PASS\n")

    assert [(each.characteristic, each.value, bounds(each), each.unit) for each in report.measurements] == [
        ("hipot", Decimal("0.9"), (None, "5"), "mA"),
        ("ground", Decimal("0.14"), (None, "0.1"), "ohm"),
    ]


def test_unknown_numbers_beside_limits_are_values() -> None:
    report = table("pos,dim,nom,+,-,m1,m2\n1,A,10.0,0.1,0.1,10.05,10.15\n")

    assert [(each.part, each.value, bounds(each)) for each in report.measurements] == [
        ("m1", Decimal("10.05"), ("9.9", "10.1")),
        ("m2", Decimal("10.15"), ("9.9", "10.1")),
    ]
    assert report.notes == ("unknown columns: m1, m2",)


def test_lines_of_a_form_are_not_a_table() -> None:
    report = table("lot;A-7\nscratches;3\ndents;0\nverdict;accept\n")

    assert report.stated is Status.PASS
    assert [remark.span.text for remark in report.remarks] == ["scratches;3", "dents;0"]


def test_two_tables_in_one_file() -> None:
    report = table("Feature,Min,Max,Actual\nA,1,2,1.5\n\nFeature,Nominal,Tol,Actual\nB,5,0.1,5.05\n")

    assert [(each.characteristic, bounds(each)) for each in report.measurements] == [
        ("A", ("1", "2")),
        ("B", ("4.9", "5.1")),
    ]


@pytest.mark.parametrize(
    ("row", "status"),
    [("门封,OK,,", Status.PASS), ("门封,不合格（漏光）,,", Status.FAIL), ("门封,无光透,无光透,", Status.PASS)],
)
def test_results_in_words(row: str, status: Status) -> None:
    measurement = only(table(f"项目,实际,要求,说明\n{row}\n"))

    assert (measurement.stated, measurement.value, measurement.limits) == (status, None, None)


def test_two_judges_who_disagree_are_a_contradiction_and_two_parts_are_not() -> None:
    judges = table("焊缝,甲班结果,乙班结果\nW3,合格,不合格\n")
    parts = table("焊缝,结果1,结果2\nW3,合格,不合格\n")

    assert only(judges).problem is Doubt.CONTRADICTION
    assert (only(parts).problem, only(parts).stated) == (None, Status.FAIL)


@pytest.mark.parametrize(
    ("cell", "problem"), [("", Doubt.MISSING_DATA), ("-", Doubt.MISSING_DATA), ("开路", Doubt.UNREADABLE)]
)
def test_limits_without_a_value_are_kept(cell: str, problem: Doubt) -> None:
    measurement = only(table(f"项目,要求,实测\n接地,≤0.1Ω,{cell}\n"))

    assert measurement.value is None
    assert measurement.problem is problem
    assert bounds(measurement) == (None, "0.1")


def test_lots() -> None:
    report = table(
        "Class,n,Ac,Re,Found,What\nCosmetic,125,7,8,5,drag marks\nCert,1,,,on file,\n外观,125,3,4,轻微磕碰3件,\n"
    )

    assert [(lot.name, lot.size, lot.accept, lot.reject, lot.found) for lot in report.lots] == [
        ("Cosmetic", 125, 7, 8, 5),
        ("外观", 125, 3, 4, 3),
    ]
    assert {remark.span.text for remark in report.remarks} == {"drag marks", "Cert,1,,,on file,", "轻微磕碰3件"}


def test_a_defect_and_its_count_stay_together() -> None:
    report = table("不良现象,数量,备注\n划伤,2,轻微\n")

    assert report.measurements == ()
    assert [remark.span.text for remark in report.remarks] == ["划伤,2,轻微"]


def test_an_open_quote_never_swallows_rows() -> None:
    with pytest.raises(IncompleteReportError) as error:
        table('item,value,max,note\nA,1.0,1.5,"ok\nB,9.0,1.5,bad\n')
    assert error.value.reason == "csv-structure"


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_ends() -> None:
    report = table('item,value,max,note\nA,1.0,1.5,"said ""ok"",\nthen left"\n')

    assert only(report).evidence.text == 'A,1.0,1.5,"said ""ok"",\nthen left"'


def test_rows_longer_than_the_header_are_noted_and_kept() -> None:
    report = table("item,max,value\nA,2,1,dent at the rim\n")

    assert report.notes == ("1 rows with more cells than the header",)
    assert [remark.span.text for remark in report.remarks] == ["dent at the rim"]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,5", "2,75"], ","),
        (["1.5", "07.05.2024"], "."),
        (["1,234", "5"], ""),
        (["0,123"], ","),
        (["1.5", "2,5"], ""),
    ],
)
def test_decimal_mark(texts: list[str], mark: str) -> None:
    assert decimal_mark(texts) == mark


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        (
            "序号,项目,标准值,上差,下差,件1,件2,结果\n1,孔,52,0,-0.019,51.99,51.97,OK\n2,高,46,+0.15,-0.15,46.04,46.1,OK\n",
            ["51.97"],
        ),
        (
            "item;place;min µm;max µm;mean µm;result\nA;top;70;110;97;OK\nA;rim;70;110;64;OK\nB;top;70;110;90;OK\n",
            ["64"],
        ),
        ("item;min;max;mean;limit\nA;90;104;97;80-110\nB;78;99;91;80-110\n", ["78"]),
    ],
)
def test_a_value_outside_is_found_whatever_its_neighbours_are_called(text: str, outside: list[str]) -> None:
    found = table(text).measurements
    assert [each.text for each in found if status_of(each) is Status.FAIL] == outside

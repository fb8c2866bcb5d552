"""What stands beside a good value: through reader and rules, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.domain.verdict import Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess, select_pack
from edge_app.rulepacks import load_fields, load_packs

RULES = Path(__file__).resolve().parents[2] / "rules"
PACKS, FIELDS = load_packs(RULES), load_fields(RULES)
ROW = "Part;P-1\nItem;Min;Max;Unit;Actual;Remark\nBore 1;8.3;8.7;mm;8.51;{}\nBore 2;8.3;8.7;mm;8.50;\n"


def judged(text: str, name: str) -> Status:
    report = read(Source(text.encode(), name, FIELDS))
    return assess(report, select_pack(report, PACKS)).status


@pytest.mark.parametrize(
    "remark",
    [
        "deep crack",
        "crack in bore wall",
        "porosity",
        "big burr",
        "thread damaged",
        "有裂纹",
        "表面划伤",
        "wrong material",
    ],
)
def test_a_defect_in_the_row_of_a_good_value_stands(remark: str) -> None:
    assert judged(ROW.format(remark), "a.csv") is Status.FAIL


@pytest.mark.parametrize("remark", ["cannot assemble", "not measured, estimated"])
def test_trouble_in_the_row_of_a_good_value_does_not_pass(remark: str) -> None:
    assert judged(ROW.format(remark), "a.csv") is not Status.PASS


@pytest.mark.parametrize("remark", ["", "no burr", "ok", "无毛刺"])
def test_nothing_in_the_row_of_a_good_value_passes(remark: str) -> None:
    assert judged(ROW.format(remark), "a.csv") is Status.PASS


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"part": "P-1", "name": "bore", "min": 8.3, "max": 8.7, "value": 8.51, "remark": "deep crack"}', "a.json"),
        ("Bore 8.51 mm (8.3-8.7), crack visible in the bore.\n", "a.txt"),
        ("throat 4.1 mm (min 3.5), undercut along 20 mm\n", "a.txt"),
        ("孔径8.51mm(8.3-8.7)有裂纹。\n", "a.txt"),
    ],
)
def test_the_same_in_other_formats(text: str, name: str) -> None:
    assert judged(text, name) is Status.FAIL


def test_a_value_of_the_defect_itself_settles_it() -> None:
    assert judged("seam S1\nundercut 0.3 mm (max 0.5)\n", "a.txt") is Status.PASS

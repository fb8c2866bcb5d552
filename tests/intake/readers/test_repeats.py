"""Several values of one characteristic: before and after rework, by two means, of two parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.domain.report import Report
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.evaluate import evaluate, status_of
from edge_app.rulepacks import load_fields

FIELDS = load_fields(Path(__file__).resolve().parents[3] / "rules")


def report(text: str, suffix: str) -> Report:
    return read(Source(text.encode(), f"r.{suffix}", FIELDS))


def statuses(text: str, suffix: str) -> list[Status]:
    return [status for each in report(text, suffix).measurements if (status := status_of(each))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feature,limit,before,after rework\nburr,0.10,0.15,0.06\n", [Status.PASS]),
        ("项目;上限;初测;返工后\n毛刺高;0.10;0.15;0.12\n", [Status.FAIL]),
        ("feature,limit,before,after rework\nburr,0.10,0.15,\n", [Status.FAIL]),
    ],
)
def test_the_value_after_rework_decides(text: str, expected: list[Status]) -> None:
    assert statuses(text, "csv") == expected


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ('<c><d feature="bore" limit="0.10" runA="0.07" runB="0.12"/></c>', "xml"),
        ('{"空洞率": {"上限%": 25, "供方%": 18, "本厂%": 31}}', "json"),
        ("item;spec;1st;re-check\nbore;25.00-25.02;25.03;25.01\n", "csv"),
        (
            '{"min_um": "min 8", "results": [{"lab": "A", "um": 7.2}, {"lab": "B", "um": 9.1}], "spec": "min 8 um"}',
            "json",
        ),
    ],
)
def test_results_by_different_means_on_both_sides_contradict(text: str, suffix: str) -> None:
    found = [evaluate(each) for each in report(text, suffix).measurements if each.limits]
    assert set(found) == {(Status.INDETERMINATE, Doubt.CONTRADICTION)}


def test_different_parts_do_not_contradict() -> None:
    assert statuses("item;max;part 1;part 2\nbow;0.5;0.4;0.6\nrun-out;0.3;0.1;0.2\n", "csv").count(Status.FAIL) == 1


@pytest.mark.parametrize(
    ("value", "expected"), [("46", Status.PASS), ("66", Status.INDETERMINATE), ("40", Status.FAIL)]
)
def test_limits_of_which_one_holds(value: str, expected: Status) -> None:
    text = f"item,spec,found,remark\nM10 foot,45~52 (8.8) / 45~72 (10.9),{value},\nM8 cover,22~27,24.1,\n"
    assert statuses(text, "csv") == [expected, Status.PASS]


def test_the_remark_says_which_limits_hold() -> None:
    text = "item,spec,found,remark\nM10 foot,45~52 (8.8) / 64~72 (10.9),47,head mark 8.8: 45~52\nM8,22~27,24.1,\n"
    assert statuses(text, "csv") == [Status.PASS, Status.PASS]


@pytest.mark.parametrize(
    "text",
    [
        "item;spec;value\nVCC;3.2~3.4 V;3.31 V\nstandby;<=0.5 mA;3.2\ndrive;>=180 mA;204 mA\n",
        "item;lo;hi;reading;unit\na;.4990;.5000;.4994;in\nrunout;;.0005;0.004;\n",
    ],
)
def test_a_value_without_the_unit_that_the_others_have_is_in_doubt(text: str) -> None:
    assert Doubt.UNIT_CLASH in [found[1] for each in report(text, "csv").measurements if (found := evaluate(each))]


@pytest.mark.parametrize(
    ("text", "suffix", "found"),
    [
        ("项目,样本,Ac,Re,不良,结论\n外观,200,10,11,4,允\n", "csv", [4]),
        ("class,critical,major\nn,80,80\nAc,0,2\nRe,1,3\nfound,0,3\n", "csv", [0, 3]),
        ('{"plan": {"n": 80, "ac": 2, "re": 3}, "defects": 3}', "json", [3]),
        ('{"抽检": [{"缺陷": "少锡", "n": 125, "Ac": 2, "Re": 3, "实得": 4}]}', "json", [4]),
    ],
)
def test_the_count_beside_a_sampling_plan(text: str, suffix: str, found: list[int]) -> None:
    assert [lot.found for lot in report(text, suffix).lots] == found


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ('{"limits": {"cavity_mm": 1.2, "count_max": 6}, "result": {"largest_cavity_mm": 1.7, "count": 2}}', "json", 1),
        ('<r><规格 项="膜厚μm">60～90</规格><点 位="上" 膜厚="55"/><点 位="下" 膜厚="71"/></r>', "xml", 1),
        (
            "品名,端盖\n标准,漏电流≤0.75mA\n流水号,功率kW,漏电流mA\n0317,1.09,0.30\n0318,1.12,0.81\n0319,1.10,0.29\n",
            "csv",
            1,
        ),
        ("镍层厚度抽测,要求 8～12μm,槽 4\n序,件,读数\n1,A,9.4\n2,B,7.1\n", "csv", 1),
    ],
)
def test_limits_stated_elsewhere_hold_for_values_of_their_name(text: str, suffix: str, expected: int) -> None:
    found = statuses(text, suffix)
    assert (found.count(Status.FAIL), found.count(Status.PASS)) == (expected, len(found) - expected)
    assert len(found) > 1

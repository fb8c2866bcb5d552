"""What reports say beside the plain statement: denials after the words, history taken up, one piece of several."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from edge_app.domain.report import Limits, Measurement
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Span
from edge_app.judging.assess import assess
from tests.judging.conftest import Told


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        # denials after the words, right before them and of a whole list
        (("飞边、缺胶、划伤一样没有，尺寸合格。",), "PASS"),
        (("抽40件，刮手的没有，锈也没有。合格。",), "PASS"),
        (("Oil film on 6 of 50 tubes, spec: none. Size good.",), "FAIL"),
        # history that the next sentence takes up
        (
            ("Carried over: week 30 had two cracked arms.", "Those were scrapped.", "This week: 40 arms, no cracks."),
            "PASS",
        ),
        # what a contrast sets against a good result
        (("No dents, no rust on 20 cabinets. But the lamp of cabinet 9 never comes on.",), "FAIL"),
        (("毛刺没有，划伤没有，就是6号件少攻了一个M6孔。",), "FAIL"),
        # one piece of several that nothing good is said of
        (("All fine. Cabinet 11 whistles in the dark hall.",), "INDETERMINATE"),
        # machines alone
        (("设备点检", "主轴异响，皮带换新，冷却液已补。"), "INDETERMINATE"),
        # found out afterwards of the equipment
        (("All parts OK. Afterwards I noticed that the probe was not zeroed.",), "INDETERMINATE"),
        (("尺寸合格。校验块10.000在高度规上显示10.037。",), "INDETERMINATE"),
        # rework and what came after it
        (("Flash on 30 caps, trimmed. Nothing came back after the repair, all good.",), "PASS"),
        (("Short shot on 5 caps. Touch up not done yet.",), "FAIL"),
        # papers
        (("The heat number on the bar is 88213, the certificate is for 88231.",), "FAIL"),
        (("标签写的是220V，机器是110V的。",), "FAIL"),
        (("The bag says size L, inside are size M gloves.",), "FAIL"),
        # a doubt that no finding carries
        (("All good. Ball H9 seems smaller, perhaps never wetted.",), "INDETERMINATE"),
    ],
)
def test_what_is_left_decides(told: Told, general: RulePack, lines: tuple[str, ...], status: str) -> None:
    assert assess(told(*lines), general).status == status


def test_heads_of_tables_tell_nothing(told: Told, general: RulePack) -> None:
    assert not assess(told("board      verdict      fail step"), general).findings


@pytest.mark.parametrize(("again", "status"), [("10.02", "PASS"), ("9.97", "FAIL")])
def test_values_told_again_keep_the_limits_that_were_missed(
    told: Told, general: RulePack, again: str, status: str
) -> None:
    row = "bore 9.98 (10.00..10.05)"
    limits = Limits(Decimal("10.00"), Decimal("10.05"), text="10.00..10.05")
    missed = Measurement("bore", Decimal("9.98"), limits, Span(row, 0), text="9.98")
    report = replace(told(row, "Reworked.", f"Measured again {again}."), measurements=(missed,))
    assert assess(report, general).status == status

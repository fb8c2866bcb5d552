"""When the report itself casts doubt on what it was measured with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Doubt, Status
from edge_app.judging.assess import assess
from edge_app.judging.gauges import overdue

Told = Callable[..., Report]
GOOD = ("bore", "10.00", "10.05", "10.02")
BAD = ("bore", "10.00", "10.05", "10.07")

DOUBTED = [
    "It turned out that the micrometer had been dropped on Monday.",
    "The depth gauge drifts when it gets warm.",
    "Afterwards the 25.00 block read 25.90 on this stand.",
    "The golden sample came out low twice.",
    "Calibration of the plug ran out in June.",
    "千分表回不了零，还是用它量的",
    "白板校不过，照测了",
    "标准片 50 显示 46",
    "内径表上周摔过，没送检",
]
TRUSTED = [
    "Micrometer checked on the 25 mm block: in order.",
    "The golden sample reads 12.00, good.",
    "标准片 50 显示 50.1，正常",
    "三坐标测孔径",
    "CMM room 20.1 degrees, bore measured twice.",
]


@pytest.mark.parametrize("line", DOUBTED)
@pytest.mark.parametrize("row", [GOOD, BAD])
def test_numbers_of_a_doubted_gauge_decide_nothing(
    told: Told, general: RulePack, line: str, row: tuple[str, ...]
) -> None:
    found = assess(told(line, measured=(row,)), general)
    assert found.status is Status.INDETERMINATE
    assert Doubt.SUSPECT_GAUGE in {each.doubt for each in found.findings}


@pytest.mark.parametrize("line", TRUSTED)
def test_a_checked_gauge_is_trusted(told: Told, general: RulePack, line: str) -> None:
    assert assess(told(line, measured=(GOOD,)), general).status is Status.PASS
    assert assess(told(line, measured=(BAD,)), general).status is Status.FAIL


def test_a_doubt_that_is_cleared_further_on_does_not_count(told: Told, general: RulePack) -> None:
    lines = ("怀疑千分尺不准", "用量块核过，仪器没问题，数据有效")
    assert assess(told(*lines, measured=(GOOD,)), general).status is Status.PASS
    assert assess(told(*reversed(lines), measured=(GOOD,)), general).status is Status.INDETERMINATE


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("cal due 2024-03-01, measured 2024-03-14", True),
        ("cal due 2025-03-01, measured 2024-03-14", False),
        ("校准有效期至 2024年3月1日 检验日期 2024年3月14日", True),
        ("valid until 01.03.2024 / 14.03.2024", True),
        ("cal due 2024-03-01", False),
        ("cal due 2024-99-01, measured 2024-03-14", False),
    ],
)
def test_calibration_over_on_the_day_of_the_report(text: str, late: bool) -> None:
    assert (overdue(text) is not None) is late

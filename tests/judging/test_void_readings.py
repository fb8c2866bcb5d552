"""Values that the report itself calls void are not known: no part fails by them, and none passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Status
from edge_app.judging.assess import assess

OUT = (("bore", "10.00", "10.05", "10.20"),)

VOID = [
    "caliper 9180 not verified today",
    "torque transducer shows an offset",
    "test bench sensor drifts, values void",
    "measurement void, wrong master used",
    "values suspect, the master was mixed up",
    "measuring device 77 under suspicion",
    "measured with a private caliper, not controlled",
    "measurement made with an unchecked device",
    "air gauge nozzle dirty, readings false",
    "do not rely on these numbers, gauge was off",
    "coating thickness gauge failed on the foils",
    "影像仪没标定",
    "内径表没对环规",
    "pH计漂移",
    "圆度仪漂移",
    "量具是禁用的，数据作废",
    "通规磨损已超，判定不可靠",
    "卡规变形，判断不可靠",
    "量具示值超差",
]

SOUND = [
    "caliper 9180 verified today",
    "values inside the drawing, bore measured twice",
    "the colour of the values column is wrong in the template",
    "device under test: router",
    "影像仪已标定",
    "卡规检查孔变形",
    "不能用",
]


@pytest.mark.parametrize("line", VOID)
def test_a_value_that_is_called_void_is_not_known(told: Callable[..., Report], general: RulePack, line: str) -> None:
    assert assess(told(line, measured=OUT), general).status is Status.INDETERMINATE


@pytest.mark.parametrize("line", SOUND)
def test_a_value_out_of_limits_fails_otherwise(told: Callable[..., Report], general: RulePack, line: str) -> None:
    assert assess(told(line, measured=OUT), general).status is Status.FAIL

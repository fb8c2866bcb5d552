"""Whole statements that are denied: what is told inside them was not found, what stands beside them was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Status
from edge_app.judging.assess import assess

DENIED = [
    "it is not so that the lid is cracked at the hinge",
    "we made sure that it is not the case that the seam leaks",
    "x-ray excludes that there is a crack at the boss",
    "the lab ruled out that the weld is porous",
    "nobody saw that the housing was scratched",
    "we did not see that the clip is broken",
    "nowhere did we see that the paint peels off",
    "no part where the thread is not cut to depth",
    "not a single unit where the cover rattles",
    "no sign that the seal leaks",
    "nothing to show that the lens is scratched",
    "lacks any light continuous undercut",
    "joint 9 exempt from cracks in the heat affected zone",
    "no scratched lens whatsoever",
    "checked whether the lid leaks at the hinge, not the case",
    "checked if the screws are missing: no, all fine",
    "tested whether the relay rattles, it is not so",
    "asked whether the label was torn: no",
    "rumour that the weld is cracked is wrong",
    "the claim that the lid is cracked proved wrong, part ok",
    "cracked lid? No, checked, fine",
    "missing screw? none",
    "crack at the lug: not the case",
    "the customer claimed the lid is cracked, not so, part is good",
    "contrary to the supplier's warning no cracked spring",
    "未出现焊缝开裂这种情况",
    "未见按键卡住的现象",
    "末见盖板翘起的现象",
    "没有出现过元件一推就掉的现象",
    "不存在接缝漏水的问题",
    "螺丝松动的现象未见",
    "密封圈破损这种情况没有",
    "有龟裂？没这回事",
    "漏装？查了，没有",
    "没有一件焊缝有裂纹",
    "并没有热影响区探伤有气孔",
    "看了是否纵缝粘有焊豆，没有",
    "查过有没有加强板焊缝裂开，没有",
    "有人说接头有裂纹，查了不是",
    "说是顶针松脱，复看没有这回事",
    "传言立柱有一处焊口漏，不实",
    "看着像料里有杂质，显微镜下不是",
    "胶壳开裂：没见",
    "露底从没见过",
]

STANDING = [
    "it is not so that the lid is cracked, the hinge is cracked",
    "it is not so that the lid is cracked but the hinge leaks",
    "it cannot be excluded that there is a crack, hinge is cracked",
    "no part where the lid is cracked, however the hinge is cracked",
    "checked whether the lid leaks, found a crack at the hinge",
    "checked whether the lid leaks at the hinge, not the case; the boss is cracked",
    "checked whether the cracks were removed, not the case",
    "no sign that the crack was repaired",
    "it is not the case that the burrs were removed, burrs at hole 4",
    "cracked lid? No idea",
    "cracked lid? No, but the hinge is cracked",
    "complaint that the label is torn confirmed",
    "crack at the lug, not the case on the other side, where it leaks",
    "the shop proved wrong, the lid is cracked",
    "没有解决焊缝开裂的问题",
    "没有改善翘曲的情况",
    "未出现漏水这种情况，但焊缝开裂",
    "未见毛刺，北侧有裂纹的现象",
    "有龟裂？没这回事，但有漏焊",
    "漏装？查了，有两件",
    "看了是否漏焊，没有测，北侧裂纹",
    "有人说接头有裂纹，查了不是误报，裂纹属实",
    "没有一件不裂",
    "螺丝松动的现象没有消除",
    "盖板翘起的问题没有解决",
]


@pytest.mark.parametrize("line", DENIED)
def test_what_is_told_inside_a_denied_statement_is_not_there(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.PASS


@pytest.mark.parametrize("line", STANDING)
def test_what_is_told_beside_a_denied_statement_stands(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is not Status.PASS


def test_the_denial_of_something_good_is_no_good_result(told: Callable[..., Report], general: RulePack) -> None:
    for line in ("no part where the gauge passes", "没有一件合格", "lacks any label", "不存在合格的情况"):
        assert assess(told(line), general).status is not Status.PASS

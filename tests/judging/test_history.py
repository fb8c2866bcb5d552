"""What is told of other lots and times says nothing of this product."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.verdict import Status

TOLD_OF_OTHERS = [
    "back in April we had cracks on the lug, none since",
    "in week 12 there was a burr at port 2, long solved",
    "remember the scratches from May, that one is closed",
    "the cracks of last autumn are history",
    "burrs seen on the lot before, this one clean",
    "since the new supplier no more pores",
    "since the mould was changed no more flash",
    "after the tool change the burr never came back",
    "known issue on the old tool: flash at gate, not here",
    "the earlier order had dents, those were scrapped then",
    "crack problem from the spring campaign, settled",
    "complaint from June about scratches is closed",
    "old story: rust on the flange, solved in 2019",
    "cracked lugs were a topic in March, closed since then",
    "for the record: lot 41 had pores, not this lot",
    "previous shift reported burrs, sorted out at that time",
    "8D on the cracks closed",
    "scratch on the lid: claim of week 3, done",
    "上月有过裂纹，现在没有了",
    "三月份的毛刺投诉已经结案",
    "以前那批气孔，早处理完",
    "第8周出现过缩水，现已改善",
    "换模以后没再出现飞边",
    "改善后不再有划伤",
    "自从换料，气泡再没出现",
    "更换供方后未再发生裂纹",
    "划伤是去年的老问题，已了结",
    "旧模时有飞边，新模没有",
    "上一批有连锡，本批无",
    "前一炉出过裂纹，与本批无关",
    "历史问题：气孔，早已整改",
    "客诉的锈蚀属于上批",
    "记得五月的碰伤，已关单",
    "早先批次有色差，已换货",
    "上个班的虚焊，当时就挑掉了",
    "昨天的毛刺那批，已全部报废",
]
TOLD_OF_THIS = [
    "burrs as last month, again on this lot",
    "last month good, this lot has cracks",
    "same crack as in week 12, now here too",
    "remember the scratches from May, today they are back: scratch at hole 2",
    "after the tool change there is a burr again",
    "since the new supplier we see pores",
    "since March no complaint, today a crack at the lug",
    "the earlier lot was fine, this one has dents",
    "complaint from June closed, but crack found today",
    "换模以后出现飞边",
    "上批没有，本批有裂纹",
    "自从换料就有气泡",
    "上月有裂纹，本批又有裂纹",
    "去年没有，今年出现裂纹",
]


@pytest.mark.parametrize("line", TOLD_OF_OTHERS)
def test_what_was_elsewhere_is_no_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.PASS


@pytest.mark.parametrize("line", TOLD_OF_THIS)
def test_what_is_here_again_is_a_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.FAIL

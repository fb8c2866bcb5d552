"""Supposed, contradicted, not measured, waiting for somebody: not decidable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.verdict import Status

OPEN = [
    "appears to be a crack, to be checked",
    "could be a crack, lab will look",
    "crack? not certain",
    "I would say crack, but the light was poor",
    "Miller believes it is a crack, I see nothing",
    "suspicion: burr at hole 3",
    "unclear: crack at rib 4",
    "doubtful: leak at port 2",
    "maybe crack or scratch",
    "crack cannot be ruled out",
    "crack not excluded",
    "a crack is possible at rib 3",
    "if I am right there is a crack, please look",
    "crack at rib 4, to be verified",
    "crack tbc",
    "under clarification: crack at rib 3",
    "seems cracked",
    "needs a microscope to say whether crack",
    "不清楚是裂纹还是划痕",
    "疑似：裂纹",
    "裂纹，待查",
    "裂纹，要复看",
    "裂纹？待定",
    "裂纹，没把握",
    "可能有裂纹，等化验",
    "没看错的话是裂纹",
    "似有裂纹，送检",
    "或为裂纹",
    "怕是裂纹",
    "不明：裂纹",
    "老王觉得是裂纹，我没看出",
    "裂纹无法排除",
    "裂纹难说",
    "存疑：裂纹",
    "裂纹，尚待核实",
]
DISPUTED = [
    "gloss: both OK and NG marked",
    "hardness passed on page 1, failed on page 2",
    "bore ok in the table, the remark says rejected",
    "Smith passes the finish, Jones fails it",
    "early shift says ok, late shift says not ok",
    "sheet A says pass, sheet B says fail",
    "colour: morning good, evening bad, same part",
    "one lab says conforming, the other nonconforming",
    "length accepted by QC, rejected by production, same piece",
    "operator says good, inspector says bad",
    "the two inspectors do not agree on the gap",
    "first test pass, second test fail on the same unit, nothing changed",
    "pass and fail both ticked for gloss",
    "色差两份报告一份合格一份不合格",
    "甲班判OK，乙班判NG",
    "硬度表里合格，备注写不合格",
    "同一件早上测合格，下午测不合格",
    "老王说好，老李说不行，同一件",
    "合格和不合格都打了勾",
    "两人判定不一致",
    "单子写OK，系统里是NG",
]
NOT_KNOWN = [
    "flatness not done",
    "hardness skipped",
    "forgot flatness",
    "could not measure the depth",
    "could not read seam width",
    "no value for hardness",
    "hardness: blank",
    "depth: n/a",
    "flatness value missing",
    "page with flatness torn off",
    "roughness reading to follow",
    "height omitted",
    "hardness still to be measured",
    "平面度没做",
    "硬度漏了",
    "忘了量深度",
    "深度：空",
    "粗糙度没有数据",
    "平面度那页撕掉了",
    "宽度待补",
    "高度跳过",
    "圆度没量",
    "没有硬度记录",
]


@pytest.mark.parametrize("line", OPEN)
def test_what_is_open_is_not_decided(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.INDETERMINATE


@pytest.mark.parametrize("line", DISPUTED)
def test_results_that_contradict_are_not_decided(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.INDETERMINATE


@pytest.mark.parametrize("line", NOT_KNOWN)
def test_what_was_not_measured_is_not_decided(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.INDETERMINATE

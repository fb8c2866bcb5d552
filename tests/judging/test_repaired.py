"""What was put right and inspected again is good, what waits is open, what came back is bad."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.verdict import Status

GOOD_AGAIN = [
    "initially crack at weld 2, ground and welded, UT again ok",
    "burr at hole 3 taken off, checked once more, good",
    "scratch polished, second look fine",
    "missing clip added, re-check good",
    "at first a leak at port 2, new seal, second leak test tight",
    "loose screw tightened, torque test repeated ok",
    "wrong label changed, verified, ok",
    "dent pressed out, gauge run passed",
    "bridge at U3 sucked off, retest pass",
    "crack gone after welding, repeat MT clean",
    "was bent, straightened and measured again, in tolerance",
    "after deburring the re-check showed no burr",
    "unreadable label replaced, scanned ok",
    "torn gasket swapped, leak test afterwards good",
    "earlier burr, meanwhile removed and accepted at re-inspection",
    "had a loose nut, now tight and signed off at second inspection",
    "contamination washed off, looked at again: clean",
    "following repair of the crack the second inspection was without findings",
    "burr -> filed -> recheck pass",
    "crack, repaired, 2nd check OK",
    "毛刺去掉了，再看合格",
    "裂纹补焊后探伤OK",
    "划伤抛光，重新检验通过",
    "漏装卡扣已补，再次检查没问题",
    "起初漏气，换密封圈后再试不漏",
    "松动已拧紧，复测扭矩合格",
    "标签贴错，已换，扫码正常",
    "虚焊重焊好，二检合格",
    "弯曲校直，重量合格",
    "异物清理干净，复看OK",
    "条码扫不出，重打后扫描通过",
    "原先有毛刺，现已处理且复验通过",
    "先前裂纹，修后重检良好",
    "连锡→清除→复检通过",
]
BAD_AGAIN = [
    "crack welded, again visible at recheck",
    "burr removed, but at the second look still a burr",
    "leak repaired, leaks again",
    "rework of the burr was no use",
    "repair of the crack unsuccessful",
    "repaired twice, crack persists",
    "crack ground out and still there",
    "label replaced, again unreadable, NG",
    "裂纹返工没用",
    "毛刺返修无效",
    "裂纹修了又裂",
    "漏气换圈后照样漏",
    "划伤抛光不掉，不合格",
    "补焊后复检还有裂纹",
    "虚焊返修失败",
]
WAITS = [
    "burr at hole 3 taken off, to be checked",
    "crack welded, UT not done yet",
    "scratch polished out, second inspection still missing",
    "crack sent to repair, outcome unknown",
    "leak repaired, leak test to come",
    "bridge removed, QC has not seen it",
    "crack now in rework, result open",
    "loose screw tightened, torque check pending",
    "dent repaired, check outstanding",
    "burr removed, recheck tomorrow",
    "label replaced, not verified",
    "missing clip fitted, function test open",
    "crack repaired, QA sign-off missing",
    "burr is with rework, not back yet",
    "毛刺已去，检验未完",
    "裂纹补焊完，尚未探伤",
    "划伤返修中，结果不明",
    "漏装已补，没人看过",
    "虚焊重焊了，功能还没测",
    "裂纹送返修，未回",
    "毛刺已处理，qc未看",
    "连锡已清，待检",
    "标签已换，未确认",
    "变形校正了，等量",
    "磨掉裂纹，二次探伤未做",
]


@pytest.mark.parametrize("line", GOOD_AGAIN)
def test_repaired_and_inspected_is_good(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.PASS


@pytest.mark.parametrize("line", BAD_AGAIN)
def test_repaired_in_vain_is_bad(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.FAIL


@pytest.mark.parametrize("line", WAITS)
def test_repaired_and_not_inspected_is_open(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.INDETERMINATE

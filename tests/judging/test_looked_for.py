"""What was looked for and not found, in the words people use for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.verdict import Status

NOT_FOUND = [
    "checked all for cracks, nothing to see",
    "looked for burrs around hole 4, all clean",
    "searched for rust under the label, none",
    "tested for leaks at 3 bar, negative",
    "examined the seam for pores, no finding",
    "we looked everywhere for the scratch and found none",
    "inspected for cracks with dye, nil",
    "couldn't detect any damaged seal",
    "could not spot a single burr",
    "did not come across any crack",
    "failed to find any crack",
    "unable to find a crack",
    "not able to detect any leak",
    "no broken clip to be seen",
    "nothing like a crack anywhere",
    "not one bent pin",
    "never a crack on this lot",
    "there weren't any burrs",
    "parts stayed free of rust",
    "cracks - none seen on any",
    "crack, dent, burr: nothing",
    "thought it was a crack, it was not",
    "feared a leak but all tight",
    "we expected burrs and there were none",
    "suspected crack not confirmed after dye, part good",
    "crack excluded by dye check",
    "rumour of broken welds not confirmed, all good",
    "damaged threads: not found",
    "zero bent pins on 40 boards",
    "the alleged crack does not exist",
    "检查有无裂纹，未见",
    "查毛刺，一个也没有",
    "看过划伤，没看见",
    "找了半天没找到裂纹",
    "裂纹没出现",
    "裂纹未见到",
    "飞边没发现",
    "锈蚀未查出",
    "没查出裂纹",
    "没测出短路",
    "没摸到毛刺",
    "没看出变形",
    "从没见过裂纹",
    "并无裂纹",
    "原先以为是裂纹，结果不是",
    "以为有漏气，其实没漏",
    "担心开裂，检查后没有",
    "怀疑裂纹，探伤后排除",
    "渗透后排除裂纹",
    "切片排除开裂",
    "证实无烧坏",
    "未有折断",
    "折断没发生",
    "烧坏一个都没",
    "断针0",
]
FOUND = [
    "checked for burrs, none seen, but a crack at rib 2",
    "looked for cracks and found one",
    "searched for rust, found it under the label",
    "tested for leaks, leaks at port 3",
    "not only burrs, cracks too",
    "no doubt, a crack",
    "no question: crack at the lug",
    "no crack test was needed, crack visible by eye",
    "nobody removed the burr at hole 4",
    "crack not removed",
    "there is no way to miss the crack",
    "checked twice, crack",
    "could not remove the burr",
    "we did not overlook the crack at rib 3",
    "no label but burr at hole 2",
    "检查裂纹，有",
    "检查发现裂纹",
    "没有处理裂纹",
    "裂纹没有去除",
    "无疑是裂纹",
    "没去毛刺",
    "未返修裂纹",
]


@pytest.mark.parametrize("line", NOT_FOUND)
def test_what_was_not_found_is_no_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.PASS


@pytest.mark.parametrize("line", FOUND)
def test_what_was_found_is_a_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.FAIL

"""A good result in plain words, and words that only look like one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Status
from edge_app.judging.assess import assess

GOOD = [
    "no anomalies",
    "no problems found",
    "no discrepancy",
    "without any objection",
    "nothing abnormal",
    "nothing to object",
    "perfect",
    "flawless",
    "all clear",
    "up to standard",
    "may be shipped",
    "fit for use",
    "free of complaints",
    "readings inside",
    "lot to stock",
    "looks as it should",
    "无偏差",
    "无异样",
    "可上线",
    "末台，能用",
    "很好",
    "全好",
    "全过",
    "可用",
]

NOT_GOOD = [
    "not perfect",
    "not up to standard",
    "not fit for use",
    "may not be shipped",
    "no problem solved yet",
    "no complaint form filled in, seam cracked",
    "no anomalies but the seam is cracked",
    "readings inside the drawer",
    "to stock number 12",
    "不能用",
    "勉强能用",
    "能用与否待定",
    "不是很好",
    "不可上线",
    "没全过",
    "可用，但焊缝开裂",
]


@pytest.mark.parametrize("line", GOOD)
def test_a_plain_good_word_alone_passes(told: Callable[..., Report], general: RulePack, line: str) -> None:
    assert assess(told("bracket QX-1", line), general).status is Status.PASS


@pytest.mark.parametrize("line", NOT_GOOD)
def test_other_words_alone_do_not_pass(told: Callable[..., Report], general: RulePack, line: str) -> None:
    assert assess(told("bracket QX-1", line), general).status is not Status.PASS

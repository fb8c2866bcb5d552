"""One sentence that never says more than the findings, in the language of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_app.domain.report import Language, Report
from edge_app.domain.verdict import Doubt, Nonconformance, Status

_DOUBT_ZH: Final = {
    Doubt.SUSPECT_GAUGE: "量具不可信",
    Doubt.UNIT_CLASH: "单位不明",
    Doubt.AMBIGUOUS_NUMBER: "数值有歧义",
    Doubt.MISSING_DATA: "缺少数据",
    Doubt.CONTRADICTION: "结果互相矛盾",
    Doubt.NOT_REINSPECTED: "处理后尚未复检",
    Doubt.HEDGED: "尚未确认",
    Doubt.CONDITIONAL: "取决于未定条件",
    Doubt.SAMPLE_OPEN: "抽样未完成",
}
_DOUBT_EN: Final = {
    Doubt.SUSPECT_GAUGE: "the measuring equipment cannot be trusted",
    Doubt.UNIT_CLASH: "the unit is not clear",
    Doubt.AMBIGUOUS_NUMBER: "a number can be read in two ways",
    Doubt.MISSING_DATA: "a result is missing",
    Doubt.CONTRADICTION: "two results contradict each other",
    Doubt.NOT_REINSPECTED: "not inspected again after correction",
    Doubt.HEDGED: "not confirmed",
    Doubt.CONDITIONAL: "depends on something that is still open",
    Doubt.SAMPLE_OPEN: "the sampling is not finished",
}


def summarise(report: Report, status: Status, worst: Nonconformance | None, findings: Sequence[Nonconformance]) -> str:
    """The sentence. ``worst`` is the finding that decided, None when none did."""
    chinese = report.language is not Language.EN
    if status is Status.PASS:
        return "各项结果符合要求。" if chinese else "All reported results conform."
    if worst is None:
        return (
            "报告中没有可判定的产品结果。"
            if chinese
            else "The report holds no result on the product that can be judged."
        )
    others = sum(each.status is Status.FAIL for each in findings) - 1
    return _chinese(worst, others) if chinese else _english(worst, others)


def _chinese(worst: Nonconformance, others: int) -> str:
    if worst.status is Status.FAIL:
        return f"不合格：{worst.message}" + (f"；另有{others}项不合格。" if others > 0 else "。")
    return f"无法判定（{_DOUBT_ZH.get(worst.doubt or Doubt.UNDECIDED, '未定')}）：{worst.message}。"


def _english(worst: Nonconformance, others: int) -> str:
    if worst.status is Status.FAIL:
        more = f", and {others} more finding{'s' if others > 1 else ''}" if others > 0 else ""
        return f"Nonconforming: {worst.message}{more}."
    return f"Cannot be decided, {_DOUBT_EN.get(worst.doubt or Doubt.UNDECIDED, 'undecided')}: {worst.message}."

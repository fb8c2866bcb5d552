"""What the rules alone say of a report."""

from __future__ import annotations

from collections.abc import Mapping

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Severity, Status


def select_pack(report: Report, packs: Mapping[str, RulePack]) -> RulePack:
    """The pack whose match phrases hit the report most; ``general`` when none does."""
    del report
    return packs["general"]


def assess(report: Report, pack: RulePack) -> Assessment:
    """The verdict before any model is asked. What the rules cannot know is INDETERMINATE."""
    del report, pack
    return Assessment(
        status=Status.INDETERMINATE,
        category=Category.NONE,
        severity=Severity.NONE,
        disposition=Disposition.HOLD,
        findings=(),
        summary="The report holds no result on the product.",
        evidence=None,
        conflict=False,
        reason="no-result",
    )

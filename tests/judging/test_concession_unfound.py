"""A concession is granted for something: a report with one is never PASS, also when nothing was found."""

from __future__ import annotations

from pathlib import Path

from edge_app.domain.verdict import Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess
from edge_app.rulepacks import load_fields, load_packs

RULES = Path(__file__).resolve().parents[2] / "rules"


def test_a_concession_without_a_finding_is_not_a_pass() -> None:
    text = "Everything else to print, all OK. Customer signed the waiver W-118, may be used for this lot only."
    report = read(Source(text.encode(), "waiver.txt", load_fields(RULES)))
    assert assess(report, load_packs(RULES)["general"]).status is not Status.PASS

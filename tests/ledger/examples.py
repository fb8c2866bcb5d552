"""Small domain values for tests of the ledger."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from edge_app.domain.arrival import Arrival
from edge_app.domain.inference import EngineInfo, FinishReason, Precision, Reply, Request, Usage
from edge_app.domain.report import Language, Limits, Measurement, Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.stance import Reading, Stance
from edge_app.domain.verdict import (
    Category,
    DecidedBy,
    Disposition,
    Nonconformance,
    Severity,
    Span,
    Status,
    Verdict,
)

RECIPE = "recipe-1"
INFO = EngineInfo("scripted", "tiny", "f" * 64, "int8", "CPU", "1.0")
PACK = RulePack(name="general", version="1.2.3", title="General", fingerprint="p" * 64)
REQUEST = Request("1-1", "system", "user", "{}", 64, 1000)
REPLY = Reply("1-1", '{"status":"FAIL"}', FinishReason.STOP, Usage(12, 4, 8, 0, 1.5, 20.0, 3.0, 50.0))
ROW = Span("bore;8.75;8.50;8.70", 10)
REPORT = Report(
    text="part P-7\nbore;8.75;8.50;8.70",
    format="csv",
    encoding="utf-8",
    language=Language.ZH,
    fields={"part_no": "P-7", "serial_no": "S1", "lot_no": "L1", "station": "CMM-3", "operator": "王"},
    measurements=(
        Measurement(
            "bore", Decimal("8.75"), Limits(Decimal("8.50"), Decimal("8.70"), text="8.6±0.1"), ROW, "mm", "8.75"
        ),
    ),
)
FINDING = Nonconformance(
    "limit", Status.FAIL, Category.DIMENSIONAL, Severity.MAJOR, ROW, "8.75 > 8.70", None, "D-01", "bore"
)
VERDICT = Verdict(
    status=Status.FAIL,
    category=Category.DIMENSIONAL,
    severity=Severity.MAJOR,
    disposition=Disposition.REWORK,
    findings=(FINDING,),
    summary="bore is 0.05 mm above its limit",
    evidence=ROW,
    conflict=False,
    reason="limit",
    decided_by=DecidedBy.BOTH,
    notes=("late engine",),
)
STANCE = Stance(800, Precision.INT8, 8, is_paused=False, duty=0.5, reason="hot: it rises again once it is cool")
READING = Reading(
    at=1.0,
    package_c=91.0,
    limit_c=100.0,
    reasons=frozenset({"thermal", "pl1"}),
    actual_mhz=790,
    queued=7,
    failures=("energy_uj: Permission denied",),
)


def arrival(name: bytes = b"a.csv", content: bytes = b"one", source: str = "line1") -> Arrival:
    """A spooled file with this content."""
    return Arrival(source, name, hashlib.sha256(content).hexdigest(), len(content))

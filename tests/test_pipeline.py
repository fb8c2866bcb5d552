"""What the pipeline decides itself: whom it asks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from edge_app.advising import Advisor
from edge_app.domain.arrival import Job
from edge_app.domain.inference import Precision
from edge_app.domain.report import Language, Remark, Report
from edge_app.domain.verdict import Span, Status
from edge_app.engine import EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import Line, ScriptedEngine
from edge_app.intake.spool import Spool
from edge_app.judging.assess import assess
from edge_app.judging.conclude import Authority
from edge_app.ledger.store import Ledger
from edge_app.pipeline import Pipeline
from edge_app.rulepacks import load_packs

PACKS = load_packs(Path(__file__).resolve().parents[1] / "rules")
LINES = ("Result: all dimensions conform", "the gizmo quivers")
TEXT = "\n".join(LINES)
REPORT = Report(
    text=TEXT,
    format="text",
    encoding="utf-8",
    language=Language.EN,
    remarks=tuple(Remark(Span(line, TEXT.index(line))) for line in LINES),
)


@pytest.mark.parametrize("authority", Authority)
def test_what_passes_is_shown_only_to_a_model_that_may_raise(authority: Authority) -> None:
    recorded: list[object] = []
    ledger = cast("Ledger", SimpleNamespace(record_request=lambda *told: recorded.append(told)))
    job = cast("Job", SimpleNamespace(arrival_id=1, attempt=1, arrival=SimpleNamespace(source="line")))
    assessment = assess(REPORT, PACKS["general"])
    assert assessment.status is Status.PASS
    spec = EngineSpec(Path(), "m", "f", "int8")
    with Pool({Precision.INT8: spec}, lambda _: ScriptedEngine([Line("-")]), frozenset({Precision.INT8})) as pool:
        advisor = Advisor(pool, authority, 0.9, 64, 1000, "configured")
        pipeline = Pipeline(ledger, cast("Spool", None), lambda *_: REPORT, PACKS, {}, advisor)
        answered = pipeline._ask(job, REPORT, assessment, PACKS["general"])
    assert (answered is not None) is (authority is Authority.RAISE) is bool(recorded)

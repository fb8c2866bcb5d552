"""What the pipeline decides itself: whom it asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from edge_app.advising import Advisor
from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival, Job
from edge_app.domain.inference import Precision
from edge_app.domain.report import Language, Remark, Report
from edge_app.domain.verdict import Span, Status
from edge_app.engine import EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import INFO, Line, ScriptedEngine
from edge_app.intake.scan import look_at
from edge_app.intake.spool import Spool
from edge_app.judging.assess import assess
from edge_app.judging.conclude import Authority
from edge_app.ledger.connection import open_reader
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


def loaded(pool: Pool) -> None:
    """All of it: the second is loaded once the first was asked."""
    with pool.lease(Precision.INT8, 0):
        pass
    with pool.lease(Precision.FP16, 20, no_other=True) as leased:
        assert leased


def test_a_report_that_is_asked_twice_has_all_its_requests_with_their_reasons_and_one_verdict(tmp_path: Path) -> None:
    lines = {
        Precision.INT8: Line("1 INDETERMINATE surface major hold\nUnclear.", confidence=0.4),
        Precision.FP16: Line("1 FAIL assembly major rework\nThe gizmo quivers.", confidence=0.97),
    }

    def open_one(spec: EngineSpec) -> ScriptedEngine:
        return ScriptedEngine([lines[Precision(spec.precision)]], info=replace(INFO, precision=spec.precision))

    specs = {each: EngineSpec(Path(), "m", "f", each) for each in lines}
    (tmp_path / "report.txt").write_text(TEXT)
    with (
        Ledger.open(tmp_path / "edge.db", Clock(), volatile=True) as ledger,
        Pool(specs, open_one, frozenset(specs)) as pool,
    ):
        loaded(pool)
        spool = Spool(tmp_path / "spool")
        seen = look_at(tmp_path / "report.txt", patterns=("*",))
        assert seen
        spooled = spool.take(tmp_path, seen.name, seen)
        ledger.register(Arrival("line", seen.name, spooled.sha256, spooled.size), "recipe")
        job = ledger.claim()
        assert job
        advisor = Advisor(pool, Authority.RAISE, 0.9, 64, 10_000)
        judged = Pipeline(ledger, spool, lambda *_: REPORT, PACKS, {"line": "general"}, advisor).judge(job)
    assert judged.verdict
    assert judged.verdict.status is Status.FAIL
    with open_reader(tmp_path / "edge.db") as db:
        rows = db.execute("SELECT result_id, precision, precision_reason, finish_reason FROM v_requests").fetchall()
        results = db.execute("SELECT id, status, precision FROM v_results").fetchall()
    assert rows == [
        (1, "int8", "plain", "stop"),
        (1, "fp16", "second look: int8 has confidence 0.40 < 0.45", "stop"),
        (1, "fp16", "whole answer: fp16 codes otherwise than int8", "stop"),
    ]
    assert results == [(1, "FAIL", "fp16")]


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

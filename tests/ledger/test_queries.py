"""Questions to the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.clock import Clock
from edge_app.errors import StorageError, UsageError
from edge_app.ledger import queries
from edge_app.ledger.store import Ledger
from tests.ledger.examples import INFO, PACK, READING, RECIPE, REPLY, REPORT, REQUEST, STANCE, VERDICT, arrival


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two judged reports and one that was refused."""
    path = tmp_path / "edge.db"
    with Ledger.open(path, Clock(), volatile=True) as ledger:
        ledger.register_many([(arrival(b"%d.csv" % number), "") for number in (1, 2, 3)], RECIPE)
        for _ in range(2):
            job = ledger.claim()
            assert job is not None
            ledger.record_request(job, REQUEST, INFO, "fits")
            ledger.finish(job, REPORT, PACK, VERDICT, (REPLY,), INFO)
        job = ledger.claim()
        assert job is not None
        ledger.reject(job, "json-syntax", "line 1")
    return path


def test_a_result_is_shown_with_all_that_belongs_to_it(path: Path) -> None:
    record = queries.show(path, 1)

    assert record is not None
    assert (record["status"], record["part_no"], record["operator"], record["language"]) == ("FAIL", "P-7", "王", "zh")
    assert (record["decided_by"], record["model"], record["precision"]) == ("both", "tiny", "int8")
    assert record["notes"] == "late engine"
    assert [(row["rule"], row["code"], row["evidence_start"]) for row in record["findings"]] == [("limit", "D-01", 10)]
    measured = record["measurements"][0]
    assert (measured["value"], measured["lower_limit"], measured["upper_limit"]) == (8.75, 8.5, 8.7)
    assert record["requests"][0]["input_tokens"] == 12
    assert queries.show(path, 3) is None


def test_results_come_newest_first(path: Path) -> None:
    assert [row["id"] for row in queries.results(path)] == [2, 1]
    assert [row["id"] for row in queries.results(path, limit=1)] == [2]


@pytest.mark.parametrize(
    ("filters", "hits"),
    [
        ({"status": "FAIL"}, 2),
        ({"status": "PASS"}, 0),
        ({"source": "line1", "part": "P-7"}, 2),
        ({"part": "P-8"}, 0),
        ({"since": "2026-01-01"}, 2),
        ({"since": "2999-01-01T08:00Z"}, 0),
        ({"where": "file_name = '1.csv'"}, 1),
        ({"where": "severity = 'minor' OR station LIKE 'CMM%' -- a comment"}, 2),
        ({"where": "id IN (SELECT result_id FROM v_requests WHERE total_ms > 40)"}, 2),
        ({"where": "status = 'PASS' OR 1", "part": "P-8"}, 0),
    ],
)
def test_filters(path: Path, filters: dict[str, str], hits: int) -> None:
    assert len(queries.results(path, **filters)) == hits  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "where",
    [
        "1) UNION SELECT * FROM v_results WHERE (1",
        "1; DROP TABLE result",
        "1 LIMIT 1",
        "1 UNION SELECT 1",
        "id, id",
        "nosuch = 1",
        "load_extension('x')",
        "id IN (PRAGMA user_version)",
        "id IN (WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT x FROM n)",
        ")",
    ],
)
def test_a_condition_can_only_be_a_condition(path: Path, where: str) -> None:
    with pytest.raises(UsageError, match="--where"):
        queries.results(path, where=where)


def test_a_time_that_is_none_is_refused(path: Path) -> None:
    with pytest.raises(UsageError, match="not a time"):
        queries.results(path, since="yesterday")


def test_the_summary_adds_up(path: Path) -> None:
    summary = queries.summary(path)

    assert (summary["seen"], summary["judged"], summary["rejected"]) == (3, 2, 1)
    assert summary["verdicts"] == {"FAIL": 2}
    assert summary["not_judged"] == [
        {"outcome": "rejected", "reason": "json-syntax", "files": 1, "for_example": "3.csv"}
    ]
    assert summary["sources"][0]["seen"] == 3


def test_without_a_database_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        queries.summary(tmp_path / "edge.db")
    assert "edge-app process" in caught.value.hint


def test_what_the_machine_allowed_comes_newest_first_with_what_was_measured(path: Path) -> None:
    with Ledger.open(path, Clock(), volatile=True) as ledger:
        ledger.record_stance(STANCE, READING, "applied")
        ledger.record_stance(replace(STANCE, reason="cool: nothing is held back"), READING, "applied")

    newest, first = queries.governor(path)

    assert newest["stance"] == "cool"
    assert (
        first.items()
        >= {
            "stance": "hot",
            "temperature_c": 91.0,
            "cap_mhz": 800,
            "precision_ceiling": "int8",
            "concurrency": 8,
            "paused": 0,
            "duty": 0.5,
            "queued": 7,
            "gpu_busy": None,
            "throttle_reasons": "pl1 thermal",
            "actuator": "applied",
            "failures": "energy_uj: Permission denied",
        }.items()
    )
    assert queries.governor(path, limit=1) == [newest]

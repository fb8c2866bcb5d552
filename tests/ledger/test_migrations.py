"""The schema: every view's columns are a promise, every step a transaction."""

from __future__ import annotations

from pathlib import Path

import pysqlite3
import pytest

from edge_app.clock import Clock
from edge_app.domain.stance import Reading
from edge_app.errors import StorageError
from edge_app.ledger import migrations, queries
from edge_app.ledger.connection import open_reader, open_writer
from edge_app.ledger.store import Ledger
from tests.ledger.examples import RECIPE, STANCE, arrival

VIEWS = {
    "v_results": "id received_at finished_at source file_name content_sha256 format language part_no serial_no lot_no "
    "station operator rule_pack rule_pack_version status category severity disposition summary evidence decided_by "
    "conflict model precision device attempt recipe",
    "v_requests": "id result_id started_at provider model precision precision_reason device input_tokens cached_tokens "
    "output_tokens reasoning_tokens finish_reason queue_ms ttft_ms tpot_ms total_ms energy_j energy_quality cost "
    "cost_energy cost_amortisation cost_cloud currency price_table_version prompt_sha256 output_sha256 "
    "confidence",
    "v_measurements": "result_id number part characteristic value value_as_written unit nominal lower_limit "
    "upper_limit limits_as_written stated problem evidence evidence_start",
    "v_nonconformances": "result_id number rule status category severity code characteristic doubt message evidence "
    "evidence_start",
    "v_outcomes": "id received_at finished_at source file_name content_sha256 outcome reason message duplicate_of "
    "attempt archived_to",
    "v_governor": "id at stance reason temperature_c limit_c cap_mhz actual_mhz precision_ceiling concurrency paused "
    "duty queued gpu_busy package_w throttle_reasons actuator failures",
}


def opened(path: Path) -> None:
    Ledger.open(path, Clock(), volatile=True).close()


def test_the_views_have_exactly_the_columns_that_users_query(tmp_path: Path) -> None:
    opened(tmp_path / "edge.db")
    with open_reader(tmp_path / "edge.db") as db:
        found = {view: " ".join(db[view].columns_dict) for view in db.view_names()}

    assert found == VIEWS


def test_the_connection_syncs_every_commit(tmp_path: Path) -> None:
    db = open_writer(tmp_path / "edge.db")
    settings = {
        name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    db.close()

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_only_the_owner_can_read_the_database(tmp_path: Path) -> None:
    opened(tmp_path / "edge.db")

    assert (tmp_path / "edge.db").stat().st_mode & 0o777 == 0o600


def test_a_database_of_the_first_release_keeps_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edge.db"
    with monkeypatch.context() as before:
        before.setattr(migrations, "STEPS", migrations.STEPS[:1])
        with Ledger.open(path, Clock(), volatile=True) as old:
            old.register(arrival(), RECIPE)

    with Ledger.open(path, Clock(), volatile=True) as ledger:
        assert ledger.pending() == 1
        ledger.record_stance(STANCE, Reading(1.0), "")
    assert len(queries.governor(path)) == 1


def test_who_only_reads_is_told_that_the_schema_is_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edge.db"
    with monkeypatch.context() as before:
        before.setattr(migrations, "STEPS", migrations.STEPS[:1])
        opened(path)

    for query in (queries.summary, queries.governor, queries.results):
        with pytest.raises(StorageError, match="has schema 1, this program knows") as raised:
            query(path)
        assert raised.value.hint is not None
        assert "process" in raised.value.hint


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    opened(path)
    db = open_writer(path)
    db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(StorageError, match="schema 99"):
        opened(path)


def test_another_program_s_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    raw = pysqlite3.connect(str(path))
    raw.execute("CREATE TABLE theirs (x)")
    raw.close()

    with pytest.raises(StorageError, match="another program"):
        opened(path)
    with open_reader(path) as db:
        assert db.table_names() == ["theirs"]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    path.write_bytes(b"not a database" * 1000)

    with pytest.raises(StorageError, match="not a database"):
        opened(path)


def test_a_step_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edge.db"
    opened(path)
    broken = ("CREATE TABLE half (x)", "CREATE TABLE arrival (x)")
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, broken))

    with pytest.raises(StorageError, match="already exists"):
        opened(path)
    with open_reader(path) as db:
        assert "half" not in db.table_names()
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(migrations.STEPS) - 1


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pysqlite3, "sqlite_version_info", (3, 51, 2))

    with pytest.raises(StorageError, match="can lose commits"):
        open_writer(tmp_path / "edge.db")

"""Questions to the ledger, read-only, also while the daemon runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pysqlite3
from sqlite_utils import Database

from edge_app.clock import utc_text
from edge_app.domain.arrival import OutcomeKind
from edge_app.errors import UsageError
from edge_app.ledger import accounting, migrations
from edge_app.ledger.connection import open_reader

Record = dict[str, Any]

_SELECT, _READ, _FUNCTION = 21, 20, 31
_OK, _DENY = 0, 1
_ALLOWED: Final = frozenset({_SELECT, _READ, _FUNCTION})
_DETAILS: Final = {"findings": "v_nonconformances", "measurements": "v_measurements", "requests": "v_requests"}


def results(
    path: Path,
    *,
    since: str | None = None,
    status: str | None = None,
    source: str | None = None,
    part: str | None = None,
    where: str | None = None,
    limit: int = 100,
) -> list[Record]:
    """Rows of ``v_results``, newest first. ``where``: an SQL condition over its columns. Raises UsageError."""
    given = {"finished_at >= ?": _utc(since), "status = ?": status, "source = ?": source, "part_no = ?": part}
    used = {condition: value for condition, value in given.items() if value is not None}
    with _opened(path) as db:
        conditions = [*used, *([_checked(db, where)] if where else [])]
        clause = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = f"SELECT * FROM v_results {clause} ORDER BY id DESC LIMIT ?"  # noqa: S608  where is checked, the connection reads only
        try:
            return list(db.query(statement, [*used.values(), limit]))
        except pysqlite3.Error as error:
            raise _bad_condition(error) if where else error from error


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    """For reading, when its schema is this program's: only who writes brings it up to date."""
    with open_reader(path) as db:
        migrations.expect_current(db)
        yield db


def show(path: Path, result_id: int) -> Record | None:
    """One verdict with ``findings``, ``measurements`` and ``requests``; None when there is no such result."""
    with _opened(path) as db:
        found = list(db.query("SELECT * FROM v_results WHERE id = ?", [result_id]))
        if not found:
            return None
        more = next(db.query("SELECT reason, encoding, fields, notes FROM result WHERE id = ?", [result_id]))
        details = {
            name: list(db.query(f"SELECT * FROM {view} WHERE result_id = ?", [result_id]))  # noqa: S608  our own names
            for name, view in _DETAILS.items()
        }
    fields, notes = json.loads(more.pop("fields")), json.loads(more.pop("notes"))
    record: Record = found[0] | more | {"fields": fields, "notes": "; ".join(notes)} | details
    return record


def governor(path: Path, limit: int = 20) -> list[Record]:
    """Rows of ``v_governor``, newest first."""
    with _opened(path) as db:
        return list(db.query("SELECT * FROM v_governor ORDER BY id DESC LIMIT ?", [limit]))


def summary(path: Path) -> Record:
    """Arrivals by outcome, verdicts by status, and what waits or was refused, with reasons."""
    with _opened(path) as db:
        counts = accounting.counts(db)
        return {
            "database": str(path),
            "seen": sum(counts.values()),
            **{kind.value: counts[kind] for kind in OutcomeKind},
            "last_result_at": db.execute("SELECT max(finished_at) FROM result").fetchone()[0],
            "verdicts": dict(db.execute("SELECT status, count(*) FROM result GROUP BY status ORDER BY status")),
            "sources": list(db.query(_BY_SOURCE)),
            "not_judged": list(db.query(_NOT_JUDGED)),
        }


_BY_SOURCE: Final = """
    SELECT source, count(*) AS seen, count(*) FILTER (WHERE outcome = 'judged') AS judged,
        count(*) FILTER (WHERE outcome = 'waiting') AS waiting, max(finished_at) AS last_at
    FROM v_outcomes GROUP BY source ORDER BY source
"""
_NOT_JUDGED: Final = """
    SELECT outcome, reason, count(*) AS files, max(file_name) AS for_example
    FROM v_outcomes WHERE outcome NOT IN ('judged', 'duplicate') GROUP BY outcome, reason ORDER BY outcome, files DESC
"""


def _utc(text: str | None) -> str | None:
    """A date or time as stored; without a zone it is UTC."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"not a time: {text!r}", "write 2026-01-31 or 2026-01-31T08:00Z") from error
    return utc_text(at if at.tzinfo else at.replace(tzinfo=UTC))


def _checked(db: Database, where: str) -> str:
    """``where`` in brackets when it is one expression that only reads.

    It must parse both as a column and in brackets: no text does both and ends the condition.
    """
    db.conn.set_authorizer(_authorize)
    try:
        for statement in (
            f"SELECT {where}\nFROM v_results LIMIT 0",
            f"SELECT 1 FROM v_results WHERE ({where}\n) LIMIT 0",  # noqa: S608  the authorizer lets only reading through
        ):
            db.execute(statement).fetchall()
    except (pysqlite3.Error, pysqlite3.Warning) as error:
        raise _bad_condition(error) from error
    finally:
        db.conn.set_authorizer(None)
    return f"({where}\n)"


def _authorize(action: int, *_: object) -> int:
    return _OK if action in _ALLOWED else _DENY


def _bad_condition(error: Exception) -> UsageError:
    hint = "an SQL condition over the columns of v_results, such as \"severity = 'major' AND station LIKE 'CMM%'\""
    return UsageError(f"--where: {error}", hint)

"""What the scans saw in the source folders: files taken, waiting, ignored, refused.

A file that was taken is remembered by its stamp (size, times, inode), so that the next scan need
not read it again. All functions run inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from edge_app.domain.arrival import OutcomeKind, printable_name


def is_known(db: Database, source: str, name: bytes, stamp: str) -> bool:
    """Whether the file was dealt with as it is now."""
    row = db.execute("SELECT stamp, outcome FROM sighting WHERE source = ? AND name = ?", (source, name)).fetchone()
    return row is not None and row[0] == stamp and row[1] != OutcomeKind.WAITING


def took(db: Database, source: str, name: bytes, stamp: str, now: str) -> None:
    """The file as ``stamp`` shows it has an arrival of its own: it is counted there."""
    _put(db, source, name, now, stamp=stamp)


def ended(db: Database, source: str, name: bytes, stamp: str, outcome: OutcomeKind, reason: str, now: str) -> None:
    """The file is not read at all (``ignored`` or ``rejected``), until its stamp changes."""
    row = db.execute(
        "SELECT stamp, outcome, reason FROM sighting WHERE source = ? AND name = ?", (source, name)
    ).fetchone()
    if row != (stamp, outcome.value, reason):
        _put(db, source, name, now, stamp=stamp, outcome=outcome, reason=reason)


def replace_waiting(db: Database, source: str, reasons: Mapping[bytes, str], now: str) -> None:
    """Exactly these files of ``source`` wait, each for its reason."""
    old = dict(
        db.execute("SELECT name, reason FROM sighting WHERE source = ? AND outcome = 'waiting'", (source,)).fetchall()
    )
    for name in old.keys() - reasons.keys():
        clear_waiting(db, source, name)
    for name, reason in reasons.items():
        if old.get(name) != reason:
            _put(db, source, name, now, stamp="", outcome=OutcomeKind.WAITING, reason=reason)


def clear_waiting(db: Database, source: str, name: bytes) -> None:
    """The file is gone or dealt with."""
    db.execute("DELETE FROM sighting WHERE source = ? AND name = ? AND outcome = 'waiting'", (source, name))


def forget(db: Database, source: str, name: bytes) -> None:
    """The file was moved away: one that comes again under its name is read."""
    db.execute("DELETE FROM sighting WHERE source = ? AND name = ? AND outcome IS NULL", (source, name))


def _put(
    db: Database,
    source: str,
    name: bytes,
    now: str,
    *,
    stamp: str,
    outcome: OutcomeKind | None = None,
    reason: str = "",
) -> None:
    db.execute(
        """
        INSERT INTO sighting (source, name, name_text, stamp, outcome, reason, seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (source, name) DO UPDATE SET
            stamp = excluded.stamp, outcome = excluded.outcome, reason = excluded.reason, seen_at = excluded.seen_at
        """,
        (source, name, printable_name(name), stamp, outcome.value if outcome else None, reason, now),
    )

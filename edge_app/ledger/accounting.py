"""What can be counted and cleaned, inside the caller's connection."""

from __future__ import annotations

from sqlite_utils import Database

from edge_app.domain.arrival import OutcomeKind
from edge_app.ledger import sightings


def counts(db: Database) -> dict[OutcomeKind, int]:
    """Arrivals by outcome, zeros included."""
    found = dict(db.execute("SELECT outcome, count(*) FROM v_outcomes GROUP BY outcome").fetchall())
    return {kind: found.get(kind.value, 0) for kind in OutcomeKind}


def pending(db: Database) -> int:
    """Queued and running jobs."""
    return int(db.execute("SELECT count(*) FROM arrival WHERE state IN ('queued', 'running')").fetchone()[0])


def to_archive(db: Database, source: str) -> list[tuple[int, bytes, str]]:
    """Id, name and hash of judged files, and of duplicates of judged ones, that were not moved yet."""
    return list(
        db.execute(
            """
            SELECT arrival.id, arrival.name, arrival.sha256
            FROM arrival LEFT JOIN arrival AS first ON first.id = arrival.duplicate_of
            WHERE arrival.source = ? AND arrival.archived_to IS NULL
                AND arrival.state IN ('judged', 'duplicate') AND 'judged' IN (arrival.state, first.state)
            ORDER BY arrival.id
            """,
            (source,),
        ).fetchall()
    )


def mark_archived(db: Database, arrival_id: int, where: str) -> None:
    """The file is no longer in the source; one that comes under its name is read."""
    moved = db.execute(
        "UPDATE arrival SET archived_to = ? WHERE id = ? RETURNING source, name", (where, arrival_id)
    ).fetchall()
    if where:
        for source, name in moved:
            sightings.forget(db, source, name)


def spooled_needed(db: Database) -> set[str]:
    """Hashes of arrivals that are open or in quarantine."""
    states = "'queued', 'running', 'deferred', 'quarantined'"
    return {row[0] for row in db.execute(f"SELECT DISTINCT sha256 FROM arrival WHERE state IN ({states})")}  # noqa: S608

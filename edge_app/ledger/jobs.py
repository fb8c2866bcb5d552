"""The life of an arrival inside the caller's transaction: registered, claimed, ended.

queued -> running -> judged | rejected | quarantined | deferred
"""

from __future__ import annotations

from sqlite_utils import Database

from edge_app.domain.arrival import Arrival, Job, Registration, printable_name
from edge_app.domain.inference import Reply
from edge_app.errors import StorageError
from edge_app.ledger import rows, sightings


def register(db: Database, arrival: Arrival, recipe: str, stamp: str, now: str) -> Registration:
    """A new job, or a duplicate of the one that has the same source, name, content and recipe."""
    if stamp:
        sightings.took(db, arrival.source, arrival.name, stamp, now)
    first = db.execute(
        """
        SELECT id, state FROM arrival
        WHERE source = ? AND name = ? AND sha256 = ? AND recipe = ? AND duplicate_of IS NULL
        """,
        (arrival.source, arrival.name, arrival.sha256, recipe),
    ).fetchone()
    if first is None:
        arrival_id = _insert(db, arrival, recipe, now, None)
        _supersede(db, arrival, arrival_id, now)
        return Registration(arrival_id, accepted=True, duplicate_of=None)
    first_id, state = first
    if state in {"deferred", "ignored"}:
        # A torn file that is back, or still there: read again, as it has no verdict.
        db.execute(
            """
            UPDATE arrival SET state = 'queued', attempt = 0, reason = '', message = '', finished_at = NULL
            WHERE id = ?
            """,
            (first_id,),
        )
        _supersede(db, arrival, first_id, now)
        return Registration(first_id, accepted=True, duplicate_of=None)
    return Registration(_insert(db, arrival, recipe, now, first_id), accepted=False, duplicate_of=first_id)


def _insert(db: Database, arrival: Arrival, recipe: str, now: str, duplicate_of: int | None) -> int:
    row = {
        "source": arrival.source,
        "name": arrival.name,
        "name_text": printable_name(arrival.name),
        "sha256": arrival.sha256,
        "size": arrival.size,
        "recipe": recipe,
        "received_at": now,
        "state": "queued" if duplicate_of is None else "duplicate",
        "duplicate_of": duplicate_of,
        "finished_at": None if duplicate_of is None else now,
    }
    columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO arrival ({columns}) VALUES ({marks}) RETURNING id"  # noqa: S608  our own names
    return int(db.execute(statement, row).fetchone()[0])


def _supersede(db: Database, arrival: Arrival, by: int, now: str) -> None:
    """The longer file is here: the torn one before it needs no verdict of its own."""
    db.execute(
        """
        UPDATE arrival SET state = 'ignored', reason = 'superseded', message = ?, finished_at = ?
        WHERE source = ? AND name = ? AND state = 'deferred' AND id <> ?
        """,
        (f"by arrival {by}", now, arrival.source, arrival.name, by),
    )


def claim(db: Database) -> Job | None:
    """The oldest queued job."""
    taken = db.execute(
        """
        UPDATE arrival SET state = 'running', attempt = attempt + 1
        WHERE id = (SELECT id FROM arrival WHERE state = 'queued' ORDER BY id LIMIT 1)
        RETURNING id, source, name, sha256, size, attempt, recipe, received_at
        """
    ).fetchall()
    for arrival_id, source, name, sha256, size, attempt, recipe, received_at in taken:
        return Job(arrival_id, Arrival(source, name, sha256, size), attempt, recipe, received_at)
    return None


def move(db: Database, job: Job, state: str, reason: str, message: str = "", *, finished_at: str | None = None) -> None:
    """Out of ``running``; requests that got no answer are closed. Raises StorageError when the claim is not ours."""
    moved = db.execute(
        """
        UPDATE arrival SET state = ?, reason = ?, message = ?, finished_at = ?
        WHERE id = ? AND state = 'running' AND attempt = ?
        """,
        (state, rows.storable(reason), rows.storable(message), finished_at, job.arrival_id, job.attempt),
    ).rowcount
    if moved != 1:
        raise StorageError(f"arrival {job.arrival_id}: attempt {job.attempt} is not the one that is worked on")
    _close_requests(db, "arrival_id = ?", (job.arrival_id,))


def complete_request(db: Database, job: Job, reply: Reply) -> None:
    """Store the answer with its request."""
    row = rows.reply_row(reply)
    values = ", ".join(f"{name} = :{name}" for name in row)
    db.execute(
        f"UPDATE request SET {values} WHERE arrival_id = :job AND attempt = :attempt AND request_id = :request",  # noqa: S608  our own names
        row | {"job": job.arrival_id, "attempt": job.attempt, "request": reply.request_id},
    )


def recover(db: Database, max_attempts: int, now: str) -> None:
    """After a stop in the middle. A request whose answer is not known stays visible with its cost."""
    _close_requests(db, "TRUE", ())
    db.execute(
        """
        UPDATE arrival SET state = 'quarantined', reason = 'crashed', finished_at = ?,
            message = 'the program stopped ' || attempt || ' times while it worked on this file'
        WHERE state = 'running' AND attempt >= ?
        """,
        (now, max_attempts),
    )
    db.execute("UPDATE arrival SET state = 'queued' WHERE state = 'running'")


def _close_requests(db: Database, where: str, values: tuple[int, ...]) -> None:
    db.execute(f"UPDATE request SET finish_reason = 'unknown' WHERE finish_reason IS NULL AND {where}", values)  # noqa: S608  our own words

"""The numbered past of the database. Append only: a released step is never edited.

Each step and its number (``user_version``) are committed in one transaction.
"""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from edge_app.errors import StorageError
from edge_app.ledger import schema

APPLICATION_ID: Final = 0x45444745
"""``EDGE``: tells our database from another program's."""
STEPS: Final[tuple[tuple[str, ...], ...]] = (schema.FIRST_TABLES + schema.FIRST_VIEWS, schema.GOVERNOR, schema.ENERGY)


_NEWER: Final = "install the newer edge-app again, or give this one another --state"


def migrate(db: Database) -> int:
    """Bring the schema to the newest version and return it. Raises StorageError for a foreign or newer database."""
    version = _pragma(db, "user_version")
    application = _pragma(db, "application_id")
    if application not in {0, APPLICATION_ID} or (application == 0 and db.table_names()):
        raise StorageError("the database belongs to another program", "give edge-app a folder of its own with --state")
    if version > len(STEPS):
        expect_current(db)
    for number, statements in enumerate(STEPS[version:], start=version + 1):
        _apply(db, number, statements)
    return len(STEPS)


def expect_current(db: Database) -> None:
    """Raises StorageError for a schema that is older or newer than this program's."""
    version = _pragma(db, "user_version")
    if version == len(STEPS):
        return
    hint = "start the service, or run `edge-app process` once: whoever writes brings it up to date"
    if version > len(STEPS):
        hint = _NEWER
    raise StorageError(f"the database has schema {version}, this program knows {len(STEPS)}", hint)


def _apply(db: Database, number: int, statements: tuple[str, ...]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def _pragma(db: Database, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])

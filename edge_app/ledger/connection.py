"""How the database is opened: one connection that writes, any number that only read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pysqlite3
from sqlite_utils import Database

from edge_app.errors import StorageError

SAFE_VERSION: Final = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can lose commits when a WAL is reset while another connection writes."""
BUSY_S: Final = 30.0
_FULL_SYNC: Final = 2
_JOURNAL_LIMIT: Final = 8 << 20
_FULL, _IOERR, _CORRUPT, _NOTADB, _BUSY, _LOCKED = 13, 10, 11, 26, 5, 6


class BrokenStorageError(StorageError):
    """The disk or the file failed: nothing may be acknowledged until the program has started anew."""


def open_writer(path: Path) -> Database:
    """The one connection that writes and checkpoints. Raises StorageError."""
    if pysqlite3.sqlite_version_info < SAFE_VERSION:
        raise StorageError(f"SQLite {pysqlite3.sqlite_version} can lose commits", "pip install 'pysqlite3>=0.6.1'")
    with translated(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        raw = pysqlite3.connect(str(path), timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            return _configured(Database(raw, execute_plugins=False))
        except BaseException:
            raw.close()
            raise


def _configured(db: Database) -> Database:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT}")
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    sync = db.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, sync) != ("wal", _FULL_SYNC):
        raise StorageError(f"the database runs with journal {mode}, synchronous {sync}", "use --state on a local disk")
    return db


@contextmanager
def open_reader(path: Path) -> Iterator[Database]:
    """A connection that cannot write, also while the daemon runs. Raises StorageError."""
    if not path.is_file():
        raise StorageError(f"no database {path}", "judge something first: edge-app process PATH")
    with translated(path):
        raw = pysqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=BUSY_S)
        try:
            raw.execute("PRAGMA query_only = ON")
            raw.execute("PRAGMA trusted_schema = OFF")
            yield Database(raw, recursive_triggers=False, execute_plugins=False)
        finally:
            raw.close()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's and the system's errors as ours, with the operator's next step."""
    try:
        yield
    except pysqlite3.Error as error:
        raise _ours(path, error) from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", "check the folder and its owner") from error


def _ours(path: Path, error: pysqlite3.Error) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == _FULL:
        return StorageError(f"{path}: the disk is full", "free space; files that wait stay where they are")
    if code in {_IOERR, _CORRUPT, _NOTADB}:
        return BrokenStorageError(f"{path}: {error}", "check the disk, then start again; restore a backup if it stays")
    if code in {_BUSY, _LOCKED}:
        return StorageError(f"{path} is held by another program", "close the program that writes to the database")
    return StorageError(f"{path}: {error}")

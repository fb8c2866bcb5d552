"""Folders that appear whole or not at all, one process at a time.

Work goes on in a hidden folder beside the target. Names that start with ``.tmp-`` are remains when
nobody holds the lock; ``.part-`` ones are downloads that go on where they ended; ``.old-`` ones are being
replaced.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from edge_app.errors import StorageError, UsageError

_LOCK: Final = ".lock"
SCRATCH: Final = ".tmp-"
PART: Final = ".part-"
OLD: Final = ".old-"
RESERVE: Final = 64 << 20
"""Bytes that stay free: the ledger often lies on the same disk."""
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Error numbers of a full disk or quota."""
EXHAUSTED: Final = 1 << 20
"""With fewer free bytes a write that failed without a reason failed for want of space."""
_CUT_SHORT: Final = "iostream error"
"""All that OpenVINO says of a write that failed; by then it has deleted the file, and the disk has space again."""
_HERE: Final = -100
"""AT_FDCWD."""
_EXCHANGE: Final = 2
"""RENAME_EXCHANGE (rename(2))."""
_OWNER: Final = "use --state DIR on a disk, as the owner of that folder: sudo -u edge-app"
_HINT: Final = "free space (`edge-app model list` shows what models take), or set `state` to a folder on a larger disk"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One pull, preparation or removal at a time; what a killed one left behind is removed.

    Raises UsageError when another process is at it, StorageError when the folder cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / _LOCK).open("w")
    except OSError as error:
        raise StorageError(f"{home} cannot be written: {error.strerror}", _OWNER) from error
    with lock:
        if not _locked(lock.fileno(), home / _LOCK):
            raise UsageError(f"{home} is being prepared by another process", "wait for it to end")
        try:
            _settle(home)
            yield
        finally:
            _remove_if_empty(home)
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough: a forked process may hold a copy


def _locked(opened: int, path: Path) -> bool:
    """Whether nobody else holds the lock, or removed it with its empty folder just now."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(path.stat(), os.fstat(opened))
    except (BlockingIOError, FileNotFoundError):
        return False


def _remove_if_empty(home: Path) -> None:
    """What failed, or was removed, leaves no folder behind; by who holds the lock."""
    with suppress(OSError):
        if [path.name for path in home.iterdir()] == [_LOCK]:
            (home / _LOCK).unlink()
            home.rmdir()


def appear(work: Path, target: Path) -> None:
    """Flush ``work`` to the disk and rename it to ``target``; what was there is deleted when that has happened."""
    for path in [*work.iterdir(), work]:
        flush(path)
    if not (target.exists() and _exchanged(work, target)):
        _replaced(work, target)
    flush(target.parent)
    if work.exists():
        discard(work)


def _exchanged(one: Path, other: Path) -> bool:
    """Both names at once, so that a model is there at any time; False where the kernel or file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(_HERE, bytes(one.absolute()), _HERE, bytes(other.absolute()), _EXCHANGE) == 0


def _replaced(work: Path, target: Path) -> None:
    """What was there is called ``.old-…`` in between: ``alone`` brings it back when that is all there is."""
    old = target.with_name(f"{OLD}{target.name}")
    if target.exists():
        target.rename(old)
    try:
        work.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    if old.exists():
        discard(old)


def _settle(home: Path) -> None:
    """Tidy up after a process that was killed."""
    for old in home.glob(f"{OLD}*"):
        target = home / old.name.removeprefix(OLD)
        if target.exists():
            discard(old)
        else:
            old.rename(target)
    for left in home.glob(f"{SCRATCH}*"):
        shutil.rmtree(left)


def discard(folder: Path) -> None:
    """Remove a folder so that a torn removal is not seen as a model."""
    grave = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder.parent))
    folder.rename(grave / folder.name)
    shutil.rmtree(grave)


def flush(path: Path) -> None:
    """File or folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def size_of(folder: Path) -> int:
    """Bytes of all files in ``folder``, nested ones too; 0 when it is not there."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def require_space(folder: Path, needed: int, reserve: int | None = None) -> None:
    """Raise StorageError when fewer than ``needed`` bytes and a reserve are free on the disk of ``folder``."""
    free = shutil.disk_usage(folder).free
    needed += RESERVE if reserve is None else reserve
    if free < needed:
        raise StorageError(f"{folder} has {_mb(free)} free, {_mb(needed)} are needed", _HINT)


@contextmanager
def until_full(work: Path) -> Iterator[None]:
    """When the disk fills up, give the space back at once: others on it must be able to go on. Raises StorageError."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not _for_want_of_space(error, work.parent):
            raise
        held = size_of(work)
        shutil.rmtree(work, ignore_errors=True)
        raise StorageError(f"the disk of {work.parent} is full; {_mb(held)} were given back", _HINT) from error


def _for_want_of_space(error: OSError | RuntimeError, folder: Path) -> bool:
    told = getattr(error, "errno", None) in FULL or _CUT_SHORT in str(error)
    return told or shutil.disk_usage(folder).free <= EXHAUSTED


@contextmanager
def tidied(work: Path, *, resumable: bool, after: type[BaseException] = BaseException) -> Iterator[None]:
    """After a failure keep of ``work`` only what the next attempt goes on with."""
    try:
        yield
    except after:
        if not resumable or not size_of(work):
            shutil.rmtree(work, ignore_errors=True)
        raise


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"

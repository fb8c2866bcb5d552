"""Settled files are copied here before they are accepted: what is judged cannot change any more.

Content-addressed: ``spool/ab/<sha256>``. A copy is synced, renamed, and its folder synced; only
then may the ledger accept the arrival.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.errors import IncompleteReportError, ReportError, StorageError
from edge_app.intake.disk import sync_folder
from edge_app.intake.readers.base import MAX_BYTES
from edge_app.intake.scan import FileKind, Seen, seen_from

_CHUNK: Final = 1 << 20
_BUSY: Final = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY, errno.ENOENT, errno.ESTALE})


class StillChangingError(IncompleteReportError):
    """The file changed while it was copied, is locked, or is not all there yet: look again later."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A durable copy."""

    sha256: str
    size: int
    path: Path


@dataclass(frozen=True, slots=True)
class _Copy:
    """Written, not durable yet."""

    tmp: Path
    sha256: str
    size: int


class Spool:
    """The folder of copies. One process uses it."""

    def __init__(self, root: Path, max_bytes: int = MAX_BYTES) -> None:
        """Create ``root`` when it is missing. Raises StorageError."""
        self._root = root
        self._tmp = root / "tmp"
        self._max_bytes = max_bytes
        self._sweeping = threading.Lock()
        self._accepting = 0
        with _storage("create"):
            self._tmp.mkdir(parents=True, exist_ok=True, mode=0o700)

    def take(self, folder: Path, name: bytes, seen: Seen, *, last_chance: bool = False) -> Spooled:
        """Copy ``folder/name`` as ``seen``. Holes (a preallocated file) are accepted on the ``last_chance`` only.

        Raises StillChangingError, ReportError (``symlink``, ``not-regular``, ``too-large``), StorageError.
        """
        with _storage("sync"):
            copy = self._copy(folder, name, seen, last_chance=last_chance)
            with copy.tmp.open("rb") as written:
                os.fsync(written.fileno())
            spooled = self._publish(copy)
            sync_folder(self._root)
            sync_folder(spooled.path.parent)
        return spooled

    def read(self, sha256: str) -> bytes:
        """The content, checked against its hash. Raises StorageError."""
        with _storage("read"):
            content = self._path(sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StorageError(f"the copy {self._path(sha256)} is damaged", "check the disk; drop the report again")
        return content

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """From before ``take`` until its copy is registered: no sweep may take it for one that nobody needs."""
        with self._sweeping:
            self._accepting += 1
        try:
            yield
        finally:
            with self._sweeping:
                self._accepting -= 1

    def sweep(self, needed: Callable[[], Collection[str]]) -> int:
        """Remove half copies and copies not ``needed``, unless a file is being accepted. Returns how many."""
        with self._sweeping, _storage("clean"):
            if self._accepting:
                return 0
            keep = needed()
            stale = list(self._tmp.iterdir())
            stale += [path for path in self._root.glob("??/*") if path.name not in keep]
            for path in stale:
                path.unlink()
        return len(stale)

    def _check(self, source: int, info: os.stat_result, seen: Seen, *, last_chance: bool) -> None:
        if not stat.S_ISREG(info.st_mode):
            raise ReportError(FileKind.NOT_REGULAR, "not a regular file")
        if info.st_size > self._max_bytes:
            raise ReportError("too-large", f"{info.st_size} bytes, the limit is {self._max_bytes}")
        if _stamp(info) != seen.stamp:
            raise StillChangingError("still-changing", "changed since it was seen")
        if not last_chance and _has_hole(source, info.st_size):
            raise StillChangingError("preallocated", "parts of the file are not written yet")

    def _copy(self, folder: Path, name: bytes, seen: Seen, *, last_chance: bool) -> _Copy:
        tmp = self._tmp / f"{seen.dev:x}-{seen.inode:x}"
        with open_beneath(folder, name) as source:
            before = _look(source)
            self._check(source, before, seen, last_chance=last_chance)
            digest = self._write(source, tmp)
            if _stamp(_look(source)) != _stamp(before):
                tmp.unlink()
                raise StillChangingError("still-changing", "changed while it was copied")
        return _Copy(tmp, digest, before.st_size)

    def _write(self, source: int, tmp: Path) -> str:
        digest = hashlib.sha256()
        target = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(target, "wb") as out:
            while chunk := _read(source):
                digest.update(chunk)
                out.write(chunk)
                if out.tell() > self._max_bytes:
                    break  # it grew since it was checked: the caller's second look tells
        return digest.hexdigest()

    def _publish(self, copy: _Copy) -> Spooled:
        """Over an existing copy too: it has this very content, or it was damaged."""
        path = self._path(copy.sha256)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        copy.tmp.replace(path)
        return Spooled(copy.sha256, copy.size, path)

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


@contextmanager
def open_beneath(folder: Path, name: bytes) -> Iterator[int]:
    """A read-only descriptor of ``folder/name``; no part of ``name`` may be a link, a pipe cannot hang us.

    Raises StillChangingError for what is locked or gone, ReportError for links.
    """
    opened: list[int] = []
    try:
        _open_parts(folder, name.split(b"/"), opened)
        yield opened[-1]
    finally:
        for descriptor in reversed(opened):
            os.close(descriptor)


def _open_parts(folder: Path, parts: list[bytes], opened: list[int]) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        opened.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for part in parts[:-1]:
            opened.append(os.open(part, flags | os.O_DIRECTORY, dir_fd=opened[-1]))
        opened.append(os.open(parts[-1], flags | os.O_NONBLOCK, dir_fd=opened[-1]))
    except OSError as error:
        raise _cannot_read(error) from error


def _cannot_read(error: OSError) -> ReportError:
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return ReportError(FileKind.SYMLINK, "a link on the way to the file")
    if error.errno in {errno.ENXIO, errno.ENODEV, errno.EISDIR}:
        return ReportError(FileKind.NOT_REGULAR, "not a regular file")
    reason = "locked" if error.errno in _BUSY else "unreadable"
    return StillChangingError(reason, f"cannot be read: {error.strerror}")


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError as error:
        raise _cannot_read(error) from error


def _look(source: int) -> os.stat_result:
    try:
        return os.fstat(source)
    except OSError as error:
        raise _cannot_read(error) from error


def _stamp(info: os.stat_result) -> str:
    return seen_from(b"", info, FileKind.REPORT).stamp


def _has_hole(source: int, size: int) -> bool:
    """Whether a part of the file was never written. False where the file system cannot tell."""
    try:
        hole = os.lseek(source, 0, os.SEEK_HOLE)
    except OSError:
        return False
    finally:
        os.lseek(source, 0, os.SEEK_SET)
    return hole < size


@contextmanager
def _storage(doing: str) -> Iterator[None]:
    """Trouble with our own disk is not the report's fault, and a failed sync is never retried."""
    try:
        yield
    except OSError as error:
        hint = "free space on the disk" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "check disk and owner"
        raise StorageError(f"spool: cannot {doing}: {error.strerror} ({error.filename})", hint) from error

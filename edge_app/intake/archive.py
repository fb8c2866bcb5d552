"""Judged files out of the way: moved only if they still are what was judged, never over another file."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.errors import ReportError, StorageError
from edge_app.intake.disk import rename_new, sync_folder
from edge_app.intake.spool import open_beneath

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Judged:
    """The open file, known to have the judged content."""

    path: Path
    descriptor: int
    sha256: str
    info: os.stat_result

    def is_at(self, path: Path) -> bool:
        """Whether ``path`` names this very file, unchanged since it was hashed."""
        return _identity(path.lstat()) == _identity(self.info)


def archive(folder: Path, name: bytes, sha256: str, root: Path) -> Path | None:
    """Move ``folder/name`` below ``root`` and return where it lies now.

    None when the file is gone or is not the judged one any more: then it stays, and the next scan
    sees it. Repeated after a crash it ends the same way. Raises StorageError.
    """
    try:
        with open_beneath(folder, name) as descriptor:
            info = os.fstat(descriptor)
            if _hash(descriptor) != sha256:
                return None
            return _move(_Judged(folder / os.fsdecode(name), descriptor, sha256, info), root / os.fsdecode(name))
    except ReportError:
        return None
    except OSError as error:
        hint = "check space and owner of the archive folder"
        raise StorageError(f"archive {root}: {error.strerror} ({error.filename!r})", hint) from error


def _move(judged: _Judged, wanted: Path) -> Path | None:
    _create_folder(wanted.parent)
    for target in (wanted, wanted.with_name(f"{wanted.stem}.{judged.sha256[:16]}{wanted.suffix}")):
        if os.path.lexists(target):
            if _holds(target, judged.sha256):
                # Moved before a crash and delivered again, or copied and not yet removed.
                return target if _remove(judged) else None
            continue
        return _rename(judged, target)
    raise FileExistsError(errno.EEXIST, "two other files have the name", str(wanted))


def _rename(judged: _Judged, target: Path) -> Path | None:
    try:
        rename_new(judged.path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(judged, target)
        return target if _remove(judged) else None
    if not judged.is_at(target):
        _put_back(target, judged.path)
        return None
    sync_folder(target.parent)
    sync_folder(judged.path.parent)
    return target


def _copy(judged: _Judged, target: Path) -> None:
    """To another file system: durable there before the source may go."""
    tmp = target.with_name(f".{judged.sha256[:16]}.part")
    os.lseek(judged.descriptor, 0, os.SEEK_SET)
    with open(judged.descriptor, "rb", closefd=False) as source, tmp.open("wb") as out:
        shutil.copyfileobj(source, out, _CHUNK)
        out.flush()
        os.fsync(out.fileno())
    if not _holds(tmp, judged.sha256):
        raise OSError(errno.EIO, "changed while it was copied", str(judged.path))
    rename_new(tmp, target)
    sync_folder(target.parent)


def _remove(judged: _Judged) -> bool:
    """Delete the source, whose content is archived. False when its name means another file by now.

    Renamed before it is looked at: between a look and a delete another file could take the name.
    """
    private = judged.path.with_name(f".edge-app-{judged.info.st_ino:x}.tmp")
    rename_new(judged.path, private)
    if not judged.is_at(private):
        _put_back(private, judged.path)
        return False
    private.unlink()
    sync_folder(private.parent)
    return True


def _put_back(path: Path, name: Path) -> None:
    """A file that took the name in the meantime goes back to where the scan finds it."""
    try:
        rename_new(path, name)
    except FileExistsError:
        rename_new(path, name.with_name(f"{name.stem}.{path.lstat().st_ino:x}{name.suffix}"))


def _create_folder(folder: Path) -> None:
    """With its parents, each durable in the one above."""
    if folder.is_dir():
        return
    _create_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def _holds(path: Path, sha256: str) -> bool:
    try:
        with open_beneath(path.parent, os.fsencode(path.name)) as descriptor:
            return _hash(descriptor) == sha256
    except ReportError:
        return False


def _identity(info: os.stat_result) -> tuple[int, int, int, int]:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def _hash(descriptor: int) -> str:
    """Empty for what is no file: a pipe in its place would never end."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return ""
    os.lseek(descriptor, 0, os.SEEK_SET)
    digest = hashlib.sha256()
    while chunk := os.read(descriptor, _CHUNK):
        digest.update(chunk)
    return digest.hexdigest()

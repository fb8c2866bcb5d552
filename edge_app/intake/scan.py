"""What lies in a source folder. Scanning is the authority; file system events are only hints."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge_app.domain.arrival import OutcomeKind
from edge_app.errors import EdgeAppError
from edge_app.intake.names import is_hidden, is_temporary, matcher


class SourceUnavailableError(EdgeAppError):
    """The folder cannot be listed or is not the one meant: nothing is concluded from its absence."""


class FileKind(StrEnum):
    """What an entry is. The value is the reason stored for those that are not taken."""

    REPORT = "report"
    HIDDEN = "hidden"
    TEMPORARY = "temporary-name"
    OTHER_PATTERN = "no-pattern"
    SYMLINK = "symlink"
    HARD_LINK = "hard-link"
    NOT_REGULAR = "not-regular"

    @property
    def outcome(self) -> OutcomeKind | None:
        """``ignored`` or ``rejected`` for what is not taken, None for a report."""
        if self is FileKind.REPORT:
            return None
        ignored = {FileKind.HIDDEN, FileKind.TEMPORARY, FileKind.OTHER_PATTERN}
        return OutcomeKind.IGNORED if self in ignored else OutcomeKind.REJECTED


@dataclass(frozen=True, slots=True)
class Seen:
    """One directory entry as one scan saw it."""

    name: bytes
    """Path relative to the source folder."""
    size: int
    mtime_ns: int
    inode: int
    dev: int
    kind: FileKind
    ctime_ns: int = 0

    @property
    def stamp(self) -> str:
        """Changes whenever the content may have changed, also when the writer preserves times."""
        return f"{self.size}:{self.mtime_ns}:{self.ctime_ns}:{self.inode}"


def seen_from(name: bytes, info: os.stat_result, kind: FileKind) -> Seen:
    """An entry from its stat result."""
    return Seen(name, info.st_size, info.st_mtime_ns, info.st_ino, info.st_dev, kind, info.st_ctime_ns)


def look_at(path: Path, patterns: tuple[str, ...]) -> Seen | None:
    """One file, without its folder. None when it is gone."""
    name = os.fsencode(path.name)
    try:
        info = path.lstat()
    except FileNotFoundError:
        return None
    return seen_from(name, info, _kind(name, info, matcher(patterns)))


def scan(
    folder: Path,
    patterns: tuple[str, ...],
    *,
    recursive: bool = False,
    skip: Collection[Path] = (),
    sentinel: str | None = None,
) -> Iterator[Seen]:
    """Every file in ``folder``, directory by directory in name order. Links are never followed.

    ``skip``: folders not to enter, such as the archive. Sub-folders are entered when ``recursive``;
    otherwise only one that a pattern matches is reported. Raises SourceUnavailableError.
    """
    if sentinel is not None and not os.path.lexists(folder / sentinel):
        hint = f"mount the share, or create the file {sentinel} in it"
        raise SourceUnavailableError(f"{folder}: no {sentinel}: the share is not mounted", hint)
    wanted = matcher(patterns)
    hidden = {os.fsencode(os.path.realpath(each)) for each in skip}
    pending = [b""]
    while pending:
        below = pending.pop()
        where = os.path.join(os.fsencode(os.path.realpath(folder)), below)  # noqa: PTH118  names are bytes
        for entry in _entries(where, is_root=not below):
            if entry.name == os.fsencode(sentinel or ""):
                continue
            name = below + entry.name
            if recursive and entry.is_dir(follow_symlinks=False):
                if where.rstrip(b"/") + b"/" + entry.name not in hidden and not is_hidden(entry.name):
                    pending.append(name + b"/")
                continue
            seen = _look(entry, name, wanted)
            if seen is not None:
                yield seen


def _entries(where: bytes, *, is_root: bool) -> list[os.DirEntry[bytes]]:
    try:
        with os.scandir(where) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if is_root or not isinstance(error, FileNotFoundError | NotADirectoryError):
            folder = os.fsdecode(where)
            raise SourceUnavailableError(
                f"{folder!r}: {error.strerror}", "check the folder, its mount and its owner"
            ) from error
        return []


def _look(entry: os.DirEntry[bytes], name: bytes, wanted: re.Pattern[str]) -> Seen | None:
    """None for what vanished meanwhile and for sub-folders that no pattern names."""
    try:
        info = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    kind = _kind(entry.name, info, wanted)
    if stat.S_ISDIR(info.st_mode) and kind is not FileKind.NOT_REGULAR:
        return None
    return seen_from(name, info, kind)


def _kind(name: bytes, info: os.stat_result, wanted: re.Pattern[str]) -> FileKind:
    """By name first: a temporary link is ignored, not rejected."""
    if is_temporary(name):
        return FileKind.TEMPORARY
    if is_hidden(name):
        return FileKind.HIDDEN
    if wanted.match(os.fsdecode(name)) is None:
        return FileKind.OTHER_PATTERN
    if stat.S_ISLNK(info.st_mode):
        return FileKind.SYMLINK
    if not stat.S_ISREG(info.st_mode):
        return FileKind.NOT_REGULAR
    return FileKind.HARD_LINK if info.st_nlink > 1 else FileKind.REPORT

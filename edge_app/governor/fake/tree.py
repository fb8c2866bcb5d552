"""Files and links in memory, with the modes and the errors that a kernel gives them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

_MOST_LINKS: Final = 40
_READ: Final = 4
_WRITE: Final = 2
_ANYONE_WRITES: Final = 0o222


def failure(number: int, path: str = "") -> OSError:
    """The error that a system call returns, of the class that Python gives it."""
    return OSError(number, os.strerror(number), path)


@dataclass(slots=True)
class File:
    """One attribute. ``read`` and ``write`` raise OSError as the driver would."""

    read: Callable[[], str]
    write: Callable[[str], None] | None = None
    mode: int = 0o444
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """``target`` is relative to the root of the tree."""

    target: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. User 0 passes every mode."""

    uid: int = 0
    gids: frozenset[int] = frozenset()

    def may(self, file: File, bit: int) -> bool:
        """Whether the mode lets this caller read (4) or write (2)."""
        if self.uid == 0:
            return True
        if self.uid == file.uid:
            return bool(file.mode >> 6 & bit)
        return bool(file.mode >> (3 if file.gid in self.gids else 0) & bit)


Placed = Iterator[tuple[str, File | Link]]
"""Paths with what lies there."""


class Tree:
    """Paths are relative, as in ``SysFs``. A folder is there as long as something lies in it."""

    def __init__(self) -> None:
        self._nodes: dict[str, File | Link] = {}
        self._folders: dict[str, dict[str, None]] = {"": {}}
        self._known: dict[str, str] = {}
        self.is_read_only = False

    def add(self, path: str, node: File | Link) -> None:
        """Place a file or link, with the folders above it."""
        self._nodes[path] = node
        self._known.clear()
        while path:
            folder, _, name = path.rpartition("/")
            self._folders.setdefault(folder, {})[name] = None
            path = folder

    def remove(self, prefix: str) -> None:
        """Take away what lies at or below ``prefix``, and links that lead there."""
        for path in [path for path, node in self._nodes.items() if _is_below(path, prefix) or _leads(node, prefix)]:
            self._forget(path)
        self._known.clear()

    def resolve(self, path: str) -> str:
        """The path behind all links. Raises ENOENT, ENOTDIR or ELOOP."""
        if path not in self._known:
            self._known[path] = self._walk(path.strip("/"))
        return self._known[path]

    def node(self, path: str) -> File | Link | None:
        """What lies exactly there, links not followed at the end; None for a folder."""
        folder, _, name = path.strip("/").rpartition("/")
        real = "/".join(part for part in (self.resolve(folder), name) if part)
        if real not in self._nodes and real not in self._folders:
            raise failure(errno.ENOENT, path)
        return self._nodes.get(real)

    def file(self, path: str) -> File:
        """Links are followed. Raises EISDIR for a folder."""
        node = self._nodes.get(self.resolve(path))
        if not isinstance(node, File):
            raise failure(errno.EISDIR, path)
        return node

    def names(self, path: str) -> list[str]:
        """What a folder holds. Raises ENOTDIR."""
        real = self.resolve(path)
        if real not in self._folders:
            raise failure(errno.ENOTDIR, path)
        return list(self._folders[real])

    def glob(self, pattern: str) -> list[str]:
        """Existing paths that match, sorted; links are followed."""
        found = [""]
        for part in pattern.split("/"):
            found = [f"{path}/{name}".lstrip("/") for path in found for name in self._matching(path, part)]
        return sorted(path for path in found if self._exists(path))

    def open_to_read(self, path: str, caller: Caller) -> File:
        """Raises what open(2) raises for reading."""
        file = self.file(path)
        if not caller.may(file, _READ):
            raise failure(errno.EACCES, path)
        return file

    def open_to_write(self, path: str, caller: Caller) -> File:
        """Modes come first, then the mount; an attribute that nobody may write refuses user 0 too."""
        file = self.file(path)
        if not caller.may(file, _WRITE):
            raise failure(errno.EACCES, path)
        if self.is_read_only:
            raise failure(errno.EROFS, path)
        if file.write is None or not file.mode & _ANYONE_WRITES:
            raise failure(errno.EACCES, path)
        return file

    def _walk(self, path: str) -> str:
        left, real, links = path.split("/") if path else [], "", 0
        while left:
            if real in self._nodes:
                raise failure(errno.ENOTDIR, path)
            real = f"{real}/{left.pop(0)}".lstrip("/")
            node = self._nodes.get(real)
            if isinstance(node, Link):
                links += 1
                if links > _MOST_LINKS:
                    raise failure(errno.ELOOP, path)
                left, real = [*node.target.split("/"), *left], ""
            elif node is None and real not in self._folders:
                raise failure(errno.ENOENT, path)
        return real

    def _matching(self, folder: str, pattern: str) -> list[str]:
        try:
            names = self.names(folder)
        except OSError:
            return []
        return [name for name in names if fnmatchcase(name, pattern)]

    def _exists(self, path: str) -> bool:
        try:
            self.resolve(path)
        except OSError:
            return False
        return True

    def _forget(self, path: str) -> None:
        self._nodes.pop(path, None)
        while path and not self._folders.get(path):
            self._folders.pop(path, None)
            folder, _, name = path.rpartition("/")
            self._folders[folder].pop(name, None)
            path = folder


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _leads(node: File | Link, prefix: str) -> bool:
    return isinstance(node, Link) and _is_below(node.target, prefix)

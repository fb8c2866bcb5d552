"""Renames and syncs with the guarantees that the intake stands on."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100
_RENAME_NOREPLACE: Final = 1
_NOT_OFFERED: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_libc: Final = ctypes.CDLL(None, use_errno=True)


def rename_new(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``. Raises FileExistsError when there is a ``target``."""
    code = _renameat2(os.fsencode(source), os.fsencode(target))
    if code in _NOT_OFFERED:
        # Some network file systems: looked at first, which leaves a gap that only they have.
        if not os.path.lexists(target):
            source.rename(target)
            return
        code = errno.EEXIST
    if code:
        raise OSError(code, os.strerror(code), str(source), None, str(target))


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _renameat2(source: bytes, target: bytes) -> int:
    """``renameat2`` of the kernel, which Python does not offer: the error number, 0 for success."""
    if not hasattr(_libc, "renameat2"):
        return errno.ENOSYS
    failed = _libc.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE)
    return ctypes.get_errno() if failed else 0

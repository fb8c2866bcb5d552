"""A rename that never replaces a file: ``renameat2`` of the kernel, which Python does not offer."""

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


def _renameat2(source: bytes, target: bytes) -> int:
    """The error number, 0 for success."""
    if not hasattr(_libc, "renameat2"):
        return errno.ENOSYS
    failed = _libc.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE)
    return ctypes.get_errno() if failed else 0

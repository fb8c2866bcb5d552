"""Which file system a path lies on, told from the kernel's mount table.

A database needs locks and syncs that network file systems do not keep, and inotify reports only
what is written through this kernel: both must know where they stand.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from edge_app.errors import StorageError

MOUNTS: Final = Path("/proc/self/mountinfo")
VOLATILE: Final = frozenset({"tmpfs", "ramfs"})
"""Gone after a restart."""
_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "ncpfs", "gfs2"})
_LOCAL: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "bcachefs", "vfat", "exfat"})
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def filesystem_type(path: Path, mounts: Path = MOUNTS) -> str:
    """Name of the file system that holds ``path``: ``ext4``, ``cifs``, ``fuse.sshfs``; empty when not known."""
    real = os.path.realpath(path)
    best, found = -1, ""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        left, _, right = line.partition(" - ")
        point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), left.split()[4])
        # A later mount on the same point covers the earlier one.
        if len(point) >= best and (real + "/").startswith(point.rstrip("/") + "/"):
            best, found = len(point), right.split()[0]
    return found


def is_network(kind: str) -> bool:
    """Locks and syncs are another machine's, or a user program's (FUSE)."""
    return kind in _NETWORK or kind.startswith("fuse")


def sees_every_change(kind: str) -> bool:
    """Whether inotify reports every write. False for network, overlay and unknown file systems: they are polled."""
    return kind in _LOCAL or kind in VOLATILE


def require_durable(path: Path, *, volatile: bool, mounts: Path = MOUNTS) -> None:
    """Raise StorageError when ``path`` lies on a file system that cannot hold the ledger."""
    kind = filesystem_type(path, mounts)
    if is_network(kind):
        raise StorageError(f"{path} lies on {kind}: a database there can be damaged", "use --state DIR on a local disk")
    if kind in VOLATILE and not volatile:
        hint = "use --state DIR on a disk, or set `volatile = true` if results may be lost at a restart"
        raise StorageError(f"{path} lies in memory ({kind})", hint)

"""Which file system a path lies on, from a mount table like the kernel's."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.clock import Clock
from edge_app.errors import StorageError
from edge_app.fsinfo import filesystem_type, is_network, require_durable, sees_every_change
from edge_app.ledger.store import Ledger

TABLE = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw - proc proc rw
30 22 0:40 / /mnt/share rw - cifs //server/reports rw,vers=3.1
31 22 0:41 / /mnt/share\040two rw shared:7 - nfs4 server:/x rw
32 22 0:42 / /home/me/ssh rw - fuse.sshfs me@host: rw
33 22 0:43 / /run rw - tmpfs tmpfs rw
34 22 0:44 / /covered rw - ext4 /dev/sdb1 rw
35 22 0:45 / /covered rw - overlay overlay rw
""".strip()


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    (tmp_path / "mountinfo").write_text(TABLE)
    return tmp_path / "mountinfo"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/edge-app", "ext4"),
        ("/mnt/share/line1", "cifs"),
        ("/mnt/shared", "ext4"),
        ("/mnt/share two/x", "nfs4"),
        ("/home/me/ssh", "fuse.sshfs"),
        ("/covered/x", "overlay"),
    ],
)
def test_the_longest_and_last_mount_wins(mounts: Path, path: str, kind: str) -> None:
    assert filesystem_type(Path(path), mounts) == kind


def test_only_local_file_systems_report_every_change() -> None:
    assert [sees_every_change(kind) for kind in ("ext4", "xfs", "tmpfs")] == [True] * 3
    assert [sees_every_change(kind) for kind in ("overlay", "cifs", "fuse.sshfs", "nfs4", "unknown", "")] == [False] * 6
    assert [is_network(kind) for kind in ("cifs", "nfs4", "fuseblk", "9p", "ext4", "")] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("path", "volatile", "refused"),
    [
        ("/var/lib", False, False),
        ("/mnt/share", False, True),
        ("/home/me/ssh", True, True),
        ("/run/x", False, True),
        ("/run/x", True, False),
    ],
)
def test_where_a_ledger_may_lie(mounts: Path, path: str, volatile: bool, refused: bool) -> None:
    if refused:
        with pytest.raises(StorageError):
            require_durable(Path(path), volatile=volatile, mounts=mounts)
    else:
        require_durable(Path(path), volatile=volatile, mounts=mounts)


def test_the_ledger_asks(tmp_path: Path, mounts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts.write_text(f"30 1 0:40 / {tmp_path} rw - nfs server:/x rw\n")
    monkeypatch.setattr(require_durable, "__kwdefaults__", {"mounts": mounts})

    with pytest.raises(StorageError, match="lies on nfs"):
        Ledger.open(tmp_path / "edge.db", Clock())


def test_without_a_mount_table_nothing_is_known(tmp_path: Path) -> None:
    assert filesystem_type(tmp_path, tmp_path / "gone") == ""

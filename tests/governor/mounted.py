"""The simulated machine as a real file system: ``python -m tests.governor.mounted PROFILE MOUNTPOINT [AMBIENT]``.

Below the mount point lie ``sys`` and ``proc``; every call meets the errors of the driver. One line written to
``control`` makes something happen: ``demand 0.9``, ``ambient 45``, ``unbind``, ``bind``, ``foreign max_mhz=900``,
``reset 2``, ``suspend 60``, ``pulse thermal 5``, ``near_wrap``, ``read_only 1``, ``fault 5 *energy_uj``, ``heal``,
``gpu busy_calls 3`` (or ``is_wedged``, ``is_dead``). The process ends when it is unmounted or gets SIGTERM.
"""

# ruff: noqa: ARG002  the arguments are those that mfusepy passes
from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_app.governor.fake import Demand, FakeKernel, Fault, Profile
from edge_app.governor.fake.tree import File, Link, failure

CONTROL = "control"
_PATIENCE_S = 20.0


def missing() -> str:
    """Why nothing can be mounted here; empty when it can."""
    try:
        import mfusepy  # noqa: F401, PLC0415  the test extra; it loads libfuse3
    except (ImportError, OSError) as error:
        return f"mfusepy: {error}"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse cannot be opened"
    return "" if shutil.which("fusermount3") else "fusermount3 is not installed (Debian: fuse3)"


@contextmanager
def mounted(profile: Profile, folder: Path, ambient_c: float = 25.0) -> Iterator[Path]:
    """A process that serves the mount; ends with the block, or with its parent. Skips where nothing can be mounted."""
    if reason := missing():
        pytest.skip(reason)
    tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    command = [*tied, sys.executable, "-m", "tests.governor.mounted", profile, str(folder), str(ambient_c)]
    server = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    try:
        _wait(lambda: os.path.ismount(folder) or server.poll() is not None)
        if server.poll() is not None:
            pytest.skip(f"the mount ended with {server.returncode}")
        yield folder
    finally:
        subprocess.run(["fusermount3", "-u", "-z", str(folder)], check=False)
        server.terminate()
        server.wait(_PATIENCE_S)


def happen(folder: Path, line: str) -> None:
    """One event on a mounted machine."""
    handle = os.open(folder / CONTROL, os.O_WRONLY)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def _wait(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while not done():
        if time.monotonic() > limit:
            raise TimeoutError
        time.sleep(0.02)


class Mount:
    """Operations of mfusepy on a ``FakeKernel``. The kernel checks modes (``default_permissions``); user 0 asks."""

    use_ns = True
    """Times in ns, as mfusepy asks for."""

    def __init__(self, fake: FakeKernel) -> None:
        self.fake = fake

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """As ``stat`` shows sysfs: files of 4096 bytes."""
        if path == f"/{CONTROL}":
            return {"st_mode": stat.S_IFREG | 0o666, "st_nlink": 1, "st_size": 4096}
        node = self.fake.tree.node(path)
        if isinstance(node, File):
            mode, owner = stat.S_IFREG | node.mode, {"st_uid": node.uid, "st_gid": node.gid}
            return {"st_mode": mode, "st_nlink": 1, "st_size": 4096, **owner}
        kind = stat.S_IFLNK | 0o777 if isinstance(node, Link) else stat.S_IFDIR | 0o755
        return {"st_mode": kind, "st_nlink": 1 if node else 2, "st_size": 0, "st_uid": 0, "st_gid": 0}

    def readdir(self, path: str, fh: int) -> list[str]:
        """Names in a folder."""
        own = [CONTROL] if path == "/" else []
        return [".", "..", *self.fake.tree.names(path), *own]

    def readlink(self, path: str) -> str:
        """Relative, as sysfs writes them."""
        node = self.fake.tree.node(path)
        if not isinstance(node, Link):
            raise failure(errno.EINVAL, path)
        return os.path.relpath(f"/{node.target}", Path(path).parent)

    def open(self, path: str, flags: int) -> int:
        """Sysfs refuses what has no store function, to user 0 too."""
        if path != f"/{CONTROL}" and flags & os.O_ACCMODE != os.O_RDONLY:
            self.fake.tree.open_to_write(path.lstrip("/"), self.fake.caller)
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """The attribute is made anew by the read at its start."""
        if offset:
            return b""
        text = self.fake.read_text(path.lstrip("/"))
        return f"{text}\n".encode()[:size] if text else b""

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """The driver sees one write."""
        if path == f"/{CONTROL}":
            self._happen(data.decode().split())
        else:
            self.fake.write_text(path.lstrip("/"), data.decode("utf-8", "replace"))
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """The shell's ``>`` asks for it; sysfs takes no notice."""
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Lasts until the driver is bound anew."""
        self._writable(path)
        self.fake.chmod(path.lstrip("/"), stat.S_IMODE(mode))
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Likewise; -1 arrives as 2^32 - 1."""
        self._writable(path)
        self.fake.chown(path.lstrip("/"), *(-1 if each == 2**32 - 1 else each for each in (uid, gid)))
        return 0

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """No file is made in sysfs."""
        raise failure(errno.EACCES, path)

    def rename(self, old: str, new: str) -> int:
        """What a helper for atomic writes would try."""
        raise failure(errno.EPERM, old)

    def unlink(self, path: str) -> int:
        """Attributes are not removed by hand."""
        raise failure(errno.EPERM, path)

    def _writable(self, path: str) -> None:
        if self.fake.tree.is_read_only:
            raise failure(errno.EROFS, path)

    def _happen(self, words: list[str]) -> None:
        fake, (name, *rest) = self.fake, words
        if name == "demand":
            fake.demand(Demand(*(float(each) for each in rest)))
        elif name == "read_only":
            fake.tree.is_read_only = rest == ["1"]
        elif name == "fault":
            fake.inject(Fault(int(rest[0]), rest[1]))
        elif name == "heal":
            fake.faults.clear()
        elif name == "gpu":
            setattr(fake.gpu, rest[0], int(rest[1]))
        elif name == "foreign":
            fake.foreign(**{key: int(value) for key, _, value in (each.partition("=") for each in rest)})
        elif name == "pulse":
            fake.pulse(rest[0], float(rest[1]))
        elif name in {"ambient", "reset", "suspend", "unbind", "bind", "near_wrap"}:
            getattr(fake, name)(*(float(each) for each in rest))
        else:
            raise failure(errno.EINVAL)


def serve(profile: Profile, folder: Path, ambient_c: float) -> None:
    """Blocks until it is unmounted. Nothing is cached: every read(2) is one of the driver."""
    import mfusepy  # noqa: PLC0415  skipping needs this module without it

    operations = type("Operations", (Mount, mfusepy.Operations), {})(FakeKernel(profile, time.monotonic, ambient_c))
    options: dict[str, Any] = {"direct_io": True, "attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0}
    everyone = {"allow_other": True} if os.geteuid() == 0 else {}
    fixed = {"foreground": True, "nothreads": True, "default_permissions": True}
    mfusepy.FUSE(operations, str(folder), **fixed, **options, **everyone)


if __name__ == "__main__":
    serve(Profile(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 25.0)

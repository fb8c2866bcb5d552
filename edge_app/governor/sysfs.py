"""All reading and writing below /sys and /proc: one small surface, so that a kernel can be replaced by a model."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

_MOST: Final = 65_536


class SysFs(Protocol):
    """Files of a kernel. Paths are relative to the root: ``sys/class/drm``. All raise OSError as the kernel does."""

    def read_text(self, path: str) -> str:
        """Content without surrounding white space."""
        ...

    def write_text(self, path: str, text: str) -> None:
        """One write(2) to a file that exists: no creation, no truncation, no rename, which sysfs refuses."""
        ...

    def glob(self, pattern: str) -> list[str]:
        """Existing paths that match, sorted; links are followed."""
        ...

    def real_path(self, path: str) -> str:
        """The path behind all links, relative to the root."""
        ...


@dataclass(frozen=True, slots=True)
class KernelFiles:
    """The machine's own, or a captured tree, or a mounted model below ``root``."""

    root: Path = Path("/")

    def read_text(self, path: str) -> str:
        """See ``SysFs``."""
        handle = os.open(self.root / path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(handle, _MOST).decode("utf-8", "replace").strip()
        finally:
            os.close(handle)

    def write_text(self, path: str, text: str) -> None:
        """See ``SysFs``."""
        handle = os.open(self.root / path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(handle, text.encode())
        finally:
            os.close(handle)

    def glob(self, pattern: str) -> list[str]:
        """See ``SysFs``."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(pattern))

    def real_path(self, path: str) -> str:
        """See ``SysFs``."""
        try:
            return str((self.root / path).resolve(strict=True).relative_to(self.root.resolve()))
        except (ValueError, RuntimeError) as error:  # it leads out of the root, or round in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from error

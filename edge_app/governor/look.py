"""One round of reading: what fails is noted with its cause and is None, never zero and never an error."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from edge_app.governor.sysfs import SysFs


@dataclass(slots=True)
class Look:
    """Reads a kernel's files. ``failures``: ``PATH: ENODATA``, or what is wrong with the value."""

    kernel: SysFs
    failures: list[str] = field(default_factory=list)

    def text(self, path: str) -> str | None:
        """Content of a file that should be there."""
        try:
            return self.kernel.read_text(path)
        except OSError as error:
            self.fail(path, cause(error))
            return None

    def number(self, path: str, least: int, most: int) -> int | None:
        """A whole number within bounds; anything else is a failure."""
        text = self.text(path)
        if text is None:
            return None
        if re.fullmatch(r"-?[0-9]{1,19}", text) and least <= int(text) <= most:
            return int(text)
        self.fail(path, f"{text[:40]!r} is not from {least} to {most}")
        return None

    def find(self, pattern: str) -> list[str]:
        """Paths that match; none when the kernel does not let look."""
        try:
            return self.kernel.glob(pattern)
        except OSError as error:
            self.fail(pattern, cause(error))
            return []

    def fail(self, what: str, why: str) -> None:
        """Note a failure."""
        self.failures.append(f"{what}: {why}")


@dataclass(frozen=True, slots=True)
class Noted:
    """A kernel as a look sees it, for who asks a kernel: refusals are noted, and raised all the same.

    ENOENT is not: it is an answer.
    """

    look: Look

    def read_text(self, path: str) -> str:
        """See ``SysFs``."""
        with self._noting(path):
            return self.look.kernel.read_text(path)

    def write_text(self, path: str, text: str) -> None:
        """See ``SysFs``."""
        with self._noting(path):
            self.look.kernel.write_text(path, text)

    def glob(self, pattern: str) -> list[str]:
        """See ``SysFs``."""
        with self._noting(pattern):
            return self.look.kernel.glob(pattern)

    def real_path(self, path: str) -> str:
        """See ``SysFs``."""
        with self._noting(path):
            return self.look.kernel.real_path(path)

    @contextmanager
    def _noting(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno != errno.ENOENT:
                self.look.fail(path, cause(error))
            raise


def cause(error: OSError) -> str:
    """``EACCES``: the name that manuals use."""
    return errno.errorcode.get(error.errno or 0, str(error))

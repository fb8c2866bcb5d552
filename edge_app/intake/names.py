"""Names that programs give to files which are not finished or not meant for others."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import Final

_TEMPORARY: Final = re.compile(
    rb"""
      .*\.(part|partial|filepart|tmp|temp|crdownload|download|swp|swx|bak~?)  # downloads, copies, editors
    | .*~ | ~\$.* | \#.*\#        # backups and lock files of editors and office programs
    | \.?syncthing\..* | 4913     # Syncthing; the file vim writes to see whether it may
    | thumbs\.db | desktop\.ini
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def is_hidden(name: bytes) -> bool:
    """A leading dot: hidden on Linux, and how many programs name a file they still write."""
    return name.startswith(b".")


def is_temporary(name: bytes) -> bool:
    """Whether the last part of a path is the name of an unfinished or auxiliary file."""
    return _TEMPORARY.fullmatch(name) is not None


def matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Shell patterns as one expression over file names, without case."""
    return re.compile("|".join(translate(pattern) for pattern in patterns), re.IGNORECASE)

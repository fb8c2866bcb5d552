"""A file that came in, the work on it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """How an arrival ended; ``waiting`` has not ended yet. Every arrival counts in exactly one."""

    JUDGED = "judged"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A settled file, copied to the spool."""

    source: str
    name: bytes
    """Path relative to the source folder, as the file system spells it (``os.fsencode``)."""
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed arrival. ``attempt`` counts from 1 and is committed before any byte is parsed."""

    arrival_id: int
    arrival: Arrival
    attempt: int
    recipe: str
    received_at: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The ledger's answer to an arrival."""

    arrival_id: int
    accepted: bool
    """There is a job for it now; False for a duplicate."""
    duplicate_of: int | None
    """Arrival that came first with the same source, name, content and recipe; its id is its result's too."""


def printable_name(name: bytes) -> str:
    """A file name for people: what is not valid UTF-8 or not printable is escaped."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)

"""How the answers of a source and rule pack went, so that what is mostly asked twice is asked exactly at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

_KEPT: Final = 200
"""Answers; then all counts are halved: what was long ago counts less, and an exact pack is tried cheaply again."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one source and rule pack."""

    asked: int = 0
    second: int = 0
    """Of these, how many were asked a second time at a more exact precision."""
    changed: int = 0
    """Of these, how many then had other codes."""

    def after(self, *, second: bool, changed: bool) -> Counts:
        """With one more answer."""
        asked, seconds, changes = self.asked + 1, self.second + second, self.changed + changed
        return Counts(asked // 2, seconds // 2, changes // 2) if asked >= _KEPT else Counts(asked, seconds, changes)


NO_HISTORY: Final = Counts()


class History:
    """Counts by source and pack, since the start. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._counts: dict[tuple[str, str], Counts] = {}
        self._lock = threading.Lock()

    def of(self, source: str, pack: str) -> Counts:
        """What is known of it."""
        return self._counts.get((source, pack), Counts())

    def note(self, source: str, pack: str, *, second: bool, changed: bool) -> None:
        """One more answer."""
        with self._lock:
            self._counts[source, pack] = self.of(source, pack).after(second=second, changed=changed)

"""How answers went, so that what is mostly asked twice is asked exactly at once.

And how sure the model was: a second look goes to the least sure answers, whatever sure means to this model.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
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


CERTAIN: Final = 0.9
"""Confidence that needs no second look, however sure other answers were."""
_WINDOW: Final = 500
"""Answers that new ones are compared with."""


def bound(confidences: Iterable[float], share: float) -> float:
    """Confidence below which the least sure ``share`` of answers lie, at most CERTAIN.

    Of few answers it is the lowest: each new record is looked at twice, which is ever rarer. Of none: CERTAIN / 2.
    """
    ordered = sorted(confidences)
    return min(CERTAIN, ordered[int(share * len(ordered))]) if ordered else CERTAIN / 2


class History:
    """Counts by source and pack, and the latest confidences, since the start. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._counts: dict[tuple[str, str], Counts] = {}
        self._confidences: deque[float] = deque(maxlen=_WINDOW)
        self._lock = threading.Lock()

    def of(self, source: str, pack: str) -> Counts:
        """What is known of it."""
        return self._counts.get((source, pack), Counts())

    def note(self, source: str, pack: str, *, second: bool, changed: bool) -> None:
        """One more answer."""
        with self._lock:
            self._counts[source, pack] = self.of(source, pack).after(second=second, changed=changed)

    def saw(self, confidence: float | None) -> None:
        """How sure a first answer was."""
        if confidence is not None:
            with self._lock:
                self._confidences.append(confidence)

    def bound(self, share: float) -> float:
        """See ``bound``, of the latest first answers."""
        with self._lock:
            return bound(self._confidences, share)

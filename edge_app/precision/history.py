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
    """Of these, how many then led to another verdict."""

    def after(self, *, second: bool, changed: bool) -> Counts:
        """With one more answer."""
        asked, seconds, changes = self.asked + 1, self.second + second, self.changed + changed
        return Counts(asked // 2, seconds // 2, changes // 2) if asked >= _KEPT else Counts(asked, seconds, changes)


NO_HISTORY: Final = Counts()


CERTAIN: Final = 0.9
"""Confidence that needs no second look, however sure other answers were."""
_WINDOW: Final = 500
"""Answers that new ones are compared with."""
_FIRST: Final = 2
"""Second looks before anything is known ..."""
_MOST: Final = 2.0
"""... and then at most this many times their share: what is unsure may come in a row."""


def bound(confidences: Iterable[float], share: float) -> float:
    """Confidence below which the least sure ``share`` of answers lie, at most CERTAIN.

    Of few answers it is the lowest. Of none: CERTAIN / 2.
    """
    ordered = sorted(confidences)
    return min(CERTAIN, ordered[int(share * len(ordered))]) if ordered else CERTAIN / 2


class History:
    """Counts by source and pack, and the latest confidences, since the start. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._counts: dict[tuple[str, str], Counts] = {}
        self._confidences: deque[float] = deque(maxlen=_WINDOW)
        self._answers = self._looks = 0
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
        with self._lock:
            self._answers += 1
            if confidence is not None:
                self._confidences.append(confidence)

    def looks(self) -> None:
        """A second look begins."""
        with self._lock:
            self._looks += 1

    def bound(self, share: float) -> float:
        """See ``bound``, of the latest first answers; 0 while second looks are more than their share."""
        with self._lock:
            spent = self._looks >= _FIRST + _MOST * share * self._answers
            return 0.0 if spent else bound(self._confidences, share)

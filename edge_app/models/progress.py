"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told the step that begins and the share of the whole that is done, 0 to 1."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """A part's progress as its share of the whole."""
    return lambda step, share: progress(step, start + share * (end - start))

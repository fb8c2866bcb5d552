"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told the step that begins and the share of the whole that is done, 0 to 1."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """A part's progress as its share of the whole."""
    return lambda step, share: progress(step, start + share * (end - start))


Told = Callable[[str, int], None]
"""A file and how many of its bytes are here."""


def in_bytes(progress: Progress, total: int, done: int = 0) -> Told:
    """Progress of one file after another, of ``total`` bytes in all; ``done`` ones before this file."""

    def told(name: str, have: int) -> None:
        here = done + have
        progress(f"{name}: {here / 1e6:,.0f} of {total / 1e6:,.0f} MB", min(here / max(total, 1), 1.0))

    return told

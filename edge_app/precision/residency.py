"""Which precisions stay loaded: all that fit together, and under memory pressure only the cheap ones.

They are given up quickly and taken back slowly.
Loading costs seconds to minutes and memory at its peak, so nothing is loaded or dropped soon after another change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.precision.choose import LITTLE, ORDER, PRESSED

PRESSED_S: Final = 10.0
"""Pressure that lasts this long makes room."""
CALM: Final = 2.0
"""PSI below which memory is not missed; between this and PRESSED nothing changes."""
CALM_S: Final = 300.0
"""Calm that lasts this long loads what was dropped."""
LOWERED_S: Final = 60.0
"""A ceiling that lies below the only one that is loaded for this long has it exchanged."""
DWELL_S: Final = 60.0
"""At least between two changes."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of it now."""

    available_bytes: int | None
    """None: not measured; nothing is loaded or dropped for it."""
    pressure: float | None
    share: float = 0.6
    """Of the available memory that may be taken."""


@dataclass(frozen=True, slots=True)
class State:
    """What the decision remembers."""

    changed_at: float = float("-inf")
    pressed_since: float | None = None
    calm_since: float | None = None
    lowered_since: float | None = None
    """Since when the ceiling has lain below all that is loaded."""
    lost_since: float | None = None
    """Since when none has been loaded: each that was tried failed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be loaded from now on."""

    wanted: frozenset[Precision]
    reason: str
    """Empty: nothing changes."""


def decide(
    state: State,
    loaded: frozenset[Precision],
    needs: Mapping[Precision, int],
    ceiling: Precision,
    memory: Memory,
    now: float,
) -> tuple[State, Decision]:
    """One look. ``needs``: bytes by precision that may be loaded, the usual one first; ``now``: monotonic seconds."""
    state = _timed(state, loaded, ceiling, memory, now)
    wanted, reason = _change(state, loaded, needs, ceiling, memory, now)
    if reason:
        state = State(changed_at=now)
    return state, Decision(wanted, reason)


def _timed(state: State, loaded: frozenset[Precision], ceiling: Precision, memory: Memory, now: float) -> State:
    lowered = bool(loaded) and all(_rank(each) > _rank(ceiling) for each in loaded)
    return replace(
        state,
        pressed_since=_since(state.pressed_since, now, holds=_is_pressed(memory)),
        calm_since=_since(state.calm_since, now, holds=_is_calm(memory)),
        lowered_since=_since(state.lowered_since, now, holds=lowered),
        lost_since=_since(state.lost_since, now, holds=not loaded),
    )


def _since(before: float | None, now: float, *, holds: bool) -> float | None:
    if not holds:
        return None
    return now if before is None else before


def _is_pressed(memory: Memory) -> bool:
    little = memory.available_bytes is not None and memory.available_bytes < LITTLE
    return little or (memory.pressure is not None and memory.pressure >= PRESSED)


def _is_calm(memory: Memory) -> bool:
    return memory.available_bytes is not None and not _is_pressed(memory) and (memory.pressure or 0.0) <= CALM


def _change(
    state: State,
    loaded: frozenset[Precision],
    needs: Mapping[Precision, int],
    ceiling: Precision,
    memory: Memory,
    now: float,
) -> tuple[frozenset[Precision], str]:
    if _lasts(state.lost_since, DWELL_S, now):
        usual = next(iter(needs))
        return frozenset({usual}), f"{usual} again: none is loaded"
    if now - state.changed_at < DWELL_S or not loaded:
        return loaded, ""
    cheaper = [each for each in ORDER if each in needs and _rank(each) < min(map(_rank, loaded))]
    if _lasts(state.pressed_since, PRESSED_S, now):
        return _less(loaded, cheaper, memory)
    if _lasts(state.lowered_since, LOWERED_S, now) and cheaper:
        fitting = [each for each in cheaper if _rank(each) <= _rank(ceiling)] or cheaper
        return frozenset({fitting[-1]}), f"{fitting[-1]}: the ceiling is {ceiling}"
    if _lasts(state.calm_since, CALM_S, now):
        return _more(loaded, needs, ceiling, memory)
    return loaded, ""


def _less(loaded: frozenset[Precision], cheaper: list[Precision], memory: Memory) -> tuple[frozenset[Precision], str]:
    why = f"memory pressure {memory.pressure:.0f} %" if memory.pressure else "little memory is available"
    costliest = max(loaded, key=_rank)
    if len(loaded) > 1:
        return loaded - {costliest}, f"without {costliest}: {why}"
    if cheaper:
        return frozenset({cheaper[-1]}), f"{cheaper[-1]} for {costliest}: {why}"
    return loaded, ""


def _more(
    loaded: frozenset[Precision], needs: Mapping[Precision, int], ceiling: Precision, memory: Memory
) -> tuple[frozenset[Precision], str]:
    """One more under the ceiling, the usual one first and INT4 never: beside what is loaded.

    The usual one is also taken in the place of all others, where only one fits.
    """
    usual, available = next(iter(needs)), memory.available_bytes or 0
    missing = [each for each in needs if each not in loaded and each is not Precision.INT4]
    missing = [each for each in missing if _rank(each) <= _rank(ceiling)]
    for each in missing:
        if needs[each] <= memory.share * available:
            return loaded | {each}, f"with {each}: memory has room again"
    freed = sum(needs[each] for each in loaded)
    if usual in missing and needs[usual] <= memory.share * (available + freed):
        return frozenset({usual}), f"{usual} for {', '.join(sorted(loaded))}: memory has room again"
    return loaded, ""


def _lasts(since: float | None, seconds: float, now: float) -> bool:
    return since is not None and now - since >= seconds


def _rank(precision: Precision) -> int:
    return ORDER.index(precision)

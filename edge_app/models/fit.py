"""Whether a model fits the machine, decided before it is loaded: a PC that swaps judges nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.shape import Shape

MARGIN: Final = 400 * 2**20
"""Runtime, tokenizer and activations of one step, beside weights and cache."""
EXACT_PEAK: Final = 3
"""Times the FP16 weights: the weights in f32, and the file that they are read from."""
XE_SHARE: Final = 0.5
"""xe lets the kernel swap GPU buffers out beyond half of the memory."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a model takes, in bytes."""

    name: str
    precision: Precision
    weights: int
    cache: int
    """Key-value cache."""
    largest: int
    """Its largest single weight."""

    @property
    def total(self) -> int:
        """With the margin."""
        return self.weights + self.cache + MARGIN


@dataclass(frozen=True, slots=True)
class Room:
    """What the machine gives, in bytes."""

    total: int
    """0: not known, so that only the device's own limits count."""
    available: int
    share: float
    """Of the available memory that may be taken."""
    driver: str = ""
    """Of the GPU it is for; empty on a CPU."""
    max_allocation: int | None = None
    """Largest single buffer of the device. None: no limit is known."""


UNKNOWN: Final = Room(total=0, available=0, share=1.0)
"""Nothing is refused for want of memory."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The decision and its reason, as people read it."""

    fits: bool
    reason: str
    instead: str = ""
    """What would fit, when this does not."""


def decide(need: Need, room: Room, others: Iterable[Need] = ()) -> Fit:
    """Whether ``need`` fits; else the best of ``others`` that does: the same model first, then the largest."""
    if not (reason := _refusal(need, room)):
        return Fit(True, f"needs {_gb(need.total)}, {_allowed(room)}")
    fitting = [other for other in others if not _refusal(other, room)]
    best = max(fitting, key=lambda other: (other.name == need.name, other.weights), default=None)
    instead = f"{best.name} in {best.precision} would fit ({_gb(best.total)})" if best else "no known model fits"
    return Fit(False, reason, instead)


def need_of(name: str, precision: Precision, shape: Shape, cache: int, weights: int | None = None) -> Need:
    """Of a model with this shape; ``weights`` as counted on disk, else estimated."""
    embedding = shape.vocabulary * shape.hidden * (2 if precision is Precision.FP16 else 1)
    return Need(name, precision, weights or shape.weight_bytes(precision), cache, embedding)


def require_memory(name: str, precision: Precision, weights: int, room: Room) -> None:
    """Before ``weights`` bytes are worked on. Raises ModelError."""
    fit = decide(Need(name, precision, weights, cache=0, largest=0), room)
    if not fit.fits:
        hint = "free memory, or use a machine with more and carry the folder over"
        raise ModelError(f"work on {name} in {precision} does not fit: {fit.reason}", hint)


def _refusal(need: Need, room: Room) -> str:
    """Why it does not fit, or empty."""
    parts = f"needs {_gb(need.total)} (weights {_gb(need.weights)}, cache {_gb(need.cache)}, margin {_gb(MARGIN)})"
    if room.total and need.total > room.available * room.share:
        return f"{parts}, but {room.share:.0%} of {_gb(room.available)} available memory is allowed"
    if room.total and room.driver == "xe" and need.weights + need.cache > room.total * XE_SHARE:
        return f"{parts}, but the xe driver swaps GPU buffers beyond half of {_gb(room.total)}"
    if room.max_allocation is not None and need.largest > room.max_allocation:
        return f"its largest weight is {_gb(need.largest)}, the device allocates at most {_gb(room.max_allocation)}"
    return ""


def _allowed(room: Room) -> str:
    if not room.total:
        return "memory is not known"
    return f"allowed {_gb(room.available * room.share)} of {_gb(room.available)} available"


def _gb(size: float) -> str:
    return f"{size / 1e9:.2f} GB"

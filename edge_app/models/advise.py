"""Which models run on a machine, in which precision, how fast. Pure.

Generating one token reads every active weight once, so its speed is bound by memory bandwidth. Habits such as
"3 billion parameters on Iris Xe" follow from that and from the memory fitted: what is measured is asked first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.models.fit import Need, Room, decide
from edge_app.models.recipes import is_narrow
from edge_app.models.shape import Shape

EFFICIENCY: Final = 0.85
"""Share of the measured read bandwidth that decoding reaches at batch 1 (CPU, measured: 0.84 to 0.88)."""
PROMPT_TOKENS: Final = 600
"""Of a report with its instructions: their keys and values are read with each token."""
USABLE_TOKENS_PER_S: Final = 5.0
"""Below it an answer of 80 tokens takes longer than a quarter of a minute."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One model in one precision."""

    name: str
    precision: Precision
    parameters: int
    gb: float
    """Weights, cache and margin."""
    fits: bool
    tokens_per_s: float
    """One answer at a time."""
    basis: str
    """``estimate``, or ``measured`` on which device."""
    verdict: str
    """``good``, ``slow``, ``inexact`` (too few bits for a model so small) or why it does not fit."""


def advise(need: Need, shape: Shape, room: Room, bandwidth: float, measured: tuple[float, str] | None = None) -> Advice:
    """About one model; ``bandwidth`` in bytes a second, ``measured`` as tokens a second and device."""
    fit = decide(need, room)
    speed, basis = measured or (estimate(shape, need.precision, bandwidth), "estimate")
    verdict = fit.reason if not fit.fits else "good" if speed >= USABLE_TOKENS_PER_S else "slow"
    if fit.fits and is_narrow(need.precision, shape.parameters):
        verdict = "inexact"
    if measured:
        basis = f"measured on {basis}"
    return Advice(need.name, need.precision, shape.parameters, need.total / 1e9, fit.fits, speed, basis, verdict)


def estimate(shape: Shape, precision: Precision, bandwidth: float) -> float:
    """Tokens a second that the bandwidth allows."""
    read = shape.weight_bytes(precision, active=True) + PROMPT_TOKENS * shape.kv_bytes_per_token(1)
    return EFFICIENCY * bandwidth / read


def best(advices: Iterable[Advice]) -> Advice | None:
    """The largest model that fits and is fast enough; in its most exact precision that is."""
    order = [Precision.INT4, Precision.INT8, Precision.FP16]
    good = [each for each in advices if each.verdict == "good"]
    return max(good, key=lambda each: (each.parameters, order.index(each.precision)), default=None)

"""How INT8 and INT4 are made, by name. Which one is used follows from measurement (``tests/bench/recipes.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Options of ``nncf.compress_weights``; embedding and head have 8 bits at least in every recipe."""

    precision: Precision
    symmetric: bool = False
    group: int = -1
    """Weights that share a scale; -1: a whole channel."""
    ratio: float = 1.0
    """Share of the inner layers in INT4; the others, the most sensitive, stay INT8."""
    awq: bool = False
    scale_estimation: bool = False
    gptq: bool = False
    wide_embedding: float = 1.0
    """An embedding that is more than this share of the weights stays in 16 bits, and the head with it if tied."""
    samples: int = 0
    """Calibration texts; 0: made without data."""
    tokens: int = 256
    """At most so many of each text."""

    @property
    def mode(self) -> str:
        """NNCF's name for it."""
        return f"{self.precision.upper()}_{'SYM' if self.symmetric else 'ASYM'}"


RECIPES: Final = {
    "int8": Recipe(Precision.INT8, wide_embedding=0.2),
    "int8-all": Recipe(Precision.INT8),
    "int4-data-free": Recipe(Precision.INT4, symmetric=True, group=128),
    "int4-asym32": Recipe(Precision.INT4, group=32),
    "int4-asym32-awq-se": Recipe(Precision.INT4, group=32, awq=True, scale_estimation=True, samples=32),
    "int4-asym32-awq": Recipe(Precision.INT4, group=32, awq=True, samples=32),
    "int4-asym32-se": Recipe(Precision.INT4, group=32, scale_estimation=True, samples=32),
    "int4-asym32-gptq": Recipe(Precision.INT4, group=32, gptq=True, samples=32),
    "int4-asym64-awq-se": Recipe(Precision.INT4, group=64, awq=True, scale_estimation=True, samples=32),
    "int4-mixed64-awq-se": Recipe(Precision.INT4, group=64, ratio=0.88, awq=True, scale_estimation=True, samples=32),
    "int4-mixed128-awq-se": Recipe(Precision.INT4, group=128, ratio=0.84, awq=True, scale_estimation=True, samples=32),
    "int4-asym64-gptq": Recipe(Precision.INT4, group=64, gptq=True, samples=32),
}
DEFAULT: Final = {Precision.INT8: "int8", Precision.INT4: "int4-asym32"}
"""Of the recipes measured so far, those that lose least within 35 % of FP16's size."""


NARROW_FROM: Final = 1_000_000_000
"""Weights from which on INT4 is close to FP16; a smaller model loses more than ``verify`` lets pass."""
EXACT: Final = ("int4-asym32-awq-se", "int4-mixed64-awq-se", "int4-mixed128-awq-se")
"""To be tried where the default recipe loses too much; they read calibration texts, and take longer."""


def is_narrow(precision: Precision, parameters: int) -> bool:
    """Whether so few bits cost a model with so many weights too much."""
    return precision is Precision.INT4 and parameters < NARROW_FROM


def closer(name: str, precision: Precision, recipe: str) -> str:
    """What an operator does about a precision that is whole, but too far from FP16."""
    wider = "int8" if precision is Precision.INT4 else "fp16"
    without = f"take {wider} and remove this one: edge-app model remove {name} --precision {precision}"
    others = [each for each in EXACT if each != recipe and RECIPES[each].precision is precision]
    if not others:
        return without
    again = f"edge-app model prepare {name} --precision {precision} --recipe {others[0]}"
    return f"{again} (or {', '.join(others[1:])}); or {without}"


def recipe_named(name: str) -> Recipe:
    """Raises UsageError that lists them."""
    try:
        return RECIPES[name]
    except KeyError:
        raise UsageError(f"no recipe {name!r}", f"known: {', '.join(RECIPES)}") from None


def recipes_for(precisions: Sequence[Precision], given: str | None = None) -> list[str]:
    """What makes each precision: ``given`` for its own, the default for the others; FP16 needs none."""
    chosen = dict(DEFAULT)
    if given is not None:
        precision = recipe_named(given).precision
        if precision not in precisions:
            raise UsageError(f"recipe {given} makes {precision}", f"add --precision {precision}")
        chosen[precision] = given
    return [chosen[each] for each in dict.fromkeys(precisions) if each in chosen]

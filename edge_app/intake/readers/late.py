"""Limits that stand in one place and values in another, brought together by their names.

``要求,缩痕深≤0.03,孔距32.2±0.1`` above a table, ``"limits": {"cavity_mm": 1.2}`` beside a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.report import Limits, Measurement
from edge_app.domain.units import convert, same_quantity
from edge_app.intake.readers.prose_names import same_name

_WORD: Final = re.compile(r"[A-Za-zΔ]+|[㐀-鿿]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SAYS_NOTHING: Final = frozenset(
    [
        "max",
        "min",
        "mm",
        "um",
        "µm",
        "in",
        "mil",
        "limit",
        "limits",
        "spec",
        "value",
        "the",
        "of",
        "and",
        "to",
        "no",
        "for",
        "per",
        "unit",
        "pcs",
        "pos",
        "nominal",
        "tol",
        "result",
        "results",
    ]
)
_NARROW: Final = 4
"""Limits closer together than this part of their size are narrow."""
_WIDTHS: Final = 5
_SHARE: Final = Decimal("0.3")
_FAR: Final = 100
"""A value beyond a one-sided limit by this factor belongs to something else."""
_NEAR: Final = 4
_CHOICES: Final = 3


@dataclass(frozen=True, slots=True)
class Stated:
    """Limits without a value of their own."""

    name: str
    limits: Limits
    at: int = -1
    """Where the clause begins that states them; -1 where that does not matter."""


def bind(stated: Sequence[Stated], known: Iterable[Measurement], unknown: Iterable[Measurement]) -> list[Measurement]:
    """The measurements with the limits that are theirs, where that is certain.

    ``known`` are values under a name for results: they come back all, and the only limits left over are
    theirs. ``unknown`` are numbers under any other name: of them come back those whose name is stated.
    """
    known, unknown = list(known), list(unknown)
    if not stated:
        return known
    pairs = [(one, by_name(one, stated)) for one in (*known, *unknown)]
    taken = {id(found) for _, found in pairs if found}
    left = [one for one in stated if id(one) not in taken]
    unbound = [one for one, found in pairs[: len(known)] if found is None]
    only = _only(left, {one.characteristic for one in unbound})
    bound = [(one, found or (only if at < len(known) else None)) for at, (one, found) in enumerate(pairs)]
    limited = [replace(one, limits=found.limits) if found and _fits(one, found.limits) else one for one, found in bound]
    return [one for at, one in enumerate(limited) if at < len(known) or one.limits]


def _only(left: Sequence[Stated], waiting: set[str]) -> Stated | None:
    """The limits that nothing else is about. Of several one holds, where one characteristic alone waits for them."""
    bounds = {(one.limits.lower, one.limits.upper) for one in left}
    if len(bounds) == 1:
        return left[0]
    sides = {(one.limits.lower is None, one.limits.upper is None) for one in left}
    if not left or len(waiting) != 1 or len(sides) > 1 or len(bounds) > _CHOICES:
        return None
    return Stated("", Limits(unit=left[0].limits.unit, alternatives=tuple(one.limits for one in left)))


def by_name(measurement: Measurement, stated: Sequence[Stated]) -> Stated | None:
    """The limits whose name has most in common with the measurement's, None when two have."""
    name = f"{measurement.part} {measurement.characteristic}"
    scores = [(alike(name, one.name), one) for one in stated if _fits(measurement, one.limits)]
    best = max((score for score, _ in scores), default=0)
    found = [one for score, one in scores if score == best]
    bounds = {(one.limits.lower, one.limits.upper) for one in found}
    return found[0] if best and len(bounds) == 1 else None


def attracts(limits: Limits, one: Measurement) -> bool:
    """Whether a number is so close to narrow limits that it can hardly be anything but a value held against them."""
    low, high, value = limits.lower, limits.upper, one.value
    if low is None or high is None or low <= 0 or value is None or (high - low) * _NARROW > high:
        return False
    if one.unit and limits.unit:
        value = convert(value, one.unit, limits.unit)
    written_so = value is not None and (value.as_tuple().exponent != 0 or one.unit == limits.unit != "")
    slack = min((high - low) * _WIDTHS, low * _SHARE)
    return written_so and value is not None and low - slack <= value <= high + slack


def attracted(stated: Iterable[Stated], free: Iterable[Measurement]) -> list[Measurement]:
    """Numbers in sentences with the limits of their name, or the only narrow ones that they are close to."""
    stated = list({(one.limits.lower, one.limits.upper, one.name): one for one in stated}.values())
    found = []
    for one in free:
        own = [
            each
            for each in stated
            if each.at != one.evidence.start and same_name(each.name, one.characteristic) and _fits(one, each.limits)
        ]
        near = own or [each for each in stated if attracts(each.limits, one) and not _of_another(each, one)]
        near = [each for each in near if each.at == one.evidence.start] or near
        near = near or [each for each in stated if each.at != one.evidence.start and _same_tail(each, one)]
        if len({(each.limits.lower, each.limits.upper) for each in near}) == 1 and not _repeats(near[0].limits, one):
            found.append(replace(one, limits=near[0].limits, characteristic=near[0].name or one.characteristic))
    return found


def _same_tail(stated: Stated, one: Measurement) -> bool:
    """``合模缝飞边`` and ``18支复量飞边`` in one unit."""
    tail = one.characteristic.strip()[-2:]
    chinese = len(tail) == 2 and all("㐀" <= char <= "鿿" for char in tail)  # noqa: PLR2004 - a word
    return chinese and stated.name.strip().endswith(tail) and bool(one.unit) and _fits(one, stated.limits)


def _of_another(stated: Stated, one: Measurement) -> bool:
    """Limits of the shaft and a number of the bore: one word each, and not the same."""
    names = (stated.name.strip(), one.characteristic.strip())
    single = all(name.isascii() and name.isalpha() and len(name) > 2 for name in names)  # noqa: PLR2004 - a word
    return single and names[0].casefold() != names[1].casefold()


def _repeats(limits: Limits, one: Measurement) -> bool:
    """The limits once more: both bounds with a dash between."""
    low, high = (re.escape(str(bound)) for bound in (limits.lower, limits.upper))
    again = one.value in {limits.lower, limits.upper}
    return again and re.search(rf"{low}\s*(?:[-–—~～/…至到]|to)\s*{high}", one.evidence.text) is not None


def alike(first: str, second: str) -> int:
    """How many letters of words two names share; Chinese names share runs of two characters and more."""
    one, other = _words(first), _words(second)
    return sum(len(word) for word in one & other)


def _words(name: str) -> set[str]:
    words: set[str] = set()
    for run in _WORD.findall(_CAMEL.sub(" ", name)):
        if run.isascii() or "Δ" in run:
            words.add(run.casefold())
        else:
            words.update(run[at : at + 2] for at in range(max(len(run) - 1, 1)))
    return words - _SAYS_NOTHING


def _fits(measurement: Measurement, limits: Limits) -> bool:
    """Unit and order of magnitude do not speak against it."""
    unit, value = measurement.unit, measurement.value
    if value is None:
        return False
    if unit and limits.unit and same_quantity(unit, limits.unit) is False:
        return False
    value = convert(value, unit, limits.unit) or value if unit and limits.unit else value
    if limits.alternatives:
        return all(_fits(measurement, one) for one in limits.alternatives)
    bounds = [abs(bound) for bound in (limits.lower, limits.upper) if bound]
    if not bounds or value == 0:
        return True
    factor = Decimal(_NEAR if len(bounds) > 1 else _FAR)
    return min(bounds) / factor <= abs(value) <= max(bounds) * factor or (len(bounds) == 1 and abs(value) < bounds[0])

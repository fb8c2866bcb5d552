"""Numbers as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from edge_app.domain.verdict import Doubt


@dataclass(frozen=True, slots=True)
class Number:
    """What a cell or word says as a number."""

    value: Decimal | None
    problem: Doubt | None = None
    unit: str = ""
    """What stands after the number, as written."""
    comparator: str = ""
    """``<``, ``<=``, ``>`` or ``>=`` where the value is one-sided: ``>200 MΩ``."""


def parse_number(text: str, *, decimal_mark: str = "") -> Number:
    """The number that ``text`` holds. ``decimal_mark`` is ``.`` or ``,``, empty when unknown."""
    del text, decimal_mark
    return Number(None, Doubt.MISSING_DATA)

"""Units as people write them."""

from __future__ import annotations

from decimal import Decimal


def canonical(unit: str) -> str | None:
    """One name for a unit however it is written; None when it is not known."""
    del unit
    return None


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal | None:
    """``value`` in ``to_unit``; None when the two are not comparable."""
    del value, from_unit, to_unit
    return None


def same_quantity(a: str, b: str) -> bool | None:
    """Whether two units measure the same quantity; None when one of them is not known."""
    del a, b
    return None

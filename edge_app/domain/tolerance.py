"""Limits as people write them."""

from __future__ import annotations

from decimal import Decimal

from edge_app.domain.report import Limits


def parse_limits(text: str, *, decimal_mark: str = "", unit: str = "", nominal: Decimal | None = None) -> Limits | None:
    """The limits that ``text`` states, None when it states none. ``unit`` is used when the text has none."""
    del text, decimal_mark, unit, nominal
    return None

"""What is proposed to be done with the product."""

from __future__ import annotations

from typing import Final

from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Category, Disposition, Status

_DEFAULT: Final = Disposition.HOLD


def propose(
    status: Status,
    category: Category,
    pack: RulePack,
    *,
    own: Disposition | None = None,
    purchased: bool = False,
    conceded: bool = False,
) -> Disposition:
    """PASS accepts, INDETERMINATE holds; a FAIL follows concession, supplier, the pack's table, the defect's own."""
    if status is Status.PASS:
        return Disposition.ACCEPT
    if status is Status.INDETERMINATE:
        return Disposition.HOLD
    if conceded:
        return Disposition.USE_AS_IS
    if purchased:
        return Disposition.RETURN_TO_SUPPLIER
    return own or pack.dispositions.get(category) or _DEFAULT

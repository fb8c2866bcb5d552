"""Whether a report tells of machines alone: a log, a maintenance card. It holds no result on the product."""

from __future__ import annotations

from typing import Final

from edge_app.judging.lexicon import fold_text
from edge_app.judging.words import Case

_TITLE: Final = 80
"""Characters that hold the title."""
_MOST: Final = 0.5
_FEWEST: Final = 3
_KINDS: Final = ("machine", "process", "machine_report")


def is_machine_report(case: Case) -> bool:
    """Nothing names a product, and the title or most of what is told is about machines."""
    text = _beside_orders(case)
    cues = case.lexicon.cues
    if case.report.lots or cues["product"].search(text):
        return False
    if any("reinspected" in each.hits for each in case.clauses):
        return False
    if cues["machine_report"].search(text[:_TITLE]):
        return True
    told = [each for each in case.clauses if "instruction" not in each.hits]
    about = sum(each.has(*_KINDS) for each in told)
    limited = any(each.limits for each in case.report.measurements)
    return not limited and about >= _FEWEST and about / len(told) >= _MOST


def _beside_orders(case: Case) -> str:
    """The folded report without orders to the reader: the products that they name are no subject."""
    text = fold_text(case.report.text)
    for clause in case.clauses:
        if "instruction" in clause.hits:
            end = clause.start + len(clause.text)
            text = text[: clause.start] + " " * len(clause.text) + text[end:]
    return text

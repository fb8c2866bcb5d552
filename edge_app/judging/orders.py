"""Orders to whoever reads the report: text that asks for a verdict instead of telling of the product.

They are recognised by whom they speak to and what they ask for, not by fixed sentences, and drop out as
evidence in either direction: the whole sentence and what goes on about it in the same remark.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Lexicon

_WHOLE: Final = [(0, 0)]


def strike_orders(clauses: list[Clause], lexicon: Lexicon) -> None:
    """Mark the clauses that are orders, or go on about one, as ``instruction`` from their first character."""
    for _, group in groupby(clauses, key=lambda each: each.remark):
        remark = [*group]
        sentences = [[*each] for _, each in groupby(remark, key=lambda each: each.sentence)]
        spoken_to = _is_spoken_to(remark)
        struck = False
        for sentence in sentences:
            struck = _is_order(sentence, spoken_to=spoken_to) or (struck and not _observes(sentence, lexicon))
            if struck:
                _strike(sentence)


def _is_spoken_to(remark: list[Clause]) -> bool:
    """An addressee and a request for a verdict in one remark, in whatever order."""
    return any(each.has("addressee") for each in remark) and any(each.has("order") for each in remark)


def _is_order(sentence: list[Clause], *, spoken_to: bool) -> bool:
    if any("instruction" in each.hits or "instruction" in each.label_hits for each in sentence):
        return True
    return spoken_to and any(each.has("addressee", "order") for each in sentence)


def _observes(sentence: list[Clause], lexicon: Lexicon) -> bool:
    """Whether a sentence after an order tells of the product again."""
    return any(lexicon.term_group.find(each.text) or "defect_verb" in each.hits for each in sentence)


def _strike(sentence: list[Clause]) -> None:
    for clause in sentence:
        clause.hits["instruction"] = _WHOLE

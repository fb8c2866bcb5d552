"""What a student is worth on reviewed reports that it never saw, and what it may be trusted with for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from edge_app.distill.cases import measure
from edge_app.distill.evaluate import Judged, ask, with_replies
from edge_app.domain.inference import RAISE_CONFIDENCE
from edge_app.judging.conclude import Authority
from edge_app.models.store import Prepared

_IN_FLIGHT: Final = 8
ENOUGH: Final = 30
"""Held-out reports; with fewer a good result may be luck."""

Figures = dict[str, float | int | None]


def worth(rows: Sequence[Judged], students: Sequence[Prepared]) -> tuple[dict[str, Figures], Authority]:
    """Figures of rules alone and of rules with each of ``students``, and what the last one has earned."""
    cases = [each.case for each in rows]
    table, by = {"rules": measure(cases, with_replies(rows, {}))}, dict[Authority, Figures]()
    for student in students:
        replies, _ = ask(student.folder, rows, _IN_FLIGHT, student.golden)
        by = {
            each: measure(cases, with_replies(rows, replies, each, RAISE_CONFIDENCE))
            for each in (Authority.CODE, Authority.RAISE)
        }
        table[f"rules + {student.precision}"] = by[Authority.RAISE]
    return table, earned(table["rules"], by)


def earned(rules: Figures, student: Mapping[Authority, Figures]) -> Authority:
    """What a student may be trusted with: the most with which it is better than rules alone and rejects no more.

    ``student``: figures of rules and student together, by the authority that it was given.
    """
    if int(rules["reports"] or 0) < ENOUGH:
        return Authority.EXPLAIN
    good = [authority for authority, figures in student.items() if _is_better(figures, rules)]
    return max(good, default=Authority.EXPLAIN)


def _is_better(ours: Figures, rules: Figures) -> bool:
    def of(figures: Figures, name: str) -> float:
        return figures[name] or 0

    gains = [of(ours, name) - of(rules, name) for name in ("status", "category")]
    return min(gains) >= 0 < max(gains) and of(ours, "false_rejects") <= of(rules, "false_rejects")

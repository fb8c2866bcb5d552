"""Whether what a drawing, a standard or a sample allows covers a defect."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

from edge_app.judging.clauses import Clause, holds
from edge_app.judging.lexicon import Hit
from edge_app.judging.negation import inside, is_negated

_SEVERAL: Final = re.compile(r"[\d,]")
"""Between two defects: they are told one by one, not as a list of one kind."""
_NO_SIZE: Final = re.compile(
    r"(?:note|clause|item|para\w*|sect\w*|sheet|page|rev\.?|issue|sample|panel|no\.?|nr\.?|hole|port|pos\w*|seam|side|rib|gate|bay|box"
    r"|cavity|zone|tray|tag|photo|step|unit|piece|part|pin|joint|corner|edge|line|station|batch|lot|serial|ref|iso|ipc|en|din|astm|gb|jis)"
    r"[\s:#-]*\d[\w./-]*"
    r"|(?<![\w.])#\d+|第\s*\d+|注\s*\d+|\d+\s*(?:#|号|工位|穴|腔|线|班)"
    r"|(?=[\w./-]*[a-z_])(?=[\w./-]*\d)[a-z_][\w./-]*|\d+(?:[_/-]\w+)+|\d+(?:\.\d+){2,}"
)
"""What holds digits and is the name of something: ``note 4``, ``seam 2``, ``ls-03``, a date."""
_VALUE: Final = re.compile(
    r"(?P<grade>grade|class|level|等级|级别)?[\s:]*(?<![\w.])(?P<number>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>mm|cm|um|µm|%|处|个|点|颗|粒|条|道|只|places?|spots?|pcs|off|pores?|marks?|per\b|级)?"
)
_COUNTS: Final = frozenset([
    *"处个点颗粒条道只", "place", "places", "spot", "spots", "pcs", "off", "pore", "pores", "mark", "marks", "per",
])  # fmt: skip
_SIZE, _COUNT, _GRADE = "size", "count", "grade"


def is_permitted(clause: Clause, hit: Hit, terms: list[Hit]) -> bool:
    """Whether a permission refers to the words: in their piece, or after them with no other defect between."""
    allowed = clause.hits.get("permitted", ())
    excluded = [each for cue in ("not_permitted", "beyond") for each in clause.hits.get(cue, ())]
    if any(each in allowed or not holds(clause, each, "permitted") for each in excluded):
        return False
    return any(_refers(clause, cue, hit, terms) for cue in allowed)


def _refers(clause: Clause, cue: Hit, hit: Hit, terms: list[Hit]) -> bool:
    start = cue[0]
    if _is_beyond(clause, hit, start) or is_negated(clause, cue, []):
        return False
    if inside((start, start), clause.piece(hit[0])):
        return True
    others = [each for each in terms if hit[1] <= each[0] < start]
    return start >= hit[1] and not (others and _SEVERAL.search(clause.text[hit[1] : others[-1][0]]))


def _is_beyond(clause: Clause, hit: Hit, cue: int) -> bool:
    """``grade 4, 0 to 1 allowed``: the words name more than the permission does."""
    low, _ = clause.piece(cue)
    return exceeds(clause.text[hit[0] : low], bounds(clause.text[low:], cue - low))


def bounds(text: str, cue: int) -> str:
    """What follows a permission, or all of it when no number does: ``allowed up to 0.5``, ``0.5 allowed``."""
    return text[cue:] if _values(text[cue:]) else text


def exceeds(found: str, allowed: str) -> bool:
    """Whether more or larger is found than allowed, counts with counts, sizes with sizes; no number, no excess."""
    values, limits = _values(found), _values(allowed)
    if _GRADE in values and _GRADE not in limits:
        limits[_GRADE] = limits[_SIZE]
    return any(kind in limits and limits[kind] and max(values[kind]) > max(limits[kind]) for kind in [*values])


def _values(text: str) -> dict[str, list[float]]:
    """Numbers by what they count, without those that only name something."""
    kinds: dict[str, list[float]] = defaultdict(list)
    for found in _VALUE.finditer(_NO_SIZE.sub(" ", text)):
        kind = _GRADE if found["grade"] or found["unit"] == "级" else _COUNT if found["unit"] in _COUNTS else _SIZE
        kinds[kind].append(float(found["number"]))
    return kinds

"""Papers and goods that name different things: two numbers of one kind in a sentence about labels and certificates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from edge_app.domain.verdict import Category, Nonconformance, Severity, Status
from edge_app.judging.coding import Coding
from edge_app.judging.words import Case, finding_in

_IDENTITY: Final = re.compile(
    r"(?<![a-z0-9-])([a-z]{1,5}-?)(\d{2,}[a-z]?)(?![a-z0-9-])"
    r"|(?:heat|lot|batch|melt|serial|stamped|marked|炉号|批号|钢印|刻)()\W{0,3}(\d{4,})(?![a-z0-9.-])"
    r"|(?:(?:says|reads|shows|states|lists)|names(?: [a-z]+)?|写|印|打)()\W{0,3}(\d{4,})(?![a-z0-9.-]| ?(?:mm|g|v|n|w|pcs)\b)"
)
"""A number with its letters, or a bare one after a word for what it names."""
_CERTIFICATE: Final = re.compile(r"\bcert|\breport|declaration|mtc\b|证书|质保书|报告|证明|材质单")
_PAPER: Final = re.compile(
    r"label|carton|sheet|manual|invoice|\bcert\w*|report|drawing|\border\b|\bpo\b|marking|stamp|etch|\btag\b|plate|delivery note"
    r"|packing list"
    r"|标签|证书|质保书|报告|合同|订单|铭牌|唛头|刻字|钢印|实物|送货单|图纸"
)
_PAPERS: Final = 2
_IDLE: Final = ("instruction", "historical", "positive", "hedge", "conditional", "question")


def mismatched(case: Case) -> Iterator[Nonconformance]:
    """``heat T-4471 on the certificate, T-4417 stamped``: nonconforming papers or labels."""
    for clause, following in pairwise([*case.clauses, None]):
        if clause is None or clause.has(*_IDLE):
            continue
        goes_on = following and following.remark == clause.remark and not following.has(*_IDLE)
        text = f"{clause.text};{following.text}" if following and goes_on else clause.text
        if _differs(text):
            category = Category.DOCUMENTATION if _CERTIFICATE.search(text) else Category.LABELLING_PACKAGING
            yield finding_in(case, clause, Status.FAIL, None, "words/mismatch", Coding(category, Severity.MAJOR))


def _differs(text: str) -> bool:
    if len(set(_PAPER.findall(text))) < _PAPERS:
        return False
    found = [(each[0] + each[2] + each[4], each[1] or each[3] or each[5]) for each in _IDENTITY.findall(text)]
    return any(a[0] == b[0] and a[1] != b[1] and len(a[1]) == len(b[1]) for a, b in pairwise(found))

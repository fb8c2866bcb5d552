"""Papers and goods that name different things: two numbers of one kind in a sentence about labels and certificates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from edge_app.domain.verdict import Category, Nonconformance, Severity, Status
from edge_app.judging.clauses import Clause
from edge_app.judging.coding import Coding
from edge_app.judging.words import Case, finding_in

_IDENTITY: Final = re.compile(r"(?<![a-z0-9-])([a-z]{1,5}-?)(\d{2,}[a-z]?)(?![\w-])", re.ASCII)
_CERTIFICATE: Final = re.compile(r"\bcert|\breport|declaration|mtc\b|证书|质保书|报告|证明|材质单")
_PAPER: Final = re.compile(
    r"label|carton|\bcert\w*|report|drawing|\border\b|\bpo\b|marking|stamp|etch|\btag\b|plate|delivery note|packing list"
    r"|标签|证书|质保书|报告|合同|订单|铭牌|唛头|刻字|钢印|实物|送货单|图纸"
)
_PAPERS: Final = 2
_IDLE: Final = ("instruction", "historical", "positive", "hedge", "conditional", "question")


def mismatched(case: Case) -> Iterator[Nonconformance]:
    """``heat T-4471 on the certificate, T-4417 stamped``: nonconforming papers or labels."""
    for clause in case.clauses:
        if _differs(clause):
            certificate = _CERTIFICATE.search(clause.text)
            category = Category.DOCUMENTATION if certificate else Category.LABELLING_PACKAGING
            coding = Coding(category, Severity.MAJOR)
            yield finding_in(case, clause, Status.FAIL, None, "words/mismatch", coding)


def _differs(clause: Clause) -> bool:
    if len(set(_PAPER.findall(clause.text))) < _PAPERS or clause.has(*_IDLE):
        return False
    found = _IDENTITY.findall(clause.text)
    return any(a[0] == b[0] and a[1] != b[1] and len(a[1]) == len(b[1]) for a, b in pairwise(found))

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
    r"|(?:(?:says|reads|shows|states|lists)|names(?: [a-z]+)?|写|印|打)()\W{0,3}(\d{4,})"
    r"(?![a-z0-9.-]| ?(?:mm|g|v|n|w|pcs)\b)"
)
"""A number with its letters, or a bare one after a word for what it names."""
_NUMBERED: Final = re.compile(r"\b(?:heat|lot|batch|melt|cast|serial|number|no)\b|炉号|批号|编号|序列号|料号|号")
_BARE: Final = re.compile(r"(?<![a-z\d.,-])\d{4,8}(?![a-z\d-]|[.,]\d)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_VALUE: Final = re.compile(r"(?<![a-z\d.])(\d+(?:\.\d+)?) ?(v|w|a|kg|ml|l|hz|g)(?![a-z])")
_LABELLED: Final = re.compile(r"label|plate|sticker|标签|铭牌|唛头")
_RANGE: Final = re.compile(r"[±~≥≤<>]|\d ?(?:-|to|–) ?\d|max|min|limit")
"""Limits: what is measured keeps them or not, nothing is misnamed."""
_CERTIFICATE: Final = re.compile(r"\bcert|\breport|declaration|mtc\b|证书|质保书|报告|证明|材质单")
_PAPER: Final = re.compile(
    r"label|carton|sheet|manual|invoice|\bcert\w*|report|drawing|\border\b|\bpo\b|marking|stamp|etch|\btag\b|plate"
    r"|delivery note|packing list"
    r"|标签|证书|质保书|报告|合同|订单|铭牌|唛头|刻字|钢印|实物|送货单|图纸|机器|本体|里面|里头"
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


def _is_misread(a: str, b: str) -> bool:
    """Two numbers of one length that differ in a digit or two, or in their order."""
    differing = sum(x != y for x, y in zip(a, b, strict=False))
    return len(a) == len(b) and differing > 0 and (differing == 1 or sorted(a) == sorted(b))


def _differs(text: str) -> bool:
    named = len(set(_PAPER.findall(text)))
    if not named:
        return False
    numbers = [each for each in _BARE.findall(text) if not _YEAR.fullmatch(each)] if _NUMBERED.search(text) else []
    if any(_is_misread(a, b) for a, b in pairwise(numbers)):
        return True
    return named >= _PAPERS and (_is_mislabelled(text) or _has_two_names(text))


def _is_mislabelled(text: str) -> bool:
    """``label 220 V, plate 110 V``."""
    values = _VALUE.findall(text) if _LABELLED.search(text) and not _RANGE.search(text) else []
    return any(a[1] == b[1] and a[0] != b[0] for a, b in pairwise(values))


def _has_two_names(text: str) -> bool:
    found = [("".join(each[::2]), "".join(each[1::2])) for each in _IDENTITY.findall(text)]
    return any(a[0] == b[0] and a[1] != b[1] and len(a[1]) == len(b[1]) for a, b in pairwise(found))

"""What the words before a number say: the characteristic's name, the part's label, that a value follows."""

from __future__ import annotations

import re
from typing import Final

VALUE_CUE: Final = (
    r"found|measured|measures|measuring|got|gets|readings?(?:\s+are)?|reads?|actual(?:ly)?|values?|result"
    r"|is|was|were|came out at|now"
    r"|实测值?|测得|测量值?|实际|读数|检测值?|结果|实为|为|测值|复测|最大|最小|最高|最低|均值|平均"
)
"""Words after which a measured value stands."""

_CUES: Final = re.compile(
    rf"(?:(?<![A-Za-z])(?:{VALUE_CUE}|of|the|about|approx|spec|limits?|only|still)(?![A-Za-z])[\s:=]*)+$", re.IGNORECASE
)
_SPEC: Final = re.compile(
    r"(?:(?:spec(?:ification)?|tol(?:erance)?|limits?|required?|requirement|drawing|against|vs|要求|标准|规格书?|公差|图纸|规定|合同|协议|允许|为|在)[\s:]*)+$",
    re.IGNORECASE,
)
_SPEC_FIRST: Final = re.compile(
    r"^(?:spec(?:ification)?s?|limits?|tolerances?|requirements?|规格|要求|标准|公差|技术要求)\s*[:：]\s*",
    re.IGNORECASE,
)
_SPLIT: Final = re.compile(r"\.\s(?=[A-Z\u4e00-\u9fff])|[,，;；。、:：→(（)）\[\]|\n\t]|->|\s{3,}|\s-\s|^\s*[-*+]\s")
_NOMINAL: Final = re.compile(r"(?:nominal|target|公称|标称|目标|理论)", re.IGNORECASE)
_TRIM: Final = " \t\r\u3000=.-–—*+~ØΦφ_/<>≤≥±'\"“”"
_INDEX: Final = re.compile(r"^\s*(?:[#№]?\d{1,4}\s*(?:[.)、:号#]|\s)|第\s?\d+\S?)\s*")
_MAX_NAME: Final = 60
_GENERIC: Final = frozenset(
    [
        "max",
        "min",
        "spec",
        "limit",
        "tolerance",
        "value",
        "readings",
        "reading",
        "result",
        "要求",
        "标准",
        "规格",
        "公差",
        "实测",
        "结果",
        "a",
        "b",
        "c",
        "and",
        "to",
        "of",
        "x",
        "y",
        "z",
        "no",
    ]
)


def name_before(text: str) -> str:
    """The characteristic that the words before a number name; empty when they name none."""
    for clause in reversed(_SPLIT.split(text)):
        name = _INDEX.sub("", clause).strip(_TRIM)
        name = _SPEC.sub("", _CUES.sub("", name).strip(_TRIM)).strip(_TRIM)
        name = _CUES.sub("", name).strip(_TRIM)
        if name and not name.isdigit() and not _NOMINAL.match(name):
            return name[-_MAX_NAME:].strip()
    return ""


def title_before(text: str) -> str:
    """All the words of a heading before its limits: ``Powder DFT, gate panels``."""
    text = re.split(r"\.\s+(?=[A-Z])", text)[-1]
    plain = _INDEX.sub("", re.sub(r"[(（\[][^()（）\[\]]*[)）\]]?", " ", text)).strip(_TRIM + ",，;；:：")
    plain = _SPEC.sub("", _CUES.sub("", plain).strip(_TRIM)).strip(_TRIM + ",，;；:：")
    return _SPEC_FIRST.sub("", plain)[:_MAX_NAME]


def part_label(text: str) -> str:
    """The label of a reading line: ``bar 3``, ``1号``, ``#4``."""
    return text.strip(" \t\u3000:：=-").split("  ")[0][:_MAX_NAME]


def same_name(first: str, second: str) -> bool:
    """Whether two names mean one characteristic: equal, or one ends in the other."""
    one, other = (re.sub(r"\s+", " ", name).casefold().strip() for name in (first, second))
    if min(len(one), len(other)) < 2 or one in _GENERIC or other in _GENERIC:  # noqa: PLR2004 - a letter is no name
        return False
    return one == other or one.endswith((f" {other}", f"-{other}")) or other.endswith((f" {one}", f"-{one}"))

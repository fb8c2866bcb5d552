"""Several values of one characteristic in one row: parts, the same part by two means, or before and after rework."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from edge_app.domain.report import Measurement, conforms, near
from edge_app.domain.verdict import Doubt

_REWORKED: Final = re.compile(
    r"(?:after|post)[\s_-]*(?:re-?work|repair|fix|adjust|trim|clean|plating|grind)?|as[\s_-]?left|reworked|repaired|corrected"
    r"|(?:返工|返修|修|改|调|处理|打磨|校正|整形|补)\w{0,2}后|(?<=后)测|^后$",
    re.IGNORECASE,
)
_AGAIN: Final = re.compile(
    r"re[\s-]?(?:test|check|measure|insp|run)|second\s+(?:run|reading|measurement)|2nd|repeat|复测|复检|复验|重测|复核|二次|再测",
    re.IGNORECASE,
)
_MEANS: Final = re.compile(
    r"run|meter|gau?ge|cmm|lab|fixture|tester|operator|inspector|method|appraiser|supplier|vendor|customer|in-?house|ours?\b|own\b|own_"
    r"|本厂|我[方司厂]|供方|供应商|厂内|实验室|[一-鿿]仪|坐标|卡尺|千分尺|外部|第三方|[甲乙丙]|X光|台$",
    re.IGNORECASE,
)


_FACTORS: Final = (Decimal("25.4"), Decimal(1000))
"""Inch and millimetre, mil and micrometre; steps between prefixes."""
_PAIR: Final = 2
_ROUNDING: Final = Decimal("0.01")
_MEANS_KEY: Final = re.compile(
    r"lab|method|device|gau?ge|meter|machine|run|operator|inspector|instrument|tester|fixture|^with$|^who$|^by$|^used$|设备|仪|量具|方法|机构|单位|测量者|检验者|测量人",
    re.IGNORECASE,
)
_PLACE_KEY: Final = re.compile(
    r"serial|\bsn\b|s/n|pos|point|spot|place|sample|piece|part|cav|pin|pad|ref|bolt|feature|char|item|name|step|time|date|件|位|点|腔|穴|序|号|样|项|时",
    re.IGNORECASE,
)


def by_different_means(keys: Sequence[Sequence[str]]) -> bool:
    """Whether records with these ``keys`` differ in how something was measured and not in what or where."""
    common = set(keys[0]).intersection(*keys[1:]) if keys else set()
    means = [key for key in common if _MEANS_KEY.search(key)]
    return len(keys) > 1 and bool(means) and not any(_PLACE_KEY.search(key) for key in common if key not in means)


def contradicting(found: Sequence[Measurement]) -> list[Measurement]:
    """Results of one characteristic by different means: in contradiction where they fall on both sides of a limit."""
    outcomes: dict[object, set[bool]] = {}
    for one in found:
        if one.limits and one.value is not None:
            outcomes.setdefault(one.limits, set()).add(conforms(one.value, one.limits))
    return [
        replace(one, problem=one.problem or Doubt.CONTRADICTION)
        if one.limits and len(outcomes.get(one.limits, ())) > 1
        else one
        for one in found
    ]


def compared(found: Sequence[Measurement], headings: Sequence[str], outside: Sequence[bool]) -> list[Measurement]:
    """``found`` with what the headings of their columns say: superseded by rework, or in contradiction.

    ``outside`` says which of them break their limits. Different parts stay as they are.
    """
    names = list(dict.fromkeys(headings))
    if len(names) < 2:  # noqa: PLR2004 - nothing to compare
        return list(found)
    reworked = [name for name in names if _REWORKED.search(name)]
    if reworked and len(reworked) < len(names):
        return [replace(one, superseded=name not in reworked) for one, name in zip(found, headings, strict=True)]
    same = any(_AGAIN.search(name) for name in names) or all(_MEANS.search(name) for name in names)
    if same and len(set(outside)) > 1:
        return [replace(one, problem=one.problem or Doubt.CONTRADICTION) for one in found]
    return list(found)


def converted(found: Sequence[Measurement]) -> list[Measurement]:
    """``562`` (µm) beside ``0.562`` (mm): one observation in two units stays once, in the unit of its limits."""
    if (
        len(found) != _PAIR
        or any(not one.value for one in found)
        or found[0].limits != found[1].limits
        or found[0].limits is None
    ):
        return list(found)
    limits = found[0].limits
    small, large = sorted(abs(one.value) for one in found if one.value)
    if not any(abs(large - small * factor) <= large * _ROUNDING for factor in _FACTORS):
        return list(found)
    fitting = [one for one in found if one.value and near(one.value, limits)]
    named = [one for one in found if one.unit and one.unit == limits.unit]
    kept = (named or fitting)[0] if len(named or fitting) == 1 else None
    return [one if kept in {None, one} else replace(one, superseded=True) for one in found]

"""Which number belongs to which limits within one clause."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import NUMBER, to_decimal
from edge_app.domain.report import Limits, near
from edge_app.domain.tolerance import FoundLimits, parse_limits
from edge_app.domain.units import UNIT, same_quantity
from edge_app.intake.readers.prose_names import VALUE_CUE
from edge_app.intake.readers.prose_tokens import FILLER, Quantity, Value

_SPEC_BEFORE: Final = re.compile(
    r"(?:\bspec(?:ification|ified)?|\btol(?:erance)?|\blimits?|\brequire(?:ment|d)|\breq|\ballow(?:ed|able)|\bpermitted|\bagainst|\bvs\.?|\bversus|"
    r"\bwindow|\brange(?=\s*(?:is\b|[:：]))|\bshould\s+be|\bmust\s+be|\bshall\s+be|\bdrawing|\bdrg|\bto\s+be|\bnominal|\bcalls?\s+for|\basks?\s+for|\bwants?|标准|规格书?|要求|公差|图纸?|规定的?|合同|协议|"
    r"允许|范围|应|限|技术条件|内控|管控线?|控制线?|图[面上样]|工艺(?:卡|单|文件)?|作业指导书|[卡单]上|指标|判据"
    r"|\b(?:order|print|drawing|drg|contract|sheet|card|plan|norm|text|procedure|instruction|rule|buyer|customer|client|book|table|line)(?:\s+text)?"
    r"\s+(?:says?|allows?|asks?(?:\s+for)?|wants?|gives?|calls\s+for|reads?|has|states?|shows?|permits?|demands?|takes?|sets?|accepts?|is|are))[\s:：,，]*(?:is|are|of|为|是|在|值|says|:|书)?[\s:：]*(?:HR[BC]|HBW?|HV)?\s*$",
    re.IGNORECASE,
)
_SPEC_AFTER: Final = re.compile(
    r"\s*(?:spec\b|allowed|permitted|required|tolerance|之间|limits?\b|范围)", re.IGNORECASE
)
_FORWARD: Final = re.compile(
    rf"^[\s)\]]*(?:[:→=]|->|[,，]?\s*(?:{VALUE_CUE}))|(?:{VALUE_CUE}|:|->|→|=)\s*$", re.IGNORECASE
)
_GOOD_AFTER: Final = re.compile(r"^\s*\S{0,6}\s*[,(]?\s*(?:ok\b|pass|good|合格|符合|通过)", re.IGNORECASE)
_BAD_AFTER: Final = re.compile(
    r"^\s*\S{0,6}\s*[,(!]?\s*(?:ng\b|fail|not ok|reject|too low|不合格|不符|超差|偏低|不良)", re.IGNORECASE
)
_MINIMUM_AFTER: Final = re.compile(r"\s*(?:min\b|minimum|lower|下限|最小)", re.IGNORECASE)
_APART: Final = re.compile(
    rf"(?:nominal|nom\.?|target|公称(?:值|尺寸)?|标称值?|基本尺寸|目标值?|理论值|名义值)\s*[:=为]?\s*Ø?(?P<nominal>{NUMBER})(?:\s?{UNIT})?"
    rf"(?P<between>[^\n]{{0,60}}?)(?:tol(?:erance)?\.?|公差|允差|偏差)\s*[:=为]?\s*(?P<tolerance>(?:±|\+/-|[-+])\s?{NUMBER}[^,;()]{{0,20}})",
    re.IGNORECASE,
)
_ONE_SIDED: Final = re.compile(
    r"\b(?:flatness|straightness|roundness|circularity|cylindricity|perpendicularity|squareness|parallelism|run-?out"
    r"|concentricity|coaxiality|symmetry|position|profile|roughness|warp(?:age)?|bow|burrs?|flash|gap|leak(?:age)?|ripple|noise)\b"
    r"|平面度|平行度|垂直度|直线度|圆度|圆柱度|同轴度|同心度|对称度|位置度|共面度|跳动|轮廓度|倾斜度|粗糙度|翘曲|飞边|毛刺"
    r"|披锋|泄漏|纹波|噪[声音]|错位|错边|间隙|(?<![A-Za-z])(?-i:R[az])(?![A-Za-z])",
    re.IGNORECASE,
)
"""Characteristics that are only ever too large."""
_BARE: Final = re.compile(
    rf"(?:(?<![A-Za-z])(?:spec|req(?:uired)?\.?|drawing|against|vs\.?)|要求|图纸|标准|规格书?|合同)\s*(?:is|of|为|[:：])?\s*(?:R[az]\s?)?(?P<bound>{NUMBER})"
    rf"(?![\d.]|\s*(?:[-–~±+至到]|to\b|级))\s?(?P<unit>(?:{UNIT})?)|(?<=\d)\s?(?:mm|µm|um|μm)?\s?\(\s*(?P<bound2>{NUMBER})\s?(?P<unit2>(?:{UNIT})?)\s*\)",
    re.IGNORECASE,
)
_OTHER_NAME: Final = re.compile(r"[,，、][^,，、(（]*[度温力压厚径长宽高量阻流率距隙角重]\s*$")
"""The limits have a characteristic of their own: ``预热 120℃，层温不超过 230℃``."""
_SIGNED_APART: Final = re.compile(
    rf"(?:nominal|nom\.?|公称(?:值|尺寸)?|标称值?|基本尺寸|名义值)\s*[:=为]?\s*Ø?(?P<nominal>{NUMBER})(?:\s?{UNIT})?\s*[,;、]?\s*"
    rf"(?P<tolerance>(?:[-+]\s?{NUMBER}|0)\s*[~/]\s*(?:[-+]\s?{NUMBER}|0)|(?:±|\+/-)\s?{NUMBER})",
    re.IGNORECASE,
)
"""``nominal 550, 0 ~ +5``."""
_GAUGE_CHECK: Final = re.compile(
    r"标准样|标样|标准片|标准块|证书值|硬度块|量块|校验块|\bCRM\b|reference\s+(?:piece|part|sample|block|standard|(?=\d))|标尺|标准尺|golden\s+(?:unit|sample|board)"
    r"|master\s+(?:ring|part|piece)|ring\s+master|checked\s+(?:with|on)\s+(?:foil|block|master)|set(?:ting)?\s+ring|zeroed|check\s+(?:shunt|piece|standard)|白板|校不过|环规|对块|gauge\s+block|test\s+block|zero\s+plate",
    re.IGNORECASE,
)
_DEMAND: Final = re.compile(r"must|shall|should|spec|requir|要求|应|须|必须|标准|规定", re.IGNORECASE)
_CUED: Final = re.compile(r"(?:measured|found|actual|reading|实测值?|测得|实际|读数)\s*[:：=]?\s*Ø?$", re.IGNORECASE)
_RELATION: Final = re.compile(r"\s*[^\s,;:()\d]{0,14}\s*")
_SLASH_PAIR: Final = re.compile(r"(?<![\d./])(\d*\.\d{3,})\s?/\s?(\d*\.\d{3,})(?![\d/])(?:\s?(in|IN|mm|\"))?")
_DEPENDS: Final = re.compile(
    r"\b(?:if|class|grade|rev|revision|zone|type|level|depending|depends)\b.*\b(?:if|class|grade|rev|revision|zone|type|level)\b"
    r"|如果|若|[ABC甲乙ⅠⅡⅢ一二三]\s?[级类区型].*[ABC甲乙ⅠⅡⅢ一二三]\s?[级类区型]",
    re.IGNORECASE | re.DOTALL,
)
UNIT_ASIDE: Final = re.compile(rf"(?:[(\s]){UNIT}[)\s,:]")
"""A unit by itself: ``Torque check (Nm)``."""
_LONGEST_LABEL: Final = 16
_LABEL_WORDS: Final = 2
_MAX_GAP: Final = 60
WEAK_GAP: Final = 14


@dataclass(slots=True)
class Line:
    """One clause while it is being read. Offsets are relative to the piece of text."""

    start: int
    masked: str
    limits: list[FoundLimits]
    quantities: list[Quantity]
    soft: list[FoundLimits] = field(default_factory=list)
    """Ranges that may be limits or readings."""
    used: set[int] = field(default_factory=set)
    """Indices of quantities that are bound."""
    bound: set[int] = field(default_factory=set)
    """Indices of limits that are bound."""


def is_limit(found: FoundLimits, text: str) -> bool:
    """A range is a limit only where the text says so; otherwise it is the spread of readings."""
    if found.form != "range":
        return True
    before, after = text[max(0, found.start - 24) : found.start], text[found.end : found.end + 12]
    opened = max(before.rfind("("), before.rfind("["))
    if opened > max(before.rfind(")"), before.rfind("]")) or text[found.start] == "[":
        return True
    if re.search(r"min|max|[<≤>≥限]", found.limits.text, re.IGNORECASE):
        return True
    return _SPEC_BEFORE.search(before) is not None or _SPEC_AFTER.match(after) is not None


def one_of_several(limits: list[FoundLimits], text: str) -> list[FoundLimits]:
    """``class C (max 3.4), class B (max 2.2)``: one statement of alternatives, where the words say that it depends."""
    if len(limits) < 2 or not _DEPENDS.search(text):  # noqa: PLR2004 - several
        return limits
    sides = {(one.limits.lower is None, one.limits.upper is None) for one in limits}
    if len(sides) > 1 or len({bounds(one.limits) for one in limits}) < len(limits):
        return limits
    whole = Limits(unit=limits[0].limits.unit, alternatives=tuple(one.limits for one in limits))
    return [FoundLimits(limits[0].start, limits[-1].end, whole, limits[0].form)]


def bounds(limits: Limits) -> tuple[Decimal | None, Decimal | None]:
    """What two statements of the same limits have in common."""
    return limits.lower, limits.upper


def slash_pair(text: str) -> list[FoundLimits]:
    """``BORE .7500/.7506 IN``: two close numbers of three decimals or more and nothing else."""
    pairs = [*_SLASH_PAIR.finditer(text)]
    if len(pairs) != 1:
        return []
    told = _SPEC_BEFORE.search(text[max(0, pairs[0].start() - 24) : pairs[0].start()])
    if not told and re.search(r"\d\.\d|\.\d", text.replace(pairs[0].group(), "")):
        return []
    lower, upper = Decimal(pairs[0][1]), Decimal(pairs[0][2])
    if not lower < upper < lower * Decimal("1.02"):
        return []
    limits = Limits(lower, upper, None, pairs[0][3] or "", pairs[0].group().strip())
    return [FoundLimits(pairs[0].start(), pairs[0].end(), limits, "range")]


def nominal_apart(text: str) -> list[FoundLimits]:
    """``nominal 2.5, measured 2.31, tolerance ±0.15``: the measured value stands between the two."""
    found: list[FoundLimits] = []
    for match in (*_APART.finditer(text), *_SIGNED_APART.finditer(text)):
        nominal = to_decimal(match["nominal"])
        limits = parse_limits(match["tolerance"].replace("~", "/"), nominal=nominal) if nominal is not None else None
        if limits is not None:
            found.append(FoundLimits(match.start("tolerance"), match.end("tolerance"), limits, "tolerance"))
            end = match.start("between") if "between" in match.groupdict() else match.start("tolerance")
            found.append(FoundLimits(match.start(), end, Limits(), "nominal"))
    return found


def bare_upper(text: str) -> list[FoundLimits]:
    """``平面度 0.04，要求0.1``: a lone number is an upper limit for what is only ever too large."""
    match = _BARE.search(text)
    if match is None or _ONE_SIDED.search(text[max(0, match.start() - _MAX_GAP) : match.start()]) is None:
        return []
    bound = to_decimal(match["bound"] or match["bound2"])
    if bound is None:
        return []
    limits = Limits(None, bound, None, match["unit"] or match["unit2"] or "", match.group())
    return [FoundLimits(match.start(), match.end(), limits, "word")]


def same_bracket(text: str, one: int, other: int) -> bool:
    """Whether two offsets lie inside the same brackets."""
    opened = text.rfind("(", 0, min(one, other))
    return opened >= 0 and ")" not in text[opened : max(one, other)]


def checks_gauge(text: str) -> bool:
    """Whether a clause is about a reference standard: what it measures is the gauge, not the product."""
    return _GAUGE_CHECK.search(text) is not None


def demands(line: Line, limits: FoundLimits) -> bool:
    """Whether limits are a requirement: ``nothing above 20 %`` tells what was seen, ``must be above 20 %`` demands."""
    told = limits.form == "word" and (limits.limits.lower_open or limits.limits.upper_open)
    return not told or _DEMAND.search(line.masked[: limits.start]) is not None


def only_cue(line: Line, limits: FoundLimits) -> bool:
    """Whether limits stand alone in their clause but for their source: ``print allows 4 to 5``."""
    before = _SPEC_BEFORE.sub("", line.masked[: limits.start])
    words = (before + line.masked[limits.end :]).replace(FILLER, "").strip()
    return len(words) <= WEAK_GAP


def cued_value(line: Line, quantity: Quantity) -> bool:
    """Whether a word like ``measured`` stands right before the value."""
    return _CUED.search(line.masked[max(0, quantity.start - 16) : quantity.start]) is not None


def points(line: Line, limits: FoundLimits, quantity: Quantity) -> bool:
    """Whether the text between points forward: ``max .015: .008``, ``limit 0.10, found 0.14``."""
    gap = line.masked[limits.end : quantity.start]
    return len(gap) <= _MAX_GAP and _FORWARD.search(gap) is not None and not quantity.condition


def follows(line: Line, limits: FoundLimits, quantity: Quantity) -> bool:
    """A value right after limits without a word between: same unit or decimals on both sides."""
    gap = line.masked[limits.end : quantity.start]
    if not re.fullmatch(r"[\s,，、)\]]{0,6}", gap) or quantity.condition or not fits(quantity, limits.limits):
        return False
    same_unit = bool(quantity.unit) and quantity.unit == limits.limits.unit
    return (same_unit or (_has_decimals(quantity) and "." in limits.limits.text)) and plausible(quantity, limits.limits)


def backward(line: Line, quantity: Quantity, limits: FoundLimits) -> Limits | None:
    """The limits as they hold for the quantity before them, None when they do not belong to it."""
    gap = line.masked[quantity.end : limits.start]
    if _OTHER_NAME.search(gap):
        return None
    if quantity.condition or len(gap) > _MAX_GAP or not fits(quantity, limits.limits):
        return None
    if gap.count(")") > gap.count("("):
        return None
    bracketed = re.match(r"[^,;]{0,30}[(\[]", gap) is not None
    if not bracketed and not (_near_enough(gap, quantity, limits) and plausible(quantity, limits.limits)):
        return None
    if limits.form == "sign" and line.masked[limits.start] in "<>≤≥" and _RELATION.fullmatch(gap):
        return _relation(line, limits)
    return limits.limits


def _near_enough(gap: str, quantity: Quantity, limits: FoundLimits) -> bool:
    """A bare integer may be a count or a name: it needs a word like ``spec``, or limits of its size beside it."""
    if strong(quantity) or _SPEC_BEFORE.search(gap):
        return True
    bound = limits.limits.upper if limits.limits.upper is not None else limits.limits.lower
    alike = (
        bound is not None and bound != 0 and all(_within(v, abs(bound) / 4, abs(bound) * 4) for v in quantity.values)
    )
    return alike and not limits.limits.unit and len(gap.strip(FILLER)) <= WEAK_GAP


def _relation(line: Line, limits: FoundLimits) -> Limits | None:
    """``0.12 > 0.10`` states the relation between value and limit: which side is good, the words around say."""
    rest = line.masked[limits.end :]
    stated = limits.limits
    if stated.upper is not None and _MINIMUM_AFTER.match(rest):
        return replace(stated, upper=None, lower=stated.upper, upper_open=False)
    if stated.lower is not None and line.masked[limits.start] == ">" and not _GOOD_AFTER.match(rest):
        return replace(stated, lower=None, upper=stated.lower, lower_open=False)
    if stated.upper is not None and line.masked[limits.start] == "<" and _BAD_AFTER.match(rest):
        return replace(stated, upper=None, lower=stated.upper, upper_open=False)
    return stated


def fits(quantity: Quantity, limits: Limits) -> bool:
    """Units do not speak against it."""
    if not quantity.unit or not limits.unit or quantity.unit == limits.unit:
        return True
    return same_quantity(quantity.unit, limits.unit) is not False


def plausible(quantity: Quantity, limits: Limits) -> bool:
    """Same order of magnitude, where units are not given on both sides."""
    if quantity.unit and limits.unit:
        return True
    bounds = [abs(bound) for bound in (limits.lower, limits.upper) if bound]
    if limits.lower is None or limits.upper is None or not bounds:
        return True
    return all(_within(value, min(bounds) / 4, max(bounds) * 4) for value in quantity.values)


def _within(value: Value, low: Decimal, high: Decimal) -> bool:
    return value.number is None or low <= abs(value.number) <= high


def written_alike(quantity: Quantity, limits: Limits) -> bool:
    """Decimals on both sides: of ``2.4-2.9 on all 18 (2.0-3.5)`` the first."""
    bounds = [bound for bound in (limits.lower, limits.upper) if bound is not None]
    return _has_decimals(quantity) and any(bound.as_tuple().exponent != 0 for bound in bounds)


def strong(quantity: Quantity) -> bool:
    """A unit, decimals or a list: hardly a count."""
    return bool(quantity.unit) or _has_decimals(quantity) or len(quantity.values) > 1


def _has_decimals(quantity: Quantity) -> bool:
    """As written: 8.0 has decimals."""
    return any(value.number is not None and value.number.as_tuple().exponent != 0 for value in quantity.values)


def is_reading(line: Line, free: list[Quantity]) -> bool:
    """A line that is values with a short label: ``bar 3: 41 s``, ``1 front tab 9.4``, ``读数 4.6 4.9``."""
    label = line.masked[: free[0].start]
    words = label.replace(FILLER, "").strip(" \t\u3000:=.,-*()")
    if len(words) > 24 or len(re.findall(r"[A-Za-z]{2,}", words)) > 4:  # noqa: PLR2004 - a label, not a sentence
        return False
    if FILLER * 9 in label:
        return False
    if FILLER in label or not words or label.rstrip().endswith(("=", "→")):
        return True
    tail = re.sub(r"^[ \t\u3000]{3,}.*", "", line.masked[free[-1].end :]).replace(FILLER, "").strip()
    if len(tail) > WEAK_GAP or not strong(free[0]):
        return False
    indexed = label.rstrip().endswith(":")
    cue = re.search(rf"(?:{VALUE_CUE})\s*[:：]?\s*$", label, re.IGNORECASE) is not None
    return indexed or cue or sum(len(quantity.values) for quantity in free) >= 3  # noqa: PLR2004 - a list


def is_time(quantity: Quantity, limits: Limits | None = None) -> bool:
    """Whether a value is a duration, and the limits, where given, are of one."""
    unit = quantity.unit if limits is None else limits.unit
    return bool(unit) and same_quantity(unit, "s") is True


def is_labelled(line: Line) -> bool:
    """A line that is one number behind a short label and nothing else: ``M1 8.2``, ``Monday  23.4``."""
    quantity = line.quantities[0]
    label, tail = line.masked[: quantity.start].strip(), line.masked[quantity.end :].strip()
    words = re.findall(r"[A-Za-z]+|[\u4e00-\u9fff]+", label)
    if "," in label + tail:
        return False
    return (
        len(label) <= _LONGEST_LABEL and len(words) <= _LABEL_WORDS and len(tail) <= WEAK_GAP and not quantity.condition
    )


def of_their_size(quantity: Quantity, limits: Limits) -> bool:
    """Whether values are so close to limits that they are what the limits are about."""
    if limits.alternatives:
        return True
    numbers = [value.number for value in quantity.values if value.number is not None]
    return bool(numbers) and all(near(number, limits) for number in numbers)

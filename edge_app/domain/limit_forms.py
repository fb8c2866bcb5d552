"""The ways to write limits: one pattern and one builder each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edge_app.domain.fits import fit_deviations
from edge_app.domain.numbers import NUMBER, to_decimal
from edge_app.domain.report import Limits
from edge_app.domain.units import UNIT, convert

NUMBER_PATTERN: Final = NUMBER
UNIT_PATTERN: Final = rf"(?:\s?{UNIT})?"
_START: Final = (
    r"(?:(?<=HRC)|(?<=HRB)|(?<=HBW)|(?<=HB)|(?<=HV)|(?<=Ra)|(?<=Rz)"
    r"|(?<![\d.A-Za-z_#/])(?<!\d,)(?<!^,)(?<!\s,)(?<![A-Za-z\d]-))"
)
"""A number does not start inside another one or inside an identifier."""
_END: Final = r"(?!\d|(?<=\d)[.,]\d|-\d|/\d{3,}|\s?['′](?![A-Za-z]))"
"""... nor end in a date, in another number or in minutes of arc."""
_DASH: Final = r"(?:-|–|—|~|÷|…|\.{2,3}|至|到|to\b|thru\b|through\b|bis\b)"

_UPPER_WORDS: Final = (
    r"not\s+(?:be\s+)?(?:more|greater|larger|higher|longer|wider|deeper)\s+than|no\s+(?:more|greater|larger|bigger|higher|longer|wider|deeper)\s+than"
    r"|(?:not|nothing|none|never|no\s+\w+)\s+(?:to\s+be\s+|be\s+)?(?:above|over|beyond|past)|(?:not|never)\s+(?:to\s+)?exceed(?:ing)?"
    r"|at\s+most|up\s+to|upper\s+(?:spec(?:ification)?\s+)?limit|top\s+limit|USL|maximum|max\b\.?|limit(?:ed\s+to)?"
    r"|(?:不得|不能|不应|不允许|不许|不准|不可|应不|不)(?:大于|超过|高于|超出|多于|长于|过|超(?!差))|至多|小于等于|小于或等于|小于或者等于|上限(?:为|是)?|限值?(?:为|是)?"
    r"|只(?:让|许|准|允许|能)(?:有|到)?|允许(?:值|偏差)?(?:为|是)?|允差|allow(?:s|ed|able)?(?:\s+up\s+to)?|permit(?:s|ted)"
    r"|(?:above|over|exceed(?:s|ed|ing)?)\s+(?:the\s+)?(?:spec(?:ification|ified)?|allowed|permitted|max(?:imum)?|upper|limit)(?:\s+limit)?"
    r"|(?:高于|大于|超过|超出|超)(?:了)?(?:标准|要求|规格|规定|图纸|上限)(?:值|的)?"
)
_LOWER_WORDS: Final = (
    r"not\s+(?:be\s+)?(?:less|lower|smaller|fewer|shorter|thinner)\s+than|no\s+(?:less|lower|smaller|fewer|shorter|thinner)\s+than|at\s+(?:the\s+)?least"
    r"|(?:not|nothing|none|never|no\s+\w+)\s+(?:to\s+be\s+|be\s+)?(?:below|under)"
    r"|lower\s+(?:spec(?:ification)?\s+)?limit|bottom\s+limit|LSL|minimum|(?<!\d\s)(?<!\d)min\.|min\b(?!\.)|needs?"
    r"|(?:不得|不能|不应|不许|不准|不可|应不|不)(?:小于|低于|少于|短于|薄于|低)|至少|大于等于|大于或等于|下限(?:为|是)?"
    r"|不够|没达到|够不[到上]|(?:还|仍|也)(?:没|不|未)(?:到|够|达到)"
    r"|(?:below|under)\s+(?:the\s+)?(?:spec(?:ification|ified)?|required|requirement|min(?:imum)?|lower|limit)(?:\s+limit)?"
    r"|(?:低于|小于|不足|不到|未达到?|达不到)(?:了)?(?:标准|要求|规格|规定|图纸|下限)(?:值|的)?"
)
_BELOW_WORDS: Final = r"less\s+than|below|under|(?<!不)(?<!得)小于(?!等|或)|(?<!不)低于"
_ABOVE_WORDS: Final = r"(?:greater|more|higher)\s+than|above|(?<!不)大于(?!等|或)|(?<!不)高于"
_MOST: Final = r"最大值?|最高|最多"
_LEAST: Final = r"最小值?|最低|最少"
_UPPER_AFTER: Final = (
    r"max(?:imum|i|\.)?(?![A-Za-z])|or\s+(?:less|below|under|lower|smaller)|(?:at\s+)?(?:the\s+)?most(?![A-Za-z])|以下|以内|之内|封顶"
    r"|upper\s+limit|(?:(?:is|are|was)\s+(?:the\s+)?)?(?:limit\b|allowed|permitted|maximum(?![A-Za-z]))"
)
_LOWER_AFTER: Final = (
    r"min(?:imum|\.)?(?![A-Za-z])|or\s+(?:more|above|over|higher|better|greater)|at\s+(?:the\s+)?least(?!\s*\d)"
    r"|(?:is|are|was)\s+(?:required|needed|wanted|the\s+minimum)|以上|起(?=[\s,。;)]|$)|lower\s+limit"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How numbers in this text are to be read."""

    mark: str
    nominal: Decimal | None = None

    def number(self, text: str) -> Decimal | None:
        """Signed."""
        text = text.strip()
        value = to_decimal(text.lstrip("+-– \t"), self.mark)
        return -value if value is not None and text[:1] in {"-", "–"} else value


_Builder = Callable[[re.Match[str], Reading], Limits | None]


def one_unit(*units: str | None) -> str:
    """The first unit that is named."""
    return next((unit.strip() for unit in units if unit and unit.strip()), "")


def _tolerance(match: re.Match[str], reading: Reading) -> Limits | None:
    nominal, width = reading.number(match["nominal"]), reading.number(match["width"])
    if nominal is None or width is None:
        return None
    unit, width_unit = one_unit(match["unit"]), one_unit(match["width_unit"])
    width = _in_unit(nominal, abs(width), width_unit, unit)
    if width is None:
        return None
    return Limits(nominal - width, nominal + width, nominal, unit or ("" if width_unit == "%" else width_unit))


def _in_unit(nominal: Decimal, width: Decimal, width_unit: str, unit: str) -> Decimal | None:
    """The tolerance in the nominal's unit; percent of the nominal unless the nominal is in percent."""
    if width_unit == "%" and unit != "%":
        return abs(nominal) * width / 100
    if unit and width_unit and unit != width_unit:
        return convert(width, width_unit, unit)
    return width


def deviations(match: re.Match[str], reading: Reading) -> Limits | None:
    """``+0.1/-0`` around a nominal; both signed, or one of them zero."""
    nominal = reading.number(match["nominal"])
    first, second = reading.number(match["first"]), reading.number(match["second"])
    if nominal is None or first is None or second is None:
        return None
    signs = (match["first"][0] in "+-", match["second"][0] in "+-")
    if not any(signs) or any(not sign and value for sign, value in zip(signs, (first, second), strict=True)):
        return None
    if nominal and max(abs(first), abs(second)) > abs(nominal):
        return None
    unit = one_unit(match["unit"], match["first_unit"], match["second_unit"])
    return Limits(nominal + min(first, second), nominal + max(first, second), nominal, unit)


def _one_deviation(match: re.Match[str], reading: Reading) -> Limits | None:
    nominal, deviation = reading.number(match["nominal"]), reading.number(match["deviation"])
    if nominal is None or deviation is None or abs(deviation) * 2 > abs(nominal):
        return None
    low, high = sorted((Decimal(0), deviation))
    return Limits(nominal + low, nominal + high, nominal, one_unit(match["unit"], match["end_unit"]))


def _fit(match: re.Match[str], reading: Reading) -> Limits | None:
    nominal = reading.number(match["nominal"])
    thread = match["letter"] == "M" and " " in match.group()
    return None if nominal is None or thread else fitted(nominal, match["letter"], match["grade"])


def fitted(nominal: Decimal, letter: str, grade: str) -> Limits | None:
    """An ISO 286 fit, always in millimetres."""
    deviations = fit_deviations(nominal, letter, int(grade))
    if deviations is None:
        return None
    return Limits(nominal + deviations[0], nominal + deviations[1], nominal, "mm")


def _range(match: re.Match[str], reading: Reading) -> Limits | None:
    lower, upper = reading.number(match["lower"]), reading.number(match["upper"])
    if lower is None or upper is None or lower > upper:
        return None
    return Limits(lower, upper, None, one_unit(match["upper_unit"], match["lower_unit"]))


def _interval(match: re.Match[str], reading: Reading) -> Limits | None:
    lower, upper = reading.number(match["lower"]), reading.number(match["upper"])
    if lower is None or upper is None or lower > upper:
        return None
    opened = (match["lower_sign"] == "<", match["upper_sign"] == "<")
    return Limits(lower, upper, None, one_unit(match["unit"]), "", *opened)


def _upper(match: re.Match[str], reading: Reading) -> Limits | None:
    bound = reading.number(match["bound"])
    return (
        None
        if bound is None
        else Limits(upper=bound, unit=one_unit(match["unit"]), upper_open="open" in match.groupdict())
    )


def _lower(match: re.Match[str], reading: Reading) -> Limits | None:
    bound = reading.number(match["bound"])
    return (
        None
        if bound is None
        else Limits(lower=bound, unit=one_unit(match["unit"]), lower_open="open" in match.groupdict())
    )


_LASTS: Final = re.compile(
    r"(?:\b(?:in|for|after|every|within|over|about|another|last|next)|保压|经|,)\s*$", re.IGNORECASE
)
_DEMANDS: Final = re.compile(
    r"(?:says?|asks?|wants?|spec|limit|require[sd]?|contract|drawing|print|要求|标准)[\s:]*$", re.IGNORECASE
)


def _lower_after(match: re.Match[str], reading: Reading) -> Limits | None:
    """A bare ``10 min`` is ten minutes unless something is demanded, ``5 min.`` is where something lasts."""
    before = match.string[max(0, match.start() - 20) : match.start()]
    time = not match["unit"].strip() and match["bound"].isdigit() and match["word"].lower().rstrip(".") == "min"
    lasts = _LASTS.search(before) if match["word"].endswith(".") else not _DEMANDS.search(before)
    return None if time and lasts else _lower(match, reading)


def zero_deviation(match: re.Match[str], reading: Reading) -> Limits | None:
    """``-0.2`` alone: from the nominal down."""
    deviation = reading.number(match["deviation"])
    if deviation is None:
        return None
    low, high = sorted((Decimal(0), deviation))
    return Limits(low, high, Decimal(0), one_unit(match["unit"], match["end_unit"]))


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write limits."""

    name: str
    pattern: re.Pattern[str]
    build: _Builder


def _form(name: str, build: _Builder, *parts: str) -> Form:
    return Form(name, re.compile("".join(parts), re.IGNORECASE if name == "word" else 0), build)


_BOUND: Final = rf"\s*(?::|为|is|of|=)?\s*Ø?\s?(?P<bound>[-+]?\s?{NUMBER_PATTERN}){_END}\s?(?P<unit>{UNIT_PATTERN})"
_NOMINAL: Final = rf"{_START}(?P<nominal>-?{NUMBER_PATTERN})(?P<unit>{UNIT_PATTERN})\s*"
_FIT_LETTER: Final = r"JS|js|[DEFGHJKMNPdefghjkmnp]"
_DEVIATION_PAIR: Final = (
    rf"(?:(?:{_FIT_LETTER})\d{{1,2}}\s*)?[(\[]?\s*(?P<first>[-+]\s?{NUMBER_PATTERN}|0(?:[.,]0+)?)(?P<first_unit>{UNIT_PATTERN})(?:\s*[/;,|\s]\s*|\s*(?:~|至|to)\s*(?=[-+])|(?=[-+]))"
    rf"(?P<second>[-+]\s?{NUMBER_PATTERN}|0(?:[.,]0+)?(?!\d)){_END}(?P<second_unit>{UNIT_PATTERN})\s*[)\]]?"
)
_ALONE: Final = rf"(?!\s*(?:{_DASH}\s*[-+]?[\d.]|±|\+/-))"
"""One bound, not the start of a range or a nominal."""
_SINGLE: Final = rf"(?P<deviation>[-+]{NUMBER_PATTERN}){_END}(?P<end_unit>{UNIT_PATTERN})"
ONLY_DEVIATIONS: Final = re.compile(_NOMINAL + _DEVIATION_PAIR)
ONLY_DEVIATION: Final = re.compile(rf"{_NOMINAL}[(]?{_SINGLE}[)]?")

FORMS: Final = (
    _form("tolerance", deviations, _NOMINAL, _DEVIATION_PAIR),
    _form(
        "tolerance",
        _tolerance,
        _NOMINAL,
        r"[(\[]?\s*(?:[,;]?\s*(?:tol(?:erance)?\.?|公差)[\s:]*)?(?:±|\+/-|\+-|-/\+|\+\\-)\s*",
        rf"(?P<width>{NUMBER_PATTERN}){_END}(?P<width_unit>{UNIT_PATTERN})\s*[)\]]?",
    ),
    _form(
        "tolerance",
        _tolerance,
        _NOMINAL,
        rf"[,;]?\s*(?:tol(?:erance)?\.?|公差)[\s:]*(?P<width>{NUMBER_PATTERN}){_END}(?P<width_unit>{UNIT_PATTERN})(?!\s*(?:{_DASH}|±|\+))",
    ),
    _form("tolerance", _one_deviation, _NOMINAL, rf"\(\s*{_SINGLE}\s*\)"),
    _form("fit", _fit, _NOMINAL, rf"(?P<letter>{_FIT_LETTER})(?P<grade>[5-9]|1[0-3])(?![A-Za-z\d.])"),
    _form(
        "range",
        _interval,
        rf"{_START}(?P<lower>-?{NUMBER_PATTERN})\s*(?P<lower_sign><=?|≤)\s*[A-Za-zΔØ]{{0,8}}\s*(?P<upper_sign><=?|≤)\s*",
        rf"(?P<upper>-?{NUMBER_PATTERN}){_END}(?P<unit>{UNIT_PATTERN})",
    ),
    _form(
        "range",
        _range,
        rf"{_START}(?!\d+\s?-\s?Ø)(?P<lower>[-+]?{NUMBER_PATTERN})(?P<lower_unit>{UNIT_PATTERN})\s*{_DASH}\s*Ø?(?P<upper>[-+]?{NUMBER_PATTERN}){_END}(?P<upper_unit>{UNIT_PATTERN})",
    ),
    _form(
        "range",
        _range,
        rf"between\s+(?P<lower>[-+]?{NUMBER_PATTERN})(?P<lower_unit>{UNIT_PATTERN})\s+and\s+(?P<upper>[-+]?{NUMBER_PATTERN}){_END}(?P<upper_unit>{UNIT_PATTERN})",
    ),
    _form(
        "range",
        _range,
        rf"\[\s*(?P<lower>[-+]?{NUMBER_PATTERN})(?P<lower_unit>)\s*[,;]\s+(?P<upper>[-+]?{NUMBER_PATTERN})(?P<upper_unit>{UNIT_PATTERN})\s*\]",
    ),
    _form("sign", _upper, r"(?:<=|=<|≤)", _BOUND),
    _form("sign", _lower, r"(?:>=|≥)", _BOUND),
    _form("sign", _upper, r"(?P<open><)", _BOUND),
    _form("sign", _lower, r"(?P<open>>)", _BOUND),
    _form("word", _lower, rf"(?<![A-Za-z])(?:{_LOWER_WORDS})", _BOUND, _ALONE),
    _form("word", _upper, rf"(?<![A-Za-z])(?:{_UPPER_WORDS})", _BOUND, _ALONE),
    _form("word", _upper, rf"(?<![A-Za-z])(?P<open>{_BELOW_WORDS})", _BOUND, _ALONE),
    _form("word", _lower, rf"(?<![A-Za-z])(?P<open>{_ABOVE_WORDS})", _BOUND, _ALONE),
    _form(
        "word",
        _upper,
        rf"{_START}(?P<bound>-?{NUMBER_PATTERN})(?P<unit>{UNIT_PATTERN})\s*(?:{_UPPER_AFTER})(?!\s*[:=]?\s*[-+]?\.?\d)",
    ),
    _form(
        "word",
        _lower_after,
        rf"{_START}(?P<bound>-?{NUMBER_PATTERN})(?P<unit>{UNIT_PATTERN})\s*(?P<word>{_LOWER_AFTER})(?!\s*[:=]?\s*[-+]?\.?\d)",
    ),
)

CELL_FORMS: Final = (
    _form("word", _lower, rf"^\s*[az]\s?(?P<bound>{NUMBER_PATTERN})(?P<unit>{UNIT_PATTERN})\s*$"),
    _form("tolerance", _one_deviation, _NOMINAL, _SINGLE),
    _form(
        "range",
        _range,
        rf"{_START}(?P<lower>{NUMBER_PATTERN})(?P<lower_unit>{UNIT_PATTERN})\s*/\s*(?P<upper>{NUMBER_PATTERN}){_END}(?P<upper_unit>{UNIT_PATTERN})\s*$",
    ),
    _form("word", _upper, rf"(?:{_MOST})", _BOUND),
    _form("word", _lower, rf"(?:{_LEAST})", _BOUND),
    _form("word", _upper, r"(?<![A-Za-z])R[aztq]\s*:?", _BOUND),
    _form(
        "word",
        _upper,
        rf"^\s*Ø?\s*(?P<bound>{NUMBER_PATTERN})(?P<unit>(?:\s?(?:mm|µm|um|in)\b)?)\s*/?\s*(?:[ⓂⓁM]\s*)?(?:/?\s*[A-H](?:\s*[-|,]?\s*[A-H])*)?\s*$(?<=[A-HMⓂⓁ])",
    ),
)
"""Only where the text is known to be a specification: in prose these are measured values."""

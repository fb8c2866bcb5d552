"""Limits as people write them: ``8.5±0.2``, ``Ø10 H7``, ``≤ 0.1``, ``不小于 5``, ``4.0~5.0``.

Text that states no limits gives None. What can be read in two ways gives None as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from edge_app.domain.fits import fit_deviations
from edge_app.domain.numbers import NUMBER, fold, to_decimal
from edge_app.domain.report import Limits
from edge_app.domain.units import UNIT, convert

_N: Final = NUMBER
_U: Final = rf"(?:\s?{UNIT})?"
_START: Final = r"(?<![\d.,A-Za-z_#/])(?<![A-Za-z\d]-)"
"""A number does not start inside another one or inside an identifier."""
_END: Final = r"(?!\d|[.,]\d|-\d|/\d{3,}|\s?['′](?![A-Za-z]))"
"""... nor end in a date, in another number or in minutes of arc."""
_DATE: Final = re.compile(r"(?<!\d)\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)")
_DASH: Final = r"(?:-|–|—|~|÷|…|\.{2,3}|至|到|to\b|bis\b)"

_UPPER_WORDS: Final = (
    r"not\s+(?:be\s+)?(?:more|greater|larger|higher)\s+than|no\s+(?:more|greater)\s+than|(?:not|never)\s+(?:to\s+)?exceed(?:ing)?"
    r"|at\s+most|up\s+to|upper\s+(?:spec(?:ification)?\s+)?limit|top\s+limit|USL|maximum|max\b\.?|limit(?:ed\s+to)?"
    r"|(?:不得|不能|不应|不允许|不可|应不|不)(?:大于|超过|高于|超出|多于|长于)|至多|小于等于|小于或等于|小于或者等于|上限(?:为|是)?|限值?(?:为|是)?"
    r"|允许(?:值|偏差)?(?:为|是)?"
)
_LOWER_WORDS: Final = (
    r"not\s+(?:be\s+)?(?:less|lower|smaller)\s+than|no\s+(?:less|lower)\s+than|at\s+least"
    r"|lower\s+(?:spec(?:ification)?\s+)?limit|bottom\s+limit|LSL|minimum|min\b\.?|needs?"
    r"|(?:不得|不能|不应|不可|应不|不)(?:小于|低于|少于|短于)|至少|大于等于|大于或等于|下限(?:为|是)?"
)
_BELOW_WORDS: Final = r"less\s+than|below|under|(?<!不)(?<!得)小于(?!等|或)|(?<!不)低于"
_ABOVE_WORDS: Final = r"(?:greater|more|higher)\s+than|above|(?<!不)大于(?!等|或)|(?<!不)高于"
_MOST: Final = r"最大值?|最高|最多"
_LEAST: Final = r"最小值?|最低|最少"
_UPPER_AFTER: Final = (
    r"max(?:imum|\.)?(?![A-Za-z])|or\s+(?:less|below|under)|以下|以内|之内|upper\s+limit|limit\b|allowed|permitted"
)
_LOWER_AFTER: Final = r"min(?:imum|\.)?(?![A-Za-z])|or\s+(?:more|above|over|higher)|以上|lower\s+limit"


@dataclass(frozen=True, slots=True)
class FoundLimits:
    """Limits and where they stand in the text."""

    start: int
    end: int
    limits: Limits
    form: str
    """``tolerance``, ``fit``, ``range``, ``sign`` (≤ <), ``word`` (max, 不大于)."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How numbers in this text are to be read."""

    mark: str
    nominal: Decimal | None = None

    def number(self, text: str) -> Decimal | None:
        """Signed."""
        text = text.strip()
        value = to_decimal(text.lstrip("+-– \t"), self.mark)
        return -value if value is not None and text[:1] in {"-", "–"} else value


_Builder = Callable[[re.Match[str], _Reading], Limits | None]


def parse_limits(text: str, *, decimal_mark: str = "", unit: str = "", nominal: Decimal | None = None) -> Limits | None:
    """The limits that a cell or clause states, None when it states none or several.

    ``unit`` stands in when the text has none; ``nominal`` is for ``±0.05``, ``+0.1/-0`` and ``H7`` alone.
    """
    found = [*find_limits(text, decimal_mark=decimal_mark, cell=True)]
    limits = _only(found) if found else None
    if limits is None and nominal is not None and not found:
        limits = _around(fold(text), _Reading(decimal_mark, nominal))
    if limits is None:
        return None
    return replace(limits, unit=limits.unit or unit, text=text.strip())


def find_limits(text: str, *, decimal_mark: str = "", cell: bool = False) -> Iterator[FoundLimits]:
    """All limits in ``text`` from left to right. ``cell``: the whole text is a specification.

    Neighbouring one-sided limits that make a pair (``min 4 max 5``) come as one.
    """
    folded = _DATE.sub(lambda match: " " * len(match.group()), fold(text))
    reading = _Reading(decimal_mark)
    pending: FoundLimits | None = None
    for one in _scan(text, folded, reading, _FORMS + _CELL_FORMS if cell else _FORMS):
        pair = _paired(pending, one, text) if pending else None
        if pending and pair is None:
            yield pending
        pending = pair or one
    if pending:
        yield pending


def _scan(text: str, folded: str, reading: _Reading, forms: tuple[_Form, ...]) -> Iterator[FoundLimits]:
    hits = [
        (match.start(), order, match, form)
        for order, form in enumerate(forms)
        for match in form.pattern.finditer(folded)
    ]
    end = 0
    for start, _, match, form in sorted(hits, key=lambda hit: hit[:2]):
        if start < end:
            continue
        limits = form.build(match, reading)
        if limits is not None:
            end = match.end()
            written = text[start:end].strip()
            yield FoundLimits(start, end, replace(limits, text=written), form.name)


def _paired(first: FoundLimits, second: FoundLimits, text: str) -> FoundLimits | None:
    """``min 4`` and ``max 5`` side by side; also a nominal's fit followed by its limits in brackets."""
    gap = text[first.end : second.start]
    if len(gap) > 12 or re.search(r"[\d。;；\n]", gap):  # noqa: PLR2004 - side by side
        return None
    low, high = sorted((first.limits, second.limits), key=lambda limits: limits.lower is None)
    if None in {low.lower, high.upper} or low.upper is not None or high.lower is not None:
        explicit = first.form == "fit" and second.form in {"range", "tolerance"}
        return replace(second, start=first.start) if explicit else None
    assert low.lower is not None and high.upper is not None  # noqa: PT018 - one fact: a pair
    if low.lower > high.upper:
        return None
    both = replace(low, upper=high.upper, upper_open=high.upper_open, unit=low.unit or high.unit)
    return FoundLimits(first.start, second.end, replace(both, text=text[first.start : second.end].strip()), "range")


def _only(found: list[FoundLimits]) -> Limits | None:
    """The one statement; several that say different things are none."""
    stated = [one for one in found if one.form != "fit"] or found
    bounds = {(one.limits.lower, one.limits.upper) for one in stated}
    return stated[0].limits if len(bounds) == 1 else None


def _unit(*units: str | None) -> str:
    return next((unit.strip() for unit in units if unit and unit.strip()), "")


def _tolerance(match: re.Match[str], reading: _Reading) -> Limits | None:
    nominal, width = reading.number(match["nominal"]), reading.number(match["width"])
    if nominal is None or width is None:
        return None
    unit, width_unit = _unit(match["unit"]), _unit(match["width_unit"])
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


def _deviations(match: re.Match[str], reading: _Reading) -> Limits | None:
    nominal = reading.number(match["nominal"])
    first, second = reading.number(match["first"]), reading.number(match["second"])
    if nominal is None or first is None or second is None:
        return None
    signs = (match["first"][0] in "+-", match["second"][0] in "+-")
    if not any(signs) or any(not sign and value for sign, value in zip(signs, (first, second), strict=True)):
        return None
    if nominal and max(abs(first), abs(second)) > abs(nominal):
        return None
    unit = _unit(match["unit"], match["first_unit"], match["second_unit"])
    return Limits(nominal + min(first, second), nominal + max(first, second), nominal, unit)


def _one_deviation(match: re.Match[str], reading: _Reading) -> Limits | None:
    nominal, deviation = reading.number(match["nominal"]), reading.number(match["deviation"])
    if nominal is None or deviation is None or abs(deviation) >= abs(nominal):
        return None
    low, high = sorted((Decimal(0), deviation))
    return Limits(nominal + low, nominal + high, nominal, _unit(match["unit"], match["end_unit"]))


def _fit(match: re.Match[str], reading: _Reading) -> Limits | None:
    nominal = reading.number(match["nominal"])
    thread = match["letter"] == "M" and " " in match.group()
    return None if nominal is None or thread else _fitted(nominal, match["letter"], match["grade"])


def _fitted(nominal: Decimal, letter: str, grade: str) -> Limits | None:
    deviations = fit_deviations(nominal, letter, int(grade))
    if deviations is None:
        return None
    return Limits(nominal + deviations[0], nominal + deviations[1], nominal, "mm")


def _range(match: re.Match[str], reading: _Reading) -> Limits | None:
    lower, upper = reading.number(match["lower"]), reading.number(match["upper"])
    if lower is None or upper is None or lower > upper:
        return None
    return Limits(lower, upper, None, _unit(match["upper_unit"], match["lower_unit"]))


def _interval(match: re.Match[str], reading: _Reading) -> Limits | None:
    lower, upper = reading.number(match["lower"]), reading.number(match["upper"])
    if lower is None or upper is None or lower > upper:
        return None
    opened = (match["lower_sign"] == "<", match["upper_sign"] == "<")
    return Limits(lower, upper, None, _unit(match["unit"]), "", *opened)


def _upper(match: re.Match[str], reading: _Reading) -> Limits | None:
    bound = reading.number(match["bound"])
    return (
        None
        if bound is None
        else Limits(upper=bound, unit=_unit(match["unit"]), upper_open="open" in match.groupdict())
    )


def _lower(match: re.Match[str], reading: _Reading) -> Limits | None:
    bound = reading.number(match["bound"])
    return (
        None
        if bound is None
        else Limits(lower=bound, unit=_unit(match["unit"]), lower_open="open" in match.groupdict())
    )


def _around(folded: str, reading: _Reading) -> Limits | None:
    """Deviations or a fit without their nominal."""
    assert reading.nominal is not None
    if fit := re.fullmatch(r"\s*([A-Za-z]{1,2})\s?(\d{1,2})\s*", folded):
        return _fitted(reading.nominal, fit[1], fit[2])
    if (one := re.fullmatch(rf"\s*(?:tol\.?|公差)?\s*(?:±|\+/-|\+-)\s*(?P<width>{_N})(?P<unit>{_U})\s*", folded)) and (
        width := reading.number(one["width"])
    ) is not None:
        unit = _unit(one["unit"])
        width = abs(reading.nominal) * width / 100 if unit == "%" else width
        return Limits(reading.nominal - width, reading.nominal + width, reading.nominal, "" if unit == "%" else unit)
    shifted = _ONLY_DEVIATIONS.fullmatch(f"0 {folded.strip()}") or _ONLY_DEVIATION.fullmatch(f"0 {folded.strip()}")
    if shifted is None:
        return None
    build = _deviations if "first" in shifted.groupdict() else _zero_deviation
    limits = build(shifted, reading)
    if limits is None or limits.lower is None or limits.upper is None:
        return None
    nominal = reading.nominal
    return replace(limits, lower=nominal + limits.lower, upper=nominal + limits.upper, nominal=nominal)


def _zero_deviation(match: re.Match[str], reading: _Reading) -> Limits | None:
    deviation = reading.number(match["deviation"])
    if deviation is None:
        return None
    low, high = sorted((Decimal(0), deviation))
    return Limits(low, high, Decimal(0), _unit(match["unit"], match["end_unit"]))


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write limits."""

    name: str
    pattern: re.Pattern[str]
    build: _Builder


def _form(name: str, build: _Builder, *parts: str) -> _Form:
    return _Form(name, re.compile("".join(parts), re.IGNORECASE if name == "word" else 0), build)


_BOUND: Final = rf"\s*(?::|为|is|of|=)?\s*(?P<bound>[-+]?\s?{_N}){_END}\s?(?P<unit>{_U})"
_NOMINAL: Final = rf"{_START}(?P<nominal>-?{_N})(?P<unit>{_U})\s*"
_FIT_LETTER: Final = r"JS|js|[DEFGHJKMNPdefghjkmnp]"
_DEVIATION_PAIR: Final = (
    rf"(?:(?:{_FIT_LETTER})\d{{1,2}}\s*)?[(\[]?\s*(?P<first>[-+]\s?{_N}|0(?:[.,]0+)?)(?P<first_unit>{_U})(?:\s*[/;,|\s]\s*|(?=[-+]))"
    rf"(?P<second>[-+]\s?{_N}|0(?:[.,]0+)?(?!\d)){_END}(?P<second_unit>{_U})\s*[)\]]?"
)
_SINGLE: Final = rf"(?P<deviation>[-+]{_N}){_END}(?P<end_unit>{_U})"
_ONLY_DEVIATIONS: Final = re.compile(_NOMINAL + _DEVIATION_PAIR)
_ONLY_DEVIATION: Final = re.compile(rf"{_NOMINAL}[(]?{_SINGLE}[)]?")

_FORMS: Final = (
    _form("tolerance", _deviations, _NOMINAL, _DEVIATION_PAIR),
    _form(
        "tolerance",
        _tolerance,
        _NOMINAL,
        r"[(\[]?\s*(?:[,;]?\s*(?:tol(?:erance)?\.?|公差)[\s:]*)?(?:±|\+/-|\+-|-/\+|\+\\-)\s*",
        rf"(?P<width>{_N}){_END}(?P<width_unit>{_U})\s*[)\]]?",
    ),
    _form(
        "tolerance",
        _tolerance,
        _NOMINAL,
        rf"[,;]?\s*(?:tol(?:erance)?\.?|公差)[\s:]*(?P<width>{_N}){_END}(?!\s*{_DASH}\s*\d)(?P<width_unit>{_U})",
    ),
    _form("tolerance", _one_deviation, _NOMINAL, rf"\(\s*{_SINGLE}\s*\)"),
    _form("fit", _fit, _NOMINAL, rf"(?P<letter>{_FIT_LETTER})(?P<grade>[5-9]|1[0-3])(?![A-Za-z\d.])"),
    _form(
        "range",
        _interval,
        rf"{_START}(?P<lower>-?{_N})\s*(?P<lower_sign><=?|≤)\s*[A-Za-zΔØ]{{0,8}}\s*(?P<upper_sign><=?|≤)\s*",
        rf"(?P<upper>-?{_N}){_END}(?P<unit>{_U})",
    ),
    _form(
        "range",
        _range,
        rf"{_START}(?P<lower>[-+]?{_N})(?P<lower_unit>{_U})\s*{_DASH}\s*Ø?(?P<upper>[-+]?{_N}){_END}(?P<upper_unit>{_U})",
    ),
    _form(
        "range",
        _range,
        rf"between\s+(?P<lower>[-+]?{_N})(?P<lower_unit>{_U})\s+and\s+(?P<upper>[-+]?{_N}){_END}(?P<upper_unit>{_U})",
    ),
    _form(
        "range",
        _range,
        rf"\[\s*(?P<lower>[-+]?{_N})(?P<lower_unit>)\s*[,;]\s+(?P<upper>[-+]?{_N})(?P<upper_unit>{_U})\s*\]",
    ),
    _form("sign", _upper, r"(?:<=|=<|≤)", _BOUND),
    _form("sign", _lower, r"(?:>=|=>|≥)", _BOUND),
    _form("sign", _upper, r"(?P<open><)", _BOUND),
    _form("sign", _lower, r"(?P<open>>)", _BOUND),
    _form("word", _lower, rf"(?<![A-Za-z])(?:{_LOWER_WORDS})", _BOUND),
    _form("word", _upper, rf"(?<![A-Za-z])(?:{_UPPER_WORDS})", _BOUND),
    _form("word", _upper, rf"(?<![A-Za-z])(?P<open>{_BELOW_WORDS})", _BOUND),
    _form("word", _lower, rf"(?<![A-Za-z])(?P<open>{_ABOVE_WORDS})", _BOUND),
    _form("word", _upper, rf"{_START}(?P<bound>-?{_N})(?P<unit>{_U})\s*(?:{_UPPER_AFTER})(?!\s*[:=]?\s*[-+]?\.?\d)"),
    _form("word", _lower, rf"{_START}(?P<bound>-?{_N})(?P<unit>{_U})\s*(?:{_LOWER_AFTER})(?!\s*[:=]?\s*[-+]?\.?\d)"),
)

_CELL_FORMS: Final = (
    _form("tolerance", _one_deviation, _NOMINAL, _SINGLE),
    _form(
        "range",
        _range,
        rf"{_START}(?P<lower>{_N})(?P<lower_unit>{_U})\s*/\s*(?P<upper>{_N}){_END}(?P<upper_unit>{_U})\s*$",
    ),
    _form("word", _upper, rf"(?:{_MOST})", _BOUND),
    _form("word", _lower, rf"(?:{_LEAST})", _BOUND),
    _form("word", _upper, r"(?<![A-Za-z])R[aztq]\s*:?", _BOUND),
    _form(
        "word",
        _upper,
        rf"^\s*Ø?\s*(?P<bound>{_N})(?P<unit>(?:\s?(?:mm|µm|um|in)\b)?)\s*/?\s*(?:[ⓂⓁM]\s*)?(?:/?\s*[A-H](?:\s*[-|,]?\s*[A-H])*)?\s*$(?<=[A-HMⓂⓁ])",
    ),
)
"""Only where the text is known to be a specification: in prose these are measured values."""

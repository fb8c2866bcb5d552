"""Numbers as people write them.

A number that can be read in two ways is not guessed: it has no value, and the problem says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from edge_app.domain.verdict import Doubt

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_SAME_SIGN: Final = str.maketrans("−﹣﹢∕〜≦≧⩽⩾≯≮∅⌀φΦøϕ", "--+/~≤≥≤≥≤≥ØØØØØØ")
_SUPERSCRIPT: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

NUMBER: Final = (
    r"(?>(?:\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3})+,\d+"
    r"|\d{1,3}(?:\.\d{3}){2,}(?!\d)"
    r"|\d{1,3}(?:[\u00a0\u202f\u2009'’]\d{3})+(?!\d)(?:[.,]\d+)?"
    r"|\d+(?:[.,]\d+)?|\.\d+|(?<![\w)\]]),\d+)"
    r"(?:[eE][-+]?\d{1,3}(?![\dA-Za-z])"
    r"|\s?[x×·*]\s?10(?:\s?\^\s?[-+]?\d{1,3}|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))?)"
)
"""Pattern of an unsigned number in folded text, without groups; atomic, so that 10 is never read as 1 and 0."""

_MISSING: Final = re.compile(r"(?:[-–—/\\.*?]*|n\.?/?a\.?|nan|null|none|nil|inf|#.*|[^\d]*)", re.IGNORECASE)
_PREFIX: Final = re.compile(
    r"(?:(?:约|大约|近|about|approx\.?|ca\.?|c\.|[~≈=:])\s*)?"
    r"(?:(?P<comparator><=|>=|=<|=>|[<>≤≥])\s*)?"
    r"(?P<symbol>Ø|(?:HRC|HRB|HBW|HB|HV|Ra|Rz|Rt|dE|ΔE|R)(?![A-Za-z]))?\s*=?\s*"
    r"(?P<sign>[-+–—])?\s*"
)
_SPACED: Final = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?!\d)")
_NUMBER: Final = re.compile(NUMBER)
_ASIDE: Final = re.compile(r"\([^()]*\)?$")
_COMPARATORS: Final = {"≤": "<=", "=<": "<=", "≥": ">=", "=>": ">="}
_HARDNESS: Final = frozenset({"HRC", "HRB", "HBW", "HB", "HV"})
_MAX_LENGTH: Final = 400
"""A cell longer than this is prose, not a number."""


@dataclass(frozen=True, slots=True)
class Number:
    """What a cell or word says as a number."""

    value: Decimal | None
    """None when there is none, or when it can be read in two ways."""
    problem: Doubt | None = None
    """MISSING_DATA, AMBIGUOUS_NUMBER, or HEDGED for a number with a question mark."""
    unit: str = ""
    """What stands after the number, as written."""
    comparator: str = ""
    """``<``, ``<=``, ``>`` or ``>=`` where the value is one-sided: ``>200 MΩ``."""


def fold(text: str) -> str:
    """Full-width and look-alike signs replaced by plain ones, character by character: offsets stay."""
    return text.translate(_FULL_WIDTH).translate(_SAME_SIGN)


def parse_number(text: str, *, decimal_mark: str = "") -> Number:
    """The one number that ``text`` holds. ``decimal_mark`` is ``.`` or ``,``, empty when unknown.

    ``1,234`` with an unknown mark is ambiguous, ``0,123`` and ``12,5`` are decimal commas; two numbers are
    a problem, not a choice. Never raises.
    """
    folded = fold(text).strip()
    if len(folded) > _MAX_LENGTH:
        return Number(None, Doubt.AMBIGUOUS_NUMBER)
    if _MISSING.fullmatch(folded):
        return Number(None, Doubt.MISSING_DATA)
    prefix = _PREFIX.match(folded)
    assert prefix is not None
    found = _SPACED.match(folded, prefix.end()) or _NUMBER.match(folded, prefix.end())
    if found is None:
        return Number(None, Doubt.AMBIGUOUS_NUMBER)
    return _number(prefix, found, folded, decimal_mark)


def _number(prefix: re.Match[str], found: re.Match[str], folded: str, decimal_mark: str) -> Number:
    rest = _ASIDE.sub("", folded[found.end() :]).strip()
    hedged = rest.endswith("?") or rest.startswith("?")
    unit = rest.rstrip("?!.,; 。").strip()
    value = to_decimal(found.group(), decimal_mark)
    if value is None or _second_number(unit):
        return Number(None, Doubt.AMBIGUOUS_NUMBER)
    if prefix["sign"] not in {None, "+"}:
        value = -value
    if not unit and prefix["symbol"] in _HARDNESS:
        unit = prefix["symbol"]
    comparator = _COMPARATORS.get(prefix["comparator"] or "", prefix["comparator"] or "")
    return Number(value, Doubt.HEDGED if hedged else None, unit, comparator)


def _second_number(rest: str) -> bool:
    """Whether a digit follows that is no exponent of a unit (``mm2``, ``cm^3``, ``mmH2O``)."""
    return re.search(r"(?<![A-Za-zµμΩ^\d])\d|^[-+/:~]\s*\d|\d\d", rest) is not None


def to_decimal(digits: str, decimal_mark: str = "") -> Decimal | None:
    """The value of an unsigned number as matched by ``NUMBER``; None when it can be read in two ways."""
    text, exponent = _split_exponent(digits)
    plain = _plain(text, decimal_mark)
    if plain is None:
        return None
    try:
        value = Decimal(plain).scaleb(exponent)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _split_exponent(digits: str) -> tuple[str, int]:
    scientific = re.fullmatch(r"(.*?)(?:[eE]([-+]?\d+)|\s?[x×·*]\s?10\s?\^?\s?([-+⁻⁺]?[\d⁰¹²³⁴⁵⁶⁷⁸⁹]+))", digits)
    if scientific is None:
        return digits, 0
    return scientific[1], int((scientific[2] or scientific[3]).translate(_SUPERSCRIPT))


def _plain(text: str, decimal_mark: str) -> str | None:
    """Thousands marks removed and the decimal mark a point; None when unclear."""
    spaced = " " in text
    text = re.sub(r"[ \u00a0\u202f\u2009'’]", "", text)
    if spaced and "," not in text and "." not in text:
        return None
    commas, points = text.count(","), text.count(".")
    if commas and points:
        thousands = min(",.", key=text.rfind)
        return text.replace(thousands, "").replace(",", ".")
    if commas > 1 or points > 1:
        return text.replace(",", "").replace(".", "")
    if commas:
        return _with_comma(text, decimal_mark)
    if points and decimal_mark == "," and _is_thousands(text, "."):
        return text.replace(".", "")
    return text


def _with_comma(text: str, decimal_mark: str) -> str | None:
    thousands = _is_thousands(text, ",")
    if decimal_mark == ",":
        return text.replace(",", ".")
    if decimal_mark == ".":
        return text.replace(",", "") if thousands else None
    return None if thousands else text.replace(",", ".")


def _is_thousands(text: str, mark: str) -> bool:
    """Exactly three digits after the mark and a lead that is not zero."""
    lead, _, group = text.partition(mark)
    return len(group) == 3 and lead not in {"", "0"} and len(lead) <= 3  # noqa: PLR2004 - a thousands group

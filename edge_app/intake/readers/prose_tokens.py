"""Which numbers in free text may be measured values, and which are dates, counts, names and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import NUMBER, to_decimal
from edge_app.domain.units import UNIT

FILLER: Final = "\x01"
"""Stands for a character that is no part of a value; keeps offsets. No space, no word, no digit."""

LONGEST_CLAUSE: Final = 1000
"""Longer lines are read in pieces of this length: they come from machines."""
_MAX_RUN: Final = 40
_ENDLESS: Final = re.compile(rf"([^\n])\1{{{_MAX_RUN},}}|[ \t\u3000]{{{_MAX_RUN},}}")
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?"
_COUNTED: Final = (
    r"(?:pcs|pieces?|parts?|off|units?|boards?|panels?|shots?|samples?|times|passes|cycles|cartons?|boxes|caps|bars(?=\s+\d)|readings"
    r"|measurements|points|spots|places|defects?|pores?|clips|rolls?|balls|pins|holes?|cav(?:ities|ity)?\b|layers?|strips|castings|welds|"
    r"people|days?|weeks?|months?|years?|per\s+cent\s+of|nd|rd|th|st|x)\b"
    r"|[件只个支台套箱盒张片点处号组次颗粒名人层道级份根枚条辆班穴腔模批款月日年天周楼车炉盘对步款位单段行页格脚针孔块包瓶袋卷桶把双排期项]"
)
_NAMED: Final = (
    r"no|nr|number|num|pos|position|item|hole|cav(?:ity)?|joint|bar|part|piece|sample|specimen|run|pin|page|p|step|line|station|class|level|rev|"
    r"lot|batch|heat|tool|job|order|serial|sn|s/n|panel|sheet|clause|note|section|zone|point|spot|shot|bench|press|machine|form|issue|week|wk|unit|"
    r"board|layer|grade|type|channel|ch|op|shift|bay|rack|bin|box|pallet|mould|die|cell|drawing(?!\s+\d+(?:\.\d+)?\s*(?:[-~]|to)\s*\d)|report|figure|fig|table|chapter|day|room|stage|set|lug|"
    r"group|phase|test|tester|qty|quantity|count|checked|inspected|version|ver|fw|sw|RAL|ISO|DIN|EN|ASTM|IEC|JIS|IPC|UL|AWS|GB|GB/T|ANSI|NFPA|VDA|WPS|PO|WO|SKU|AQL"
)
_NOT_VALUES: Final = (
    re.compile(r"(?<!\d)\d{4}\s?[-/.年]\s?\d{1,2}(?:\s?[-/.月]\s?\d{1,2}日?)?(?![\d.])"),
    re.compile(r"(?<![\d.])(?:[0-2]?\d|3[01])([/.-])(?:0?[1-9]|1[0-2])\1\d{2,4}(?![\d.])"),
    re.compile(r"(?<![\d.])(?:0?[1-9]|1[0-2])([/.-])(?:[0-2]?\d|3[01])\1\d{2,4}(?![\d.])"),
    re.compile(r"(?<![\d.])\d{1,2}[:h]\d{2}(?::\d{2})?(?![\d.])(?:\s?[ap]\.?m\.?)?"),
    re.compile(r"(?<![\d.])\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE),
    re.compile(r"(?<!\d)\d{1,2}\s?月(?:\s?\d{1,2}\s?[日号]?)?"),
    re.compile(rf"(?<![\d.])\d{{1,2}}(?:st|nd|rd|th)?[\s.-]?{_MONTH}(?:[\s.,-]*\d{{2,4}}(?!\d))?"),
    re.compile(rf"\b{_MONTH}\s?\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s?\d{{4}})?(?![\d.])"),
    re.compile(r"\b(?:19|20)\d\d\b(?!\s*(?:mm|µm|um|N|V|W|Ω|Pa|[.,]\d))"),
    re.compile(
        r"\b(?:ISO|DIN|EN|ASTM|IEC|JIS|IPC|UL|AWS|GB|GB/T|ANSI|QB/T|JB/T|HG/T|YB/T|NB/T|VDA|MIL-STD|SAE|AMS)[\s-]*[A-Z]{0,2}[-\s]?\d[\d.:/-]*[A-Z]?(?:\s\d\.\d\b)?"
    ),
    re.compile(
        rf"(?<![A-Za-z])(?:{_NAMED})\b[.:#]?\s*(?:no\.?|#)?\s*[A-Z]{{0,3}}-?\d+(?:\s*(?:[-,/&~]|to|and)\s*\d+)*(?![.\d]|\s?%|\s?(?:±|\+/-))",
        re.IGNORECASE,
    ),
    re.compile(r"[#№]\s?\d+"),
    re.compile(r"第\s?\d+(?:\s?[-~、,至]\s?\d+)*\s?[㐀-鿿]?"),
    re.compile(r"(?<![\d.])\d+(?:\s?[-~、,]\s?\d+)*\s?(?:号|#)(?!\s?\d)"),
    re.compile(rf"(?<![\d.,])\d{{1,3}}(?:[ ,]\d{{3}})*(?:\s?(?:-|~|to|/)\s?\d+)?\s?(?:{_COUNTED})(?![A-Za-z])"),
    re.compile(r"(?<![\d.,/])(\d{1,4})\s?/\s?\1(?![\d./])"),
    re.compile(r"(?<![\d.])\d+\s+of\s+\d+(?![.\d])"),
    re.compile(r"\bM\d+(?:[.,]\d+)?(?:\s?[x×*]\s?\d+(?:[.,]\d+)?)?"),
    re.compile(
        r"(?<![\d.])\d+(?:[.,]\d+)?(?:\s?(?:mm|cm|m))?\s?[x×*]\s?(?!10(?:\^|[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹]))\d+(?:[.,]\d+)?(?:\s?[x×*]\s?\d+(?:[.,]\d+)?)*(?:\s?(?:mm|cm|m)\b)?"
    ),
    re.compile(r"[x×*]\s?(?:长|宽|高|深)\s?\d+(?:[.,]\d+)?"),
    re.compile(r"(?<![\d.])[A-Za-z]{1,6}\d*[-_]\d[\w.-]*(?<![.])"),
    re.compile(r"(?<!\d )\b[A-Z]{1,4}\d{1,6}[A-Z]?\b(?![.,]\d)"),
    re.compile(r"\b\d+[A-Z]{1,3}\d+\w*\b(?![.,]\d)(?<![khm])"),
    re.compile(r"^\s*\d{1,3}\s*(?:[.)、:]\s*(?=\D)|\s{2,}(?=\D))", re.MULTILINE),
)
_ARROW: Final = re.compile(r"[-=]+>")
_LABEL: Final = re.compile(
    r"^(\s*[A-Za-z\u4e00-\u9fff][A-Za-z\u4e00-\u9fff ]{0,20})(\d{1,3})"
    r"(?=\s*:(?!\d)|[ \t]+[-+]?\d+(?:[.,]\d+)?\s*[^\d\s]{0,6}\s*$"
    r"|(?:[ \t]{2,}|\t|\u3000)[ \t\u3000]*[-+]?\d+[.,]?\d*[ \t\u3000])"
)
"""``bolt 3: 29.2``, ``bolt 3  82``, ``pc 1   15.8  16.1``."""
_FIT_CODE: Final = re.compile(r"\d+(?:[.,]\d+)?\s?(?:JS|js|[DEFGHJKMNPdefghjkmnp])(?:[5-9]|1[0-3])(?![A-Za-z\d.])")
_HARDNESS_OR_ROUGHNESS: Final = re.compile(r"(?:Ra|Rz|Rt|HRC|HRB|HBW|HB|HV|dE)\d")
_CONDITION: Final = re.compile(
    r"(?:(?<!out )(?<!measured )(?<!reads )(?<!is )\bat|@|\bfor|\bafter|\bunder|\bevery|\bper|\bover|\bwith"
    r"|\buntil|\bbefore|\bx|×|\bplus|\bnext|\blast|\bfirst|\bwithin|\bin|(?<![A-Za-z] )\bdepth|"
    r"(?<![㐀-鿿])[长深宽距]|保压|放置|持续|环境温度|室温|湿度|经|每)\s*(?:of\s*|为)?$",
    re.IGNORECASE,
)
_ITEM: Final = rf"Ø?[-+]?{NUMBER}(?:\s?{UNIT})?(?![A-Za-z_\d]|(?<=\d)[.,]\d)"
_SEPARATOR: Final = (
    r"(?:(?<=\S)[-–—~](?=[\d.Ø])|\s[-–—~]\s|\s?(?:\bto\b|至|到|\.{2,3})\s?"
    r"|\s*(?:[,、;/→]|和|与|\band\b|&)\s*|[ \t\u3000]+)"
)
_ANYWHERE: Final = r"(?:(?<![\d.A-Za-z_#/-])(?<!\d,)|(?<=Ra)|(?<=Rz)|(?<=HB)|(?<=HV)|(?<=HRC)|(?<=dE)|(?<=[\s=:(]-))"
_RUN: Final = re.compile(rf"{_ANYWHERE}{_ITEM}(?:{_SEPARATOR}{_ITEM})*")
_ONE: Final = re.compile(rf"(?P<sign>(?<![\d.])[-+]|)(?P<number>{NUMBER})(?:\s?(?P<unit>{UNIT}))?")


@dataclass(frozen=True, slots=True)
class Value:
    """One number and where it stands."""

    number: Decimal | None
    """None when it can be read in two ways."""
    unit: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """One value or a run of values that belong together: readings, the ends of a range."""

    values: tuple[Value, ...]
    condition: bool = False
    """Stands after ``at``, ``for``, ``over``: says how it was measured, not what."""

    @property
    def start(self) -> int:
        """Offset of the first value."""
        return self.values[0].start

    @property
    def end(self) -> int:
        """Offset after the last value."""
        return self.values[-1].end

    @property
    def unit(self) -> str:
        """The unit of the run: the last one named."""
        return next((value.unit for value in reversed(self.values) if value.unit), "")


def mask(folded: str) -> str:
    """``folded`` with everything that cannot be a measured value or limit replaced, offsets kept."""
    folded = _ARROW.sub(lambda match: "→".rjust(len(match.group()), FILLER), folded)
    return "\n".join(_mask_line(line) if any(char.isdigit() for char in line) else line for line in folded.split("\n"))


def calm(folded: str) -> str:
    """``folded`` with endless repetition cut off, offsets kept: rulers and padding say nothing and cost time."""
    return _ENDLESS.sub(lambda match: match.group()[:_MAX_RUN] + FILLER * (len(match.group()) - _MAX_RUN), folded)


def _mask_line(line: str) -> str:
    if len(line) > LONGEST_CLAUSE:
        return _mask_line(line[:LONGEST_CLAUSE]) + _mask_line(line[LONGEST_CLAUSE:])
    line = _LABEL.sub(lambda match: match[1] + FILLER * len(match[2]), line)
    for pattern in _NOT_VALUES:
        line = pattern.sub(_blank, line)
    return line


def blank(text: str, start: int, end: int) -> str:
    """``text`` with one stretch replaced, offsets kept."""
    return text[:start] + FILLER * (end - start) + text[end:]


def _blank(match: re.Match[str]) -> str:
    text = match.group()
    if _FIT_CODE.match(text) or _HARDNESS_OR_ROUGHNESS.match(text):
        return text
    return FILLER * len(text)


def find_quantities(masked: str, mark: str) -> Iterator[Quantity]:
    """Runs of numbers in masked text, in order."""
    for run in _RUN.finditer(masked):
        values = [_value(match, run.start(), mark) for match in _ONE.finditer(run.group())]
        condition = _CONDITION.search(masked[max(0, run.start() - 16) : run.start()]) is not None
        yield from (Quantity(part, condition) for part in _by_unit(tuple(values)))


def _by_unit(values: tuple[Value, ...]) -> Iterator[tuple[Value, ...]]:
    """A run splits where its units change: ``3.31V  12.8mA`` is two quantities, ``25.1, 25.2 mm`` one."""
    part: list[Value] = []
    seen = ""
    for value in values:
        if part and value.unit and ((seen and value.unit != seen) or (not seen and part[-1].unit)):
            yield tuple(part)
            part, seen = [], ""
        part.append(value)
        seen = value.unit or seen
    yield tuple(part)


def _value(match: re.Match[str], base: int, mark: str) -> Value:
    number = to_decimal(match["number"], mark)
    if number is not None and match["sign"] == "-":
        number = -number
    return Value(number, match["unit"] or "", base + match.start(), base + match.end())

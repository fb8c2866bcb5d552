"""Units as people write them.

Spelling is data here; what a unit means is pint's. Pint costs about half a second to load, so it is loaded
by the first conversion and not before.
"""

from __future__ import annotations

import functools
import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pint

_SPELLINGS: Final = {
    "millimeter": "mm 毫米 公厘 millimetre millimetres millimeters",
    "centimeter": "cm 厘米 公分",
    "meter": "m 米 metre metres",
    "micrometer": "um µm 微米 micron microns",
    "nanometer": "nm 纳米",
    "inch": 'in inch inches " ″ 英寸 吋',
    "thou": "mil mils thou 密耳",
    "microinch": 'uin µin µ"',
    "foot": "ft 英尺",
    "newton*meter": "N·m N.m N*m Nm N-m 牛米 牛·米",
    "centinewton*meter": "cN·m cNm cN.m",
    "millinewton*meter": "mN·m mNm",
    "kgf*centimeter": "kgf·cm kgfcm kgf.cm kg·cm kg.cm 公斤厘米",
    "kgf*meter": "kgf·m kgfm",
    "force_pound*foot": "ft·lb ft-lb ftlb ft.lb lbf·ft lbft",
    "force_pound*inch": "in·lb in-lb inlb lbf·in lbin",
    "newton": "N 牛 牛顿",
    "kilonewton": "kN 千牛",
    "kgf": "kgf 公斤力",
    "force_pound": "lbf",
    "megapascal": "MPa 兆帕 N/mm2 N/mm²",
    "gigapascal": "GPa",
    "kilopascal": "kPa 千帕",
    "pascal": "Pa 帕",
    "bar": "bar 巴",
    "millibar": "mbar",
    "psi": "psi",
    "ohm": "Ω Ohm ohm ohms 欧 欧姆 R",
    "kiloohm": "kΩ KΩ kohm kOhm KO 千欧 k",
    "megaohm": "MΩ Mohm MOhm 兆欧 M",
    "gigaohm": "GΩ Gohm",
    "milliohm": "mΩ mohm mOhm 毫欧",
    "microohm": "µΩ uΩ",
    "volt": "V 伏 伏特 VDC VAC Vdc Vac",
    "kilovolt": "kV KV 千伏",
    "millivolt": "mV 毫伏 mVpp",
    "microvolt": "µV uV",
    "ampere": "A 安 安培",
    "milliampere": "mA 毫安",
    "microampere": "µA uA 微安",
    "nanoampere": "nA",
    "watt": "W 瓦",
    "kilowatt": "kW 千瓦",
    "milliwatt": "mW",
    "farad": "F",
    "microfarad": "µF uF 微法",
    "nanofarad": "nF",
    "picofarad": "pF 皮法",
    "henry": "H",
    "millihenry": "mH",
    "microhenry": "µH uH",
    "hertz": "Hz 赫兹",
    "kilohertz": "kHz KHz",
    "megahertz": "MHz",
    "gigahertz": "GHz",
    "degree_Celsius": "°C ℃ degC 摄氏度",
    "degree_Fahrenheit": "°F ℉ degF",
    "kelvin": "K",
    "degree": "° deg degree degrees 度",
    "second": "s sec secs second seconds 秒",
    "millisecond": "ms 毫秒",
    "microsecond": "µs us 微秒",
    "nanosecond": "ns",
    "minute": "min mins minute minutes 分钟",
    "hour": "h hr hrs hour hours 小时",
    "gram": "g 克",
    "kilogram": "kg KG Kg 千克 公斤",
    "milligram": "mg 毫克",
    "microgram": "µg ug 微克",
    "metric_ton": "t 吨",
    "pound": "lb lbs 磅",
    "ounce": "oz 盎司",
    "liter": "L l 升",
    "milliliter": "ml mL 毫升",
    "liter/minute": "L/min l/min lpm LPM 升/分",
    "milliliter/minute": "ml/min mL/min",
    "millibar*liter/second": "mbar·l/s mbar·L/s mbar*l/s mbar.l/s mbarl/s",
    "pascal*meter**3/second": "Pa·m3/s Pa·m³/s",
    "newton/millimeter": "N/mm",
    "newton/centimeter": "N/cm",
    "newton/meter": "N/m",
    "kilonewton/meter": "kN/m",
    "millimeter**2": "mm2 mm²",
    "meter**2": "m2 m²",
    "centimeter**3": "cm3 cm³ cc",
    "millimeter/meter": "mm/m",
    "meter/second": "m/s",
    "millimeter/second": "mm/s",
    "meter/minute": "m/min",
    "revolution/minute": "rpm RPM r/min 转/分",
    "microsiemens/centimeter": "µS/cm uS/cm",
    "microstrain": "µε με",
    "percent": "%",
    "ppm": "ppm",
    "lux": "lx lux",
}
"""Spellings by pint expression."""

_KINDS: Final = {
    "[HRC]": "HRC",
    "[HRB]": "HRB",
    "[HB]": "HB HBW HBS",
    "[HV]": "HV HV10 HV1 HV0.3",
    "[Shore A]": "ShoreA HA",
    "[Shore D]": "ShoreD HD",
    "[decibel]": "dB",
    "[dBA]": "dBA dB(A)",
    "[dBm]": "dBm",
    "[standard cm3/min]": "sccm",
    "[%LEL]": "%LEL",
    "[%RH]": "%RH",
    "[gloss]": "GU",
    "[pH]": "pH",
    "[melt flow]": "g/10min",
}
"""Scales of their own: equal to themselves, convertible to nothing."""


def _fold(unit: str) -> str:
    """One sign for each of the look-alikes, no spaces, no full stop at the end."""
    unit = re.sub(r"\s+", "", unit).replace("μ", "µ").replace("Ω", "Ω").replace("㎜", "mm").replace("㎛", "µm")
    unit = re.sub(r"[⋅∙•‧×*]", "·", unit).replace("º", "°").replace("Μ", "M").replace("''", '"').replace("”", '"')
    return unit.rstrip(".")


_NAMES: Final = {
    _fold(spelling): name
    for table in (_SPELLINGS, _KINDS)
    for name, spellings in table.items()
    for spelling in spellings.split()
}
_LOWER: Final = {spelling.lower(): name for spelling, name in reversed(_NAMES.items()) if len(spelling) > 2}  # noqa: PLR2004 - short ones differ by case: mW, MW
_DIGITS: Final = Context(prec=15)
"""Of a converted value: 12.7 mm is exactly 0.5 in, whatever the factor's last digits."""


def _pattern() -> str:
    names = [re.escape(name).replace("·", "[·⋅∙•.*]").replace("µ", "[µμ]") for name in _NAMES]
    atoms = "|".join(sorted(names, key=len, reverse=True)).replace("min|", r"min(?!\.?\s*[-\d.])|")
    atoms = atoms.replace("10min", r"10\s?min")
    atoms = re.sub(r"\|in\|", r"|in(?!\\s+[a-z])|", atoms)
    return rf"(?:{atoms})(?![A-Za-zµμΩ])(?:/[A-Za-z]{{1,3}}[²³23]?(?![A-Za-z0-9]))?"


UNIT: Final = _pattern()
"""Pattern of a known unit in text, longest first, without groups."""


def canonical(unit: str) -> str | None:
    """One name for a unit however it is written; None when it is not known."""
    folded = _fold(unit)
    return _NAMES.get(folded) or _LOWER.get(folded.lower())


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal | None:
    """``value`` in ``to_unit``; None when one unit is unknown or the two are not comparable."""
    source, target = canonical(from_unit), canonical(to_unit)
    if source is None or target is None:
        return value if from_unit and _fold(from_unit) == _fold(to_unit) else None
    if source == target:
        return value
    if source.startswith("[") or target.startswith("["):
        return None
    return _pint_convert(value, source, target)


def same_quantity(a: str, b: str) -> bool | None:
    """Whether two units measure the same quantity; None when one of them is not known."""
    first, second = canonical(a), canonical(b)
    if first is None or second is None:
        return None
    if first == second:
        return True
    if first.startswith("[") or second.startswith("["):
        return False
    return _pint_comparable(first, second)


@functools.cache
def _registry() -> pint.UnitRegistry[Decimal]:
    import pint  # noqa: PLC0415 - half a second that most reports do not need

    registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(non_int_type=Decimal)
    registry.define("microstrain = 1e-6 = µε")
    return registry


@functools.cache
def _pint_comparable(first: str, second: str) -> bool:
    """Same dimension, and not merely both without one: 3 ° is not 3 %."""
    registry = _registry()
    one, other = registry.Unit(first), registry.Unit(second)
    plain = one.dimensionless and other.dimensionless
    return one.dimensionality == other.dimensionality and not plain


def _pint_convert(value: Decimal, source: str, target: str) -> Decimal | None:
    if not _pint_comparable(source, target):
        return None
    converted = _registry().Quantity(value, source).to(target).magnitude
    rounded = _DIGITS.create_decimal(converted).normalize(_DIGITS)
    return rounded if rounded == 0 or rounded.adjusted() > _DIGITS.prec else rounded + Decimal(0)

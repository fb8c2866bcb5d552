"""Words that no list holds: invented names, codes, rare characters. What holds them can only be copied."""

from __future__ import annotations

from random import Random
from typing import Final

_ONSETS: Final = (
    *"bcdfghjklmnprstvwz",
    *["br", "ch", "cl", "dr", "fl", "gr", "kr", "pl", "qu", "sch", "sh", "sk", "sl", "st", "str", "th", "tr"],
    "",
)
_VOWELS: Final = [*"aeiouy", "ai", "au", "ea", "ee", "ie", "oa", "oo", "ou", "ö", "é"]
_CODAS: Final = [*"bdgklmnprstx", "ck", "ft", "lt", "mp", "nd", "ng", "nt", "rk", "rm", "sh", "st", "", "", "", ""]
_SHAPES: Final = [
    "AA-0000",
    "A0",
    "A00",
    "AA00",
    "0000-00",
    "A000.00",
    "000",
    "AAA-00-A",
    "A/0",
    "0A0",
    "AAA0000A",
    "00.00.0000",
    "#00",
    "A0-A0",
    "AA_000",
]
_SIGNS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_MARKS: Final = ["-", "_", "/", ".", "#", "+", "=", "~", "&", "%", "°", "µ", "Ø", "→", "№", "@"]
_COMMON: Final = tuple(bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF))
"""The 3,700 most common Chinese characters, as GB 2312 lists them first."""
_SCRIPTS: Final = (
    *((0x4E00, 0x9FA5), (0x00C0, 0x017F), (0x0391, 0x03C9), (0x0410, 0x044F)),
    *((0x3041, 0x30FA), (0xAC00, 0xD7A0), (0x2190, 0x23FF), (0x1F300, 0x1F64F)),
)


def word(random: Random) -> str:
    """An invented word in Latin letters."""
    made = "".join(
        random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS) for _ in range(random.randint(1, 3))
    )
    return made.capitalize() if random.random() < 0.2 else made  # noqa: PLR2004


def characters(random: Random) -> str:
    """Common Chinese characters in no order."""
    return "".join(random.choices(_COMMON, k=random.randint(1, 5)))


def code(random: Random) -> str:
    """A part number, a position, a drawing number."""
    shape = random.choice(_SHAPES)
    drawn = {"A": lambda: random.choice(_SIGNS[26:52]), "0": lambda: random.choice(_SIGNS[52:])}
    return "".join(drawn[sign]() if sign in drawn else sign for sign in shape)


def garble(random: Random) -> str:
    """Signs in no order, of one script or with marks between."""
    if random.random() < 0.4:  # noqa: PLR2004
        low, high = random.choice(_SCRIPTS)
        return "".join(chr(random.randint(low, high)) for _ in range(random.randint(1, 5)))
    return "".join(random.choice(_MARKS if random.random() < 0.15 else _SIGNS) for _ in range(random.randint(2, 9)))  # noqa: PLR2004


def name(random: Random, tongue: str) -> str:
    """One to four strange words, mostly of the tongue's script."""
    usual = word if tongue == "en" else characters
    makers = random.choices(
        [usual, code, garble, word, characters], [10, 3, 2, 1, 0.5], k=random.choice([1, 1, 1, 2, 2, 3, 4])
    )
    return (" " if tongue == "en" else random.choice(["", "", " "])).join(make(random) for make in makers)

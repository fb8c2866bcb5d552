"""ISO 286 fits: what ``10 H7`` means in millimetres.

Standard tolerances and fundamental deviations of ISO 286-1 and 286-2 for 0 to 500 mm, in micrometres.
Letters and grades that are not here are unknown, not approximated.
"""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import Final

_UP_TO: Final = (3, 6, 10, 18, 30, 50, 80, 120, 180, 250, 315, 400, 500)
"""Upper end of each range of nominal sizes, mm, inclusive."""

_IT: Final[dict[int, tuple[int, ...]]] = {
    4: (3, 4, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20),
    5: (4, 5, 6, 8, 9, 11, 13, 15, 18, 20, 23, 25, 27),
    6: (6, 8, 9, 11, 13, 16, 19, 22, 25, 29, 32, 36, 40),
    7: (10, 12, 15, 18, 21, 25, 30, 35, 40, 46, 52, 57, 63),
    8: (14, 18, 22, 27, 33, 39, 46, 54, 63, 72, 81, 89, 97),
    9: (25, 30, 36, 43, 52, 62, 74, 87, 100, 115, 130, 140, 155),
    10: (40, 48, 58, 70, 84, 100, 120, 140, 160, 185, 210, 230, 250),
    11: (60, 75, 90, 110, 130, 160, 190, 220, 250, 290, 320, 360, 400),
    12: (100, 120, 150, 180, 210, 250, 300, 350, 400, 460, 520, 570, 630),
    13: (140, 180, 220, 270, 330, 390, 460, 540, 630, 720, 810, 890, 970),
}
"""Width of a tolerance grade."""

_ABOVE: Final[dict[str, tuple[int, ...]]] = {
    "d": (20, 30, 40, 50, 65, 80, 100, 120, 145, 170, 190, 210, 230),
    "e": (14, 20, 25, 32, 40, 50, 60, 72, 85, 100, 110, 125, 135),
    "f": (6, 10, 13, 16, 20, 25, 30, 36, 43, 50, 56, 62, 68),
    "g": (2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20),
    "h": (0,) * 13,
}
"""Clearance letters: a shaft lies below the nominal by this much, a hole above it."""

_BELOW: Final[dict[str, tuple[int, ...]]] = {
    "k": (0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5),
    "m": (2, 4, 6, 7, 8, 9, 11, 13, 15, 17, 20, 21, 23),
    "n": (4, 8, 10, 12, 15, 17, 20, 23, 27, 31, 34, 37, 40),
    "p": (6, 12, 15, 18, 22, 26, 32, 37, 43, 50, 56, 62, 68),
}
"""Transition and interference letters: lower deviation of a shaft."""

_J_HOLE: Final[dict[int, tuple[int, ...]]] = {
    6: (2, 5, 5, 6, 8, 10, 13, 16, 18, 22, 25, 29, 33),
    7: (4, 6, 8, 10, 12, 14, 18, 22, 26, 30, 36, 39, 43),
    8: (6, 10, 12, 15, 20, 24, 28, 34, 41, 47, 55, 60, 66),
}
"""Upper deviation of holes J6 to J8."""

_J_SHAFT: Final[dict[int, tuple[int, ...]]] = {
    5: (2, 2, 2, 3, 4, 5, 7, 9, 11, 13, 16, 18, 20),
    6: (2, 2, 2, 3, 4, 5, 7, 9, 11, 13, 16, 18, 20),
    7: (4, 4, 5, 6, 8, 10, 12, 15, 18, 21, 26, 28, 32),
}
"""Lower deviation of shafts j5 to j7, below the nominal."""

_GRADES: Final = range(5, 14)
_M6_EXCEPTION: Final = 10
"""Range 250 to 315 mm: the standard sets M6 to -9 instead of the computed -11."""


def fit_deviations(nominal: Decimal, letter: str, grade: int) -> tuple[Decimal, Decimal] | None:
    """Lower and upper deviation in mm of a hole (capital letter) or shaft; None when not in the tables."""
    if grade not in _GRADES or not 0 < nominal <= _UP_TO[-1]:
        return None
    step = bisect_left(_UP_TO, nominal)
    width = Decimal(_IT[grade][step])
    if letter.lower() == "js":
        return -width / 2000, width / 2000
    lower = _hole(letter.lower(), grade, step) if letter[:1].isupper() else _shaft(letter, grade, step)
    return None if lower is None else (Decimal(lower) / 1000, (lower + width) / 1000)


def _shaft(letter: str, grade: int, step: int) -> int | None:
    """Lower deviation, µm."""
    if letter in _ABOVE:
        return -_ABOVE[letter][step] - _IT[grade][step]
    if letter == "j":
        return -_J_SHAFT[grade][step] if grade in _J_SHAFT else None
    if letter == "k" and grade > 7:  # noqa: PLR2004 - from IT8 on, k starts at the nominal
        return 0
    return _BELOW[letter][step] if letter in _BELOW else None


def _hole(letter: str, grade: int, step: int) -> int | None:
    """Lower deviation, µm."""
    if letter in _ABOVE:
        return _ABOVE[letter][step]
    width = _IT[grade][step]
    if letter == "j":
        return _J_HOLE[grade][step] - width if grade in _J_HOLE else None
    upper = _interference_hole(letter, grade, step)
    return None if upper is None else upper - width


def _interference_hole(letter: str, grade: int, step: int) -> int | None:
    """Upper deviation of holes K to P: the shaft's, mirrored, plus a step that keeps the fit equal."""
    if letter not in _BELOW:
        return None
    last = 7 if letter == "p" else 8
    if grade > last:
        return {"p": -_BELOW["p"][step], "n": 0 if step else -4}.get(letter)
    if (letter, grade, step) == ("m", 6, _M6_EXCEPTION):
        return -9
    delta = _IT[grade][step] - _IT[grade - 1][step] if step else 0
    return delta - _BELOW[letter][step]

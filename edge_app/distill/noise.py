"""How people on a shop floor write: typos, short forms, capitals, sizes and dates in many forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

_SHORT: Final = {
    "inspection": "insp", "without": "w/o", "rejected": "rej", "with": "w/", "pieces": "pcs", "inspector": "insp.",
    "and": "&", "operator": "op", "please": "pls", "second": "2nd", "because": "bc", "parts": "pts", "machine": "m/c",
    "drawing": "dwg", "material": "matl", "between": "btw", "number": "no", "approximately": "approx",
}  # fmt: skip
_WORD: Final = re.compile(r"[a-z]{3,}")
_SOUNDS: Final = (
    "裂纹缝孔焊锡渣漏装松翘涂镀层划伤污垢标签检复验返修再做已待未",
    "列文逢空汗西碴露庄送桥图度曾化商乌够镖鉴捡付验反休在作以带末",
)
_HOMOPHONES: Final = dict(zip(*_SOUNDS, strict=True))
_TYPO_WORD: Final = 5
_NUMBERED: Final = 0.1


class Mix(StrEnum):
    """``USUAL``: as often as people write it, measured on 728 reports; ``HARD``: much that sounds like a finding."""

    USUAL = "usual"
    HARD = "hard"


@dataclass(slots=True)
class Noise:
    """The habits of one writer, drawn once a report."""

    random: Random
    typos: float
    """Share of words that are misspelt."""
    shorts: float
    """Share of words with a short form that are shortened."""
    strange: float
    """Share of names that no list holds."""
    mix: Mix
    letters: str
    """``lower``, ``upper``, ``first`` (a capital at the start) or ``as_is``."""

    @property
    def framed(self) -> float:
        """Share of sentences with an opening, and with a closing, that change nothing."""
        return {Mix.HARD: 0.4, Mix.USUAL: 0.15}[self.mix]

    @classmethod
    def drawn(cls, random: Random, *, strange: bool, mix: Mix | None = None) -> Noise:
        """The habits of a random writer. ``strange``: whether one may use names that no list holds."""
        mix = mix or random.choice([*Mix])
        return cls(
            random,
            typos=random.choice([0.0, 0.0, 0.0, 0.0, 0.15]),
            shorts=random.choice([0.0, 0.0, 0.5]),
            strange=random.choice([0.0, 0.0, 0.2, 0.5, 1.0]) if strange else 0.0,
            mix=mix,
            letters=random.choices(["as_is", "first", "lower", "upper"], [4, 4, 2, 0.4])[0],
        )

    def written(self, words: str) -> str:
        """``words`` in this writer's spelling and short forms."""
        if self.shorts:
            words = _WORD.sub(self._shorten, words)
        if self.typos:
            words = _WORD.sub(self._misspell, words)
            words = words if words.isascii() else "".join(self._mistaken(sign) for sign in words)
        return words

    def cased(self, sentence: str) -> str:
        """``sentence`` in this writer's capitals."""
        match self.letters:
            case "lower":
                return sentence.lower()
            case "upper":
                return sentence.upper()
            case "first":
                return sentence[:1].upper() + sentence[1:]
        return sentence

    def folded(self, phrase: str) -> str:
        """A part of a sentence in this writer's capitals."""
        return self.cased(phrase) if self.letters != "first" else phrase

    def numbered(self, place: str) -> str:
        """A place, sometimes with a number of its own."""
        return f"{place} {self.random.randint(1, 12)}" if self.random.random() < _NUMBERED else place

    def size(self, form: str) -> str:
        """A length as written."""
        return form.format(self.random.choice([0.2, 0.3, 0.5, 0.8, 1, 1.5, 2, 3, 4, 6, 8, 12, 20]))

    def day(self) -> str:
        """A day as written."""
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self.random.randint(2022, 2026)
        forms = ("{y}-{m:02}-{d:02}", "{d}.{m}.{y}", "{m}/{d}", "{y}/{m}/{d}", "{d:02}-{m:02}-{y}", "{m}月{d}日")
        return self.random.choice(forms).format(y=year, m=month, d=day)

    def _misspell(self, word: re.Match[str]) -> str:
        text = word.group()
        if len(text) < _TYPO_WORD or self.random.random() > self.typos:
            return text
        at = self.random.randint(1, len(text) - 3)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return self.random.choice([swapped, text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]])

    def _mistaken(self, sign: str) -> str:
        """A Chinese character that sounds alike, as input methods put it."""
        return _HOMOPHONES.get(sign, sign) if self.random.random() < self.typos else sign

    def _shorten(self, word: re.Match[str]) -> str:
        text = word.group()
        return _SHORT[text] if text in _SHORT and self.random.random() < self.shorts else text

"""Which language a report is written in, told from its words.

Codes, units and numbers are the same in every language and do not count.
"""

from __future__ import annotations

import re
from typing import Final

from edge_app.domain.report import Language

_CJK: Final = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_WORD: Final = re.compile(r"(?<![A-Za-z0-9_.\-/])[A-Za-z][a-z]{2,}(?![A-Za-z0-9_]|-\d)")
"""A Latin word: three letters or more, no capitals inside, not part of a code such as ``BT-2407`` or ``M8x1``."""
_CJK_PER_WORD: Final = 1.6
"""Chinese characters that say as much as one English word."""
_MIXED_SHARE: Final = 0.11
"""From this share of the smaller language on, a report counts as written in both."""
_MIXED_WORDS: Final = 2
"""Fewer foreign words than these are names, not language."""


def detect_language(text: str) -> Language:
    """English, Chinese or mixed. Text without words of either is English, the language of codes."""
    chinese = len(_CJK.findall(text)) / _CJK_PER_WORD
    english = len(_WORD.findall(text))
    if not chinese:
        return Language.EN
    if english < _MIXED_WORDS or english / (chinese + english) < _MIXED_SHARE:
        return Language.ZH
    if chinese / (chinese + english) < _MIXED_SHARE / 4:
        return Language.EN
    return Language.MIXED

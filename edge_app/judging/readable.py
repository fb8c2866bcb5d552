"""Whether a text can be read at all."""

from __future__ import annotations

import re
from typing import Final

_GARBAGE: Final = re.compile(r"[\ufffd\u2580-\u259f\ue000-\uf8ff]")
_MOST: Final = 0.08


def is_unreadable(text: str) -> bool:
    """Whether replacement signs and block signs make up so much that words are lost."""
    visible = len(text) - sum(map(text.count, " \t\r\n"))
    return bool(visible) and len(_GARBAGE.findall(text)) / visible > _MOST

"""How the kernel reads and rounds the numbers that are written to it."""

from __future__ import annotations

import errno
import re
from typing import Final

from edge_app.governor.fake.tree import failure

_NUMBER: Final = re.compile(r"\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\n?")
_MOST: Final = 2**32 - 1
_PER_STEP: Final = 50
_STEPS: Final = 3


def unsigned(text: str) -> int:
    """As kstrtou32 with base 0: decimal, 0x4b0 or 02260. Raises EINVAL; ERANGE beyond 32 bits."""
    match = _NUMBER.fullmatch(text)
    if not match:
        raise failure(errno.EINVAL)
    digits = match[1].lower()
    value = int(digits, 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10)
    if value > _MOST:
        raise failure(errno.ERANGE)
    return value


def quantised(mhz: int) -> int:
    """The nearest multiple of 16.67 MHz, which is what the hardware counts in."""
    steps = (mhz * _STEPS + _PER_STEP // 2) // _PER_STEP
    return (steps * _PER_STEP + 1) // _STEPS

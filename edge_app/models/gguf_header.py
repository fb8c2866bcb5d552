"""The header of a GGUF file, read in place: tokens and weights are stepped over, so it takes no memory to speak of.

The gguf package keeps every token as arrays: 560 MB for a vocabulary of 152,000, in the process that must stay small.
Layout: github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3, little endian.
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING: Final = 8
_ARRAY: Final = 9
_LONGEST: Final = 1 << 24
"""Bytes of one string: templates are a few thousand."""
_MOST_DIMENSIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Array:
    """A value that was stepped over."""

    length: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the weights."""

    fields: dict[str, Any]
    """Numbers, strings, and of arrays the length."""
    tensors: dict[str, int]
    """Elements by name."""


def read_header(path: Path) -> Header:
    """Raises OSError, and ValueError or struct.error for a file that is torn or no GGUF."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF" or _take(file, "I") not in {2, 3}:
            raise ValueError("not a GGUF of version 2 or 3")
        tensors, fields = _take(file, "Q"), _take(file, "Q")
        found = {_text(file): _value(file, _take(file, "I")) for _ in range(fields)}
        return Header(found, dict(_tensor(file) for _ in range(tensors)))


def _take(file: io.BufferedReader, form: str) -> Any:
    form = f"<{form}"
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _text(file: io.BufferedReader) -> str:
    if (length := _take(file, "Q")) > _LONGEST:
        raise ValueError(f"a text of {length} bytes")
    return file.read(length).decode(errors="replace")


def _value(file: io.BufferedReader, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        return _stepped_over(file)
    if kind not in _NUMBERS:
        raise ValueError(f"a value of type {kind}")
    return _take(file, _NUMBERS[kind])


def _stepped_over(file: io.BufferedReader) -> Array:
    kind, length = _take(file, "I"), _take(file, "Q")
    if kind in _NUMBERS:
        file.seek(length * struct.calcsize(_NUMBERS[kind]), io.SEEK_CUR)
    elif kind == _STRING:
        for _ in range(length):
            file.seek(_take(file, "Q"), io.SEEK_CUR)
    else:
        raise ValueError(f"an array of type {kind}")
    return Array(length)


def _tensor(file: io.BufferedReader) -> tuple[str, int]:
    name, dimensions = _text(file), _take(file, "I")
    if dimensions > _MOST_DIMENSIONS:
        raise ValueError(f"{name} has {dimensions} dimensions")
    count = math.prod(_take(file, "Q") for _ in range(dimensions))
    _take(file, "I")  # type
    _take(file, "Q")  # place
    return name, count

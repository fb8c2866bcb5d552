"""Templates of sentences: ``<one|another|>`` draws an alternative, ``{slot}`` is filled; both may nest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from random import Random
from typing import Final

_TOKEN: Final = re.compile(r"[<>|]|\{(\w+)\}|[^<>|{]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to be filled."""

    name: str


Piece = str | Slot | tuple["Wording", ...]
"""Words as they stand, a slot, or alternatives."""
Wording = tuple[Piece, ...]


@cache
def parse(template: str) -> Wording:
    """The pieces of a template."""
    return _sequence(_TOKEN.finditer(template))[0]


def _sequence(tokens: Iterator[re.Match[str]]) -> tuple[Wording, str]:
    pieces: list[Piece] = []
    for token in tokens:
        text = token.group()
        if text in {"|", ">"}:
            return tuple(pieces), text
        if text == "<":
            pieces.append(_alternatives(tokens))
        else:
            pieces.append(Slot(token.group(1)) if token.group(1) else text)
    return tuple(pieces), ""


def _alternatives(tokens: Iterator[re.Match[str]]) -> tuple[Wording, ...]:
    made, stop = [], "|"
    while stop == "|":
        wording, stop = _sequence(tokens)
        made.append(wording)
    return tuple(made)


def write(wording: Wording, random: Random, fill: Callable[[str], str], literal: Callable[[str], str]) -> str:
    """One text of a wording: ``fill`` says what stands in a slot, ``literal`` how words are written."""
    written = []
    for piece in wording:
        if isinstance(piece, str):
            written.append(literal(piece))
        elif isinstance(piece, Slot):
            written.append(fill(piece.name))
        else:
            written.append(write(random.choice(piece), random, fill, literal))
    return "".join(written)


def variants(wording: Wording) -> Iterator[str]:
    """All texts of a wording, slots left as they are written."""
    choices = [_of_piece(piece) for piece in wording]
    return ("".join(chosen) for chosen in product(*choices))


def _of_piece(piece: Piece) -> list[str]:
    if isinstance(piece, str):
        return [piece]
    if isinstance(piece, Slot):
        return [f"{{{piece.name}}}"]
    return [text for alternative in piece for text in variants(alternative)]

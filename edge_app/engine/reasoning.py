"""Reasoning of R1 models: what stands in ``<think>`` is not the answer, but it was paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

OPEN: Final = "<think>"
CLOSE: Final = "</think>"


@dataclass(frozen=True, slots=True)
class Thought:
    """An output taken apart, both without surrounding white space."""

    reasoning: str
    answer: str


def split(output: str) -> Thought:
    """Take the reasoning out of an output.

    Both tags: what stands between them, once or several times. Only a closing tag (the chat template
    opened it): everything before it. Opened and never closed: everything after, there is no answer
    behind it. No tag: all is answer.
    """
    head, opened, rest = output.partition(OPEN)
    if CLOSE in head or (not opened and CLOSE in output):
        before, _, after = output.partition(CLOSE)
        tail = split(after)
        return Thought(_join(before, tail.reasoning), tail.answer)
    if not opened:
        return Thought("", output.strip())
    inside, _, after = rest.partition(CLOSE)
    tail = split(after)
    return Thought(_join(inside, tail.reasoning), _join(head, tail.answer))


def count_reasoning(ids: Sequence[int], opening: int | None, closing: int | None) -> int:
    """Tokens of ``ids`` that are reasoning, tags included. None: the vocabulary has no such token."""
    inside = (
        closing is not None and closing in ids and opening not in ids[: ids.index(closing)]
    )  # the chat template opened it
    count = 0
    for token in ids:
        inside = inside or token == opening
        count += inside
        inside = inside and token != closing
    return count


def _join(first: str, second: str) -> str:
    return "\n".join(part for part in (first.strip(), second.strip()) if part)

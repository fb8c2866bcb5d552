"""Finding one's way in a tree of nodes: paths, places with their ancestors, strict machine numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import islice
from typing import Final

from edge_app.intake.readers.records import Node

_STEP: Final = re.compile(r"(?P<label>[^\[]+)(?:\[(?P<key>[^=]+)=(?P<text>[^\]]*)\])?")
_FLOAT: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?")
_FEW: Final = 16
_MOST_ATTRIBUTES: Final = 32
"""Attributes stand before child elements."""
_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 308
"""Of a double: what machines write, and what decimal arithmetic stays exact and quick with."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A node and the place of its parent."""

    node: Node
    parent: Place | None = None
    _by_label: dict[str, list[Node]] = field(default_factory=dict, repr=False)

    def children(self, label: str) -> list[Node]:
        """Children of that name. Many children are indexed once: thousands of siblings may ask."""
        nodes = self.node.children
        if len(nodes) <= _FEW:
            return [node for node in nodes if node.label == label]
        if not self._by_label:
            for node in nodes:
                self._by_label.setdefault(node.label, []).append(node)
        return self._by_label.get(label, [])


@dataclass(frozen=True, slots=True)
class _Step:
    label: str
    key: str | None
    text: str

    def takes(self, node: Node) -> bool:
        """Whether the node has this label and, when asked for, the attribute ``key`` with this text."""
        if node.label != self.label:
            return False
        attributes = islice(node.children, _MOST_ATTRIBUTES)
        return self.key is None or any(child.label == self.key and child.text == self.text for child in attributes)


def walk(root: Node) -> Iterator[Place]:
    """Every node below and with ``root``, in document order."""
    pending = [Place(root)]
    while pending:
        place = pending.pop()
        yield place
        pending.extend(Place(child, place) for child in reversed(place.node.children))


def select(place: Place, path: str) -> Iterator[Place]:
    """Places that ``path`` leads to: ``a/b``, ``../name``, ``Prop[Name=Status]/Value``, ``.``.

    A step in brackets takes only nodes that have the attribute with that very text.
    """
    yield from _follow(place, _steps(path))


def first(place: Place, *paths: str) -> Node | None:
    """The first node that any of the paths, tried in order, leads to and that has text."""
    for path in paths:
        for found in select(place, path):
            if found.node.text:
                return found.node
    return None


def text_at(place: Place, *paths: str) -> str:
    """The text of ``first``, empty when there is none."""
    node = first(place, *paths)
    return node.text if node else ""


def is_at(place: Place, path: str) -> bool:
    """Whether the place is what ``path`` names, read from its end: ``Failed/Reference``."""
    at: Place | None = place
    for step in reversed(_steps(path)):
        if at is None or not step.takes(at.node):
            return False
        at = at.parent
    return True


def machine_number(text: str) -> Decimal | None:
    """A number as machines write it, with a decimal point; None for anything else, infinities too."""
    text = text.strip()
    if len(text) > _MAX_DIGITS or _FLOAT.fullmatch(text) is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if not value or abs(value.adjusted()) <= _MAX_EXPONENT else None


def _follow(place: Place, steps: tuple[_Step, ...]) -> Iterator[Place]:
    if not steps:
        yield place
        return
    step, rest = steps[0], steps[1:]
    if step.label == ".":
        yield from _follow(place, rest)
        return
    if step.label == "..":
        if place.parent is not None:
            yield from _follow(place.parent, rest)
        return
    for child in place.children(step.label):
        if step.takes(child):
            yield from _follow(Place(child, place), rest)


@cache
def _steps(path: str) -> tuple[_Step, ...]:
    """Paths are literals of our tables: few, and split once."""
    steps = []
    for part in path.split("/"):
        match = _STEP.fullmatch(part)
        assert match is not None  # a path in a table
        steps.append(_Step(match["label"], match["key"], match["text"] or ""))
    return tuple(steps)

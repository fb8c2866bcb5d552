"""Lines retold by a teacher and read back by it, with a count of what was dropped and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_app.distill.asking import question, retelling
from edge_app.distill.oracle import Oracle
from edge_app.distill.retell import Line
from edge_app.distill.sieve import agrees, choice, form_fault, plain
from edge_app.domain.verdict import Category

_EMPTY: Final = "-"
"""The line that says nothing: what a reader answers to it is habit."""

Retelling = tuple[Line, str]
"""A line and its new words, still with marks."""


@dataclass(slots=True)
class Reader:
    """The teacher reading lines back, with what it says of nothing taken off."""

    oracle: Oracle
    top: int
    margin: float
    priors: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def right(self, rows: Sequence[Retelling], name: str) -> list[bool]:
        """Whether it reads the ``state`` or the ``category`` of each row as its line has it. One tongue a call."""
        if not rows:
            return []
        tongue = rows[0][0].told.tongue
        asked = question(tongue, name)
        words = list(asked.options.values())
        if (tongue, name) not in self.priors:
            self.priors[tongue, name] = self.oracle.weigh(asked.turns, [_EMPTY], words)[0]
        weights = self.oracle.weigh(asked.turns, [text for _, text in rows], words)
        ranked = [choice(each, self.priors[tongue, name], list(asked.options)) for each in weights]
        wanted = [line.state if name == "state" else str(line.category) for line, _ in rows]
        top, margin = (1, self.margin) if name == "state" else (self.top, 0.0)
        return [agrees(each, want, top=top, margin=margin) for each, want in zip(ranked, wanted, strict=True)]


@dataclass(slots=True)
class School:
    """Asks, sifts and counts."""

    oracle: Oracle
    reader: Reader
    counts: Counter[str] = field(default_factory=Counter)
    originals: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    seen: set[tuple[str, str]] = field(default_factory=set)

    def batch(self, lines: Sequence[Line]) -> list[Retelling]:
        """Retellings of lines of one tongue and group that the teacher itself reads as they were meant."""
        said = self.oracle.write(retelling(lines[0].told.tongue, lines[0].group), [each.masked for each in lines])
        self.counts["tried"] += len(lines)
        rows = [row for row in zip(lines, said, strict=True) if self._is_formed(*row)]
        rows = self._read(rows, "state")
        named = self._read([row for row in rows if row[0].category is not Category.NONE], "category")
        self._measure(list(dict.fromkeys(lines)))
        return [row for row in rows if row[0].category is Category.NONE] + named

    def _is_formed(self, line: Line, text: str) -> bool:
        fault = form_fault(line, text)
        if not fault and (line.seed, plain(text)) in self.seen:
            fault = "twice"
        self.seen.add((line.seed, plain(text)))
        if fault:
            self.counts[fault] += 1
        return not fault

    def _read(self, rows: Sequence[Retelling], name: str) -> list[Retelling]:
        right = self.reader.right(rows, name)
        self.counts[f"read_other_{name}"] += right.count(False)
        return [row for row, is_right in zip(rows, right, strict=True) if is_right]

    def _measure(self, lines: Sequence[Line]) -> None:
        """How well the teacher reads lines whose truth is known."""
        for name in ("state", "category"):
            rows = [(line, line.masked) for line in lines if name == "state" or line.category is not Category.NONE]
            for (line, _), is_right in zip(rows, self.reader.right(rows, name), strict=True):
                figure = self.originals[f"{line.told.tongue} {name} {line.state}"]
                figure[0] += is_right
                figure[1] += 1

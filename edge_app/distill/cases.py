"""Reports with a reference, from the generator or from a folder, and verdicts on them compared."""

from __future__ import annotations

import csv
import json
import lzma
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_app.domain.verdict import Category, Disposition, Status

CODES = ("status", "category", "severity", "disposition")


@dataclass(frozen=True, slots=True)
class Codes:
    """What a system says of a report."""

    status: str
    category: str
    severity: str
    disposition: str
    quoted: bool | None = None
    """Whether the words it points at stand in the report, None when it points at none."""
    pointed: bool | None = None
    """Whether it points at the right line, None where that is not known or none is right."""


@dataclass(frozen=True, slots=True)
class Case:
    """One report with what is right."""

    id: str
    name: str
    content: bytes
    language: str
    status: str
    category: str
    severity: str
    dispositions: tuple[str, ...]
    answer: str = ""
    """The best that a model can say within its authority, where it is known."""
    evidence: str = ""
    """The words of the report that decide, where they are known."""

    def right(self, codes: Codes, what: str) -> bool:
        """Whether one code agrees with the reference."""
        if what == "disposition":
            return codes.disposition in self.dispositions
        return bool(getattr(codes, what) == getattr(self, what))


def generated_cases(path: Path, part: str, table: Mapping[Category, Disposition]) -> list[Case]:
    """``test`` or ``near`` of ``heldout.json.xz``."""
    rows = json.loads(lzma.decompress(path.read_bytes()))[part]
    made = []
    for row in rows:
        status, category, severity = row["label"]
        dispositions = _acceptable(status, category, conceded=row["conceded"], table=table)
        content = row["text"].encode()
        codes = (status, category, severity, dispositions)
        made.append(Case(row["id"], row["name"], content, row["language"], *codes, row["answer"]))
    return made


def folder_cases(gold: Path) -> list[Case]:
    """Of a ``gold.csv`` with the reports beside it."""
    with gold.open(encoding="utf-8-sig", newline="") as file:
        return [
            Case(
                row["id"],
                Path(row["file"]).name,
                (gold.parent / row["file"]).read_bytes(),
                row["lang"],
                row["status"],
                row["category"],
                row["severity"],
                tuple(row["dispositions"].split("|")),
                evidence=row.get("evidence") or "",
            )
            for row in csv.DictReader(file)
        ]


def _acceptable(
    status: str, category: str, *, conceded: bool, table: Mapping[Category, Disposition]
) -> tuple[str, ...]:
    if status == Status.PASS:
        return (Disposition.ACCEPT,)
    if status == Status.INDETERMINATE:
        return (Disposition.HOLD,)
    if conceded:
        return (Disposition.USE_AS_IS, Disposition.ACCEPT)
    return (table.get(Category(category), Disposition.HOLD), Disposition.HOLD)


def measure(cases: Sequence[Case], said: Sequence[Codes]) -> dict[str, float | int | None]:
    """Shares that agree, false accepts and rejects, and the shares of quotes that stand and that are right."""
    pairs = list(zip(cases, said, strict=True))
    figures: dict[str, float | int | None] = {"reports": len(pairs)}
    for what in CODES:
        figures[what] = round(sum(case.right(codes, what) for case, codes in pairs) / max(len(pairs), 1), 3)
    figures["false_accepts"] = _count(pairs, Status.FAIL, Status.PASS)
    figures["false_rejects"] = _count(pairs, Status.PASS, Status.FAIL)
    for name in ("quoted", "pointed"):
        known = [getattr(codes, name) for _, codes in pairs if getattr(codes, name) is not None]
        figures[name] = round(sum(known) / len(known), 3) if known else None
        figures[f"{name}_of"] = len(known)
    return figures


def by_language(cases: Sequence[Case], said: Sequence[Codes]) -> dict[str, dict[str, float | int | None]]:
    """All, and each language alone."""
    result = {"all": measure(cases, said)}
    for language in ("en", "zh", "mixed"):
        chosen = [(case, codes) for case, codes in zip(cases, said, strict=True) if case.language == language]
        if chosen:
            result[language] = measure([case for case, _ in chosen], [codes for _, codes in chosen])
    return result


def _count(pairs: Iterable[tuple[Case, Codes]], right: Status, ours: Status) -> int:
    return sum(case.status == right and codes.status == ours for case, codes in pairs)

"""The words of generated reports, divided into a training and a held-out split that share no entry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatch
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, Final

import yaml

from edge_app.domain.verdict import Category, Severity

LANGUAGES: Final = ("en", "zh")
HELD: Final = "~"
"""Marks an entry of the held-out split."""
SHARED: Final = frozenset(
    {"joined", "places", "openings", "closings", "modifiers", "sizes", "context", "chatter", "machine", "names"}
)
"""What only connects or surrounds: the held-out split draws its own entries beside those of the training split."""


class Split(StrEnum):
    """``TRAIN`` never draws a held-out entry; ``TEST`` draws them wherever a list has one."""

    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Defect:
    """A kind of defect and the words for it by language."""

    group: str
    category: Category
    severity: Severity
    safety_raises: bool
    names: dict[str, tuple[str, ...]]
    clauses: dict[str, tuple[str, ...]]
    signs: dict[str, tuple[str, ...]]
    """What tells the kind when the word for it is not known."""


@dataclass(frozen=True, slots=True)
class Product:
    """What is inspected. Names and parts by language."""

    domain: str
    is_safety: bool
    names: dict[str, tuple[str, ...]]
    parts: dict[str, tuple[str, ...]]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What is measured on products of a domain."""

    names: dict[str, str]
    unit: str
    nominal: float
    tolerance: float
    category: Category


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words of one split. Sentences: ``phrases[language][kind]``."""

    defects: dict[str, Defect]
    products: tuple[Product, ...]
    characteristics: dict[str, tuple[Characteristic, ...]]
    phrases: dict[str, dict[str, Any]]

    def phrase(self, random: Random, language: str, kind: str) -> str:
        """One sentence of a kind."""
        return str(random.choice(self.phrases[language][kind]))


@lru_cache(maxsize=2)
def load_lexicon(split: Split) -> Lexicon:
    """The words of ``split`` from the tables beside this module."""
    words = _merged("lexicon.yaml")
    defects = {language: _merged(f"defects_{language}*.yaml") for language in LANGUAGES}
    phrases = {language: _merged(f"phrases_{language}*.yaml") for language in LANGUAGES}
    return Lexicon(
        defects={row["group"]: _defect(row, defects, split) for row in words["defects"]},
        products=tuple(_product(row, words["parts"][row["domain"]], split) for row in words["products"]),
        characteristics={domain: _characteristics(rows, split) for domain, rows in words["characteristics"].items()},
        phrases={language: _phrases(kinds, split) for language, kinds in phrases.items()},
    )


def _merged(pattern: str) -> dict[str, Any]:
    """The tables of all files of a pattern in the order of their names, lists of the same key joined."""
    chosen = sorted(
        (each for each in files(__package__).iterdir() if fnmatch(each.name, pattern)), key=lambda each: each.name
    )
    merged: dict[str, Any] = {}
    for each in chosen:
        _join(merged, yaml.safe_load(each.read_text(encoding="utf-8")))
    return merged


def _join(merged: dict[str, Any], table: dict[str, Any]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _join(merged.setdefault(key, {}), value)
        else:
            merged[key] = merged[key] + value if key in merged else value


def choose(entries: list[str], split: Split) -> tuple[str, ...]:
    """The entries of a list that belong to ``split``; all of them where none is held out."""
    held = tuple(entry.removeprefix(HELD) for entry in entries if entry.startswith(HELD))
    open_ones = tuple(entry for entry in entries if not entry.startswith(HELD))
    return held if held and split is Split.TEST else open_ones


def _defect(row: dict[str, Any], words: dict[str, Any], split: Split) -> Defect:
    def of(kind: str) -> dict[str, tuple[str, ...]]:
        return {language: choose(words[language][row["group"]][kind], split) for language in LANGUAGES}

    return Defect(
        group=row["group"],
        category=Category(row["category"]),
        severity=Severity(row["severity"]),
        safety_raises=row["safety"],
        names=of("names"),
        clauses=of("says"),
        signs=of("signs"),
    )


def _product(row: dict[str, Any], parts: dict[str, list[str]], split: Split) -> Product:
    return Product(
        domain=row["domain"],
        is_safety=row["safety"],
        names={language: choose(row[language], split) for language in LANGUAGES},
        parts={language: choose(row[f"parts_{language}"] + parts[language], split) for language in LANGUAGES},
        groups=tuple(row["groups"]),
    )


def _characteristics(rows: list[list[Any]], split: Split) -> tuple[Characteristic, ...]:
    held = [row for row in rows if row[0].startswith(HELD)]
    chosen = held if held and split is Split.TEST else [row for row in rows if row not in held]
    return tuple(
        Characteristic(
            {"en": en.removeprefix(HELD), "zh": zh.removeprefix(HELD)}, unit, nominal, tol, Category(category)
        )
        for en, zh, unit, nominal, tol, category in chosen
    )


def _phrases(kinds: dict[str, Any], split: Split) -> dict[str, Any]:
    return {kind: _entries(kind, value, split) if isinstance(value, list) else value for kind, value in kinds.items()}


def _entries(kind: str, entries: list[str], split: Split) -> tuple[str, ...]:
    if kind in SHARED and split is Split.TEST:
        return tuple(entry.removeprefix(HELD) for entry in entries)
    return choose(entries, split)

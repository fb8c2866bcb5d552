"""Word lists in several files: joined by key, apart from the held-out entries, with the slots their kind fills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from random import Random
from typing import Any

import pytest
import yaml

from edge_app.distill.lexicon import HELD, LANGUAGES, Lexicon, Split, load_lexicon
from edge_app.distill.wording import parse, variants, write

ANYWHERE = {"n", "N", "s", "t", "id", "z", "who"}
"""Slots that the writer fills in every sentence."""
DEFECT, MEASURED, PLACE = {"d", "p", "x"}, {"q"}, {"p"}
SLOTS = {
    **dict.fromkeys(["stands", "absent", "hedged", "permitted", "fixed_good", "fixed_pending", "fixed_bad"], DEFECT),
    **dict.fromkeys(["false_call", "historical"], DEFECT),
    **dict.fromkeys(["missing", "contradiction"], MEASURED),
    **dict.fromkeys(["names", "says", "signs"], PLACE),
    "joined": {"d", "p"},
    "unknown": {"z", "g", "p"},
    "lot": {"d", "f", "a", "r"},
    "places": {"b"},
    "sizes": {""},
}
MOST_EXPANDED = 200
SLOT = re.compile(r"\{(\w*)\}")
Entry = tuple[str, str, str]
"""Where it stands, of which kind, and the template."""


def added() -> Iterator[Entry]:
    """The entries of the files by topic."""
    for language in LANGUAGES:
        for path in sorted(files("edge_app.distill").iterdir(), key=lambda each: each.name):
            if f"_{language}_" not in path.name or not path.name.endswith(".yaml"):
                continue
            for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items():
                kinds = value if isinstance(value, dict) else {key: value}
                places = ((kind, entry.removeprefix(HELD)) for kind, entries in kinds.items() for entry in entries)
                yield from ((f"{path.name} {key}", *place) for place in places)


def allowed(kind: str) -> set[str]:
    told = {"c", "p"} if kind.endswith("_says") else SLOTS.get(kind, set())
    return told | ANYWHERE


def needed(kind: str) -> set[str]:
    """One of these must be there: a sentence about a defect names it."""
    told = {"c"} if kind.endswith("_says") else SLOTS.get(kind, set()) - {"p", "z", "f", "a", "r"}
    return set() if kind in {"names", "says", "signs"} else told


def drawn(template: str) -> set[str]:
    few = [*islice(variants(parse(template)), MOST_EXPANDED + 1)]
    return {text.strip().casefold() for text in few} if len(few) <= MOST_EXPANDED else {template.strip().casefold()}


def words(lexicon: Lexicon) -> set[str]:
    tables: list[dict[str, Any]] = [*lexicon.phrases.values()]
    for defect in lexicon.defects.values():
        tables += [defect.names, defect.clauses, defect.signs]
    return {entry for table in tables for value in table.values() if isinstance(value, tuple) for entry in value}


def test_files_by_topic_add_to_the_lists_they_name() -> None:
    for split in Split:
        lexicon = load_lexicon(split)
        assert set(lexicon.phrases) == set(LANGUAGES)
        assert all(each.names[language] for each in lexicon.defects.values() for language in LANGUAGES)
    known = words(load_lexicon(Split.TRAIN)) | words(load_lexicon(Split.TEST))
    assert [entry for _, _, entry in added() if entry not in known] == []


def test_no_training_entry_makes_a_held_out_one() -> None:
    train, test = words(load_lexicon(Split.TRAIN)), words(load_lexicon(Split.TEST))
    held = {text for entry in test - train for text in drawn(entry)}
    assert len(test - train) > 1000
    assert [entry for entry in train if drawn(entry) & held] == []


def test_added_entries_have_the_slots_that_their_kind_fills() -> None:
    def wrong(kind: str, template: str) -> bool:
        slots = {*SLOT.findall(template)}
        return not slots <= allowed(kind) or (bool(needed(kind)) and not slots & needed(kind))

    assert [entry for entry in added() if wrong(*entry[1:])] == []
    assert [entry for entry in added() if entry[1] == "says" and "{p}" not in entry[2]] == []


@pytest.mark.parametrize("seed", range(3))
def test_added_entries_expand(seed: int) -> None:
    def text(template: str) -> str:
        return write(parse(template.replace("{}", "4")), Random(seed), "[{}]".format, str)

    assert [entry for entry in added() if not text(entry[2]).strip() or set(text(entry[2])) & set("<>|{}")] == []
    assert [entry for entry in added() if entry[2].count("<") != entry[2].count(">")] == []

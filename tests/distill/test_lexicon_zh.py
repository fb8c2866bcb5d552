"""The Chinese words: no held-out one among those of the training split, and every phrase can be written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final

import pytest
import yaml

from edge_app.distill.lexicon import HELD, Split, load_lexicon
from edge_app.distill.wording import Slot, Wording, parse, variants

_MOST: Final = 200
"""Entries with more drawings than this are compared by their first ones."""
_FREE: Final = frozenset({"n", "N", "p", "s", "t", "id", "z", "who"})
"""Slots that are filled without being told."""
_GIVEN: Final = {
    **{kind: {"d", "x"} for kind in ("stands", "absent", "hedged", "permitted", "false_call", "historical")},
    **{kind: {"d", "x"} for kind in ("fixed_good", "fixed_pending", "fixed_bad")},
    "missing": {"q"},
    "contradiction": {"q"},
    "places": {"b"},
    "joined": {"d"},
    "unknown": {"g"},
    "lot": {"d", "f", "a", "r"},
    "sizes": {""},
}
"""What the teller puts into a phrase of each kind; clauses go into the kinds that end in ``_says``."""
_ALL_NEEDED: Final = ("joined", "lot")


@cache
def tables(stem: str) -> list[dict[str, Any]]:
    """The tables that stand beside the first one."""
    here = files("edge_app.distill")
    found = sorted(each.name for each in here.iterdir() if each.name.startswith(f"{stem}_zh_"))
    return [yaml.safe_load((here / name).read_text(encoding="utf-8")) for name in found]


def defect_entries() -> Iterator[tuple[str, str, str]]:
    for table in tables("defects"):
        for group, kinds in table.items():
            yield from ((group, kind, entry.removeprefix(HELD)) for kind, entries in kinds.items() for entry in entries)


def phrase_entries() -> Iterator[tuple[str, str]]:
    for table in tables("phrases"):
        yield from ((kind, entry.removeprefix(HELD)) for kind, entries in table.items() for entry in entries)


def own() -> set[str]:
    return {entry for _, _, entry in defect_entries()} | {entry for _, entry in phrase_entries()}


def drawings(entry: str) -> set[str]:
    return {text.strip().casefold() for text in islice(variants(parse(entry)), _MOST)}


def slots(wording: Wording) -> Iterator[str]:
    for piece in wording:
        if isinstance(piece, Slot):
            yield piece.name
        elif not isinstance(piece, str):
            for alternative in piece:
                yield from slots(alternative)


def slots_of(entry: str) -> set[str]:
    return {*slots(parse(entry))} | ({""} if "{}" in entry else set())


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in phrase_entries()}))
def test_a_phrase_has_the_slots_of_its_kind(kind: str) -> None:
    told = {"c"} if kind.endswith("_says") else _GIVEN.get(kind, set())
    for entry in (entry for each, entry in phrase_entries() if each == kind):
        found = slots_of(entry)
        assert found <= told | _FREE, entry
        assert not told or found & told, entry
        if kind in _ALL_NEEDED:
            assert told <= found, entry
        if "d" in told and "x" not in found and kind != "lot":
            assert "d" in found, entry


def test_the_words_of_a_defect_name_no_slot_but_the_place() -> None:
    for _, kind, entry in defect_entries():
        assert slots_of(entry) <= (set() if kind == "names" else _FREE), entry
        assert kind != "says" or "p" in slots_of(entry), entry


def test_every_entry_has_drawings_and_stands_once() -> None:
    placed = [*defect_entries()] + [("", kind, entry) for kind, entry in phrase_entries()]
    assert len(placed) == len({*placed})
    for _, kind, entry in placed:
        drawn = [re.sub(r"\{\w+\}", "", text) for text in ([entry] if kind == "sizes" else drawings(entry))]
        assert any(drawings(entry)), entry
        assert not set(re.sub(r"<[^<>]*>", "", entry)) & set("<>|"), entry
        assert not any(set(text) & set("<>|{}") for text in drawn) or kind == "sizes", entry


def test_a_size_is_written_once() -> None:
    sizes = [entry for kind, entry in phrase_entries() if kind == "sizes"]
    assert [entry for entry in sizes if entry.format(1) != entry.replace("{}", "1")] == []
    assert {entry.count("{}") for entry in sizes} == {1}


def test_no_name_belongs_to_two_kinds_of_defect() -> None:
    groups: dict[str, set[str]] = {}
    for group, kind, entry in defect_entries():
        if kind == "names":
            groups.setdefault(entry, set()).add(group)
    assert {entry: found for entry, found in groups.items() if len(found) > 1} == {}


def test_the_tables_are_drawn_from() -> None:
    both = [load_lexicon(split) for split in Split]
    fields = {"says": "clauses"}
    for group, kind, entry in defect_entries():
        assert any(entry in getattr(each.defects[group], fields.get(kind, kind))["zh"] for each in both)
    for kind, entry in phrase_entries():
        assert any(entry in each.phrases["zh"][kind] for each in both)

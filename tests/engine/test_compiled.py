"""Compiled models on disk: believed only as they were sealed, removed when there are too many."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.engine.compiled import SEAL, Slot


def filled(root: Path, *parts: str, size: int = 100, used: float = 0) -> Slot:
    slot = Slot(root, parts)
    assert slot.open() == ()
    (slot.folder / "1.blob").write_bytes(b"b" * size)
    slot.seal()
    os.utime(slot.folder / SEAL, (used, used))
    return slot


def test_what_was_sealed_is_found_whole(tmp_path: Path) -> None:
    filled(tmp_path, "model", "driver")
    again = Slot(tmp_path, ("model", "driver"))
    assert again.filled
    assert again.open() == ()
    assert again.filled


@pytest.mark.parametrize(
    "other", [("model", "driver 2"), ("model 2", "driver"), ("modeldriver",), ("model", "driver", "")]
)
def test_another_driver_or_model_finds_nothing(tmp_path: Path, other: tuple[str, ...]) -> None:
    filled(tmp_path, "model", "driver")
    assert not Slot(tmp_path, other).filled


@given(at=st.integers(0, 99), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found_and_named(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    slot = filled(tmp_path_factory.mktemp("compiled"), "model")
    blob = slot.folder / "1.blob"
    content = bytearray(blob.read_bytes())
    content[at] ^= 1 << bit
    blob.write_bytes(content)
    assert slot.open() == (f"{blob} has changed",)
    assert not slot.filled
    assert list(slot.folder.iterdir()) == []


def test_missing_added_and_unfinished_files_are_named(tmp_path: Path) -> None:
    slot = filled(tmp_path, "model")
    blob = slot.folder / "1.blob"
    blob.rename(slot.folder / "2.blob")
    assert slot.open() == (f"{blob} is missing", f"{slot.folder / '2.blob'} was added")
    blob.write_bytes(b"half")
    assert slot.open() == (f"{blob} was never completed",)
    for not_a_seal in ("{", "5", '"1.blob"', "null"):
        (slot.folder / SEAL).write_text(not_a_seal)
        assert slot.open() == (f"{slot.folder / SEAL} is not readable",)


def test_what_is_in_use_is_sealed_again_only_by_a_start_that_succeeds(tmp_path: Path) -> None:
    filled(tmp_path, "model")
    crashed = Slot(tmp_path, ("model",))
    assert crashed.open() == ()
    assert crashed.filled
    after = Slot(tmp_path, ("model",))
    assert after.open() == (f"{after.folder / '1.blob'} was never completed",)
    assert not after.filled


def test_those_not_used_for_longest_go_first_and_the_own_stays(tmp_path: Path) -> None:
    old, middle, own = (filled(tmp_path, name, size=1000, used=used) for used, name in enumerate("abc"))
    assert own.prune(10_000) == ()
    assert own.prune(2500) == (old.folder.name,)
    assert own.prune(0) == (middle.folder.name,)
    assert own.filled


def test_use_is_remembered(tmp_path: Path) -> None:
    first, second = (filled(tmp_path, name, size=1000, used=used) for used, name in enumerate("ab"))
    first.open()
    assert first.used
    first.seal()
    assert Slot(tmp_path, ("a",)).open() == ()
    first.seal()
    assert first.prune(1500) == (second.folder.name,)

"""The durable copy: whole, unchanged, and of the file that was meant."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from edge_app.errors import ReportError, StorageError
from edge_app.intake.scan import FileKind, Seen, seen_from
from edge_app.intake.spool import Spool, StillChangingError


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", max_bytes=1 << 20)


def look(inbox: Path, name: str) -> Seen:
    return seen_from(os.fsencode(name), (inbox / name).lstat(), FileKind.REPORT)


def take(spool: Spool, inbox: Path, name: str, *, last_chance: bool = False) -> str:
    seen = look(inbox, name)
    return spool.take(inbox, seen.name, seen, last_chance=last_chance).sha256


def test_a_copy_is_found_by_its_content(spool: Spool, inbox: Path) -> None:
    content = "孔径;8.75\n".encode()
    (inbox / "a.csv").write_bytes(content)
    seen = look(inbox, "a.csv")

    spooled = spool.take(inbox, seen.name, seen)

    assert spooled.sha256 == hashlib.sha256(content).hexdigest()
    assert spooled.size == len(content)
    assert spool.read(spooled.sha256) == spooled.path.read_bytes() == content
    assert spooled.path.stat().st_mode & 0o777 == 0o600


def test_the_copy_outlives_the_file_and_serves_two_names(spool: Spool, inbox: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (inbox / name).write_bytes(b"same")
    first, second = take(spool, inbox, "a.csv"), take(spool, inbox, "b.csv")
    (inbox / "a.csv").unlink()

    assert first == second
    assert spool.read(first) == b"same"


def test_a_file_that_changed_since_the_look_is_not_taken(spool: Spool, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"one")
    seen = look(inbox, "a.csv")
    (inbox / "a.csv").write_bytes(b"more")

    with pytest.raises(StillChangingError):
        spool.take(inbox, seen.name, seen)


def test_a_file_that_changes_while_it_is_copied_is_not_taken(
    spool: Spool, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "a.csv").write_bytes(b"one")
    read = os.read

    def read_while_written(descriptor: int, size: int) -> bytes:
        with (inbox / "a.csv").open("ab") as writer:
            writer.write(b"x" if (inbox / "a.csv").stat().st_size < 10 else b"")
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", read_while_written)
    with pytest.raises(StillChangingError):
        take(spool, inbox, "a.csv")
    assert [each for each in (tmp_path / "spool").rglob("*") if each.is_file()] == []


def test_a_file_that_is_gone_or_locked_is_looked_at_again_later(spool: Spool, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"one")
    seen = look(inbox, "a.csv")
    (inbox / "a.csv").unlink()

    with pytest.raises(StillChangingError) as caught:
        spool.take(inbox, seen.name, seen)
    assert caught.value.reason == "locked"


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "linked-folder"])
def test_what_took_the_place_of_the_file_is_refused(spool: Spool, inbox: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.csv").write_bytes(b"secret")
    path = inbox / "sub" / "a.csv"
    path.parent.mkdir()
    path.write_bytes(b"good")
    seen = look(inbox, "sub/a.csv")
    path.unlink()
    if kind == "link":
        path.symlink_to(tmp_path / "secret" / "a.csv")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.parent.rmdir()
        path.parent.symlink_to(tmp_path / "secret")

    with pytest.raises(ReportError) as caught:
        spool.take(inbox, seen.name, seen)
    assert caught.value.reason == ("symlink" if "link" in kind else "not-regular")


def test_a_preallocated_file_is_taken_on_the_last_chance_only(spool: Spool, inbox: Path) -> None:
    with (inbox / "a.csv").open("wb") as out:
        out.write(b"head")
        out.truncate(200_000)

    with pytest.raises(StillChangingError) as caught:
        take(spool, inbox, "a.csv")
    assert caught.value.reason == "preallocated"
    assert len(spool.read(take(spool, inbox, "a.csv", last_chance=True))) == 200_000


def test_a_file_over_the_limit_is_refused(spool: Spool, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"x" * ((1 << 20) + 1))

    with pytest.raises(ReportError) as caught:
        take(spool, inbox, "a.csv")
    assert caught.value.reason == "too-large"


def test_a_damaged_copy_is_noticed_and_healed_by_the_next_delivery(spool: Spool, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"good")
    seen = look(inbox, "a.csv")
    spooled = spool.take(inbox, seen.name, seen)
    spooled.path.write_bytes(b"g00d")

    with pytest.raises(StorageError, match="damaged"):
        spool.read(spooled.sha256)
    spool.take(inbox, seen.name, seen)
    assert spool.read(spooled.sha256) == b"good"


def test_a_sweep_leaves_only_what_is_needed(spool: Spool, inbox: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (inbox / name).write_bytes(name.encode())
    needed, other = take(spool, inbox, "a.csv"), take(spool, inbox, "b.csv")
    (tmp_path / "spool" / "tmp" / "half").write_bytes(b"ha")

    with spool.accepting():
        assert spool.sweep(lambda: {needed}) == 0
    assert spool.sweep(lambda: {needed}) == 2
    assert spool.read(needed) == b"a.csv"
    with pytest.raises(StorageError):
        spool.read(other)
    assert spool.sweep(set) == 1


def test_a_failed_sync_is_a_storage_error_and_nothing_is_published(
    spool: Spool, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "a.csv").write_bytes(b"good")

    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="cannot sync"):
        take(spool, inbox, "a.csv")
    assert list((tmp_path / "spool").glob("??/*")) == []

"""Judged files are moved; anything else stays where it is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from edge_app.errors import StorageError
from edge_app.intake import archive as archive_module
from edge_app.intake.archive import archive
from edge_app.intake.disk import rename_new


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / "shift1").mkdir(parents=True)
    (tmp_path / "inbox" / "a.csv").write_bytes(b"good")
    return tmp_path / "inbox"


@pytest.fixture(params=["same", "other"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive folder on the same and, as far as rename tells, on another file system."""
    archived = tmp_path / "archive"

    def across(source: Path, target: Path) -> None:
        if request.param == "other" and (archived in target.parents) != (archived in source.parents):
            raise OSError(18, "Invalid cross-device link")
        rename_new(source, target)

    monkeypatch.setattr(archive_module, "rename_new", across)
    return archived


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_judged_file_is_moved(inbox: Path, root: Path) -> None:
    assert archive(inbox, b"a.csv", sha256(b"good"), root) == root / "a.csv"
    assert files(root) == {"a.csv": b"good"}
    assert files(inbox) == {}


def test_sub_folders_are_kept(inbox: Path, root: Path) -> None:
    (inbox / "shift1" / "\udcff.csv").write_bytes(b"good")

    assert archive(inbox, b"shift1/\xff.csv", sha256(b"good"), root) is not None
    assert files(root) == {"shift1/\udcff.csv": b"good"}


def test_a_file_that_changed_after_it_was_judged_stays(inbox: Path, root: Path) -> None:
    (inbox / "a.csv").write_bytes(b"newer")

    assert archive(inbox, b"a.csv", sha256(b"good"), root) is None
    assert files(inbox) == {"a.csv": b"newer"}


@pytest.mark.parametrize("kind", ["gone", "link", "pipe"])
def test_what_is_no_file_any_more_stays(inbox: Path, root: Path, kind: str) -> None:
    (inbox / "a.csv").rename(inbox / "b.csv")
    if kind == "link":
        (inbox / "a.csv").symlink_to("b.csv")
    elif kind == "pipe":
        os.mkfifo(inbox / "a.csv")

    assert archive(inbox, b"a.csv", sha256(b"good"), root) is None
    assert os.path.lexists(inbox / "a.csv") == (kind != "gone")


def test_another_file_in_the_archive_is_never_replaced(inbox: Path, root: Path) -> None:
    root.mkdir()
    (root / "a.csv").write_bytes(b"older")

    moved = archive(inbox, b"a.csv", sha256(b"good"), root)

    assert moved == root / f"a.{sha256(b'good')[:16]}.csv"
    assert files(root) == {"a.csv": b"older", moved.name: b"good"}


def test_the_same_content_delivered_again_is_archived_once(inbox: Path, root: Path) -> None:
    archive(inbox, b"a.csv", sha256(b"good"), root)
    (inbox / "a.csv").write_bytes(b"good")

    assert archive(inbox, b"a.csv", sha256(b"good"), root) == root / "a.csv"
    assert (files(root), files(inbox)) == ({"a.csv": b"good"}, {})


def test_a_file_that_takes_the_name_during_the_move_is_put_back(
    inbox: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer replaces the report between our look and our rename."""
    rename = getattr(archive_module, "rename_new")  # noqa: B009  the one that the fixture put there
    pending = [b"newer"]

    def late(source: Path, target: Path) -> None:
        if source == inbox / "a.csv" and pending:
            (inbox / "new").write_bytes(pending.pop())
            (inbox / "new").replace(source)
        rename(source, target)

    monkeypatch.setattr(archive_module, "rename_new", late)

    assert archive(inbox, b"a.csv", sha256(b"good"), root) is None
    assert files(inbox) == {"a.csv": b"newer"}
    assert b"newer" not in files(root).values()


def test_an_archive_that_cannot_be_written_is_a_storage_error(inbox: Path, root: Path) -> None:
    root.write_text("a file where the folder should be")

    with pytest.raises(StorageError):
        archive(inbox, b"a.csv", sha256(b"good"), root)
    assert files(inbox) == {"a.csv": b"good"}


@pytest.mark.parametrize("offered", [True, False])
def test_a_rename_never_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offered: bool) -> None:
    if not offered:
        monkeypatch.setattr("edge_app.intake.disk._renameat2", lambda *_: 22)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")

    with pytest.raises(FileExistsError):
        rename_new(one, two)
    rename_new(one, tmp_path / "three")
    assert files(tmp_path) == {"two": b"2", "three": b"1"}

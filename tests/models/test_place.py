"""A folder is replaced by another one, and one of the two is there whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.models import place
from edge_app.models.place import alone, appear


def folder(path: Path, content: str) -> Path:
    path.mkdir(parents=True)
    (path / "weights").write_text(content)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder(tmp_path / "tiny" / "int8", "old")
    folder(tmp_path / "tiny" / ".part-int8", "new")
    return tmp_path / "tiny"


@pytest.mark.parametrize("at_once", [True, False])
def test_the_new_takes_the_place_of_the_old(home: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    if not at_once:
        monkeypatch.setattr(place, "_exchanged", lambda *_: False)
    appear(home / ".part-int8", home / "int8")
    assert {each.name for each in home.iterdir()} == {"int8"}
    assert (home / "int8" / "weights").read_text() == "new"


def test_where_the_kernel_exchanges_names_the_model_is_there_at_any_time(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, "_replaced", killed)
    monkeypatch.setattr(place, "discard", killed)
    with pytest.raises(KeyboardInterrupt):
        appear(home / ".part-int8", home / "int8")
    assert (home / "int8" / "weights").read_text() == "new"


def test_a_kill_between_two_renames_loses_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Nothing runs any more."""

    rename = Path.rename

    def until_the_second(path: Path, target: Path) -> Path:
        if path.name == ".part-int8":
            raise Killed
        return rename(path, target)

    monkeypatch.setattr(place, "_exchanged", lambda *_: False)
    monkeypatch.setattr(Path, "rename", until_the_second)
    with pytest.raises(Killed):
        appear(home / ".part-int8", home / "int8")
    monkeypatch.undo()
    assert not (home / "int8").exists()
    with alone(home):
        assert (home / "int8" / "weights").read_text() == "old"


def test_what_was_replaced_before_a_kill_is_removed(home: Path) -> None:
    folder(home / ".old-int8", "older")
    with alone(home):
        assert (home / "int8" / "weights").read_text() == "old"
        assert not (home / ".old-int8").exists()

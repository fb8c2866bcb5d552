"""Hints: real changes set the flag, lost events set all flags, a share is not watched at all."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from edge_app.fsinfo import filesystem_type, sees_every_change
from edge_app.intake.watch import Watcher

PATIENCE_S = 20

pytestmark = pytest.mark.skipif(
    not sees_every_change(filesystem_type(Path("/tmp"))), reason="the temporary folder is polled here"
)


def test_a_new_file_sets_the_flag_of_its_folder_only(tmp_path: Path) -> None:
    one, two = threading.Event(), threading.Event()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with Watcher() as watcher:
        assert watcher.add(tmp_path / "one", one)
        assert watcher.add(tmp_path / "two", two)
        (tmp_path / "one" / "a.csv").write_text("x")
        assert one.wait(PATIENCE_S)
        assert not two.is_set()


def test_our_own_reading_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    changed = threading.Event()
    with Watcher() as watcher:
        watcher.add(tmp_path, changed)
        (tmp_path / "a.csv").read_text()
        list(tmp_path.iterdir())
        assert not changed.is_set()
        (tmp_path / "a.csv").rename(tmp_path / "b.csv")
        assert changed.wait(PATIENCE_S), "the events come in order: reading made none before this one"


def test_lost_events_are_a_hint_for_every_folder(tmp_path: Path) -> None:
    changed = threading.Event()
    with Watcher() as watcher:
        watcher.add(tmp_path, changed)
        logging.getLogger("watchdog.observers.inotify_c").warning(
            "Inotify queue overflowed; filesystem events were lost"
        )
        assert changed.is_set()


def test_a_share_is_polled(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 1 0:40 / {tmp_path} rw - cifs //server/share rw\n")
    with Watcher(mounts) as watcher:
        assert not watcher.add(tmp_path, threading.Event())


def test_a_folder_that_is_not_there_is_polled(tmp_path: Path) -> None:
    with Watcher() as watcher:
        assert not watcher.add(tmp_path / "gone", threading.Event())

"""The most memory a piece of work held."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_app.models.peak import watched


def test_memory_that_was_held_inside_counts() -> None:
    with watched() as idle:
        pass
    with watched() as peak:
        block = np.ones(200 * 2**20, np.uint8)
        del block
    assert peak.mb >= idle.mb + 150


def test_what_the_kernel_says_is_taken(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tx\nVmHWM:\t  204800 kB\n")
    with watched(tmp_path) as peak:
        assert (tmp_path / "clear_refs").read_text() == "5"
    assert peak.mb == 200


def test_without_proc_the_whole_life_counts(tmp_path: Path) -> None:
    with watched(tmp_path / "none") as peak:
        pass
    assert peak.mb > 0

"""A machine as one text, and back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge_app.governor.captured import collect, lay_out
from edge_app.governor.fake import Profile
from tests.governor.kernels import CAPTURED, TREES, tree


@pytest.mark.parametrize("profile", CAPTURED)
def test_a_text_that_is_laid_out_is_collected_as_it_was(profile: Profile, tmp_path: Path) -> None:
    tree(profile, tmp_path)
    lines = (TREES / f"{profile}.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("#"))
    assert collect(tmp_path) == kept.replace(" !ENODATA", "")


def test_modes_are_those_of_the_machine(tmp_path: Path) -> None:
    tree(Profile.I915_SLPC, tmp_path)
    energy = tmp_path / "sys/class/powercap/intel-rapl:0/energy_uj"
    assert stat.S_IMODE(energy.stat().st_mode) == 0o400


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_what_cannot_be_read_is_written_down(tmp_path: Path) -> None:
    lay_out("0000 proc/meminfo secret\n", tmp_path)
    assert collect(tmp_path) == "0000 proc/meminfo !EACCES\n"


def test_a_mounted_machine_is_collected_with_its_errors(mount: Path) -> None:
    text = collect(mount)
    assert "0444 sys/devices/virtual/thermal/thermal_zone1/temp !ENODATA\n" in text
    assert "link sys/class/drm/card1 ../../devices/pci0000:00/0000:00:02.0/drm/card1\n" in text


def test_this_machine_is_collected() -> None:
    assert "proc/meminfo MemTotal:" in collect()

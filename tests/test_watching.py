"""What the choice of a precision is told of memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.build import watch_of
from edge_app.governor.sysfs import KernelFiles
from edge_app.precision.residency import Memory
from edge_app.settings import load_settings


@pytest.mark.parametrize(
    ("meminfo", "pressure", "told"),
    [
        ("MemTotal: 8000 kB\nMemAvailable:       0 kB\n", "some avg10=42.50 avg60=0.00", Memory(0, 42.5)),
        ("MemTotal: 8000 kB\nMemAvailable:    4000 kB\n", "some avg10=0.00 avg60=0.00", Memory(4_096_000, 0.0)),
        ("", "", Memory(None, None)),
    ],
)
def test_no_memory_left_is_not_memory_that_was_not_read(
    meminfo: str, pressure: str, told: Memory, tmp_path: Path
) -> None:
    (tmp_path / "proc/pressure").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text(meminfo)
    (tmp_path / "proc/pressure/memory").write_text(pressure)
    watch = watch_of(
        load_settings(None, {"state": tmp_path, "model": {"memory_share": 0.6}}), None, KernelFiles(tmp_path)
    )
    assert watch.memory() == told

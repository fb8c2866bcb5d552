"""The command line's rim: what its own output's end means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def finish(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"{script}; exit ${{PIPESTATUS[0]}}", sys.executable, folder],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", ["--json", "--format csv", ""])
def test_a_reader_that_has_enough_is_no_error(tmp_path: Path, options: str) -> None:
    (tmp_path / "in").mkdir()
    for number in range(20):
        (tmp_path / "in" / f"{number}.txt").write_text(f"Part No: A-{number}\nResult: OK\n")
    judged = finish('"$0" -m edge_app process "$1/in" --state "$1/state" --model none', tmp_path)
    assert judged.returncode == 0

    # The reader is gone before the first byte, so that no buffer can hide it.
    done = finish(f'(sleep 1; exec "$0" -m edge_app results --state "$1/state" {options}) | true', tmp_path)

    assert (done.returncode, done.stderr) == (0, "")

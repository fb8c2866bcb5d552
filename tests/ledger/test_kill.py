"""SIGKILL after every durable step, and again during the recovery: nothing lost, nothing twice."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.ledger.connection import open_reader
from tests.ledger.courier import run

FILES = {"a.csv": b"one", "b.csv": b"two", "same-as-b.csv": b"two"}
STEPS = 22
"""Steps of an undisturbed run: the recovery, then seven for each file."""
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.ledger.courier"])


def start(root: Path, kill_at: int, variant: str = "") -> int:
    """Exit code of one run; -9 when it was killed."""
    child = _processes.Process(target=run, args=(root, kill_at, variant))
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def fresh(root: Path) -> Path:
    """A root with the files in the inbox."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "inbox").mkdir(parents=True)
    for name, content in FILES.items():
        (root / "inbox" / name).write_bytes(content)
    return root


def harm(root: Path) -> list[str]:
    """What is wrong after the last run; empty when every file was judged once and archived."""
    found = []
    with open_reader(root / "edge.db") as db:
        judged = [row[0] for row in db.execute("SELECT file_name FROM v_results ORDER BY file_name")]
        outcomes = [row[0] for row in db.execute("SELECT outcome FROM v_outcomes")]
        intact = db.execute("PRAGMA integrity_check").fetchone()[0]
    if judged != sorted(FILES):
        found.append(f"judged {judged}")
    if outcomes != ["judged"] * len(FILES):
        found.append(f"outcomes {outcomes}")
    if intact != "ok":
        found.append(intact)
    archived = {path.name: path.read_bytes() for path in (root / "archive").glob("*")}
    if archived != FILES or any((root / "inbox").iterdir()):
        found.append(f"archived {sorted(archived)}")
    return found


def kills(root: Path, variant: str = "") -> Iterator[list[str]]:
    """For every step: kill there, kill once more in the recovery, then run to the end; the harm done."""
    for first in range(1, 60):
        fresh(root)
        if start(root, first, variant) == 0:
            assert first > 1
            return
        start(root, 1 + first % 5, variant)
        ended = start(root, 0, variant)
        yield [*([f"exit {ended}"] if ended else []), *harm(root)]


def test_an_undisturbed_run_takes_the_steps_that_are_killed(tmp_path: Path) -> None:
    root = fresh(tmp_path / "root")

    assert start(root, STEPS) == -signal.SIGKILL
    assert start(fresh(root), STEPS + 1) == 0
    assert harm(root) == []


def test_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    harms = list(kills(tmp_path / "root"))

    assert len(harms) == STEPS
    assert [each for each in harms if each] == []


@pytest.mark.parametrize(
    "variant", ["archive-before-register", "no-stamp", "no-recovery", "state-before-result", "sweep-all"]
)
def test_a_broken_order_is_noticed(tmp_path: Path, variant: str) -> None:
    assert any(kills(tmp_path / "root", variant))

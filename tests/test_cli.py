"""The command line's rim: what its own output's end means."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from edge_app.build import is_in_use
from edge_app.cli import app, with_state


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


def commands(group: Any, *words: str) -> Iterator[list[str]]:
    """Every command and group, by its words."""
    yield list(words)
    for name, each in getattr(group, "commands", {}).items():
        yield from commands(each, *words, name)


@pytest.mark.parametrize("words", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_every_command_helps(words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"], catch_exceptions=False)
    assert (done.exit_code, "Usage" in done.output) == (0, True)


def test_the_help_of_pull_shows_what_may_be_left_out() -> None:
    done = CliRunner().invoke(app, ["model", "pull", "--help"], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert "org/name[/file.gguf][@revision]" in done.output


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (
            "edge-app model pull x, or edge-app calibrate",
            "edge-app model pull --state {0} x, or edge-app calibrate --state {0}",
        ),
        ("run as its owner: sudo -u edge-app", "run as its owner: sudo -u edge-app"),
        ("`edge-app model list` shows", "`edge-app model list --state {0}` shows"),
        ("free space", "free space"),
    ],
)
@pytest.mark.parametrize("given", [["--state", "a b"], ["--state=a b"]])
def test_a_hint_names_the_state_folder_that_was_given(hint: str, said: str, given: list[str]) -> None:
    assert with_state(hint, ["process", *given]) == said.format("'a b'")
    assert with_state(hint, ["process"]) == hint


@pytest.mark.parametrize(
    "command",
    [
        ["model", "list"],
        ["model", "verify", "smollm2-135m"],
        ["model", "remove", "smollm2-135m"],
        ["model", "pull", "smollm2-135m"],
        ["process", "{0}/note.txt", "--model", "smollm2-135m"],
        ["status"],
        ["calibrate", "--model", "smollm2-135m"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
@pytest.mark.parametrize("shut", ["state", "state/models", "state/models/smollm2-135m"])
def test_a_folder_that_is_closed_is_told_with_who_may_read_it(tmp_path: Path, command: list[str], shut: str) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root reads everything")
    (tmp_path / "state/models/smollm2-135m/int8").mkdir(parents=True)
    (tmp_path / "note.txt").write_text("Part No: A-1\nPorosity found, unclear.\n")
    (tmp_path / shut).chmod(0)
    drop = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
    words = [each.format(tmp_path) for each in command]
    done = subprocess.run(
        [*drop, sys.executable, "-m", "edge_app", *words, "--state", str(tmp_path / "state")],
        capture_output=True,
        text=True,
        check=False,
    )
    (tmp_path / shut).chmod(0o700)
    if words == ["status"] and shut != "state":
        assert done.returncode == 5  # no database: the models are not looked at
        return
    assert (done.returncode, "Traceback" in done.stderr) == (5, False), done.stderr
    assert "Permission denied" in done.stderr
    assert "sudo -u edge-app" in done.stderr


def test_a_batch_that_is_told_to_end_closes_what_is_open(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    for number in range(1500):
        (reports / f"{number}.txt").write_text(f"part: hub {number}\nresult: crack at the rim\n")
    command = [sys.executable, "-m", "edge_app", "process", str(reports), "--state", str(tmp_path / "s"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("{")
        running.terminate()
        told = running.stdout.read().count("\n")
        assert running.wait(60) == 128 + signal.SIGTERM
    assert told < 1499
    assert not is_in_use(tmp_path / "s")

"""``process`` as a user runs it: outcomes, exit codes, no second verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

GOOD = "Part No: A-1\nResult: OK\nNo cracks found.\n"
BAD = "Part No: A-2\nBore 8.5±0.1: 8.72\n"


def edge_app(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def process(folder: Path, state: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    done = edge_app("process", folder, "--state", state, "--model", "none", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {Path(row["file"]).name: row for row in rows}


def drop(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


def test_every_file_has_one_outcome_and_stays_where_it_is(tmp_path: Path) -> None:
    drop(tmp_path / "in", good_txt=GOOD, bad_txt=BAD)
    code, rows = process(tmp_path / "in", tmp_path / "state")
    assert code == 0
    assert {name: row["status"] for name, row in rows.items()} == {"good.txt": "PASS", "bad.txt": "FAIL"}
    assert (tmp_path / "in" / "bad.txt").read_text(encoding="utf-8") == BAD


def test_a_second_time_there_is_no_second_verdict(tmp_path: Path) -> None:
    drop(tmp_path / "in", good_txt=GOOD)
    first = process(tmp_path / "in", tmp_path / "state")[1]["good.txt"]
    code, rows = process(tmp_path / "in", tmp_path / "state")
    assert (code, rows["good.txt"]["outcome"], rows["good.txt"]["result"]) == (0, "duplicate", first["result"])
    listed = edge_app("results", "--state", tmp_path / "state", "--json").stdout.splitlines()
    assert len(listed) == 1


def test_a_refused_file_ends_with_code_3_each_time(tmp_path: Path) -> None:
    drop(tmp_path / "in", twice_json='{"result": "NG", "result": "OK"}')
    code, rows = process(tmp_path / "in", tmp_path / "state")
    assert (code, rows["twice.json"]["outcome"], rows["twice.json"]["reason"]) == (3, "rejected", "json-duplicate-key")
    code, rows = process(tmp_path / "in", tmp_path / "state")
    assert (code, rows["twice.json"]["reason"]) == (3, "rejected before: json-duplicate-key")


def test_errors_have_their_code_and_the_next_step(tmp_path: Path) -> None:
    missing = edge_app("process", tmp_path / "nothing", "--state", tmp_path / "state")
    assert (missing.returncode, "hint:" in missing.stderr) == (2, True)
    drop(tmp_path / "in", good_txt=GOOD)
    model = edge_app("process", tmp_path / "in", "--state", tmp_path / "state", "--model", "no-such-model")
    assert (model.returncode, "edge-app model list" in model.stderr) == (2, True)


def test_show_and_status_tell_what_happened(tmp_path: Path) -> None:
    drop(tmp_path / "in", bad_txt=BAD)
    rows = process(tmp_path / "in", tmp_path / "state")[1]
    shown = edge_app("show", str(rows["bad.txt"]["result"]), "--state", tmp_path / "state", "--json")
    assert json.loads(shown.stdout)["status"] == "FAIL"
    status = json.loads(edge_app("status", "--state", tmp_path / "state", "--json").stdout)
    assert (status["seen"], status["judged"]) == (1, 1)

"""``model list|pull|remove`` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge_app.cli import app
from edge_app.commands.model import megabytes


def edge_app(*arguments: str | Path, code: int = 0) -> tuple[list[dict[str, Any]], str]:
    command = [sys.executable, "-m", "edge_app", "model", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


Ir = Callable[[str], dict[str, bytes]]


def stick(tmp_path: Path, files: dict[str, bytes]) -> Path:
    folder = tmp_path / "DeepSeek-R1-Distill-Qwen-1.5B"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "modeling_x.py").write_text("raise SystemExit")
    return folder


def test_a_folder_is_pulled_listed_and_removed(tmp_path: Path, tiny_ir: Ir) -> None:
    state, name = tmp_path / "state", "deepseek-r1-distill-qwen-1.5b"
    ((pulled,), _) = edge_app("pull", stick(tmp_path, tiny_ir("int8")), "--state", state)
    assert (pulled["name"], pulled["format"], pulled["precision"]) == (name, "openvino", "int8")
    assert (pulled["folder"], pulled["licence"]) == (str(state / "models" / name / "int8"), "unknown")
    assert (pulled["left_out"], "golden" in pulled) == ("modeling_x.py", False)
    rows = {row["name"]: row for row in edge_app("list", "--state", state)[0]}
    assert (rows[name]["here"], rows[name]["licence"]) == ("int8", "unknown")
    assert rows[name]["MB"] == pulled["MB"] > 0
    assert rows[name]["weights_MB"] == {"fp16": 3554, "int8": 1777, "int4": 1142}
    assert (rows["smollm2-135m"]["here"], rows["smollm2-135m"]["MB"]) == ("-", 0)
    _, said = edge_app("remove", name, "--precision", "fp16", "--state", state, code=2)
    assert "has no fp16" in said
    (removed,) = edge_app("remove", name, "--precision", "int8", "--state", state)[0]
    assert removed == {"name": name, "freed_MB": pulled["MB"]}
    rows = {row["name"]: row for row in edge_app("list", "--state", state)[0]}
    assert rows[name]["here"] == "-"


def test_a_table_shows_no_size_of_what_is_not_here(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["model", "list", "--state", str(tmp_path)], catch_exceptions=False)
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("smollm2-135m"))
    assert row.split()[:4] == ["smollm2-135m", "-", "-", "Apache-2.0"]


@pytest.mark.parametrize(
    ("size", "shown"), [(0, 0), (1, 0.1), (449_000, 0.4), (9_960_000, 10), (10_400_000, 10), (163_000_000, 163)]
)
def test_what_is_there_is_never_0(size: int, shown: float) -> None:
    assert megabytes(size) == shown


def test_a_model_that_was_not_asked_says_so_in_one_line(tmp_path: Path, tiny_ir: Ir) -> None:
    config = tmp_path / "edge-app.toml"
    config.write_text("[model]\nmemory_share = 0.00001\n")
    folder = stick(tmp_path, tiny_ir("int8"))
    where = ["--config", str(config), "--state", str(tmp_path / "state")]
    done = CliRunner().invoke(app, ["model", "pull", str(folder), *where, "--json"], catch_exceptions=False)
    (line,) = done.stdout.splitlines()
    said = json.loads(line)["golden"]
    assert said.startswith("none, because it was not asked: needs 0.42 GB")
    assert said.endswith("free memory and pull it again")


def test_what_cannot_be_pulled_has_its_code_and_the_next_step(tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "pytorch_model.bin").write_bytes(b"\x80")
    for target, code in ((folder, 4), ("gpt", 2), (tmp_path / "nowhere", 2)):
        rows, said = edge_app("pull", target, "--state", tmp_path / "state", code=code)
        assert rows == []
        assert "hint:" in said

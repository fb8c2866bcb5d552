"""``model prepare`` and ``model verify`` as a user runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.commands.model_make import remedy
from edge_app.models.manifest import describe, read_manifest, write_manifest
from edge_app.models.verify import Check

pytest.importorskip("torch")
pytest.importorskip("transformers")


def edge_app(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def state(tiny_gguf: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with ``tiny`` in FP16 and INT8, and the file it was made from."""
    state = tmp_path_factory.mktemp("state")
    (state / "tiny.gguf").write_bytes(tiny_gguf)
    made = edge_app("model", "prepare", state / "tiny.gguf", "--state", state, "--json")
    assert made.returncode == 0, made.stderr
    rows = [json.loads(line) for line in made.stdout.splitlines()]
    assert [(row["name"], row["precision"]) for row in rows] == [("tiny", "fp16"), ("tiny", "int8")]
    assert (rows[1]["recipe"], rows[1]["result"]) == ("int8", "made")
    assert all(isinstance(row[key], int | float) for row in rows for key in ("MB", "seconds", "peak_MB"))
    steps = made.stderr.splitlines()
    assert len(steps) == len(set(steps)) > 3  # a line a step, and no bar
    assert "compressing to int8 (int8)" in steps
    assert not [step for step in steps if "%" in step or "it/s" in step]
    return state


def test_verify_compares_with_torch_and_with_fp16(state: Path) -> None:
    done = edge_app("model", "verify", "tiny", "--state", state, "--source", state / "tiny.gguf", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    checks = {(row["precision"], row["check"]): row["result"] for row in rows}
    assert set(checks.values()) == {"passed"}
    assert ("fp16", "greedy text against torch") in checks
    assert ("int8", "perplexity over fp16") in checks
    assert done.returncode == 0


def test_verify_names_the_file_with_a_flipped_byte_and_exits_with_4(state: Path) -> None:
    weights = state / "models" / "tiny" / "int8" / "openvino_model.bin"
    right = weights.read_bytes()
    weights.write_bytes(right[:100] + bytes([right[100] ^ 1]) + right[101:])
    done = edge_app("model", "verify", "tiny", "--precision", "int8", "--state", state)
    weights.write_bytes(right)
    assert done.returncode == 4
    assert "FAILED" in done.stdout
    assert f"{weights} has changed" in done.stderr
    assert f"edge-app model prepare --state {state} tiny --precision int8 --again" in done.stderr


def test_what_does_not_load_costs_no_row_of_the_others(state: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(state / "models" / "tiny", tmp_path / "state" / "models" / "tiny"))
    place = home / "fp16"
    (place / "openvino_model.bin").write_bytes(b"")
    write_manifest(place, read_manifest(place).model_copy(update={"files": describe(place)}))
    done = edge_app("model", "verify", "tiny", "--state", tmp_path / "state", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [(row["precision"], row["check"]) for row in rows if row["result"] == "FAILED"]
    assert ("fp16", "loads and runs") in failed
    assert ("int8", "golden prompts") in [(row["precision"], row["check"]) for row in rows if row["result"] == "passed"]
    assert done.returncode == 4
    assert "tiny --precision fp16 --again" in done.stderr


def test_a_hint_can_be_followed(state: Path) -> None:
    done = edge_app("model", "prepare", "tiny", "--precision", "int8", "--again", "--state", state, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["precision"], row["result"]) for row in rows] == [("fp16", "kept"), ("int8", "made")]


def test_what_is_too_far_from_fp16_is_not_to_be_made_the_same_again(state: Path, tmp_path: Path) -> None:
    shutil.copytree(state / "models", tmp_path / "models")
    made = edge_app("model", "prepare", "tiny", "--precision", "int4", "--state", tmp_path, "--json")
    row = json.loads(made.stdout.splitlines()[-1])
    assert (row["precision"], "models of 1B weights and more" in row["note"]) == ("int4", True)
    place = tmp_path / "models/tiny/int4"
    hint = remedy(place, Check("perplexity over fp16", passed=False, found="1.16", about_precision=True))
    assert "edge-app model prepare tiny --precision int4 --recipe int4-asym32-awq-se (or " in hint
    assert "edge-app model remove tiny --precision int4" in hint
    assert "--again" in remedy(place, Check("golden prompts", passed=False, found=""))


def test_torch_draws_no_bar_and_leaves_no_semaphore(state: Path, tmp_path: Path) -> None:
    assert edge_app("model", "pull", state / "tiny.gguf", "--state", tmp_path / "state").returncode == 0
    (tmp_path / "a.txt").write_text("Part No: A-1\nPorosity perhaps at weld 3, not measured.\n")
    where = ("--state", tmp_path / "state", "--model", "tiny", "--device", "torch:cpu")
    done = edge_app("process", tmp_path / "a.txt", *where)
    assert "do not fit the context" in done.stderr  # so it was loaded
    assert [word for word in ("leaked", "it/s") if word in done.stderr] == []


def test_what_cannot_be_prepared_is_said_in_one_line(tmp_path: Path) -> None:
    done = edge_app("model", "prepare", "gpt-9", "--state", tmp_path)
    assert done.returncode == 2
    assert "no model 'gpt-9'" in done.stderr
    done = edge_app("model", "verify", "tiny", "--state", tmp_path)
    assert done.returncode == 2
    assert "no model is called 'tiny'" in done.stderr
    done = edge_app("model", "verify", "smollm2-135m", "--state", tmp_path)
    assert done.returncode == 4
    assert f"edge-app model prepare --state {tmp_path} smollm2-135m" in done.stderr

"""``model list|pull|remove`` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

IR = b'<net><const><data element_type="u8"/></const></net>'


def edge_app(*arguments: str | Path, code: int = 0) -> tuple[list[dict[str, Any]], str]:
    command = [sys.executable, "-m", "edge_app", "model", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "DeepSeek-R1-Distill-Qwen-1.5B"
    folder.mkdir()
    for part in ("model", "tokenizer", "detokenizer"):
        (folder / f"openvino_{part}.xml").write_bytes(IR)
        (folder / f"openvino_{part}.bin").write_bytes(bytes(1_000_000))
    (folder / "config.json").write_text("{}")
    (folder / "modeling_x.py").write_text("raise SystemExit")
    return folder


def test_a_folder_is_pulled_listed_and_removed(tmp_path: Path) -> None:
    state, name = tmp_path / "state", "deepseek-r1-distill-qwen-1.5b"
    ((pulled,), _) = edge_app("pull", stick(tmp_path), "--state", state)
    assert (pulled["name"], pulled["format"], pulled["precision"]) == (name, "openvino", "int8")
    assert (pulled["folder"], pulled["MB"]) == (str(state / "models" / name / "int8"), 3)
    assert (pulled["licence"], pulled["left_out"]) == ("unknown", "modeling_x.py")
    rows = {row["name"]: row for row in edge_app("list", "--state", state)[0]}
    assert (rows[name]["here"], rows[name]["MB"], rows[name]["licence"]) == ("int8", 3, "unknown")
    assert rows[name]["weights_MB"] == {"fp16": 3554, "int8": 1777, "int4": 1142}
    assert rows["smollm2-135m"]["here"] == "-"
    _, said = edge_app("remove", name, "--precision", "fp16", "--state", state, code=2)
    assert "has no fp16" in said
    assert edge_app("remove", name, "--precision", "int8", "--state", state)[0] == [{"name": name, "freed_MB": 3}]
    rows = {row["name"]: row for row in edge_app("list", "--state", state)[0]}
    assert rows[name]["here"] == "-"


def test_what_cannot_be_pulled_has_its_code_and_the_next_step(tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "pytorch_model.bin").write_bytes(b"\x80")
    for target, code in ((folder, 4), ("gpt", 2), (tmp_path / "nowhere", 2)):
        rows, said = edge_app("pull", target, "--state", tmp_path / "state", code=code)
        assert rows == []
        assert "hint:" in said

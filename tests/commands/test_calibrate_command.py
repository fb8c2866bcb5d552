"""``calibrate`` as a user runs it, on a tiny model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_app.models.manifest import Manifest, describe, write_manifest

PACK = "name: plant\ntitle: Plant\nversion: 1.0.0\nprompt:\n  system: Answer in two lines.\n"


@pytest.fixture
def model(tiny_model: Callable[[str], tuple[Any, Path]], tmp_path: Path) -> Path:
    place = tmp_path / "tiny"
    shutil.copytree(tiny_model("qwen2")[1], place)
    manifest = {
        "name": "tiny",
        "format": "openvino",
        "precision": "fp16",
        "authority": "code",
        "licence": "MIT",
        "languages": ["en"],
        "source": "test",
        "tools": {},
        "files": describe(place),
    }
    write_manifest(place, Manifest.model_validate(manifest))
    return place


def calibrate(model: Path, rules: Path) -> subprocess.CompletedProcess[str]:
    config = model.parent / "edge-app.toml"
    config.write_text(f'rules = "{rules}"\n[model]\nmax_in_flight = 2\nmax_new_tokens = 16\nmemory_share = 1.0\n')
    where = ("--config", str(config), "--state", str(model.parent / "state"), "--model", str(model), "--device", "CPU")
    command = [sys.executable, "-m", "edge_app", "calibrate", *where, "--quick", "--minutes", "0.1", "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_was_kept_is_told_last_and_lies_in_the_state_folder(model: Path, tmp_path: Path) -> None:
    (tmp_path / "rules/plant").mkdir(parents=True)
    (tmp_path / "rules/plant/pack.yaml").write_text(PACK)
    done = calibrate(model, tmp_path / "rules")
    assert done.returncode == 0, done.stderr
    *tried, last = map(json.loads, done.stdout.splitlines())
    assert len(tried) >= 2
    kept = json.loads((tmp_path / "state/calibration.json").read_text())["entries"]
    assert kept == [last["kept"]]
    assert last["kept"]["best"] in tried


def test_the_configured_rules_are_asked_with(model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = calibrate(model, tmp_path / "empty")
    assert (done.returncode, f"no rule packs in {tmp_path / 'empty'}" in done.stderr) == (2, True)

"""``model advise`` as a user runs it: this machine, every model of the catalogue, what was measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge_app.cli import app
from edge_app.domain.inference import Precision
from edge_app.hardware import read_machine
from edge_app.models.catalogue import CATALOGUE
from edge_app.models.manifest import sha256
from edge_app.models.pull import pull
from edge_app.models.tuning import Entry, Setting, read_calibration, write_calibration
from edge_app.placing import runtime_version
from tests.tuned import measured


def advise(state: Path, *more: str) -> str:
    done = CliRunner().invoke(app, ["model", "advise", "--state", str(state), *more], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def rows(state: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in advise(state, "--json").splitlines()]


def test_every_model_is_judged_in_every_precision(tmp_path: Path) -> None:
    first, *others = rows(tmp_path)
    assert {"processor", "memory", "read bandwidth"} <= first["machine"].keys()
    advices = [row for row in others if "tokens_per_s" in row]
    assert {(row["name"], row["precision"]) for row in advices} == {
        (name, precision.value) for name in CATALOGUE for precision in Precision
    }
    assert {row["basis"] for row in advices} == {"estimate"}
    good = [row for row in advices if row["verdict"] == "good"]
    assert (first["best"] in good) if good else first["best"] is None


def test_the_table_ends_with_what_to_take(tmp_path: Path) -> None:
    shown = advise(tmp_path)
    assert "processor" in shown
    assert "smollm2-135m" in shown
    assert shown.splitlines()[-1].startswith(("take: ", "no model of the catalogue fits"))


def test_a_measured_speed_is_taken_before_the_estimate(
    tmp_path: Path, tiny_ir: Callable[[str], dict[str, bytes]]
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    for name, content in tiny_ir("int8").items():
        (stick / name).write_bytes(content)
    pulled = pull(str(stick), tmp_path / "models", lambda *_: None, name="smollm2-135m")
    best = measured(Setting(device="CPU"), "int8", tpot_ms=4)
    entry = Entry(
        fingerprint=sha256(pulled.folder / "manifest.json"),
        driver=read_machine().compute_mark,
        runtime=runtime_version(),
        measured_at="2026-01-01T00:00:00+00:00",
        best=best,
        reason="fastest",
        tried=1,
    )
    write_calibration(tmp_path, read_calibration(tmp_path).with_entry(entry))
    found = next(row for row in rows(tmp_path) if (row.get("name"), row.get("precision")) == ("smollm2-135m", "int8"))
    assert (found["tokens_per_s"], found["basis"]) == (pytest.approx(250), "measured on CPU")

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
from typer.testing import CliRunner

from edge_app.cli import app
from edge_app.commands.calibrate import Record, conclusions
from edge_app.errors import ModelError, UsageError
from edge_app.models.tuning import Calibration, Entry, Measured, Setting
from tests.tuned import manifested

PACK = "name: plant\ntitle: Plant\nversion: 1.0.0\nprompt:\n  system: Answer in two lines.\n"


def put(folder: Path, place: Path, precision: str) -> Path:
    """A copy under another precision's name, with a manifest."""
    shutil.copytree(folder, place)
    return manifested(place, precision)


@pytest.fixture
def model(tiny_model: Callable[[str], tuple[Any, Path]], tmp_path: Path) -> Path:
    return put(tiny_model("qwen2")[1], tmp_path / "tiny", "fp16")


def calibrate(
    model: Path, rules: Path, minutes: str = "5", *, state: Path | None = None, volatile: bool = False
) -> subprocess.CompletedProcess[str]:
    config = model.parent / "edge-app.toml"
    config.write_text(
        f'rules = "{rules}"\nvolatile = {str(volatile).lower()}\n'
        "[model]\nmax_in_flight = 2\nmax_new_tokens = 16\nmemory_share = 1.0\n"
    )
    where = (
        "--config",
        str(config),
        "--state",
        str(state or model.parent / "state"),
        "--model",
        str(model),
        "--device",
        "CPU",
    )
    command = [sys.executable, "-m", "edge_app", "calibrate", *where, "--quick", "--minutes", minutes, "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "rules/plant").mkdir(parents=True)
    (tmp_path / "rules/plant/pack.yaml").write_text(PACK)
    return tmp_path / "rules"


def test_what_was_kept_is_told_last_and_takes_the_place_of_a_damaged_file(
    model: Path, rules: Path, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/calibration.json").write_text("{")
    done = calibrate(model, rules)
    assert done.returncode == 0, done.stderr
    assert "calibration not read" in done.stderr
    *tried, last = map(json.loads, done.stdout.splitlines())
    assert len(tried) == 2
    kept = json.loads((tmp_path / "state/calibration.json").read_text())["entries"]
    assert kept == [last["kept"]]
    assert last["kept"]["best"] == tried[1]
    assert tried[1]["setting"]["properties"] == {}


def test_each_precision_is_measured_the_most_exact_first(
    tiny_model: Callable[[str], tuple[Any, Path]], rules: Path, tmp_path: Path
) -> None:
    home = tmp_path / "tiny"
    for precision in ("int8", "fp16"):
        put(tiny_model("qwen2")[1], home / precision, precision)
    done = calibrate(home, rules)
    assert done.returncode == 0, done.stderr
    *tried, first, second = map(json.loads, done.stdout.splitlines())
    assert [each["precision"] for each in tried] == ["fp16", "fp16", "int8", "int8"]
    assert [each["kept"]["best"]["precision"] for each in (first, second)] == ["fp16", "int8"]
    assert [each["kept"]["compared"] for each in (first, second)] == [["fp16", "int8"]] * 2


def test_without_time_nothing_is_begun_and_that_is_told(model: Path, rules: Path) -> None:
    done = calibrate(model, rules, "0")
    assert (done.returncode, "nothing was measured: the time was up" in done.stderr) == (4, True)
    assert [json.loads(line)["error"] for line in done.stdout.splitlines()] == ["the time was up"]


def test_a_full_disk_is_told_before_anything_is_measured(model: Path, rules: Path, small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(shutil.disk_usage(small_disk).free - 100_000))
    done = calibrate(model, rules, state=small_disk, volatile=True)
    assert (done.returncode, "are needed" in done.stderr, done.stdout) == (5, True, "")
    assert calibrate(model, rules, state=small_disk).returncode == 5  # in memory, and nobody allowed that


def tried(precision: str, speed: float, agreement: float) -> Measured:
    setting = Setting(device="CPU")
    return Measured(
        setting=setting,
        precision=precision,
        ttft_ms=1,
        tpot_ms=1,
        tokens_per_s=1,
        reports_per_min=speed,
        rss_mb=1,
        load_s=1,
        agreement=agreement,
    )


def test_what_was_not_taken_is_told_with_what_auto_takes() -> None:
    rows = [tried("fp16", 10, 1.0), tried("int8", 20, 0.88), tried("int4", 30, 0.57)]
    entry = Entry(
        fingerprint="f",
        driver="d",
        runtime="r",
        measured_at="",
        best=rows[0],
        reason="",
        tried=1,
        compared=("fp16", "int8", "int4"),
    )
    assert list(conclusions(rows, [entry])) == [
        "int8 on CPU not taken: agreement 0.88 of the needed 0.95",
        "int4 on CPU not taken: agreement 0.57 of the needed 0.95",
        "auto takes fp16 from now on",
    ]
    assert list(conclusions(rows[:1], [entry])) == []


def test_without_a_choice_nothing_is_kept_and_that_is_told() -> None:
    record = Record(Path(), "mark", Calibration(), rows=[tried("fp16", 10, 1.0)])
    with pytest.raises(ModelError, match="nothing was kept") as refused:
        record.check()
    assert "more --minutes" in refused.value.hint


def test_the_configured_rules_are_asked_with(model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = calibrate(model, tmp_path / "empty")
    assert (done.returncode, f"no rule packs in {tmp_path / 'empty'}" in done.stderr) == (2, True)


@pytest.mark.parametrize(("model", "said"), [((), "no model to measure"), (("--model", "gpt5"), "is called 'gpt5'")])
def test_without_a_model_that_is_known_nothing_is_measured(tmp_path: Path, model: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["calibrate", "--state", str(tmp_path), *model])
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert not (tmp_path / "calibration.json").exists()

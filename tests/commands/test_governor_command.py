"""``governor`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from edge_app.build import only_instance
from edge_app.cli import app
from edge_app.clock import Clock
from edge_app.ledger.store import Ledger
from tests.ledger.examples import READING, STANCE

SHIFT = ("--driver", "xe-lnl", "--ambient", "45", "--load", "backlog", "--hours", "0.2")


def run(state: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["governor", *arguments, "--state", str(state)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def decided(state: Path) -> None:
    with Ledger.open(state / "edge.db", Clock(), volatile=True) as ledger:
        ledger.record_stance(STANCE, READING, "applied")


def test_the_last_decision_is_told_in_one_sentence(tmp_path: Path) -> None:
    decided(tmp_path)

    with only_instance(tmp_path):
        said = run(tmp_path, "explain")

    assert said.startswith("The GPU's clock is capped at 800 MHz, the engine works 50% of the time")
    assert said.count("\n") == 1


def test_what_a_service_decided_that_has_ended_is_not_told_as_if_it_held(tmp_path: Path) -> None:
    decided(tmp_path)
    said = run(tmp_path, "explain")
    assert said.startswith("Nothing is held back")
    assert f"No edge-app works on {tmp_path} now" in said


def test_without_a_service_nothing_is_decided(tmp_path: Path) -> None:
    assert "has decided nothing yet" in run(tmp_path, "explain")
    assert json.loads(run(tmp_path, "status", "--json"))["decisions"] == []


def test_the_status_has_the_sensors_and_the_decisions(tmp_path: Path) -> None:
    decided(tmp_path)

    told = json.loads(run(tmp_path, "status", "--json"))

    assert told["reading"]["available_bytes"] > 0
    assert [row["stance"] for row in told["decisions"]] == ["hot"]
    assert "applied" in run(tmp_path, "status")


def test_a_shift_is_simulated_and_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "shift.svg"

    told = json.loads(run(tmp_path / "state", "simulate", *SHIFT, "--picture", str(picture), "--json"))

    assert told["driver"] == "xe-lnl"
    assert told["reports"] > 0
    assert picture.read_text().startswith("<svg")
    assert not (tmp_path / "state").exists()


def test_a_picture_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing" / "shift.svg"):
        done = CliRunner().invoke(app, ["governor", "simulate", *SHIFT, "--picture", str(place)])
        assert done.exception is not None
        assert str(place) in str(done.exception)

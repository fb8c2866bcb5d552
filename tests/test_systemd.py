"""The unit keeps what the program depends on."""

from __future__ import annotations

from pathlib import Path

UNIT = Path(__file__).resolve().parents[1] / "systemd/edge-app.service"


def settings() -> dict[str, str]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, sign, value in pairs if sign}


def test_memory_can_be_read_under_the_unit() -> None:
    assert settings().get("ProcSubset", "all") == "all"


def test_a_first_compilation_is_waited_for() -> None:
    assert settings()["Type"] == "notify"
    assert int(settings()["TimeoutStartSec"]) >= 600

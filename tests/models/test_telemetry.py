"""Nothing phones home from a line PC."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.models.telemetry import without_telemetry

IMPORT = "import openvino, openvino_telemetry; print(openvino_telemetry.Telemetry().consent)"


def consent_after(code: str, home: Path) -> str:
    """What a fresh process would be allowed to send."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_openvino_is_kept_from_reporting(tmp_path: Path) -> None:
    pytest.importorskip("openvino_telemetry")
    guard = "from edge_app.models.telemetry import without_telemetry as w\nwith w(): "
    assert consent_after(guard + IMPORT, tmp_path) == "False"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("before", [None, "false"])
def test_the_environment_is_given_back(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.delenv("CI", raising=False)
    if before is not None:
        monkeypatch.setenv("CI", before)
    with without_telemetry():
        assert os.environ["CI"] == "true"
    assert os.environ.get("CI") == before

"""Nothing phones home from a line PC."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_app.models.telemetry import without_telemetry


def test_converting_did_not_consent_to_telemetry(tiny_model: Callable[[str], tuple[Any, Path]]) -> None:
    tiny_model("llama")
    telemetry = pytest.importorskip("openvino_telemetry")
    assert telemetry.Telemetry().consent is False


@pytest.mark.parametrize("before", [None, "false"])
def test_the_environment_is_given_back(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.delenv("CI", raising=False)
    if before is not None:
        monkeypatch.setenv("CI", before)
    with without_telemetry():
        assert os.environ["CI"] == "true"
    assert os.environ.get("CI") == before

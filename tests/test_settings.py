"""Settings that cannot be used are the operator's to mend: exit code 2, and where to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app import settings
from edge_app.errors import UsageError
from edge_app.settings import load_settings


def test_a_variable_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SOURCE", "nojson")
    with pytest.raises(UsageError, match="source") as caught:
        load_settings(None, {})
    assert "JSON" in caught.value.hint


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    config = tmp_path / "edge-app.toml"
    config.write_bytes('state = "/srv/prüfung"'.encode("cp1252"))
    with pytest.raises(UsageError, match=r"edge-app\.toml") as caught:
        load_settings(config, {})
    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize("config", [Path("/proc/self/mem"), Path("/" + "a" * 300)])
def test_a_file_that_cannot_be_read_is_named(config: Path) -> None:
    with pytest.raises(UsageError, match=config.name) as caught:
        load_settings(config, {})
    assert "--config" in caught.value.hint


def test_an_unknown_key_points_to_what_lists_them(tmp_path: Path) -> None:
    config = tmp_path / "edge-app.toml"
    config.write_text("[model]\nnam = 1\n")
    with pytest.raises(UsageError, match=r"model\.nam") as caught:
        load_settings(config, {})
    assert str(settings.__file__) in caught.value.hint


def test_a_device_that_nobody_makes_is_answered_with_those_that_are() -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(None, {"model": {"device": "IGPU"}})
    assert str(caught.value) == (
        "setting model.device: 'IGPU' is not one of AUTO, CPU, GPU, GPU.0, NPU, torch:cpu, torch:cuda, torch:cuda:0 or "
        "torch:mps"
    )
    for device in ("AUTO", "GPU.1", "torch:cuda:3", "torch:mps"):
        assert load_settings(None, {"model": {"device": device}}).model.device == device

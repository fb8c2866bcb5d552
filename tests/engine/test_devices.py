"""Devices are chosen or refused, never replaced in silence."""

from __future__ import annotations

import pytest

from edge_app.engine.devices import choose_device
from edge_app.errors import ModelError


@pytest.mark.parametrize(
    ("wanted", "available", "chosen"),
    [
        ("AUTO", ["CPU"], "CPU"),
        ("AUTO", ["CPU", "GPU"], "GPU"),
        ("AUTO", ["CPU", "GPU.0", "GPU.1"], "GPU.0"),
        ("AUTO", ["CPU", "NPU"], "CPU"),
        ("CPU", ["CPU", "GPU"], "CPU"),
        ("GPU", ["CPU", "GPU.0"], "GPU.0"),
        ("GPU.1", ["CPU", "GPU.0", "GPU.1"], "GPU.1"),
        ("NPU", ["CPU", "GPU", "NPU"], "NPU"),
    ],
)
def test_choice(wanted: str, available: list[str], chosen: str) -> None:
    assert choose_device(wanted, available) == chosen


@pytest.mark.parametrize(
    ("available", "measured", "chosen"),
    [
        (["CPU", "GPU"], ["CPU", "GPU"], "CPU"),
        (["CPU", "GPU"], ["GPU", "CPU"], "GPU"),
        (["CPU", "GPU"], ["CPU"], "GPU"),
        (["CPU"], ["CPU"], "CPU"),
        (["CPU"], ["GPU", "CPU"], "CPU"),
        (["CPU", "GPU.0", "GPU.1"], ["CPU", "GPU.0"], "GPU.0"),
        (["CPU", "GPU.0", "GPU.1"], ["GPU.1", "CPU", "GPU.0"], "GPU.1"),
        (["CPU", "GPU.0"], ["CPU", "GPU"], "CPU"),
        (["CPU", "NPU"], ["NPU", "CPU"], "CPU"),
    ],
)
def test_auto_follows_measurements_only_when_every_candidate_has_one(
    available: list[str], measured: list[str], chosen: str
) -> None:
    assert choose_device("AUTO", available, measured) == chosen


@pytest.mark.parametrize(
    ("wanted", "available"), [("GPU", ["CPU"]), ("NPU", ["CPU", "GPU"]), ("AUTO", []), ("GPU.1", ["CPU", "GPU.0"])]
)
def test_a_missing_device_is_refused_with_what_exists(wanted: str, available: list[str]) -> None:
    with pytest.raises(ModelError, match=f"device {wanted} is not there") as refused:
        choose_device(wanted, available)
    assert refused.value.exit_code == 4
    assert f"devices here: {', '.join(available) or 'none'};" in refused.value.hint

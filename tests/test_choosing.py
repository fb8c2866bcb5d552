"""Which precision ``auto`` takes: the usual one, or the fastest of those that were compared here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from edge_app.choosing import Editions, choose_editions, choose_model
from edge_app.domain.inference import Precision
from edge_app.domain.machine import Gpu, Machine, Memory
from edge_app.errors import ModelError
from edge_app.models.manifest import NAME, describe, read_manifest, sha256, write_manifest
from edge_app.models.tuning import NAME as FILE
from edge_app.models.tuning import Calibration, Entry, Setting, write_calibration
from edge_app.placing import runtime_version
from edge_app.settings import load_settings
from tests.tuned import manifested, measured

MACHINE = Machine("cpu", 4, Memory(16 * 10**9, 12 * 10**9), "6.12.0", "debian", "12")
GPU = replace(MACHINE, gpus=(Gpu(0x8086, 0x46A6, "i915", "card0", usable=True),), compute_driver="d")
CONFIG = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "vocab_size": 260,
    "max_position_embeddings": 512,
}
ALL = ("fp16", "int8")
Choose = Callable[..., tuple[str, str]]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model in two precisions."""
    for precision in ALL:
        place = tmp_path / "models/tiny" / precision
        place.mkdir(parents=True)
        (place / "config.json").write_text(json.dumps(CONFIG))
        (place / "openvino_model.bin").write_bytes(precision.encode())
        manifested(place, precision)
    return tmp_path / "models/tiny"


def entry(place: Path, speed: float, device: str = "CPU", *compared: str, machine: Machine = MACHINE) -> Entry:
    best = measured(Setting(device=device, max_in_flight=8), place.name, speed=speed)
    return Entry(
        fingerprint=sha256(place / NAME),
        driver=machine.compute_mark,
        runtime=runtime_version(),
        measured_at="t",
        best=best,
        reason="r",
        tried=1,
        compared=compared,
    )


@pytest.fixture
def choose(model: Path) -> Choose:
    """Precision and reason, with these measurements."""

    def taken(*entries: Entry, machine: Machine = MACHINE, **options: Any) -> tuple[str, str]:
        state = model.parents[1]
        write_calibration(state, Calibration(entries=entries))
        found = choose_model(load_settings(None, {"state": state, "model": {"name": "tiny", **options}}), machine)
        assert found
        return found[0].precision, found[0].precision_reason

    return taken


def test_the_fastest_measured_precision_is_taken(model: Path, choose: Choose) -> None:
    fast, slow = entry(model / "fp16", 40, "CPU", *ALL), entry(model / "int8", 30, "CPU", *ALL)
    assert choose(fast, slow) == ("fp16", "auto: the fastest as measured here")
    assert choose(fast, slow, precision="int8")[0] == "int8"
    assert choose() == ("int8", "auto: best of fp16, int8")


def test_a_precision_that_was_not_compared_leaves_the_usual_choice(model: Path, choose: Choose) -> None:
    assert choose(entry(model / "fp16", 40, "CPU", "fp16"))[0] == "int8"
    assert choose(entry(model / "fp16", 40, "CPU", *ALL))[0] == "fp16"


def test_only_devices_that_may_be_taken_count(model: Path, choose: Choose) -> None:
    processor = [entry(model / each, speed, "CPU", *ALL, machine=GPU) for each, speed in (("fp16", 40), ("int8", 30))]
    graphics = [entry(model / each, speed, "GPU.0", *ALL, machine=GPU) for each, speed in (("fp16", 50), ("int8", 90))]
    assert choose(*processor, machine=GPU)[0] == "int8"
    assert choose(*processor, machine=GPU, device="CPU")[0] == "fp16"
    assert choose(*processor, *graphics, machine=GPU)[0] == "int8"
    assert choose(*processor, *graphics, machine=GPU, device="GPU")[0] == "int8"


def test_what_does_not_fit_is_passed_over(model: Path, choose: Choose) -> None:
    large = model / "fp16"
    with (large / "openvino_model.bin").open("wb") as weights:
        weights.truncate(64 * 10**6)
    write_manifest(large, read_manifest(large).model_copy(update={"files": describe(large)}))
    measured = entry(large, 40, "CPU", *ALL), entry(model / "int8", 30, "CPU", *ALL)
    tight, tighter = (replace(MACHINE, memory=Memory(10**9, available * 10**6)) for available in (770, 600))
    assert choose(*measured)[0] == "fp16"
    assert choose(*measured, machine=tight) == ("int8", "auto: the fastest as measured here")
    with pytest.raises(ModelError, match="model tiny in int8 does not fit"):
        choose(*measured, machine=tighter)


def test_a_damaged_file_stops_nothing(model: Path) -> None:
    state = model.parents[1]
    (state / FILE).write_text("{")
    with capture_logs() as logs:
        found = choose_model(load_settings(None, {"state": state, "model": {"name": "tiny"}}), MACHINE)
    assert found
    assert (found[0].precision, found[1].tuning) == ("int8", ())
    assert [(each["event"], each["log_level"]) for each in logs] == [("calibration not read", "warning")]
    assert "edge-app calibrate" in logs[0]["hint"]


def test_a_new_kernel_keeps_what_was_measured_a_new_driver_tells_that_it_does_not(model: Path, choose: Choose) -> None:
    fast, slow = entry(model / "fp16", 40, "CPU", *ALL), entry(model / "int8", 30, "CPU", *ALL)
    with capture_logs() as logs:
        assert choose(fast, slow, machine=replace(MACHINE, kernel="6.12.1"))[0] == "fp16"
    assert logs == []
    with capture_logs() as logs:
        assert choose(fast, slow, machine=replace(MACHINE, compute_driver="newer"))[0] == "int8"
    assert [each["event"] for each in logs] == ["calibration not used"]


def editions(model: Path, machine: Machine = MACHINE, **options: Any) -> Editions:
    settings = load_settings(None, {"state": model.parents[1], "model": {"name": "tiny", **options}})
    found = choose_editions(settings, machine)
    assert found
    return found


def test_under_auto_all_that_fit_answer_and_the_usual_one_comes_first(model: Path) -> None:
    found = editions(model)
    assert list(found.specs) == [Precision.INT8, Precision.FP16]
    assert [spec.folder.name for spec in found.specs.values()] == ["int8", "fp16"]
    assert found.loaded == {Precision.INT8, Precision.FP16}
    assert found.needs.keys() == found.specs.keys()
    assert (found.speeds, found.fixed) == ({}, "")


def test_a_configured_precision_is_the_only_one(model: Path) -> None:
    found = editions(model, precision="fp16")
    assert (list(found.specs), found.fixed, found.needs) == ([Precision.FP16], "configured", {})


def test_where_one_fits_at_a_time_the_other_may_take_its_place(model: Path) -> None:
    together = sum(editions(model).needs.values())
    tight = replace(MACHINE, memory=Memory(10**10, round(together / 0.6 * 0.99)))
    found = editions(model, tight)
    assert found.loaded == {Precision.INT8}
    assert found.needs.keys() == {Precision.INT8, Precision.FP16}


def test_what_does_not_fit_at_all_is_no_choice(model: Path) -> None:
    large = model / "fp16"
    with (large / "openvino_model.bin").open("wb") as weights:
        weights.truncate(64 * 10**6)
    write_manifest(large, read_manifest(large).model_copy(update={"files": describe(large)}))
    found = editions(model, replace(MACHINE, memory=Memory(10**9, 770 * 10**6)))
    assert (list(found.specs), found.fixed) == ([Precision.INT8], "auto: best of fp16, int8")


def test_int4_waits_on_disk(model: Path) -> None:
    place = model / "int4"
    place.mkdir()
    for name in ("config.json", "openvino_model.bin"):
        (place / name).write_bytes((model / "int8" / name).read_bytes())
    manifested(place, "int4")
    found = editions(model)
    assert found.loaded == {Precision.INT8, Precision.FP16}
    assert found.needs.keys() == set(Precision)


def test_speeds_are_told_where_all_were_compared(model: Path, choose: Choose) -> None:
    choose(entry(model / "fp16", 40, "CPU", *ALL), entry(model / "int8", 42, "CPU", *ALL))
    assert editions(model).speeds == {Precision.INT8: 42, Precision.FP16: 40}
    choose(entry(model / "fp16", 40, "CPU", "fp16"), entry(model / "int8", 42, "CPU", *ALL))
    assert editions(model).speeds == {}

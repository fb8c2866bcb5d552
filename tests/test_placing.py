"""A model on a machine: refused before it is loaded, run as it was measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from edge_app.domain.inference import Precision
from edge_app.domain.machine import Gpu, Machine, Memory
from edge_app.engine.probe import DeviceFacts
from edge_app.errors import ModelError
from edge_app.models.fit import Fit
from edge_app.models.store import Prepared
from edge_app.models.tuning import Entry, Setting
from edge_app.placing import check_fit, fit_of, specify, uses_gpu
from edge_app.settings import Settings, load_settings
from tests.tuned import measured

GB = 10**9
MACHINE = Machine("cpu", 4, Memory(16 * GB, 12 * GB), "6.12.0", "debian", "12")
LUNAR = replace(MACHINE, gpus=(Gpu(0x8086, 0x64A0, "xe", "card0", usable=True),), compute_driver="d")
CONFIG = {
    "num_hidden_layers": 28,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "max_position_embeddings": 131072,
}


def settings(tmp_path: Path, **model: Any) -> Settings:
    return load_settings(None, {"state": tmp_path, "model": {"name": "x", **model}})


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[[int], Prepared]:
    """A model whose weights are of a size, on a disk that does not hold them."""

    def make(size: int) -> Prepared:
        folder = tmp_path / "model"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(CONFIG))
        with (folder / "openvino_model.bin").open("wb") as file:
            file.truncate(size)
        return Prepared(folder, "f" * 64, "seven", Precision.INT8, "configured", "explain")

    return make


def entry(device: str, speed: float, in_flight: int) -> Entry:
    setting = Setting(device=device, properties={"B": "2", "A": "1"}, max_in_flight=in_flight)
    best = measured(setting, "int8", speed=speed)
    return Entry(fingerprint="f", driver="d", runtime="1", measured_at="t", best=best, reason="r", tried=1)


def test_what_does_not_fit_is_refused_with_what_would(tmp_path: Path, prepared: Callable[[int], Prepared]) -> None:
    with pytest.raises(ModelError, match=r"model seven in int8 does not fit: needs 9\.\d+ GB") as refused:
        check_fit(settings(tmp_path), prepared(8 * GB), MACHINE, ())
    assert refused.value.exit_code == 4
    assert "seven in int4 would fit" in refused.value.hint


def test_memory_that_could_not_be_read_refuses_nothing_and_is_told(
    tmp_path: Path, prepared: Callable[[int], Prepared]
) -> None:
    model, blind = prepared(8 * GB), replace(LUNAR, memory=Memory(0, 0))
    with capture_logs() as logs:
        fit = check_fit(settings(tmp_path), model, blind, ())
    assert (fit.fits, "memory is not known" in fit.reason) == (True, True)
    assert [(each["event"], each["log_level"]) for each in logs] == [("memory not measured", "warning")]
    with pytest.raises(ModelError, match="its largest weight"):
        check_fit(settings(tmp_path), model, blind, [DeviceFacts("GPU", "Arc", 500_000_000)])
    with capture_logs() as logs:
        check_fit(settings(tmp_path, memory_share=0.9), model, MACHINE, ())
    assert logs == []


@pytest.fixture
def gguf(tiny_gguf: bytes, tmp_path: Path) -> Prepared:
    """As downloaded, and not in the catalogue."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(tiny_gguf)
    return Prepared(folder, "f" * 64, "tiny", Precision.FP16, "as downloaded", "explain")


def test_a_gguf_that_the_catalogue_does_not_know_is_placed(tmp_path: Path, gguf: Prepared) -> None:
    assert check_fit(settings(tmp_path, device="torch:cpu"), gguf, MACHINE, ()).fits


def published(tmp_path: Path, count: int) -> Prepared:
    """One matrix of BF16 weights that lies on no disk, as downloaded."""
    folder = tmp_path / "published"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    header = json.dumps({"w": {"dtype": "BF16", "shape": [count], "data_offsets": [0, 2 * count]}}).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + 2 * count)
    return Prepared(folder, "f" * 64, "seven", Precision.FP16, "as downloaded", "explain")


def placed_by_torch(tmp_path: Path, count: int, device: str, **room: Memory) -> Fit:
    model = published(tmp_path, count)
    devices = [DeviceFacts(device, "card", memory=room["card"])] if "card" in room else []
    machine = replace(MACHINE, memory=room.get("main", MACHINE.memory))
    return fit_of(settings(tmp_path, device=device, memory_share=1.0), model, machine, devices)


def test_torch_needs_four_bytes_a_parameter_on_a_cpu(tmp_path: Path) -> None:
    enough, short = Memory(64 * GB, 10 * GB), Memory(64 * GB, 9 * GB)
    assert placed_by_torch(tmp_path, 2 * GB, "torch:cpu", main=enough).fits
    refused = placed_by_torch(tmp_path, 2 * GB, "torch:cpu", main=short)
    assert "weights 8.00 GB" in refused.reason
    assert "int4" not in refused.instead
    assert "in fp16 would fit" in refused.instead


def test_a_card_is_asked_for_its_own_memory(tmp_path: Path) -> None:
    large, small, main = Memory(24 * GB, 20 * GB), Memory(4 * GB, 4 * GB), Memory(64 * GB, 5 * GB)
    assert placed_by_torch(tmp_path, 2 * GB, "torch:cuda", card=large, main=main).fits
    assert "of 4.00 GB available" in placed_by_torch(tmp_path, 2 * GB, "torch:cuda", card=small, main=main).reason
    assert "memory is not known" in placed_by_torch(tmp_path, 2 * GB, "torch:cuda", main=main).reason
    refused = placed_by_torch(tmp_path, 2 * GB, "torch:cuda", card=large, main=Memory(64 * GB, 4 * GB))
    assert "to load it needs 4.42 GB" in refused.reason


def test_the_share_is_a_setting(tmp_path: Path, prepared: Callable[[int], Prepared]) -> None:
    assert check_fit(settings(tmp_path, memory_share=0.9), prepared(8 * GB), MACHINE, ()).fits


def test_a_gpu_brings_its_own_limits(tmp_path: Path, prepared: Callable[[int], Prepared]) -> None:
    model = prepared(5 * GB)
    small = [DeviceFacts("GPU", "Arc", 500_000_000)]
    with pytest.raises(ModelError, match=r"its largest weight is 0\.54 GB"):
        check_fit(settings(tmp_path), model, LUNAR, small)
    assert check_fit(settings(tmp_path, device="CPU"), model, LUNAR, small).fits
    tight = replace(LUNAR, memory=Memory(11 * GB, 11 * GB))
    with pytest.raises(ModelError, match="the xe driver swaps"):
        check_fit(settings(tmp_path, memory_share=1.0), model, tight, ())
    assert check_fit(settings(tmp_path, memory_share=1.0, device="CPU"), model, tight, ()).fits


@pytest.mark.parametrize(
    ("machine", "device", "asked"),
    [(MACHINE, "AUTO", False), (LUNAR, "AUTO", True), (LUNAR, "CPU", False), (LUNAR, "GPU.0", True)],
)
def test_gpus_are_asked_only_where_they_would_be_used(
    tmp_path: Path, machine: Machine, device: str, asked: bool
) -> None:
    assert uses_gpu(settings(tmp_path, device=device), machine) is asked


def test_what_was_measured_is_used(tmp_path: Path, prepared: Callable[[int], Prepared]) -> None:
    model, found = prepared(GB), (entry("GPU.0", 90, 32), entry("CPU", 40, 8))
    spec = specify(settings(tmp_path), model, MACHINE, found)
    assert [each.device for each in spec.tuning] == ["GPU.0", "CPU"]
    assert spec.tuning[0].properties == (("A", "1"), ("B", "2"))
    assert spec.max_in_flight == 32
    assert specify(settings(tmp_path, device="CPU"), model, MACHINE, found).max_in_flight == 8
    assert [each.max_in_flight for each in spec.tuning] == [32, 8]
    given = specify(settings(tmp_path, max_in_flight=5), model, MACHINE, found)
    assert (given.max_in_flight, [each.max_in_flight for each in given.tuning]) == (5, [5, 5])
    assert specify(settings(tmp_path), model, MACHINE).tuning == ()


def test_a_device_that_was_not_measured_gets_the_usual_batch(
    tmp_path: Path, prepared: Callable[[int], Prepared]
) -> None:
    model, processor = prepared(GB), (entry("CPU", 40, 8),)
    assert specify(settings(tmp_path), model, LUNAR, processor).max_in_flight == 16
    assert specify(settings(tmp_path, device="GPU"), model, LUNAR, processor).max_in_flight == 16


def test_the_first_gpu_takes_what_was_measured_by_its_number(
    tmp_path: Path, prepared: Callable[[int], Prepared]
) -> None:
    spec = specify(settings(tmp_path, device="GPU"), prepared(GB), LUNAR, (entry("GPU.0", 90, 32),))
    assert (spec.max_in_flight, spec.tuning[0].max_in_flight) == (32, 32)


def test_compiled_models_are_kept_by_driver_or_not_at_all(tmp_path: Path, prepared: Callable[[int], Prepared]) -> None:
    model = prepared(GB)
    spec = specify(settings(tmp_path), model, MACHINE)
    assert spec.cache
    assert (spec.cache.driver, spec.cache.limit) == (MACHINE.driver_mark, 20 * GB)
    assert specify(settings(tmp_path, compiled_gb=0), model, MACHINE).cache is None


@pytest.mark.parametrize(
    ("device", "free", "fits"),
    [("torch:cuda", 14, True), ("torch:cuda", 4, False), ("GPU", 4, True), ("AUTO", 4, True)],
)
def test_the_cpu_goes_on_after_a_gpu_only_where_the_model_fits_it(
    tmp_path: Path, device: str, free: int, *, fits: bool
) -> None:
    """In torch it computes in 32 bits there, in main memory; an Intel GPU has no other memory."""
    source = published(tmp_path, 3 * GB // 2)
    machine = replace(LUNAR, memory=Memory(16 * GB, free * GB))
    assert specify(settings(tmp_path, device=device, kv_cache_gb=1), source, machine).cpu_fits is fits

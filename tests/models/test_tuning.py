"""Calibration: the choice is a pure function, what is kept holds only for the same model, driver and runtime."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.errors import ModelError, StorageError
from edge_app.models import tuning
from edge_app.models.tuning import (
    MIN_AGREEMENT,
    NAME,
    Calibration,
    Entry,
    Failed,
    Measured,
    Setting,
    better,
    fastest_first,
    neighbours,
    plan,
    read_calibration,
    reason_of,
    write_calibration,
)


def measured(speed: float, agreement: float | None = 1.0, device: str = "CPU", **properties: str) -> Measured:
    return Measured(
        setting=Setting(device=device, properties=properties),
        precision="int8",
        ttft_ms=1,
        tpot_ms=1,
        tokens_per_s=speed,
        reports_per_min=speed,
        rss_mb=1,
        load_s=1,
        agreement=agreement,
    )


def entry(speed: float, device: str = "CPU", fingerprint: str = "f", driver: str = "d") -> Entry:
    best = measured(speed, device=device)
    return Entry(fingerprint=fingerprint, driver=driver, runtime="1", measured_at="t", best=best, reason="r", tried=1)


def test_faster_is_better_beyond_noise_and_only_when_true() -> None:
    assert better(None, measured(1))
    assert better(measured(100), measured(104))
    assert not better(measured(100), measured(102))
    assert not better(measured(1), measured(1000, MIN_AGREEMENT - 0.01))
    assert not better(None, measured(1000, MIN_AGREEMENT - 0.01))
    assert better(None, measured(1, None))
    assert not better(None, measured(1, None, PROPERTY="1"))
    assert not better(None, Failed(setting=Setting(device="CPU"), precision="int8", error="refused"))


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(0, 1)), max_size=12))
def test_the_best_is_always_true_and_within_noise_of_the_fastest_true_one(found: list[tuple[float, float]]) -> None:
    best = None
    for speed, agreement in found:
        best = other if better(best, other := measured(speed, agreement)) else best
    true = [speed for speed, agreement in found if agreement >= MIN_AGREEMENT]
    assert (best is None) == (not true)
    if best:
        assert best.reports_per_min * 1.03 >= max(true)


def test_neighbours_differ_in_one_thing() -> None:
    start = Setting(device="CPU", properties={"INFERENCE_PRECISION_HINT": "f32"})
    (other,) = neighbours(start, "INFERENCE_PRECISION_HINT", ("f32", "bf16"))
    assert other.properties == {"INFERENCE_PRECISION_HINT": "bf16"}
    (other,) = neighbours(start, "KV_CACHE_PRECISION", ("u8",))
    assert other.properties == {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "u8"}
    (other,) = neighbours(start, "max_in_flight", ("16", "32"))
    assert (other.max_in_flight, other.properties) == (32, start.properties)
    assert start == Setting(device="CPU", properties={"INFERENCE_PRECISION_HINT": "f32"})


def test_quick_tries_less() -> None:
    assert set(plan("CPU", (8,), quick=True)) < set(plan("CPU", (8,)))
    assert list(plan("NPU", (), quick=True)) == []


def test_what_was_measured_is_found_again_fastest_first(tmp_path: Path) -> None:
    kept = Calibration().with_entry(entry(10, "CPU")).with_entry(entry(30, "GPU")).with_entry(entry(20, "CPU"))
    write_calibration(tmp_path, kept)
    found = read_calibration(tmp_path).of("f", "d", "1")
    assert [(each.best.setting.device, each.best.reports_per_min) for each in found] == [("GPU", 30), ("CPU", 20)]


@pytest.mark.parametrize("mark", [("other", "d", "1"), ("f", "other", "1"), ("f", "d", "other")])
def test_another_model_driver_or_runtime_finds_nothing(mark: tuple[str, str, str]) -> None:
    assert Calibration().with_entry(entry(10)).of(*mark) == ()


def test_no_file_is_nothing_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) == Calibration()
    (tmp_path / NAME).write_text("{")
    with pytest.raises(ModelError, match=NAME) as refused:
        read_calibration(tmp_path)
    assert "edge-app calibrate" in refused.value.hint


def test_it_is_on_the_disk_before_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        sync(handle)

    def replace(self: Path, target: Path) -> Path:
        done.append(f"rename {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_calibration(tmp_path, Calibration())
    assert done == [f"sync .{NAME}", f"rename {NAME}", f"sync {tmp_path.name}"]


def together(speed: float, *compared: str) -> list[Entry]:
    return [entry(speed).model_copy(update={"compared": compared})]


def test_the_fastest_precision_is_first_where_all_were_compared() -> None:
    both = ("fp16", "int8")
    assert fastest_first({"fp16": together(9, *both), "int8": together(7, *both)}) == ["fp16", "int8"]
    assert fastest_first({"fp16": together(7, *both), "int8": together(9, *both)}) == ["int8", "fp16"]
    assert fastest_first({"fp16": together(7, *both), "int8": []}) == ["fp16"]
    assert fastest_first({"fp16": together(9, "fp16"), "int8": []}) == []
    assert fastest_first({"fp16": together(9, *both), "int8": together(7, *both), "int4": []}) == []
    assert fastest_first({"fp16": [], "int8": []}) == []


def test_a_disk_that_is_full_leaves_no_half_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(tuning, "flush", full)
    with pytest.raises(StorageError, match="No space left"):
        write_calibration(tmp_path, Calibration())
    assert list(tmp_path.iterdir()) == []


def test_the_reason_tells_what_was_not_taken() -> None:
    found = [measured(10), measured(40), measured(90, 0.5)]
    reason = "fastest of 3 settings, 4.0 times the slowest, agreement 1.00; 1 not taken: agreement below 0.95"
    assert reason_of(found[1], found) == reason

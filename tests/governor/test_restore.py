"""The helper that root runs after a crash: what it gives back, and what a hostile state folder cannot make it do."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.governing import give_back
from edge_app.governor.actuator import GpuClock
from edge_app.governor.cards import Bounds, find_card, read_range
from edge_app.governor.fake import FakeKernel, Profile
from edge_app.governor.originals import NAME, Originals, boot_id, load, save
from edge_app.governor.restore import Restored, main, restore
from edge_app.governor.sysfs import KernelFiles
from edge_app.settings import Settings
from tests.governor.machines import DRIVEN, Machine
from tests.governor.test_cards import DEVICE, real_tree

QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)


class Recorder(FakeKernel):
    """Remembers what was written."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile, lambda: 0.0)
        self.written: list[tuple[str, str]] = []

    def write_text(self, path: str, text: str) -> None:
        self.written.append((path, text))
        super().write_text(path, text)


def capped(kernel: FakeKernel, state: Path) -> dict[str, Bounds]:
    """A process capped the GPU and was killed. What it was before."""
    machine = Machine(kernel.profile, kernel, lambda _: None)
    found = machine.bounds()
    GpuClock(kernel, state).apply(700)
    assert machine.bounds() != found
    return found


def bounds(kernel: FakeKernel) -> dict[str, Bounds]:
    return Machine(kernel.profile, kernel, lambda _: None).bounds()


def forged(state: Path, **changes: Any) -> None:
    raw = json.loads((state / NAME).read_text())
    (state / NAME).write_text(json.dumps({**raw, **changes}))


@pytest.mark.parametrize("profile", DRIVEN)
def test_a_killed_process_leaves_all_that_is_needed(profile: Profile, tmp_path: Path) -> None:
    kernel = FakeKernel(profile, lambda: 0.0)
    kernel.foreign(min_mhz=500, max_mhz=1250, boost_mhz=1300)
    found = capped(kernel, tmp_path)
    done = restore(kernel, tmp_path)
    assert done.errors == ()
    assert len(done.said) == len(found)
    assert bounds(kernel) == found
    assert list(tmp_path.iterdir()) == []


def test_the_next_run_begins_with_what_was_found(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    found = capped(kernel, tmp_path)
    give_back(Settings(state=tmp_path), kernel)
    assert bounds(kernel) == found


def test_root_takes_a_preference_from_the_services_file_only_where_the_plant_turns_it(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    capped(kernel, tmp_path)
    before = list(kernel.processor.preferences)
    forged(tmp_path, preferences={"policy0": "performance"})
    [error] = restore(kernel, tmp_path).errors
    assert "--cpu-preference" in str(error)
    assert kernel.processor.preferences == before
    assert restore(kernel, tmp_path, with_preferences=True).errors == ()
    assert kernel.processor.preferences[0] == "performance"


def test_without_a_file_nothing_is_touched(tmp_path: Path) -> None:
    kernel = Recorder(Profile.I915_SLPC)
    kernel.foreign(max_mhz=800)
    assert restore(kernel, tmp_path) == Restored(())
    assert kernel.written == []


@pytest.mark.parametrize("changes", [{"boot_id": "another"}, {"driver": "xe"}, {"device": "sys/devices/other"}])
def test_a_file_of_another_start_is_dropped_unread(changes: dict[str, str], tmp_path: Path) -> None:
    kernel = Recorder(Profile.I915_SLPC)
    capped(kernel, tmp_path)
    kernel.written.clear()
    forged(tmp_path, **changes)
    assert restore(kernel, tmp_path).errors == ()
    assert kernel.written == []
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_that_is_gone_keeps_its_file(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    capped(kernel, tmp_path)
    kernel.unbind()
    assert [error.strerror for error in restore(kernel, tmp_path).errors] == ["the GPU is not there"]
    assert load(tmp_path) is not None


def test_one_failure_stops_no_other(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_MTL, lambda: 0.0)
    found = capped(kernel, tmp_path)
    kernel.chmod(f"{DEVICE}/drm/card1/gt/gt0/rps_max_freq_mhz", 0o444)  # refused, even to root
    done = restore(kernel, tmp_path)
    assert [error.strerror for error in done.errors] == ["Permission denied"]
    assert bounds(kernel) == {**found, "gt0": Bounds(found["gt0"].min, 700, found["gt0"].boost)}
    assert load(tmp_path) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"bounds": {"gt0": {"min": 100, "max": 5000, "boost": 1400}}},
        {"bounds": {"gt0": {"min": 1, "max": 1400, "boost": 1400}}},
        {"bounds": {"gt0": {"min": 1400, "max": 100, "boost": 1400}}},
        {"bounds": {"gt0": {"min": 100, "max": 1400, "boost": None}}},
        {"bounds": {"../../../../../../etc": {"min": 100, "max": 1400, "boost": 1400}}},
        {"bounds": {}},
        {"bounds": {"gt0": {"min": 100, "max": True, "boost": 1400}}},
        {"bounds": {"gt0": {"min": 100, "max": 1400.0, "boost": 1400}}},
        {"bounds": {"gt0": {"min": "100", "max": "1400", "boost": "1400\n"}}},
        {"bounds": []},
        {"preferences": None},
        {"boot_id": 5},
    ],
)
def test_impossible_values_give_the_drivers_own(changes: dict[str, Any], tmp_path: Path) -> None:
    kernel = Recorder(Profile.I915_SLPC)
    capped(kernel, tmp_path)
    forged(tmp_path, **changes)
    assert restore(kernel, tmp_path).errors == ()
    assert bounds(kernel) == {"gt0": Bounds(100, 1400, 1400)}
    assert {path.rpartition("/")[0] for path, _ in kernel.written} == {f"{DEVICE}/drm/card1/gt/gt0"}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"null", b"[" * 60_000, b'{"boot_id": ' + b"9" * 50_000 + b"}", b"NaN", b"{}" + b" " * 70_000],
)
def test_a_damaged_file_gives_the_drivers_own(content: bytes, tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    capped(kernel, tmp_path)
    (tmp_path / NAME).write_bytes(content)
    assert restore(kernel, tmp_path).errors == ()
    assert bounds(kernel) == {"gt0": Bounds(100, 1400, 1400)}
    assert list(tmp_path.iterdir()) == []


def as_link(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def as_hard_link(path: Path, secret: Path) -> None:
    path.hardlink_to(secret)


def as_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("place", [as_link, as_hard_link, as_pipe])
def test_only_a_plain_file_of_its_own_is_read(place: Callable[[Path, Path], None], tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    state = tmp_path / "state"
    state.mkdir()
    capped(kernel, state)
    secret = tmp_path / "secret"
    (state / NAME).rename(secret)
    raw = json.loads(secret.read_text())
    secret.write_text(json.dumps({**raw, "bounds": {"gt0": asdict(Bounds(200, 300, 300))}}))
    place(state / NAME, secret)
    restore(kernel, state)
    assert bounds(kernel) == {"gt0": Bounds(100, 1400, 1400)}
    assert secret.exists()
    assert list(state.iterdir()) == []


def test_a_folder_in_the_files_place_is_reported(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    capped(kernel, tmp_path)
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    assert len(restore(kernel, tmp_path).errors) == 1
    assert bounds(kernel) == {"gt0": Bounds(100, 1400, 1400)}


def test_a_preference_that_the_kernel_does_not_offer_is_not_written(tmp_path: Path) -> None:
    kernel = Recorder(Profile.I915_SLPC)
    capped(kernel, tmp_path)
    kernel.written.clear()
    forged(tmp_path, preferences={"policy0": "0; reboot", "../../../../etc/passwd": "x", "policy1": "power"})
    done = restore(kernel, tmp_path, with_preferences=True)
    assert [error.strerror for error in done.errors] == ["not among the choices"]
    assert kernel.processor.preferences == ["balance_performance", "power", *["balance_performance"] * 2]
    assert all("passwd" not in path and "reboot" not in text for path, text in kernel.written)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
MHZ = st.integers(-10, 3000) | JSON
NAMES = st.sampled_from(["gt0", "gt1", "card", "../gt0", "gt0/../gt1", "\n"])
FORGED = st.fixed_dictionaries(
    {
        "boot_id": st.just("6f1c6e0a-3b0e-4a52-9c53-5c1f2f7c9d11"),
        "driver": st.just("i915"),
        "device": st.just(DEVICE),
        "bounds": st.dictionaries(NAMES, st.fixed_dictionaries({"min": MHZ, "max": MHZ, "boost": MHZ}) | JSON),
        "preferences": st.dictionaries(st.sampled_from(["policy0", "policy9", "../x"]), st.text(max_size=9)) | JSON,
    }
)


@QUIET
@given(content=st.binary(max_size=200) | JSON.map(json.dumps) | FORGED.map(json.dumps))
def test_no_content_leads_beyond_the_fused_range_or_the_known_files(content: bytes | str, tmp_path: Path) -> None:
    kernel = Recorder(Profile.I915_MTL)
    capped(kernel, tmp_path)
    kernel.written.clear()
    (tmp_path / NAME).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    restore(kernel, tmp_path)
    card = find_card(kernel)
    assert card is not None
    allowed = {path for gt in card.gts for path in gt.written}
    assert {path for path, _ in kernel.written if "cpufreq" not in path} <= allowed
    for gt in card.gts:
        assert bounds(kernel)[gt.name].are_in(read_range(kernel, gt))
    assert set(kernel.processor.preferences) <= {
        "default", "performance", "balance_performance", "balance_power", "power"
    }  # fmt: skip
    (tmp_path / NAME).unlink(missing_ok=True)


def test_links_in_the_tree_are_not_written_through(tmp_path: Path) -> None:
    gt = real_tree(tmp_path / "root")
    kernel = KernelFiles(tmp_path / "root")
    state = tmp_path / "state"
    state.mkdir()
    save(Originals(boot_id(kernel), "i915", DEVICE, {"gt0": Bounds(300, 900, 900)}), state)
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (gt / "rps_max_freq_mhz").unlink()
    (gt / "rps_max_freq_mhz").symlink_to(victim)
    restore(kernel, state)
    assert victim.read_text() == "untouched"


def test_the_program_tells_what_it_did_and_whether_all_is_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = real_tree(tmp_path / "root")
    kernel = KernelFiles(tmp_path / "root")
    state = tmp_path / "state"
    state.mkdir()
    save(Originals(boot_id(kernel), "i915", DEVICE, {"gt0": Bounds(300, 1000, 1000)}), state)
    assert main(["--state", str(state), "--root", str(tmp_path / "root")]) == 0
    assert capsys.readouterr().out == "i915 0000:00:02.0 gt0: min 300, max 1000, boost 1000 MHz\n"
    assert (gt / "rps_max_freq_mhz").read_text().startswith("1000")


def test_the_program_has_nothing_to_do_where_nothing_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state", str(tmp_path), "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "nothing was changed\n"


def test_the_files_reach_the_disk_as_the_services_own(tmp_path: Path) -> None:
    originals = Originals("boot", "i915", DEVICE, {"gt0": Bounds(300, 900, None)}, {"policy0": "power"})
    (tmp_path / f"{NAME}.new").symlink_to(tmp_path / "elsewhere")
    save(originals, tmp_path)
    assert load(tmp_path) == originals
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) & 0o027 == 0
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("name", ["restore", "grant"])
def test_the_helpers_load_little(name: str) -> None:
    code = f"import sys, edge_app.governor.{name}; print(*(each for each in sys.modules if '.' not in each))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    outside = set(loaded) - set(sys.stdlib_module_names) - {"edge_app", "__main__"}
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*(each for each in sys.modules if '.' not in each))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert outside <= set(bare.stdout.split())

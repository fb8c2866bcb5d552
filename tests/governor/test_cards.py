"""Which files belong to which driver, and what is refused as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.governor.cards import STEP_MHZ, Bounds, Range, default_bounds, find_card, read_bounds, read_range
from edge_app.governor.fake import FakeKernel, Fault, Profile
from edge_app.governor.fake.tree import File, Link
from edge_app.governor.sysfs import KernelFiles

DEVICE = "sys/devices/pci0000:00/0000:00:02.0"
FUSED = st.tuples(st.integers(50, 2500), st.integers(50, 2500)).map(sorted).map(lambda ends: Range(ends[0], ends[1]))


def machine(profile: Profile) -> FakeKernel:
    return FakeKernel(profile, lambda: 0.0)


@pytest.mark.parametrize(
    ("profile", "names", "fused"),
    [
        (Profile.I915_RPS, ["gt0"], Range(350, 1300, 500)),
        (Profile.I915_SLPC, ["gt0"], Range(100, 1400, 550)),
        (Profile.I915_MTL, ["gt0", "gt1"], Range(100, 2250, 800)),
        (Profile.XE_LNL, ["tile0/gt0", "tile0/gt1"], Range(400, 2050, 700)),
    ],
)
def test_every_gt_is_found_with_its_range(profile: Profile, names: list[str], fused: Range) -> None:
    kernel = machine(profile)
    card = find_card(kernel)
    assert card is not None
    assert card.device == DEVICE
    assert [gt.name for gt in card.gts] == names
    assert read_range(kernel, card.gts[0]) == fused
    assert read_bounds(kernel, card.gts[0]).max == fused.highest


def test_a_gpu_without_files_to_write_is_known() -> None:
    card = find_card(machine(Profile.AMDGPU))
    assert card is not None
    assert (card.driver, card.gts) == ("amdgpu", ())
    assert find_card(machine(Profile.NONE)) is None


def test_the_integrated_gpu_comes_before_another() -> None:
    kernel = machine(Profile.I915_SLPC)
    other = "sys/devices/pci0000:00/0000:03:00.0"
    kernel.tree.add("sys/class/drm/card0", Link(f"{other}/drm/card0"))
    kernel.tree.add(f"{other}/drm/card0/device", Link(other))
    kernel.tree.add(f"{other}/driver", Link("sys/bus/pci/drivers/i915"))
    for name in ("max", "min", "boost"):
        kernel.tree.add(f"{other}/drm/card0/gt_{name}_freq_mhz", File(lambda: "900"))
    card = find_card(kernel)
    assert card is not None
    assert card.device == DEVICE


@pytest.mark.parametrize("text", ["", "abc", "0", "-5", "1e3", "1200 MHz", "99999", "１２００"])
def test_what_is_no_frequency_is_an_error(text: str) -> None:
    kernel = machine(Profile.I915_SLPC)
    card = find_card(kernel)
    assert card is not None
    kernel.inject(Fault(text=text, pattern="*rps_max*"))
    with pytest.raises(OSError, match="no frequency"):
        read_bounds(kernel, card.gts[0])


def test_an_unreadable_efficient_frequency_is_no_obstacle() -> None:
    kernel = machine(Profile.XE_LNL)
    card = find_card(kernel)
    assert card is not None
    kernel.inject(Fault(5, pattern="*rpe_freq"))
    assert read_range(kernel, card.gts[0]) == Range(400, 2050)


@pytest.mark.parametrize("profile", [Profile.I915_SLPC, Profile.XE_LNL])
def test_defaults_are_the_drivers_or_the_whole_range(profile: Profile) -> None:
    kernel = machine(profile)
    card = find_card(kernel)
    assert card is not None
    gt = card.gts[0]
    fused = read_range(kernel, gt)
    kernel.foreign(max_mhz=700)
    boost = fused.highest if gt.layout.boost else None
    assert default_bounds(kernel, gt, fused) == Bounds(fused.lowest, fused.highest, boost)
    kernel.inject(Fault(text="50", pattern="*.defaults/rps_max*"))
    assert default_bounds(kernel, gt, fused) == Bounds(fused.lowest, fused.highest, boost)


def real_tree(root: Path) -> Path:
    """The shape that i915 gives; returns the GT's folder."""
    gt = root / DEVICE / "drm/card1/gt/gt0"
    gt.mkdir(parents=True)
    for name, mhz in (("max", 1300), ("min", 300), ("boost", 1300), ("RP0", 1300), ("RP1", 500), ("RPn", 300)):
        (gt / f"rps_{name}_freq_mhz").write_text(f"{mhz}\n")
    (root / "sys/bus/pci/drivers/i915").mkdir(parents=True)
    (root / DEVICE / "driver").symlink_to("../../../bus/pci/drivers/i915")
    (root / DEVICE / "drm/card1/device").symlink_to("../..")
    (root / "sys/class/drm").mkdir(parents=True)
    (root / "sys/class/drm/card1").symlink_to(f"../../../{DEVICE}/drm/card1")
    return gt


def test_a_tree_of_files_is_read_likewise(tmp_path: Path) -> None:
    gt = real_tree(tmp_path)
    card = find_card(KernelFiles(tmp_path))
    assert card is not None
    assert [each.folder for each in card.gts] == [str(gt.relative_to(tmp_path))]


def test_a_gpu_with_a_link_among_its_files_is_none(tmp_path: Path) -> None:
    gt = real_tree(tmp_path)
    (tmp_path / "victim").write_text("1300\n")
    (gt / "rps_max_freq_mhz").unlink()
    (gt / "rps_max_freq_mhz").symlink_to(tmp_path / "victim")
    assert find_card(KernelFiles(tmp_path)) is None


def test_a_card_that_leads_out_of_the_devices_is_none(tmp_path: Path) -> None:
    real_tree(tmp_path / "elsewhere")
    (tmp_path / "root/sys/class/drm").mkdir(parents=True)
    (tmp_path / "root/sys/class/drm/card1").symlink_to(tmp_path / "elsewhere/sys/class/drm/card1")
    assert find_card(KernelFiles(tmp_path / "root")) is None


def test_a_circle_of_links_is_none(tmp_path: Path) -> None:
    (tmp_path / "sys/class/drm/card1").mkdir(parents=True)
    (tmp_path / "sys/class/drm/card1/device").symlink_to("device")
    assert find_card(KernelFiles(tmp_path)) is None


@given(FUSED, st.integers(-100, 5000))
def test_the_nearest_is_in_range_and_whole_steps_where_there_is_one(fused: Range, mhz: int) -> None:
    nearest = fused.nearest(mhz)
    assert fused.lowest <= nearest <= fused.highest
    has_step = any(step % STEP_MHZ == 0 for step in range(fused.lowest, fused.highest + 1))
    assert nearest % STEP_MHZ == 0 or not has_step
    assert nearest <= max(mhz, fused.lowest + STEP_MHZ - 1)


@given(FUSED, st.integers(1, 3000), st.integers(1, 3000), st.none() | st.integers(1, 3000))
def test_inside_is_what_the_driver_takes(fused: Range, low: int, high: int, boost: int | None) -> None:
    bounds = Bounds(low, high, boost)
    assert bounds.inside(fused).are_in(fused)
    assert bounds.inside(fused) == bounds or not bounds.are_in(fused)

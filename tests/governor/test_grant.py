"""The helper that root runs before the service: exactly these files, and no waiting where nothing will come."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path

import pytest

from edge_app.governor.cards import find_card
from edge_app.governor.fake import FakeKernel, Profile
from edge_app.governor.grant import Grant, give, grants, main, wait_for_card
from edge_app.governor.sysfs import KernelFiles
from tests.governor.mounted import happen, mounted
from tests.governor.test_cards import DEVICE, real_tree

OWN_GROUP = grp.getgrgid(os.getgid()).gr_name
GTS = f"{DEVICE}/drm/card1/gt"
RAPL = "sys/devices/virtual/powercap/intel-rapl/intel-rapl:0"


def machine(profile: Profile) -> FakeKernel:
    return FakeKernel(profile, lambda: 0.0)


def paths(kernel: FakeKernel, mode: int) -> list[str]:
    return [each.path for each in grants(kernel, find_card(kernel)) if each.mode == mode]


def test_a_media_gt_and_the_accounted_counters_are_granted_too() -> None:
    kernel = machine(Profile.I915_MTL)
    names = [f"gt{number}/rps_{name}_freq_mhz" for number in (0, 1) for name in ("min", "max", "boost")]
    assert paths(kernel, 0o664) == [f"{GTS}/{name}" for name in names]
    assert paths(kernel, 0o440) == [f"{RAPL}/energy_uj", f"{RAPL}/intel-rapl:0:1/energy_uj"]


def test_the_processors_preference_only_when_asked() -> None:
    kernel = machine(Profile.XE_LNL)
    granted = grants(kernel, find_card(kernel), with_preference=True)
    assert len([each for each in granted if "cpufreq" in each.path]) == 4
    assert not [each for each in grants(kernel, find_card(kernel)) if "cpufreq" in each.path]


@pytest.mark.parametrize("profile", [Profile.AMDGPU, Profile.NONE])
def test_without_a_clock_to_hold_only_the_package_counter_is_left(profile: Profile) -> None:
    assert [each.path for each in grants(machine(profile), find_card(machine(profile)))] == [f"{RAPL}/energy_uj"]


def test_no_gpu_is_not_waited_for() -> None:
    looked: list[float] = []
    assert wait_for_card(machine(Profile.NONE), looked.append) is None
    assert looked == []


def announced(root: Path) -> None:
    """The PCI bus shows a display of Intel."""
    folder = root / "sys/bus/pci/devices/0000:00:02.0"
    folder.mkdir(parents=True)
    (folder / "class").write_text("0x030000\n")
    (folder / "vendor").write_text("0x8086\n")


def test_a_driver_on_the_way_is_waited_for_until_its_files_are_all_there(tmp_path: Path) -> None:
    announced(tmp_path)
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            real_tree(tmp_path)
        if len(looks) == 4:
            second = tmp_path / GTS / "gt1"
            second.mkdir()
            for name in ("max", "min", "boost"):
                (second / f"rps_{name}_freq_mhz").write_text("500\n")

    card = wait_for_card(KernelFiles(tmp_path), sleep)
    assert card is not None
    assert [gt.name for gt in card.gts] == ["gt0", "gt1"]
    assert sum(looks) < 10


def test_a_driver_that_never_comes_is_waited_for_ten_seconds(tmp_path: Path) -> None:
    announced(tmp_path)
    looks: list[float] = []
    assert wait_for_card(KernelFiles(tmp_path), looks.append) is None
    assert sum(looks) == 10


def test_the_program_leaves_everything_else_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gt = real_tree(tmp_path)
    for path in gt.iterdir():
        path.chmod(0o444 if "RP" in path.name else 0o644)
    assert main(["--group", OWN_GROUP, "--root", str(tmp_path)]) == 0
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in gt.iterdir()}
    assert {name for name, mode in modes.items() if mode == "0o664"} == {
        "rps_max_freq_mhz", "rps_min_freq_mhz", "rps_boost_freq_mhz"
    }  # fmt: skip
    assert set(modes.values()) == {"0o664", "0o444"}
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "i915 0000:00:02.0"
    assert f"{OWN_GROUP} may write /{GTS}/gt0/rps_max_freq_mhz" in out


def test_no_gpu_is_a_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--group", OWN_GROUP, "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "no GPU whose clock could be held\n"


def test_a_missing_group_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--group", "no-such-group", "--root", str(tmp_path)]) == 1
    assert "there is no group no-such-group" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["link", "pipe", "folder"])
def test_only_plain_files_change_hands(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "sys"
    folder.mkdir()
    (tmp_path / "victim").write_text("")
    (tmp_path / "victim").chmod(0o600)
    (folder / "link").symlink_to(tmp_path / "victim")
    os.mkfifo(folder / "pipe", 0o600)
    (folder / "folder").mkdir(mode=0o700)
    with pytest.raises(OSError, match=r"symbolic links|not a file of the kernel"):
        give(tmp_path, Grant(f"sys/{name}", 0o664), os.getgid())
    assert stat.S_IMODE((tmp_path / "victim").stat().st_mode) == 0o600


def test_on_a_mounted_machine_grants_are_lost_with_the_driver_and_given_again(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root changes groups")
    with mounted(Profile.I915_SLPC, tmp_path) as root:
        path = root / GTS / "gt0/rps_max_freq_mhz"
        for _ in range(2):
            assert stat.S_IMODE(path.stat().st_mode) == 0o644
            assert main(["--group", "daemon", "--root", str(root)]) == 0
            found = path.stat()
            assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o664, grp.getgrnam("daemon").gr_gid)
            assert stat.S_IMODE((root / RAPL / "energy_uj").stat().st_mode) == 0o440
            happen(root, "unbind")
            happen(root, "bind")

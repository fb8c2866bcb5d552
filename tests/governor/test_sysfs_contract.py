"""What SysFs promises, on all that implements it: the model, a captured tree, the mounted model."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from edge_app.governor.fake import Profile
from edge_app.governor.sensors import MachineSensors
from edge_app.governor.sysfs import KernelFiles, SysFs
from tests.governor.kernels import RENDER, fake, tree

CARD = f"{RENDER}/drm/card1"
MAX = f"{CARD}/gt/gt0/rps_max_freq_mhz"
LINKED = "sys/class/drm/card1/gt/gt0/rps_max_freq_mhz"


@pytest.fixture(params=["model", "tree", "mounted"])
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> SysFs:
    if request.param == "model":
        return fake(Profile.I915_SLPC)[0]
    if request.param == "tree":
        return tree(Profile.I915_SLPC, tmp_path)
    return KernelFiles(request.getfixturevalue("mount"))


@pytest.fixture(params=["model", "mounted"])
def driver(request: pytest.FixtureRequest) -> SysFs:
    """Only these have a driver behind their files."""
    if request.param == "model":
        return fake(Profile.I915_SLPC)[0]
    return KernelFiles(request.getfixturevalue("mount"))


def test_text_comes_without_the_line_end(kernel: SysFs) -> None:
    assert kernel.read_text(MAX) == "1400"
    assert kernel.read_text("sys/class/hwmon/hwmon4/name") == "coretemp"


def test_an_offline_cpu_reads_as_nothing(kernel: SysFs) -> None:
    assert kernel.read_text("sys/devices/system/cpu/cpu3/thermal_throttle/package_throttle_count") == ""


def test_what_is_not_there_is_enoent(kernel: SysFs) -> None:
    with pytest.raises(FileNotFoundError):
        kernel.read_text("sys/class/drm/card7/gt_max_freq_mhz")
    with pytest.raises(FileNotFoundError):
        kernel.write_text("sys/class/drm/card1/gt_new_freq_mhz", "1")
    assert kernel.glob("sys/class/drm/card1/gt_new_freq_mhz") == []


def test_a_folder_is_not_read_and_a_file_holds_nothing(kernel: SysFs) -> None:
    with pytest.raises(IsADirectoryError):
        kernel.read_text(CARD)
    with pytest.raises(NotADirectoryError):
        kernel.read_text(f"{MAX}/more")


def test_patterns_go_through_links_in_order(kernel: SysFs) -> None:
    assert kernel.glob("sys/class/drm/card[0-9]") == ["sys/class/drm/card1"]
    assert kernel.glob("sys/class/drm/card*") == ["sys/class/drm/card1", "sys/class/drm/card1-eDP-1"]
    assert kernel.glob("sys/class/drm/card1/gt/gt*/rps_max_freq_mhz") == [LINKED]
    assert kernel.glob("sys/class/powercap/intel-rapl:*:*/name") == [
        "sys/class/powercap/intel-rapl:0:0/name",
        "sys/class/powercap/intel-rapl:0:1/name",
    ]
    assert kernel.glob("sys/class/nothing/*") == []


def test_links_lead_to_the_device_and_its_driver(kernel: SysFs) -> None:
    assert kernel.real_path("sys/class/drm/card1/device") == RENDER
    assert kernel.real_path("sys/class/drm/card1/device/driver") == "sys/bus/pci/drivers/i915"
    assert kernel.real_path(LINKED) == MAX


def test_what_is_written_reads_back(kernel: SysFs) -> None:
    kernel.write_text(LINKED, "1200")
    assert kernel.read_text(MAX).startswith("1200")


def test_the_same_machine_reads_the_same(kernel: SysFs) -> None:
    reading = MachineSensors(kernel).read(0.0, queued=2)
    assert (reading.package_c, reading.limit_c, reading.max_mhz, reading.actual_mhz) == (33.0, 100.0, 1400, 0)
    assert (reading.throttles, reading.reasons, reading.pressure, reading.queued) == (0, frozenset(), 0.0, 2)
    assert reading.available_bytes == 11 * 2**30
    assert reading.failures == ()


@pytest.mark.parametrize(
    ("path", "text", "number"),
    [
        (MAX, "5000", errno.EINVAL),
        (MAX, "99", errno.EINVAL),
        (MAX, "fast", errno.EINVAL),
        (MAX, "-5", errno.EINVAL),
        (MAX, "4294967296", errno.ERANGE),
        (f"{CARD}/gt/gt0/rps_act_freq_mhz", "500", errno.EACCES),
        (f"{CARD}/gt/gt0/slpc_power_profile", "turbo", errno.EINVAL),
        ("sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "9", errno.ENODATA),
    ],
)
def test_the_driver_refuses(driver: SysFs, path: str, text: str, number: int) -> None:
    before = driver.read_text(MAX)
    with pytest.raises(OSError) as caught:  # noqa: PT011  the number is compared
        driver.write_text(path, text)
    assert caught.value.errno == number
    assert driver.read_text(MAX) == before


def test_hexadecimal_and_a_line_end_are_taken(driver: SysFs) -> None:
    driver.write_text(MAX, "0x4b0\n")
    assert driver.read_text(MAX) == "1200"


def test_a_sensor_without_data_says_so(driver: SysFs) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011  the number is compared
        driver.read_text("sys/class/thermal/thermal_zone1/temp")
    assert caught.value.errno == errno.ENODATA

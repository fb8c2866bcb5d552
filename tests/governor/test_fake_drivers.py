"""The simulated drivers refuse, round and forget as the real ones do."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from edge_app.governor.fake import Caller, Demand, FakeKernel, Fault, Profile
from edge_app.governor.fake.i915 import I915
from edge_app.governor.fake.xe import Xe
from tests.governor.kernels import RENDER, Time, fake

CARD = "sys/class/drm/card1"
GT0 = f"{CARD}/gt/gt0"
XE0 = f"{RENDER}/tile0/gt0/freq0"
BUSY = Demand(busy=1.0)


def number_of(call: Callable[[], object]) -> int | None:
    """Which error a call ends with."""
    try:
        call()
    except OSError as error:
        return error.errno
    return None


def run(kernel: FakeKernel, time: Time, seconds: float) -> int:
    """The GPU's clock after a while."""
    time.at += seconds
    return int(kernel.read_text(f"{CARD}/gt_act_freq_mhz"))


@pytest.mark.parametrize("profile", [Profile.I915_RPS, Profile.I915_SLPC])
def test_the_maximum_alone_does_not_cap_a_gpu_that_is_waited_for(profile: Profile) -> None:
    kernel, time = fake(profile)
    kernel.demand(BUSY)
    kernel.write_text(f"{GT0}/rps_max_freq_mhz", "800")
    assert run(kernel, time, 1) > 1200
    kernel.write_text(f"{GT0}/rps_boost_freq_mhz", "800")
    assert run(kernel, time, 1) == 800


def test_the_saving_profile_ends_the_boost() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.demand(BUSY)
    kernel.write_text(f"{GT0}/rps_max_freq_mhz", "800")
    kernel.write_text(f"{GT0}/slpc_power_profile", "power_saving")
    assert kernel.read_text(f"{GT0}/slpc_power_profile") == "base    [power_saving]"
    assert run(kernel, time, 1) == 800


def test_i915_wants_the_minimum_below_the_maximum() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    kernel.write_text(f"{GT0}/rps_min_freq_mhz", "900")
    assert number_of(lambda: kernel.write_text(f"{GT0}/rps_max_freq_mhz", "850")) == errno.EINVAL
    kernel.write_text(f"{GT0}/rps_max_freq_mhz", "900")
    assert number_of(lambda: kernel.write_text(f"{GT0}/rps_min_freq_mhz", "950")) == errno.EINVAL


def test_the_host_governor_stores_what_it_can_count() -> None:
    kernel, _ = fake(Profile.I915_RPS)
    kernel.write_text(f"{GT0}/rps_max_freq_mhz", "1010")
    assert kernel.read_text(f"{GT0}/rps_max_freq_mhz") == "1017"
    kernel.write_text(f"{GT0}/rps_max_freq_mhz", "1050")
    assert kernel.read_text(f"{GT0}/rps_max_freq_mhz") == "1050"
    assert number_of(lambda: kernel.write_text(f"{GT0}/rps_up_threshold_pct", "101")) == errno.EINVAL


def test_a_legacy_write_stops_half_way() -> None:
    kernel, _ = fake(Profile.I915_MTL)
    assert number_of(lambda: kernel.write_text(f"{CARD}/gt_max_freq_mhz", "2000")) == errno.EINVAL
    assert kernel.read_text(f"{CARD}/gt/gt0/rps_max_freq_mhz") == "2000"
    assert kernel.read_text(f"{CARD}/gt/gt1/rps_max_freq_mhz") == "1300"


def test_a_dead_firmware_is_eio() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    assert isinstance(kernel.gpu, I915)
    kernel.gpu.is_dead = True
    assert number_of(lambda: kernel.write_text(f"{GT0}/rps_max_freq_mhz", "800")) == errno.EIO


def test_xe_takes_a_maximum_below_the_minimum_and_does_not_cap() -> None:
    kernel, time = fake(Profile.XE_LNL)
    kernel.demand(BUSY)
    kernel.write_text(f"{XE0}/min_freq", "1500")
    kernel.write_text(f"{XE0}/max_freq", "900")
    time.at += 1
    assert kernel.read_text(f"{XE0}/act_freq") == "1500"
    kernel.write_text(f"{XE0}/min_freq", "400")
    time.at += 1
    assert kernel.read_text(f"{XE0}/act_freq") == "900"


def test_xe_reads_back_in_steps_and_has_no_boost() -> None:
    kernel, _ = fake(Profile.XE_LNL)
    kernel.write_text(f"{XE0}/max_freq", "1010")
    assert kernel.read_text(f"{XE0}/max_freq") == "1017"
    assert kernel.glob(f"{XE0}/*boost*") == []


def test_xe_says_eagain_during_a_reset_and_keeps_its_limits() -> None:
    kernel, time = fake(Profile.XE_LNL)
    kernel.write_text(f"{XE0}/max_freq", "1200")
    kernel.reset(seconds=2.0)
    assert number_of(lambda: kernel.write_text(f"{XE0}/max_freq", "900")) == errno.EAGAIN
    assert number_of(lambda: kernel.read_text(f"{XE0}/max_freq")) == errno.EAGAIN
    time.at += 3
    assert kernel.read_text(f"{XE0}/max_freq") == "1200"


def test_xe_busy_for_some_calls_then_wedged() -> None:
    kernel, _ = fake(Profile.XE_LNL)
    assert isinstance(kernel.gpu, Xe)
    kernel.gpu.busy_calls = 2
    assert [number_of(lambda: kernel.write_text(f"{XE0}/max_freq", "900")) for _ in range(3)] == [11, 11, None]
    kernel.gpu.is_wedged = True
    assert number_of(lambda: kernel.write_text(f"{XE0}/max_freq", "900")) == errno.ECANCELED


def test_amdgpu_refuses_all_during_a_reset() -> None:
    kernel, time = fake(Profile.AMDGPU)
    level = f"{CARD}/device/power_dpm_force_performance_level"
    kernel.write_text(level, "low")
    assert number_of(lambda: kernel.write_text(level, "loud")) == errno.EINVAL
    kernel.reset(1.0)
    assert number_of(lambda: kernel.read_text(level)) == errno.EPERM
    time.at += 2
    assert kernel.read_text(level) == "low"


def test_a_driver_that_is_bound_anew_forgets_limits_and_modes() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    path = f"{GT0}/rps_max_freq_mhz"
    kernel.write_text(path, "800")
    kernel.chmod(path, 0o664)
    kernel.unbind()
    assert number_of(lambda: kernel.read_text(path)) == errno.ENOENT
    assert kernel.glob("sys/class/drm/*") == []
    kernel.bind()
    assert kernel.read_text(path) == "1400"
    assert kernel.tree.file(path).mode == 0o644


def test_modes_then_the_mount_then_the_driver() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    path = f"{GT0}/rps_max_freq_mhz"
    kernel.caller = Caller(990, frozenset({990}))
    kernel.tree.is_read_only = True
    assert number_of(lambda: kernel.write_text(path, "800")) == errno.EACCES
    kernel.chown(path, -1, 990)
    kernel.chmod(path, 0o664)
    assert number_of(lambda: kernel.write_text(path, "800")) == errno.EROFS
    kernel.tree.is_read_only = False
    assert number_of(lambda: kernel.write_text(path, "80")) == errno.EINVAL
    assert number_of(lambda: kernel.write_text(path, "800")) is None


def test_energy_is_for_root_until_a_group_is_let_in() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    path = "sys/class/powercap/intel-rapl:0/energy_uj"
    assert number_of(lambda: kernel.read_text(path)) is None
    kernel.caller = Caller(990, frozenset({990}))
    assert number_of(lambda: kernel.read_text(path)) == errno.EACCES
    kernel.chown(path, -1, 990)
    kernel.chmod(path, 0o440)
    assert number_of(lambda: kernel.read_text(path)) is None


def test_the_energy_preference_is_busy_under_the_performance_governor() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    path = "sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference"
    kernel.write_text(path, "balance_power")
    assert kernel.read_text(path) == "balance_power"
    assert number_of(lambda: kernel.write_text(path, "lazy")) == errno.EINVAL
    kernel.processor.governor = "performance"
    assert number_of(lambda: kernel.write_text(path, "power")) == errno.EBUSY


def test_the_nth_call_fails_and_only_that() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    kernel.fail_call(3, errno.EIO)
    calls = [lambda: kernel.glob("sys/class/*"), lambda: kernel.read_text("proc/meminfo")] * 2
    assert [number_of(call) for call in calls] == [None, None, errno.EIO, None]


def test_a_fault_meets_a_file_behind_its_links() -> None:
    kernel, _ = fake(Profile.I915_SLPC)
    kernel.inject(Fault(errno.ENODATA, "*coretemp*/temp1_input", times=1))
    path = "sys/class/hwmon/hwmon4/temp1_input"
    assert [number_of(lambda: kernel.read_text(path)) for _ in range(2)] == [errno.ENODATA, None]


def test_too_hot_the_firmware_takes_the_clock_down() -> None:
    kernel, time = fake(Profile.I915_SLPC, ambient_c=45)
    kernel.demand(BUSY)
    assert run(kernel, time, 600) < 1400
    assert 95 < kernel.plant.temperature_c < 101
    assert int(kernel.read_text("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count")) > 0
    kernel.ambient(10)
    assert run(kernel, time, 600) == 1400


def test_a_lower_clock_is_cooler_and_draws_less() -> None:
    drawn = []
    for cap in ("1400", "1000", "700"):
        kernel, time = fake(Profile.I915_SLPC, ambient_c=20)
        kernel.demand(BUSY)
        kernel.write_text(f"{GT0}/rps_max_freq_mhz", cap)
        kernel.write_text(f"{GT0}/rps_boost_freq_mhz", cap)
        run(kernel, time, 900)
        drawn.append((kernel.plant.temperature_c, kernel.plant.package_j))
    assert drawn == sorted(drawn, reverse=True)


def test_sleep_cools_and_starts_the_energy_counters_anew() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.demand(BUSY)
    run(kernel, time, 600)
    warm = kernel.plant.temperature_c
    kernel.write_text(f"{GT0}/rps_max_freq_mhz", "800")
    kernel.suspend(300)
    assert kernel.plant.temperature_c < warm - 30
    assert int(kernel.read_text("sys/class/powercap/intel-rapl:0/energy_uj")) < 10
    assert kernel.read_text(f"{GT0}/rps_max_freq_mhz") == "800"

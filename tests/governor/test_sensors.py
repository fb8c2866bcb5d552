"""What is read, what stands in, and what is said to have failed."""

from __future__ import annotations

import errno
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_app.domain.stance import Reading
from edge_app.governor.fake import Caller, Demand, FakeKernel, Fault, Profile
from edge_app.governor.sensors import MachineSensors
from edge_app.governor.sysfs import KernelFiles
from tests.governor.kernels import RENDER, Time, fake

DIE = "*/coretemp.0/hwmon/hwmon*/temp1_input"
ERRNOS = (1, 2, 5, 6, 11, 13, 16, 19, 22, 30, 34, 38, 61, 110, 125)


def after(kernel: FakeKernel, time: Time, seconds: float = 1.0) -> Reading:
    """The second of two readings."""
    sensors = MachineSensors(kernel)
    sensors.read(time())
    time.at += seconds
    return sensors.read(time())


@pytest.mark.parametrize("profile", [Profile.I915_RPS, Profile.I915_SLPC, Profile.I915_MTL, Profile.XE_LNL])
def test_a_busy_intel_machine(profile: Profile) -> None:
    kernel, time = fake(profile)
    kernel.demand(Demand(busy=0.75, npu=0.25))
    reading = after(kernel, time, 10)
    assert reading.failures == ()
    assert reading.gpu_busy == pytest.approx(0.75, abs=0.01)
    assert reading.package_w == pytest.approx(kernel.plant.package_j / 10, abs=0.01)
    assert reading.actual_mhz == reading.max_mhz == kernel.parts.gts[0][2]
    assert reading.npu_busy == (pytest.approx(0.25) if kernel.parts.has_npu else None)
    has_uncore = "uncore" in kernel.parts.rapl
    assert reading.gpu_w == (pytest.approx(kernel.plant.gpu_j / 10, abs=0.01) if has_uncore else None)
    assert reading.limit_c == 100.0


def test_amdgpu_is_read() -> None:
    kernel, time = fake(Profile.AMDGPU)
    kernel.demand(Demand(busy=0.5))
    reading = after(kernel, time, 10)
    assert (reading.actual_mhz, reading.max_mhz, reading.gpu_busy) == (2200, None, 0.5)
    assert reading.package_c == int(kernel.plant.temperature_c)
    assert (reading.limit_c, reading.throttles, reading.failures) == (None, None, ())


def test_this_machine_is_read() -> None:
    sensors = MachineSensors(KernelFiles())
    readings = [sensors.read(at) for at in (0.0, 1.0)]
    assert all(reading.available_bytes for reading in readings)


def test_a_machine_without_a_gpu_is_no_failure() -> None:
    kernel, time = fake(Profile.NONE)
    reading = after(kernel, time)
    assert (reading.actual_mhz, reading.max_mhz, reading.gpu_busy, reading.gpu_w) == (None, None, None, None)
    assert reading.package_c is not None
    assert reading.failures == ()


def test_power_goes_on_where_the_counters_wrap() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.demand(Demand(busy=1.0))
    kernel.near_wrap(5_000_000)
    assert after(kernel, time, 1.0).package_w == pytest.approx(30.0, abs=0.1)
    assert int(kernel.read_text("sys/class/powercap/intel-rapl:0/energy_uj")) < 100_000_000


def test_counters_that_began_anew_are_not_power() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    sensors = MachineSensors(kernel)
    sensors.read(time())
    kernel.suspend(60)
    time.at += 1
    assert sensors.read(time()).package_w is None
    time.at += 1
    assert sensors.read(time()).package_w == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("text", ["0", "-41000", "131000", "-274000", "", "hot", "4e4", "33.5"])
def test_absurd_temperatures_are_failures_and_the_zone_stands_in(text: str) -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.inject(Fault(pattern=DIE, text=text))
    reading = after(kernel, time)
    assert reading.package_c == 33.0
    assert any("temp1_input" in failure for failure in reading.failures)
    kernel.inject(Fault(pattern="*thermal_zone2/temp", text=text))
    assert after(kernel, time).package_c is None


def test_a_sensor_without_data_is_never_cool() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.inject(Fault(errno.ENODATA, DIE))
    kernel.inject(Fault(errno.EIO, "*thermal_zone2/temp"))
    reading = after(kernel, time)
    assert reading.package_c is None
    assert [failure.rpartition(": ")[2] for failure in reading.failures] == ["ENODATA", "EIO"]


def test_acpitz_is_not_believed() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.tree.remove("sys/devices/platform/coretemp.0")
    kernel.tree.remove("sys/devices/virtual/thermal/thermal_zone2")
    reading = after(kernel, time)
    assert reading.package_c is None
    assert reading.failures == ("temperature: no sensor of the package",)


def test_an_offline_cpu_is_left_out() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    sensors = MachineSensors(kernel)
    kernel.plant.throttles = 7
    assert sensors.read(time()).throttles == 7
    kernel.processor.offline = {0, 1, 3}
    kernel.plant.throttles = 9
    time.at += 1
    assert sensors.read(time()).throttles == 9
    kernel.processor.offline = set()
    time.at += 1
    assert sensors.read(time()).throttles == 9


def test_reasons_are_live_bits() -> None:
    for profile in (Profile.I915_SLPC, Profile.XE_LNL):
        kernel, time = fake(profile)
        kernel.pulse("prochot", 5)
        kernel.pulse("pl2", 5)
        assert after(kernel, time).reasons == {"prochot", "pl2"}
        assert after(kernel, time, 10).reasons == frozenset()


def test_an_older_xe_has_no_list_of_reasons() -> None:
    kernel, time = fake(Profile.XE_LNL)
    kernel.tree.remove(f"{RENDER}/tile0/gt0/freq0/throttle/reasons")
    kernel.pulse("vr_thermalert", 5)
    assert after(kernel, time).reasons == {"vr_thermalert"}


def test_a_kernel_before_5_18_has_the_cards_files_only() -> None:
    kernel, time = fake(Profile.I915_RPS)
    kernel.tree.remove(f"{RENDER}/drm/card1/gt")
    kernel.tree.remove("proc/self/fdinfo")
    kernel.demand(Demand(busy=0.5))
    reading = after(kernel, time, 10)
    assert (reading.actual_mhz, reading.max_mhz, reading.reasons) == (1300, 1300, frozenset())
    assert reading.gpu_busy == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("profile", [Profile.I915_SLPC, Profile.XE_LNL])
def test_only_our_own_use_counts_and_without_it_the_whole(profile: Profile) -> None:
    kernel, time = fake(profile)
    kernel.demand(Demand(busy=0.9, own=0.3))
    assert after(kernel, time, 10).gpu_busy == pytest.approx(0.3, abs=0.01)
    kernel.tree.remove("proc/self/fdinfo")
    assert after(kernel, time, 10).gpu_busy == pytest.approx(0.9, abs=0.01)


def test_a_reset_is_a_failure_for_as_long_as_it_lasts() -> None:
    kernel, time = fake(Profile.XE_LNL)
    sensors = MachineSensors(kernel)
    sensors.read(time())
    kernel.reset(2)
    reading = sensors.read(time() + 1)
    assert (reading.max_mhz, reading.package_c) == (None, 33.0)
    assert [failure.rpartition(": ")[2] for failure in reading.failures] == ["EAGAIN"]
    time.at += 3
    assert sensors.read(time()).max_mhz == 2050


def test_a_driver_that_goes_and_comes_is_found_again() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    sensors = MachineSensors(kernel)
    sensors.read(time())
    kernel.unbind()
    time.at += 1
    gone = sensors.read(time())
    assert gone.max_mhz is None
    assert any("ENOENT" in failure for failure in gone.failures)
    time.at += 11
    assert sensors.read(time()).failures == ()
    kernel.bind()
    time.at += 61
    assert sensors.read(time()).max_mhz == 1400


def test_energy_that_is_not_ours_to_read_is_named() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.caller = Caller(990, frozenset({990}))
    reading = after(kernel, time)
    assert (reading.package_w, reading.gpu_w) == (None, None)
    assert all(failure.endswith("energy_uj: EACCES") for failure in reading.failures)
    assert reading.package_c == 33.0


def test_an_uncore_that_never_counts_is_no_power() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.inject(Fault(pattern="*intel-rapl:0:1/energy_uj", text="0"))
    kernel.demand(Demand(busy=1.0))
    reading = after(kernel, time)
    assert reading.gpu_w is None
    assert reading.package_w is not None


def test_memory_is_what_the_cgroup_leaves() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.memory.group_limit, kernel.memory.group_used = 6 * 2**30, 5 * 2**30
    kernel.memory.pressure = 12.5
    reading = after(kernel, time)
    assert (reading.available_bytes, reading.pressure) == (2**30, 12.5)


def test_memory_without_a_number_is_a_failure() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.inject(Fault(pattern="proc/meminfo", text="MemTotal: 1 kB"))
    kernel.inject(Fault(errno.EOPNOTSUPP, "proc/pressure/memory"))
    reading = after(kernel, time)
    assert (reading.available_bytes, reading.pressure) == (None, None)
    assert len(reading.failures) == 2


@settings(deadline=None)
@given(
    st.sampled_from(list(Profile)),
    st.lists(st.tuples(st.integers(1, 160), st.sampled_from(ERRNOS)), min_size=1, max_size=8),
)
def test_no_error_at_any_call_is_raised(profile: Profile, faults: list[tuple[int, int]]) -> None:
    kernel, time = fake(profile)
    sensors = MachineSensors(kernel)
    for number, error in faults:
        kernel.fail_call(number, error)
    readings = []
    for _ in range(3):
        time.at += 1
        readings.append(sensors.read(time()))
    assert not [fault for fault in kernel.faults if matters(fault)] or any(reading.failures for reading in readings)


def matters(fault: Fault) -> bool:
    """Whether a fault struck where it has to be told. Descriptors come and go, a cgroup or a GPU need not be there."""
    return bool(fault.struck) and fault.errno != errno.ENOENT and not re.search("fdinfo|proc/self/cgroup", fault.struck)


@settings(deadline=None)
@given(
    st.sampled_from(list(Profile)),
    st.sampled_from(["*", DIE, "*name", "*label", "*mhz", "*uj", "*count", "proc/*", "*fdinfo*", "*freq*", "*type"]),
    st.text(st.characters(codec="utf-8"), max_size=40) | st.integers().map(str) | st.sampled_from(["0", "-274000"]),
)
def test_no_text_anywhere_is_raised_or_makes_it_cool(profile: Profile, pattern: str, text: str) -> None:
    kernel, time = fake(profile)
    sensors = MachineSensors(kernel)
    sensors.read(time())
    kernel.inject(Fault(pattern=pattern, text=text))
    for _ in range(2):
        time.at += 1
        reading = sensors.read(time())
        assert reading.package_c is None or -40 <= reading.package_c <= 130
        assert reading.package_c != 0
        assert reading.gpu_busy is None or 0 <= reading.gpu_busy <= 1
        assert reading == replace(reading)

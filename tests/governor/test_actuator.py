"""One contract for the machine in memory and for the mounted one, through real system calls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_app.governor.actuator import GpuClock
from edge_app.governor.cards import Bounds
from edge_app.governor.fake import FakeKernel, Profile
from edge_app.governor.originals import NAME, load
from edge_app.governor.ports import Outcome
from tests.governor.machines import DRIVEN, Machine, in_memory, on_disk
from tests.governor.mounted import mounted

MOUNTED = (Profile.I915_SLPC, Profile.I915_MTL, Profile.XE_LNL)


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Profile, Machine]]:
    """Filled when first asked for; one machine each for all tests."""
    opened: dict[Profile, Machine] = {}
    closing = []

    class Opening(dict[Profile, Machine]):
        def __missing__(self, profile: Profile) -> Machine:
            context = mounted(profile, tmp_path_factory.mktemp(profile))
            self[profile] = on_disk(profile, context.__enter__())
            closing.append(context)
            return self[profile]

    opened = Opening()
    yield opened
    for context in closing:
        context.__exit__(None, None, None)


@pytest.fixture(params=[*(f"memory {each}" for each in DRIVEN), *(f"mounted {each}" for each in MOUNTED)])
def machine(request: pytest.FixtureRequest, mounts: dict[Profile, Machine]) -> Machine:
    """As after a start: the driver's own limits."""
    where, profile = request.param.split()
    if where == "memory":
        return in_memory(Profile(profile))
    found = mounts[Profile(profile)]
    for line in ("heal", "read_only 0", "unbind", "bind"):
        found.happen(line)
    return found


class Pauses(list[float]):
    """Sleeps that were asked for."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def clock(machine: Machine, tmp_path: Path, pauses: Pauses) -> GpuClock:
    return GpuClock(machine.kernel, tmp_path, sleep=pauses)


def test_the_maximum_and_the_boost_of_every_gt_are_held(machine: Machine, clock: GpuClock) -> None:
    assert clock.apply(1010).outcome is Outcome.APPLIED
    for bounds in machine.bounds().values():
        assert (bounds.max, bounds.boost) == (1000, None if machine.profile is Profile.XE_LNL else 1000)
        assert bounds.min <= 1000


def test_without_a_cap_it_is_as_it_was_found_and_nothing_is_left_on_disk(
    machine: Machine, clock: GpuClock, tmp_path: Path
) -> None:
    found = machine.bounds()
    clock.apply(1000)
    assert (tmp_path / NAME).exists()
    assert clock.apply(None).outcome is Outcome.APPLIED
    assert machine.bounds() == found
    assert list(tmp_path.iterdir()) == []


def test_a_minimum_in_the_way_is_lowered_first_and_comes_back(machine: Machine, clock: GpuClock) -> None:
    machine.happen("foreign min_mhz=900 max_mhz=1200 boost_mhz=1250")
    found = machine.bounds()
    assert clock.apply(600).outcome is Outcome.APPLIED
    first = next(iter(machine.bounds().values()))
    assert (first.min, first.max) == (600, 600)
    assert clock.apply(1100).outcome is Outcome.APPLIED
    first = next(iter(machine.bounds().values()))
    assert (first.min, first.max) == (900, 1100)
    assert clock.restore().outcome is Outcome.APPLIED
    assert machine.bounds() == found


def test_what_the_administrator_allows_is_never_exceeded(machine: Machine, clock: GpuClock) -> None:
    machine.happen("foreign max_mhz=800 boost_mhz=700")
    limits = clock.limits()
    assert limits is not None
    assert limits.own_mhz == 800
    clock.apply(600)
    clock.apply(1300)
    first = next(iter(machine.bounds().values()))
    assert first.max == 800
    assert first.boost in {None, 700}


def test_a_cap_that_changes_nothing_writes_nothing(machine: Machine, clock: GpuClock, tmp_path: Path) -> None:
    found = machine.bounds()
    for cap in (None, 5000):
        assert clock.apply(cap).outcome is Outcome.APPLIED
    assert (machine.bounds(), list(tmp_path.iterdir())) == (found, [])


@pytest.mark.parametrize("cap", [-300, 0, 1, 99_999])
def test_caps_outside_the_range_end_at_its_border(machine: Machine, clock: GpuClock, cap: int) -> None:
    limits = clock.limits()
    assert limits is not None
    assert clock.apply(cap).outcome is Outcome.APPLIED
    first = next(iter(machine.bounds().values()))
    assert first.max == (limits.lowest_mhz if cap < 2 else limits.highest_mhz)


def test_originals_are_those_on_disk_after_a_kill(machine: Machine, clock: GpuClock, tmp_path: Path) -> None:
    found = machine.bounds()
    clock.apply(700)
    anew = GpuClock(machine.kernel, tmp_path, sleep=lambda _: None)
    limits = anew.limits()
    assert limits is not None
    assert limits.own_mhz == next(iter(found.values())).max
    assert anew.apply(None).outcome is Outcome.APPLIED
    assert machine.bounds() == found


def test_nothing_is_written_when_the_originals_cannot_be_kept(machine: Machine, tmp_path: Path) -> None:
    found = machine.bounds()
    applied = GpuClock(machine.kernel, tmp_path / "missing").apply(700)
    assert applied.outcome is Outcome.REFUSED
    assert "the originals cannot be kept" in applied.detail
    assert machine.bounds() == found


def test_originals_are_whole_although_a_write_stops_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: whole(handle, content[:10]))
    GpuClock(FakeKernel(Profile.I915_SLPC, lambda: 0.0), tmp_path).apply(700)
    assert load(tmp_path) is not None


def test_a_read_only_mount_names_the_directive_and_recovers(machine: Machine, clock: GpuClock) -> None:
    machine.happen("read_only 1")
    applied = clock.apply(700)
    assert applied.outcome is Outcome.REFUSED
    assert "ProtectKernelTunables=yes without a ReadWritePaths=" in applied.detail
    limits = clock.limits()
    assert limits is not None
    assert not limits.is_writable
    machine.happen("read_only 0")
    limits = clock.limits()
    assert limits is not None
    assert limits.is_writable
    assert clock.apply(700).outcome is Outcome.APPLIED


def test_a_missing_permission_names_the_grant(machine: Machine, clock: GpuClock) -> None:
    machine.happen("fault 13 *max_freq*")
    applied = clock.apply(700)
    assert applied.outcome is Outcome.REFUSED
    assert "edge_app.governor.grant has not run" in applied.detail


def test_a_reset_is_waited_for_and_then_reported(machine: Machine, clock: GpuClock, pauses: Pauses) -> None:
    clock.limits()
    machine.happen("fault 11 *boost*" if machine.profile is not Profile.XE_LNL else "fault 11 *max_freq")
    assert clock.apply(700).outcome is Outcome.BUSY
    assert pauses[:3] == [0.1, 0.1, 0.1]
    machine.happen("heal")
    assert clock.apply(700).outcome is Outcome.APPLIED


@pytest.mark.parametrize("number", [5, 125, 19, 2])
def test_a_lost_gpu_is_looked_for_again(machine: Machine, clock: GpuClock, number: int) -> None:
    clock.apply(800)
    machine.happen(f"fault {number} *max_freq*")
    assert clock.apply(700).outcome is Outcome.LOST
    machine.happen("heal")
    assert clock.apply(700).outcome is Outcome.APPLIED


def test_a_driver_that_went_and_came_back_is_capped_again_and_given_back(machine: Machine, clock: GpuClock) -> None:
    found = machine.bounds()
    clock.apply(700)
    machine.happen("unbind")
    assert clock.apply(600).outcome is Outcome.LOST
    assert clock.limits() is None
    assert clock.apply(600).outcome is Outcome.LOST
    machine.happen("bind")
    assert clock.apply(600).outcome is Outcome.APPLIED
    assert {bounds.max for bounds in machine.bounds().values()} == {600}
    assert clock.restore().outcome is Outcome.APPLIED
    assert machine.bounds() == found


def test_after_it_was_given_back_nothing_is_written(machine: Machine, clock: GpuClock) -> None:
    clock.apply(700)
    clock.restore()
    found = machine.bounds()
    assert clock.apply(700).outcome is Outcome.REFUSED
    assert machine.bounds() == found


def test_what_cannot_be_given_back_stays_on_disk_and_the_rest_is_given(
    machine: Machine, clock: GpuClock, tmp_path: Path
) -> None:
    machine.happen("foreign min_mhz=900")
    found = machine.bounds()
    clock.apply(700)
    machine.happen("fault 5 *min_freq*")
    assert clock.restore().outcome is Outcome.LOST
    machine.happen("heal")
    assert {bounds.max for bounds in machine.bounds().values()} <= {700} | {each.max for each in found.values()}
    kept = load(tmp_path)
    assert kept is not None
    assert kept.bounds == found


def test_a_foreign_value_is_told_when_a_write_does_not_last(tmp_path: Path) -> None:
    class Ignoring(FakeKernel):
        def write_text(self, path: str, text: str) -> None:
            if not path.endswith("rps_max_freq_mhz"):
                super().write_text(path, text)

    applied = GpuClock(Ignoring(Profile.I915_SLPC, lambda: 0.0), tmp_path).apply(700)
    assert applied.outcome is Outcome.REFUSED
    assert "rps_max_freq_mhz: reads back 1400 MHz after 700 was written" in applied.detail


def test_a_value_that_is_refused_is_tried_twice(tmp_path: Path) -> None:
    tried = []

    class Refusing(FakeKernel):
        def write_text(self, path: str, text: str) -> None:
            tried.append((path.rpartition("/")[2], text))
            super().write_text(path, "99999" if "max" in path else text)

    applied = GpuClock(Refusing(Profile.I915_SLPC, lambda: 0.0), tmp_path).apply(700)
    assert applied.outcome is Outcome.REFUSED
    assert "Invalid argument" in applied.detail
    assert tried == [("rps_max_freq_mhz", "700"), ("rps_boost_freq_mhz", "700"), ("rps_max_freq_mhz", "700")]


def test_a_minimum_that_rose_meanwhile_is_met_by_the_second_attempt(tmp_path: Path) -> None:
    class Racing(FakeKernel):
        races = 1

        def write_text(self, path: str, text: str) -> None:
            if "max" in path and self.races:
                self.races = 0
                self.foreign(min_mhz=900)
            super().write_text(path, text)

    kernel = Racing(Profile.I915_SLPC, lambda: 0.0)
    assert GpuClock(kernel, tmp_path).apply(700).outcome is Outcome.APPLIED


@pytest.mark.parametrize("profile", [Profile.AMDGPU, Profile.NONE])
def test_where_no_clock_can_be_turned_it_is_absent(profile: Profile, tmp_path: Path) -> None:
    clock = GpuClock(FakeKernel(profile, lambda: 0.0), tmp_path)
    assert clock.limits() is None
    assert clock.apply(900).outcome is Outcome.ABSENT
    assert clock.restore().outcome is Outcome.APPLIED


def test_the_processor_is_left_alone_unless_asked(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    GpuClock(kernel, tmp_path).apply(700)
    assert set(kernel.processor.preferences) == {"balance_performance"}


def test_the_processor_prefers_power_while_a_cap_holds(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    clock = GpuClock(kernel, tmp_path, preference="balance_power")
    kernel.processor.preferences[0] = "power"
    clock.apply(700)
    assert set(kernel.processor.preferences) == {"balance_power"}
    clock.apply(None)
    assert kernel.processor.preferences == ["power", *["balance_performance"] * 3]
    assert list(tmp_path.iterdir()) == []


def test_a_processor_that_refuses_does_not_undo_the_cap(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_SLPC, lambda: 0.0)
    kernel.processor.governor = "performance"
    clock = GpuClock(kernel, tmp_path, preference="power")
    with capture_logs() as logs:
        assert clock.apply(700).outcome is Outcome.APPLIED
        assert clock.apply(600).outcome is Outcome.APPLIED
        assert clock.apply(None).outcome is Outcome.APPLIED
    assert [each["event"] for each in logs] == ["governor.preference_refused"]


def test_legacy_files_serve_where_there_are_no_others(tmp_path: Path) -> None:
    kernel = FakeKernel(Profile.I915_RPS, lambda: 0.0)
    kernel.tree.remove("sys/devices/pci0000:00/0000:00:02.0/drm/card1/gt")
    machine = Machine(Profile.I915_RPS, kernel, lambda _: None)
    clock = GpuClock(kernel, tmp_path)
    assert clock.apply(700).outcome is Outcome.APPLIED
    assert machine.bounds() == {"card": Bounds(350, 700, 700)}
    clock.restore()
    assert machine.bounds() == {"card": Bounds(350, 1300, 1300)}

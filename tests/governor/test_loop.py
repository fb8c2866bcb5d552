"""The loop on a simulated machine: what it does to the clock, whom it tells, what it survives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from edge_app.domain.stance import Reading, Stance
from edge_app.governor.actuator import GpuClock
from edge_app.governor.cards import find_card, read_bounds
from edge_app.governor.fake import Demand, FakeKernel, Profile
from edge_app.governor.loop import Governor, Told
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Applied, Limits
from edge_app.governor.sensors import MachineSensors
from tests.governor.machines import DRIVEN


@dataclass
class Bench:
    """A busy machine in a hall, and its governor."""

    profile: Profile
    state: Path
    ambient: float = 45.0
    now: float = 0.0
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Fully busy."""
        self.kernel = FakeKernel(self.profile, lambda: self.now, self.ambient)
        self.kernel.demand(Demand(busy=1.0))
        clock = GpuClock(self.kernel, self.state, sleep=lambda _: None)
        self.governor = Governor(Policy(), MachineSensors(self.kernel), clock, lambda: self.now, lambda: 9)
        self.governor.listen(self.told.append)

    def run(self, seconds: int) -> Stance:
        for _ in range(seconds):
            self.now += 1.0
            self.governor.tick()
        stance = self.governor.stance
        assert stance
        return stance

    def set_max(self) -> int:
        card = find_card(self.kernel)
        assert card
        return read_bounds(self.kernel, card.gts[0]).max


@pytest.mark.parametrize("profile", DRIVEN)
def test_a_hot_hall_is_answered_with_a_lower_clock_and_the_end_gives_it_back(profile: Profile, tmp_path: Path) -> None:
    bench = Bench(profile, tmp_path)
    found = bench.set_max()
    stance = bench.run(900)

    assert stance.cap_mhz
    assert abs(bench.set_max() - stance.cap_mhz) <= 17
    assert bench.kernel.plant.temperature_c < bench.kernel.plant.body.limit_c - Policy().critical_c
    bench.governor.restore()
    assert bench.set_max() == found
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("profile", [Profile.AMDGPU, Profile.NONE])
def test_a_clock_that_cannot_be_turned_is_replaced_by_rests(profile: Profile, tmp_path: Path) -> None:
    bench = Bench(profile, tmp_path, ambient=70.0)

    assert bench.run(120).duty < 1.0
    assert list(tmp_path.iterdir()) == []


def test_a_change_is_told_once_and_a_late_listener_hears_what_stands(tmp_path: Path) -> None:
    bench = Bench(Profile.I915_SLPC, tmp_path, ambient=20.0)
    bench.run(60)
    late: list[Told] = []
    bench.governor.listen(late.append)

    assert [each.stance for each in bench.told] == [late[0].stance]


@dataclass
class Broken:
    """Sensors and an actuator that break their word."""

    error: OSError
    restored: int = 0

    def read(self, at: float, queued: int) -> Reading:  # noqa: ARG002
        raise self.error

    def limits(self) -> Limits | None:
        return Limits(100, 1400, 500)

    def apply(self, cap_mhz: int | None) -> Applied:  # noqa: ARG002
        raise self.error

    def restore(self) -> Applied:
        self.restored += 1
        raise self.error


class Hot(Broken):
    """Sees, but cannot write."""

    def read(self, at: float, queued: int) -> Reading:
        return Reading(at, package_c=99.0, limit_c=100.0, queued=queued)


def governor_of(broken: Broken) -> Governor:
    return Governor(Policy(), broken, broken, count().__next__, lambda: 0, tick_s=0.001)


@pytest.mark.parametrize("kind", [Broken, Hot])
def test_ports_that_raise_end_nothing(kind: Callable[[OSError], Broken]) -> None:
    broken = kind(OSError(5, "Input/output error"))
    governor = governor_of(broken)
    told = [governor.tick() for _ in range(5)]
    governor.restore()

    assert told[-1].stance.cap_mhz is not None or told[-1].stance.duty < 1
    assert (broken.restored, "lost" in told[-1].outcome) == (1, kind is Hot)


def test_a_listener_that_fails_keeps_no_other_from_hearing() -> None:
    governor = governor_of(Hot(OSError(5, "Input/output error")))
    heard: list[Told] = []

    def fail(_: Told) -> None:
        raise ValueError("a fault of ours")

    governor.listen(fail)
    governor.listen(heard.append)
    governor.tick()
    governor.listen(fail)

    assert len(heard) == 1


class Faulty(Hot):
    """From the second look on a fault of ours."""

    def __init__(self) -> None:
        super().__init__(OSError(5, "Input/output error"))
        self.looks = threading.Semaphore(0)
        self.is_faulty = False

    def limits(self) -> Limits | None:
        self.looks.release()
        if self.is_faulty:
            raise ValueError("a fault of ours")
        return super().limits()


def test_the_thread_goes_on_after_a_fault_and_restores_at_the_end() -> None:
    broken = Faulty()
    with governor_of(broken):
        broken.is_faulty = True
        for _ in range(3):
            assert broken.looks.acquire(timeout=10)

    assert broken.restored == 1


def test_outcomes_that_are_no_harm_are_not_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Bench(Profile.NONE, tmp_path).governor.restore()

    assert "not_restored" not in capsys.readouterr().out

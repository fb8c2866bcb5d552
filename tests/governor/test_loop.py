"""The loop on a simulated machine: what it does to the clock, whom it tells, what it survives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import pytest

from edge_app.domain.stance import Reading, Stance
from edge_app.errors import StorageError
from edge_app.governor.actuator import GpuClock
from edge_app.governor.aside import Aside
from edge_app.governor.cards import find_card, read_bounds
from edge_app.governor.fake import Demand, FakeKernel, Fault, Profile
from edge_app.governor.loop import Governor, Told
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Applied, Limits
from edge_app.governor.sensors import MachineSensors
from tests.governor.machines import DRIVEN, Machine


@dataclass
class Bench:
    """A busy machine in a hall, and its governor."""

    profile: Profile
    state: Path
    ambient: float = 45.0
    now: float = 0.0
    hottest: float = 0.0
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


@pytest.mark.parametrize("profile", DRIVEN)
@pytest.mark.parametrize("foreign", [600, 1250])
def test_what_somebody_else_sets_is_never_exceeded_and_stands_at_the_end(
    profile: Profile, foreign: int, tmp_path: Path
) -> None:
    bench = Bench(profile, tmp_path, ambient=60.0)
    boosts = [bounds.boost for bounds in Machine(profile, bench.kernel, lambda _: None).bounds().values()]
    bench.run(600)
    bench.kernel.foreign(max_mhz=foreign)
    stands = bench.set_max()
    assert not bench.run(1).reason.startswith("foreign")
    assert bench.set_max() == stands
    assert bench.run(1).reason.startswith("foreign")
    assert list(tmp_path.iterdir()) == []
    assert [bounds.boost for bounds in Machine(profile, bench.kernel, lambda _: None).bounds().values()] == boosts
    for ambient in (60.0, 5.0):
        bench.kernel.ambient(ambient)
        for _ in range(100):
            bench.run(10)
            assert bench.set_max() <= stands
    bench.governor.restore()
    assert bench.set_max() == stands


def test_another_outcome_is_told_although_the_stance_is_the_same(tmp_path: Path) -> None:
    bench = Bench(Profile.I915_SLPC, tmp_path)
    bench.kernel.inject(Fault(errno=22, pattern="*max_freq*", calls=frozenset({"write"}), times=2))
    bench.run(600)
    pairs = [(before, after) for before, after in pairwise(bench.told) if before.stance == after.stance]

    assert [(before.outcome[:7], after.outcome) for before, after in pairs] == [("refused", "applied")]


def test_one_look_at_another_clock_is_no_reason_to_write(tmp_path: Path) -> None:
    bench = Bench(Profile.I915_SLPC, tmp_path)
    cap = bench.run(600).cap_mhz
    bench.kernel.foreign(max_mhz=1300)
    bench.run(1)
    assert bench.set_max() == 1300
    bench.kernel.foreign(max_mhz=cap)
    assert not bench.run(5).reason.startswith("foreign")


@pytest.mark.parametrize("cause", ["state", "kernel"])
def test_a_clock_that_refuses_is_never_said_to_be_capped_and_the_machine_stays_cool(cause: str, tmp_path: Path) -> None:
    bench = Bench(Profile.I915_SLPC, tmp_path if cause == "kernel" else tmp_path / "missing")
    if cause == "kernel":
        bench.kernel.inject(Fault(errno=22, pattern="*max_freq*", calls=frozenset({"write"})))
    for _ in range(900):
        stance = bench.run(1)
        bench.kernel.demand(Demand(busy=0.0 if stance.is_paused else stance.duty))
        bench.hottest = max(bench.hottest, bench.kernel.plant.temperature_c)

    assert (stance.cap_mhz, bench.told[-1].outcome.partition(":")[0]) == (None, "refused")
    assert stance.duty < 1.0
    assert bench.hottest < bench.kernel.plant.body.limit_c - Policy().critical_c
    bench.kernel.demand(Demand(busy=1.0))
    bench.kernel.faults.clear()
    tmp_path.joinpath("missing").mkdir()
    stance = bench.run(900)
    assert (stance.cap_mhz, bench.told[-1].outcome) == (bench.set_max(), "applied")


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

    def let_go(self) -> Applied:
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
    assert (broken.restored, "lost" in told[-1].outcome) == (1, True)


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


def hot_governor(queued: Callable[[], int]) -> tuple[Governor, Hot]:
    hot = Hot(OSError(5, "Input/output error"))
    return Governor(Policy(), hot, hot, count().__next__, queued, tick_s=0.001), hot


def test_a_queue_that_cannot_be_counted_blinds_nobody_and_is_not_taken_for_empty() -> None:
    answers: Iterator[int | Exception] = iter(
        [7, StorageError("disk I/O error"), StorageError("disk I/O error"), 0, ValueError("ours")]
    )

    def queued() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    governor, _ = hot_governor(queued)
    readings = [governor.tick().reading for _ in range(5)]

    assert [each.queued for each in readings] == [7, 7, 7, 0, 1]
    assert {each.package_c for each in readings} == {99.0}


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What everything blocked waits for."""
    event = threading.Event()
    yield event
    event.set()


def test_a_queue_and_a_listener_that_block_hold_up_no_look_and_no_restore(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_app.governor.loop.CLOSE_S", 0.05)
    looks = threading.Semaphore(0)
    governor, hot = hot_governor(lambda: int(stuck.wait()))

    def limits() -> None:
        looks.release()

    def block(_: Told) -> None:
        stuck.wait()

    hot.limits = limits  # type: ignore[method-assign]
    governor.listen(block, may_block=True)
    heard: list[Told] = []
    governor.listen(heard.append, may_block=True)
    with governor:
        for _ in range(20):
            assert looks.acquire(timeout=10)

    assert hot.restored == 1
    assert heard
    assert {told.reading.queued for told in heard} == {1}


def test_a_tick_that_hangs_does_not_keep_the_clock_from_being_given_back(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_app.governor.loop.CLOSE_S", 0.05)
    governor, hot = hot_governor(lambda: 0)
    hangs = threading.Event()

    def limits() -> Limits | None:
        hangs.set()
        stuck.wait()
        return None

    with governor:
        hot.limits = limits  # type: ignore[method-assign]
        assert hangs.wait(10)

    assert hot.restored == 1


def test_a_first_tick_that_fails_keeps_nobody_from_starting() -> None:
    broken = Faulty()
    broken.is_faulty = True
    with governor_of(broken):
        assert broken.looks.acquire(timeout=10)
        assert broken.looks.acquire(timeout=10)

    assert broken.restored == 1


def test_what_is_told_aside_is_heard_in_order_and_to_the_end() -> None:
    heard: list[int] = []
    aside = Aside("test")
    aside.do(lambda: heard.append(-1))
    assert heard == [-1]
    aside.start()
    for number in range(100):
        aside.do(partial(heard.append, number))
    aside.do(lambda: 1 // 0)
    aside.do(partial(heard.append, 100))
    aside.close(10)

    assert heard == list(range(-1, 101))


def test_outcomes_that_are_no_harm_are_not_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Bench(Profile.NONE, tmp_path).governor.restore()

    assert "not_restored" not in capsys.readouterr().out

"""Whatever the machine does: the loop goes on, caps stay in the range and rare, and the GPU is given back as found.

EDGE_EXAMPLES sets how many shifts are tried; the long run is ``EDGE_EXAMPLES=100000 pytest
tests/governor/test_loop_properties.py``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.errors import StorageError
from edge_app.governor.actuator import GpuClock
from edge_app.governor.fake import Demand, Fault, Profile
from edge_app.governor.loop import Governor, Told
from edge_app.governor.policy import HANDS_OFF_S, LEAST_DUTY, MOST_CHANGES, Policy
from edge_app.governor.ports import Applied, Limits, Outcome
from edge_app.governor.restore import restore
from edge_app.governor.sensors import MachineSensors
from edge_app.governor.simulation import most_a_minute
from tests.governor.test_actuator_properties import FAULTS, GARBAGE, MANY, Watched, found, in_range, near

ABSURD = st.builds(
    Fault,
    text=st.sampled_from(["", "abc", "0", "-1", "-274000", "131000", "99999999999999999999"]),
    pattern=st.sampled_from(["*temp*", "*throttle*", "*energy*", "*fdinfo*", "proc/*", "*residency*"]),
    times=st.none() | st.integers(1, 5),
)


@dataclass(frozen=True)
class Event:
    """Something happens, then the loop ticks ``ticks`` times, ``apart`` seconds apart."""

    kind: str
    value: float = 0.0
    fault: Fault | None = None
    ticks: int = 3
    apart: float = 1.0


NOTHING = st.just(0.0)


def event(kind: str, values: st.SearchStrategy[float] = NOTHING, **more: object) -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        st.just(kind),
        values,
        ticks=st.integers(1, 12),
        apart=st.sampled_from([1.0, 1.0, 5.0, 15.0]),
        **more,  # type: ignore[arg-type]
    )


QUIET_EVENTS = (
    event("busy", st.floats(0, 1))
    | event("ambient", st.floats(-20, 110))
    | event("queued", st.sampled_from([-1.0, 0.0, 1.0, 5000.0]))  # -1: nobody can count
    | event("pulse", st.sampled_from([0.5, 20.0]))
    | event("reset", st.sampled_from([0.2, 3.0]))
    | event("sleep", st.sampled_from([40.0, 36_000.0]))
    | event("unbind")
    | event("bind")
    | event("wrap")
    | event("fault", fault=FAULTS | GARBAGE | ABSURD)
    | event("heal")
)
EVENTS = st.lists(QUIET_EVENTS, max_size=10)
WITH_OTHERS = st.lists(QUIET_EVENTS | event("foreign", st.floats(0, 1)), max_size=10)


@dataclass
class Counted:
    """Notes when another cap came to stand. One written again, as after a driver's return, is none."""

    clock: GpuClock
    now: Callable[[], float]
    cap: int | None = None
    changed: list[float] = field(default_factory=list)

    def limits(self) -> Limits | None:
        return self.clock.limits()

    def apply(self, cap_mhz: int | None) -> Applied:
        applied = self.clock.apply(cap_mhz)
        if applied.outcome is Outcome.APPLIED and cap_mhz != self.cap:
            self.cap = cap_mhz
            self.changed.append(self.now())
        return applied

    def let_go(self) -> Applied:
        return self.clock.let_go()

    def restore(self) -> Applied:
        return self.clock.restore()


@dataclass
class Shift:
    """A machine, its governor and what was seen of both."""

    profile: Profile
    state: Path
    now: float = 1000.0
    queued: int = 0
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Entered as the service does it, without the thread."""
        self.kernel = Watched(self.profile, lambda: self.now)
        self.clock = Counted(GpuClock(self.kernel, self.state, sleep=self.sleep), lambda: self.now)
        self.governor = Governor(
            Policy(),
            MachineSensors(self.kernel),
            self.clock,
            lambda: self.now,
            self.count,
        )
        self.governor.listen(self.told.append)

    def count(self) -> int:
        if self.queued < 0:
            raise StorageError("disk I/O error")
        return self.queued

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def live(self, events: list[Event]) -> None:
        for each in events:
            self.happen(each)
            for _ in range(each.ticks):
                self.now += each.apart
                self.check(self.governor.tick())

    def check(self, told: Told) -> None:
        stance = told.stance
        assert told.reading.queued == self.queued or (self.queued < 0 < told.reading.queued)
        lowest, highest = (self.kernel.parts.gts[0][at] for at in (0, 2)) if self.kernel.parts.gts else (0, 0)
        assert stance.cap_mhz is None or (lowest <= stance.cap_mhz <= highest and stance.cap_mhz % 50 == 0)
        assert LEAST_DUTY <= stance.duty <= 1.0
        assert 1 <= stance.concurrency <= Policy().concurrency
        assert stance.ceiling in Precision
        assert ":" in stance.reason
        in_range(self.kernel)
        self.kernel.written.clear()

    def happen(self, event: Event) -> None:  # noqa: C901  a table of events
        kernel = self.kernel
        match event.kind:
            case "busy":
                kernel.demand(Demand(busy=event.value))
            case "ambient":
                kernel.ambient(event.value)
            case "queued":
                self.queued = int(event.value)
            case "pulse":
                kernel.pulse("thermal", event.value)
            case "reset":
                kernel.reset(event.value)
            case "sleep":
                kernel.suspend(event.value)
                self.now += event.value
                kernel._at = self.now  # the machine's own time stood still
            case "unbind" if kernel.gpu:
                kernel.unbind()
            case "bind" if not kernel.gpu:
                kernel.bind()
            case "wrap":
                kernel.near_wrap()
            case "fault" if event.fault:
                kernel.inject(Fault(**{name: getattr(event.fault, name) for name in Fault.__slots__}))
            case "heal":
                kernel.faults.clear()
            case "foreign" if kernel.gpu and kernel.parts.gts:
                lowest, _, highest = kernel.parts.gts[0]
                kernel.foreign(max_mhz=round(lowest + event.value * (highest - lowest)))

    def end(self) -> None:
        """Stopped in the middle of whatever fails; then the unit's helper, on a machine that works again."""
        self.governor.restore()
        self.kernel.faults.clear()
        self.now += 10
        if not self.kernel.gpu:
            self.kernel.bind()
        assert restore(self.kernel, self.state, self.sleep).errors == ()

    def most_changes(self) -> int:
        """Of what was written in any minute."""
        return most_a_minute(self.clock.changed)


@settings(MANY, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(profile=st.sampled_from(list(Profile)), events=EVENTS)
def test_the_loop_survives_everything_and_gives_back_what_it_found(profile: Profile, events: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shift = Shift(profile, Path(folder))
        before = found(shift.kernel) if shift.kernel.parts.gts else {}
        shift.live(events)
        shift.end()
        assert not before or near(found(shift.kernel), before)
        assert shift.most_changes() <= MOST_CHANGES


@settings(MANY, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(profile=st.sampled_from(list(Profile)), events=WITH_OTHERS)
def test_another_program_s_clock_is_survived_and_not_fought(profile: Profile, events: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shift = Shift(profile, Path(folder))
        shift.live(events)
        for before, after in zip(shift.told, shift.told[1:], strict=False):
            assert (before.stance, before.outcome) != (after.stance, after.outcome)  # told once
        until = shift.governor._state.own.hands_off_until
        assert until <= shift.now + HANDS_OFF_S
        assert shift.now >= until or shift.told[-1].stance.cap_mhz is None
        shift.end()
        assert shift.most_changes() <= MOST_CHANGES

"""The law by its words: each rule of it, told as what the sensors say over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from edge_app.domain.inference import Precision
from edge_app.domain.stance import Reading, Stance
from edge_app.governor.ladder import ladder, rung_at
from edge_app.governor.law import Decision, State, _turned, decide
from edge_app.governor.owner import wrote
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Applied, Limits, Outcome

LIMITS = Limits(lowest_mhz=100, highest_mhz=1300, efficient_mhz=300)
COOL, WARM, HOT, VERY_HOT, CRITICAL = 60.0, 84.0, 89.0, 94.0, 97.0
"""On a package with a limit of 100 °C: hot at 88, cool at 80, critical at 96."""


@dataclass
class Machine:
    """Feeds the law and obeys it: what is written reads back."""

    policy: Policy = field(default_factory=lambda: Policy(economy_share=1.0))
    limits: Limits | None = LIMITS
    state: State = field(default_factory=State)
    now: float = 1000.0
    writes: list[int | None] = field(default_factory=list)
    outcome: Outcome = Outcome.APPLIED

    def look(self, celsius: float | None = COOL, *, step: float = 1.0, **more: object) -> Stance:
        """One tick."""
        self.now += step
        standing = self.state.own.written or (self.limits.highest_mhz if self.limits else None)
        reading = Reading(self.now, package_c=celsius, limit_c=100.0, max_mhz=standing, gpu_busy=0.9)
        self.state, decision = decide(self.policy, self.state, replace(reading, **more), self.limits, self.now)  # type: ignore[arg-type]
        self._obey(decision)
        return decision.stance

    def hold(self, celsius: float | None, seconds: float, **more: object) -> Stance:
        """Ticks for a while; the last stance."""
        for _ in range(int(seconds) - 1):
            self.look(celsius, **more)  # type: ignore[arg-type]
        return self.look(celsius, **more)  # type: ignore[arg-type]

    def _obey(self, decision: Decision) -> None:
        if decision.write:
            cap = decision.cap_mhz
            self.writes.append(cap)
            self.state = replace(self.state, own=wrote(self.state.own, cap, Applied(self.outcome), self.now))


def test_the_ladder_has_about_six_multiples_of_fifty_down_to_half_the_highest_clock() -> None:
    assert ladder(LIMITS, 0.5) == (1300, 1250, 1100, 950, 800, 650)
    assert ladder(Limits(300, 2050, 1200), 0.5) == (2050, 2000, 1800, 1600, 1400, 1200)


def test_a_range_too_small_for_a_ladder_is_one_rung() -> None:
    assert ladder(Limits(350, 350), 0.5) == (350,)
    assert ladder(replace(LIMITS, own_mhz=600), 0.5) == (600,)


def test_the_ladder_begins_where_the_administrator_ends() -> None:
    assert ladder(replace(LIMITS, own_mhz=1000), 0.5)[0] == 1000


def test_a_rung_by_its_clock() -> None:
    assert rung_at((1300, 1250, 1100, 950), 1100) == 2
    assert rung_at((1300, 1250, 1100, 950), 10) == 3


def test_a_cool_machine_is_left_alone() -> None:
    machine = Machine()

    stance = machine.hold(COOL, 120)

    assert stance == Stance(None, Precision.FP16, 16, False, 1.0, "cool: nothing is held back")
    assert machine.writes == []


def test_one_hot_look_is_a_spike_two_are_a_step() -> None:
    machine = Machine()
    machine.hold(COOL, 20)

    assert machine.look(HOT).cap_mhz is None
    assert machine.look(HOT).cap_mhz == 1250


def test_very_hot_is_two_steps_at_once() -> None:
    machine = Machine()

    assert machine.look(VERY_HOT).cap_mhz == 1100


@pytest.mark.parametrize("reason", ["thermal", "prochot", "ratl", "vr_thermalert"])
def test_a_thermal_reason_is_two_steps_at_any_temperature(reason: str) -> None:
    assert Machine().look(COOL, reasons=frozenset({reason})).cap_mhz == 1100


@pytest.mark.parametrize("reason", ["pl1", "pl2", "pl4", "vr_tdc"])
def test_a_power_limit_is_no_step(reason: str) -> None:
    assert Machine().hold(COOL, 60, reasons=frozenset({reason})).cap_mhz is None


def test_a_throttle_event_is_two_steps_and_old_ones_are_none() -> None:
    machine = Machine()

    assert machine.look(COOL, throttles=7).cap_mhz is None
    assert machine.look(COOL, throttles=8).cap_mhz == 1100


def test_the_next_step_down_waits_for_the_package_to_answer() -> None:
    machine = Machine()

    assert machine.hold(HOT, 10).cap_mhz == 1250
    assert machine.hold(HOT, 2).cap_mhz == 1100


def test_a_throttle_event_while_the_package_has_yet_to_answer_is_answered_later() -> None:
    machine = Machine()
    machine.look(HOT, throttles=0)
    machine.look(HOT, throttles=0)
    machine.hold(WARM, 4, throttles=1)

    assert machine.hold(WARM, 5, throttles=1).cap_mhz == 1250
    assert machine.look(WARM, throttles=1).cap_mhz == 950
    assert machine.hold(WARM, 60, throttles=1).cap_mhz == 950


def test_a_step_up_does_not_delay_the_next_step_down() -> None:
    machine = Machine()
    machine.hold(HOT, 2)
    assert machine.hold(COOL, 31).cap_mhz is None

    assert machine.hold(HOT, 2).cap_mhz == 1250


def test_up_one_step_after_thirty_cool_seconds_with_something_to_do() -> None:
    machine = Machine()
    machine.hold(HOT, 2)

    assert machine.hold(COOL, 30).cap_mhz == 1250
    assert machine.look(COOL).cap_mhz is None
    assert machine.writes == [1250, None]


def test_between_hot_and_cool_nothing_moves() -> None:
    machine = Machine()
    machine.hold(HOT, 2)

    assert machine.hold(WARM, 600).cap_mhz == 1250


def test_an_idle_gpu_needs_no_higher_clock() -> None:
    machine = Machine()
    machine.hold(HOT, 2)

    assert machine.hold(COOL, 300, gpu_busy=0.1).cap_mhz == 1250


def test_no_step_up_within_a_minute_of_a_thermal_reason() -> None:
    machine = Machine()
    machine.look(COOL, reasons=frozenset({"thermal"}))

    assert machine.hold(COOL, 59).cap_mhz == 1100
    assert machine.look(COOL).cap_mhz == 1250


def test_a_step_up_that_was_taken_back_is_not_tried_again_for_five_minutes() -> None:
    machine = Machine()
    machine.hold(HOT, 2)
    assert machine.hold(COOL, 31).cap_mhz is None
    assert machine.hold(HOT, 2).cap_mhz == 1250

    assert machine.hold(COOL, 290).cap_mhz == 1250
    assert machine.hold(COOL, 12).cap_mhz is None


def test_critical_goes_to_the_floor_and_admits_nothing() -> None:
    machine = Machine()
    machine.hold(CRITICAL, 2)

    stance = machine.look(CRITICAL)

    assert (stance.cap_mhz, stance.is_paused) == (650, True)
    assert stance.reason.startswith("critical")


def test_admission_comes_back_after_a_minute_of_cool_and_not_before() -> None:
    machine = Machine()
    machine.hold(CRITICAL, 3)

    assert machine.hold(COOL, 50).is_paused
    assert machine.look(WARM).is_paused
    assert machine.hold(COOL, 60).is_paused
    assert not machine.look(COOL).is_paused


@pytest.mark.parametrize("celsius", [None, 0.0, -41.0, 131.0, float("nan")])
def test_a_lost_sensor_is_never_taken_for_cool(celsius: float | None) -> None:
    machine = Machine()
    machine.look(COOL)

    assert machine.hold(celsius, 2).cap_mhz is None
    stance = machine.look(celsius)

    assert stance.cap_mhz == 800  # at most 0.7 of 1300
    assert stance.reason.startswith("degraded")
    assert machine.hold(celsius, 600).cap_mhz == 800


def test_a_lost_sensor_does_not_raise_a_lower_clock() -> None:
    machine = Machine()
    machine.hold(CRITICAL, 3)

    assert machine.hold(None, 60).cap_mhz == 650


def test_a_sensor_that_comes_back_raises_the_clock_step_by_step() -> None:
    machine = Machine()
    machine.hold(None, 5)

    assert machine.hold(COOL, 29).cap_mhz == 800
    assert machine.hold(COOL, 3).cap_mhz == 950


def test_a_package_without_a_limit_gets_a_careful_one() -> None:
    machine = Machine()

    assert machine.hold(84.0, 2, limit_c=None).cap_mhz == 1250


@pytest.mark.parametrize("limits", [None, replace(LIMITS, is_writable=False)])
def test_where_the_cap_cannot_be_turned_the_engine_is_paced(limits: Limits | None) -> None:
    machine = Machine(limits=limits)

    assert machine.look(COOL).duty == 1.0
    assert machine.look(WARM).duty == 0.5
    assert machine.look(HOT).duty == 0.1
    assert machine.writes == []
    assert machine.look(HOT).cap_mhz is None


def test_pacing_eases_a_tenth_at_a_time() -> None:
    machine = Machine(limits=None)
    machine.look(WARM)

    assert machine.hold(COOL, 29).duty == 0.5
    assert machine.look(COOL).duty == 0.6
    assert machine.hold(COOL, 30).duty == 0.7


def test_pacing_helps_out_below_the_floor() -> None:
    machine = Machine()
    machine.hold(HOT, 60)

    stance = machine.look(92.0)

    assert (stance.cap_mhz, stance.duty) == (650, 0.5)


def test_without_a_temperature_and_without_a_cap_the_engine_is_paced_carefully() -> None:
    assert Machine(limits=None).hold(None, 4).duty == pytest.approx(0.7)


def test_a_lost_sensor_does_not_raise_a_lower_duty() -> None:
    machine = Machine(limits=replace(LIMITS, is_writable=False))
    hot = machine.hold(87.0, 60).duty

    assert hot < 0.2
    assert machine.hold(None, 1000).duty == hot


def test_a_pause_without_a_temperature_ends_in_the_least_that_is_possible() -> None:
    machine = Machine()
    machine.hold(CRITICAL, 3)

    assert machine.hold(None, 300).is_paused
    stance = machine.look(None)
    assert (stance.is_paused, stance.cap_mhz, stance.duty) == (False, 650, 0.1)
    assert stance.reason.startswith("degraded: the temperature cannot be read since it was critical")
    assert machine.hold(None, 36_000) == replace(stance, concurrency=8, ceiling=Precision.INT4)
    assert machine.hold(CRITICAL, 3).is_paused


def test_minutes_at_the_floor_cost_precision_and_concurrency() -> None:
    machine = Machine()
    machine.hold(HOT, 60)

    stance = machine.hold(87.0, 200)
    assert (stance.ceiling, stance.concurrency) == (Precision.INT8, 16)
    stance = machine.hold(87.0, 200)
    assert (stance.ceiling, stance.concurrency) == (Precision.INT4, 8)
    stance = machine.hold(87.0, 1000)
    assert (stance.ceiling, stance.concurrency) == (Precision.INT4, 8)


def test_precision_comes_back_slowly() -> None:
    machine = Machine()
    machine.hold(HOT, 60)
    machine.hold(87.0, 200)

    assert machine.hold(COOL, 600).ceiling is Precision.INT8
    assert machine.hold(COOL, 60).ceiling is Precision.FP16


def test_another_program_s_clock_is_left_alone_for_ten_minutes() -> None:
    machine = Machine()
    machine.hold(HOT, 2)
    machine.look(WARM, max_mhz=1300)
    assert machine.writes == [1250]  # once it may have been an accident

    stance = machine.look(WARM, max_mhz=1300)

    assert stance.reason.startswith("foreign")
    machine.hold(HOT, 590, max_mhz=1300)
    assert len(machine.writes) == 1
    machine.hold(HOT, 20, max_mhz=1300)
    assert len(machine.writes) > 1


def test_the_hardware_s_own_rounding_is_not_foreign() -> None:
    machine = Machine()
    machine.hold(HOT, 2)
    machine.hold(WARM, 60, max_mhz=1250 + 17)

    assert machine.writes == [1250]


def test_a_write_that_was_put_off_is_tried_at_the_next_tick() -> None:
    machine = Machine(outcome=Outcome.BUSY)
    machine.hold(HOT, 4)

    assert machine.writes == [1250, 1250, 1250]


@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.REFUSED, Outcome.LOST])
def test_a_cap_that_cannot_be_written_is_replaced_by_rests_until_it_can(outcome: Outcome) -> None:
    machine = Machine(outcome=outcome)
    machine.hold(HOT, 5)

    stance = machine.look(HOT)
    assert (stance.cap_mhz, stance.duty) == (None, 0.1)
    tried = len(machine.writes)
    machine.outcome = Outcome.APPLIED
    machine.look(HOT)
    assert len(machine.writes) == tried + 1
    assert machine.look(HOT).cap_mhz == machine.writes[-1]


def test_failures_of_long_ago_are_forgiven_while_nothing_is_to_be_written() -> None:
    machine = Machine(outcome=Outcome.REFUSED)
    machine.hold(HOT, 10)
    machine.hold(COOL, 31)
    assert machine.hold(WARM, 500).duty == 0.4
    assert machine.hold(WARM, 300).duty > 0.5


def test_after_a_sleep_the_cap_is_written_again_and_every_wait_begins_anew() -> None:
    machine = Machine()
    machine.hold(HOT, 2)
    machine.hold(COOL, 25)

    assert machine.look(COOL, step=3600).cap_mhz == 1250
    assert machine.writes == [1250, 1250]
    assert machine.hold(COOL, 29).cap_mhz == 1250
    assert machine.hold(COOL, 2).cap_mhz is None


def test_throttle_events_of_before_a_sleep_are_not_news() -> None:
    machine = Machine()
    machine.look(COOL, throttles=5)

    assert machine.look(COOL, step=3600, throttles=9).cap_mhz is None


def test_a_driver_that_goes_and_comes_back_gets_its_cap_again() -> None:
    machine = Machine()
    machine.hold(HOT, 2)
    machine.limits = None
    assert machine.hold(WARM, 5).cap_mhz is None
    machine.limits = LIMITS

    assert machine.look(WARM).cap_mhz == 1250
    assert machine.writes == [1250, 1250]


def test_a_driver_that_comes_back_with_a_smaller_range_gets_a_cap_within_it() -> None:
    machine = Machine()
    machine.hold(HOT, 60)
    machine.limits = Limits(100, 600)

    assert machine.look(WARM).cap_mhz in ladder(machine.limits, 0.5)


def test_while_nothing_waits_the_economical_clock_does() -> None:
    machine = Machine(policy=Policy())

    assert machine.hold(COOL, 120).cap_mhz is None
    assert machine.look(COOL).cap_mhz == 800
    assert machine.hold(COOL, 5, queued=3).cap_mhz == 800
    assert machine.look(COOL, queued=3).cap_mhz is None


def test_heat_on_the_economical_clock_goes_down_from_there() -> None:
    machine = Machine(policy=Policy())
    machine.hold(COOL, 200)

    assert machine.hold(HOT, 2).cap_mhz == 650


def turns(wanted: Sequence[int], begin: float = 0.0) -> State:
    """The guard alone: a rung asked for each second."""
    state = State()
    for second, rung in enumerate(wanted):
        state = _turned(state, rung, ladder(LIMITS, 0.5), begin + second)
    return state


def test_the_sixth_change_in_a_minute_goes_to_the_floor_and_stays_for_five() -> None:
    state = turns([1, 0, 1, 2, 3, 4])

    assert state.rung == 5
    assert _turned(state, 0, ladder(LIMITS, 0.5), 300.0).rung == 5
    assert _turned(state, 0, ladder(LIMITS, 0.5), 306.0).rung == 0


def test_a_clock_that_changed_often_does_not_rise() -> None:
    assert turns([1, 0, 1, 0, 0, 0]).rung == 1


def test_the_state_is_never_changed_in_place() -> None:
    before = State()
    decide(Policy(), before, Reading(1.0, package_c=99.0), LIMITS, 1.0)

    assert before == State()

"""Joules of requests: above idle, split by tokens, never more than was measured, never an error."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_app.domain.energy import NOT_MEASURED, Energy, EnergyQuality
from edge_app.domain.inference import Usage
from edge_app.governor.energy import Baseline, EnergyMeter, Sampler
from edge_app.governor.fake import Caller, Demand, FakeKernel, Fault, Profile
from edge_app.governor.split import Split
from tests.governor.kernels import Time, fake

UNCORE, PACKAGE = EnergyQuality.RAPL_UNCORE, EnergyQuality.RAPL_PACKAGE
TEN = Usage(output_tokens=10)


def idle(meter: EnergyMeter, time: Time, seconds: int = 20) -> None:
    """Let it learn what the machine draws."""
    for _ in range(seconds):
        time.at += 1
        meter.sample()


def ask(meter: EnergyMeter, kernel: FakeKernel, time: Time, seconds: float = 2.0) -> Energy:
    """One request on a GPU that is fully busy."""
    meter.started("a")
    kernel.demand(Demand(busy=1.0))
    time.at += seconds
    energy = meter.finished("a", TEN)
    kernel.demand(Demand())
    return energy


@pytest.mark.parametrize(
    ("profile", "device", "quality", "watts"),
    [
        (Profile.I915_SLPC, "GPU", UNCORE, 20.0),
        (Profile.I915_SLPC, "GPU.0", UNCORE, 20.0),
        (Profile.I915_SLPC, "CPU", PACKAGE, 26.0),
        (Profile.XE_LNL, "GPU", PACKAGE, 28.0),
        (Profile.XE_LNL, "NPU", PACKAGE, 28.0),
    ],
)
def test_one_request_draws_what_is_above_idle(profile: Profile, device: str, quality: str, watts: float) -> None:
    kernel, time = fake(profile)
    meter = EnergyMeter(kernel, device, time)
    idle(meter, time)
    assert meter.idle_w == pytest.approx(0.0 if quality == UNCORE else 4.0, abs=0.1)
    energy = ask(meter, kernel, time)
    assert energy.quality == quality
    assert energy.joules == pytest.approx(2 * watts, rel=0.01)


def test_a_wrap_in_between_is_not_seen() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    meter = EnergyMeter(kernel, "CPU", time)
    idle(meter, time)
    kernel.near_wrap(10_000_000)
    time.at += 1
    meter.sample()
    time.at += 1
    meter.sample()
    assert ask(meter, kernel, time).joules == pytest.approx(52.0, rel=0.01)


def test_sleep_in_a_request_is_not_262_kilojoules() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    meter = EnergyMeter(kernel, "CPU", time)
    idle(meter, time)
    meter.started("a")
    time.at += 1
    kernel.suspend(60)
    time.at += 1
    assert meter.finished("a", TEN) == NOT_MEASURED


def test_before_the_machine_was_seen_idle_it_is_an_estimate() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    assert ask(EnergyMeter(kernel, "CPU", time), kernel, time).quality is EnergyQuality.ESTIMATED


def test_a_counter_that_may_not_be_read_is_unavailable_or_estimated() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.caller = Caller(990)
    assert ask(EnergyMeter(kernel, "GPU", time), kernel, time) == NOT_MEASURED
    energy = ask(EnergyMeter(kernel, "GPU", time, estimated_w=15.0), kernel, time)
    assert energy.joules == pytest.approx(30.0)
    assert energy.quality is EnergyQuality.ESTIMATED


def test_a_counter_that_is_opened_later_is_found() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.caller = Caller(990)
    meter = EnergyMeter(kernel, "GPU", time)
    kernel.caller = Caller()
    idle(meter, time, 80)
    assert ask(meter, kernel, time).quality is UNCORE


def test_an_uncore_of_zero_gives_way_to_the_package() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    kernel.inject(Fault(pattern="*intel-rapl:0:1/energy_uj", text="0"))
    meter = EnergyMeter(kernel, "GPU", time)
    idle(meter, time)
    assert ask(meter, kernel, time).quality is PACKAGE


def test_two_at_a_time_share_by_tokens_and_a_cached_prompt_is_free() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    meter = EnergyMeter(kernel, "GPU", time, prefill_cost=0.1)
    idle(meter, time)
    meter.started("a")
    meter.started("b")
    kernel.demand(Demand(busy=1.0))
    time.at += 4
    long = meter.finished("a", Usage(input_tokens=1000, cached_tokens=700, output_tokens=30))
    short = meter.finished("b", Usage(input_tokens=0, output_tokens=60))
    assert long.joules is not None
    assert short.joules is not None
    assert long.joules + short.joules == pytest.approx(80.0, rel=0.01)
    again = Usage(input_tokens=1000, cached_tokens=1000, output_tokens=20)
    meter.started("a")
    meter.started("b")
    time.at += 4
    assert meter.finished("a", again).joules == pytest.approx(80 * 20 / 80, rel=0.1)


def test_a_moment_below_idle_is_taken_off_the_request_and_the_sum_is_never_below_none() -> None:
    split = Split()
    split.start("a")
    for joules in (5.0, -3.0):
        split.add(1.0, joules, PACKAGE)
    assert split.finish("a", 1.0) == Energy(2.0, PACKAGE)
    split.start("a")
    split.add(1.0, -3.0, PACKAGE)
    assert split.finish("a", 1.0) == Energy(0.0, PACKAGE)


def test_a_counter_that_jitters_around_idle_adds_nothing() -> None:
    kernel, time = fake(Profile.I915_SLPC)
    meter = EnergyMeter(kernel, "CPU", time)
    idle(meter, time)
    watts = iter([24.0, 4.0] * 10)
    base = meter.idle_w or 0.0
    meter._watts = lambda _: next(watts) + base - 14.0  # type: ignore[assignment,method-assign]
    meter.started("a")
    for _ in range(18):
        time.at += 1
        meter.sample()
    time.at += 1
    assert (meter.finished("a", TEN).joules or 0.0) <= 10.0


def test_who_never_began_drew_nothing_that_is_known() -> None:
    kernel, time = fake(Profile.NONE)
    assert EnergyMeter(kernel, "CPU", time).finished("x", TEN) == NOT_MEASURED


def test_other_programs_only_add_to_what_is_idle() -> None:
    baseline = Baseline()
    for watts in [1.0] * 5 + [4.0] * 15 + [30.0] * 80:
        baseline.add(1.0, watts)
    baseline.add(0.1, 0.0)
    assert baseline.value() == 4.0


def test_the_thread_samples_until_it_is_stopped() -> None:
    seen: list[int] = []
    waits: list[float] = []
    enough = threading.Event()

    def sample() -> None:
        seen.append(len(seen))
        if len(seen) == 3:
            enough.set()

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return enough.is_set()

    sampler = Sampler(sample, 5.0, wait)
    sampler.start()
    assert enough.wait(10)
    sampler.stop()
    assert seen == [0, 1, 2]
    assert set(waits) == {5.0}


NAMES = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), NAMES, st.just(0.0)),
        st.tuples(st.just("finish"), NAMES, st.floats(0, 1e4)),
        st.tuples(st.just("add"), st.just(""), st.floats(0, 1e5)),
    ),
    max_size=60,
)


@given(STEPS)
def test_shares_never_exceed_what_was_measured(steps: list[tuple[str, str, float]]) -> None:
    split, put_in, told = Split(), 0.0, 0.0
    for what, name, number in [*steps, *(("finish", name, 1.0) for name in "abcd")]:
        if what == "start":
            split.start(name)
        elif what == "add":
            put_in += 0 if split.is_idle else number
            split.add(0.5, number, PACKAGE)
        else:
            share = split.finish(name, number).joules
            assert share is None or share >= 0
            told += share or 0.0
    assert told <= put_in * (1 + 1e-9) + 1e-9
    assert split.is_idle


@given(st.lists(st.tuples(NAMES, st.floats(0.1, 1e4)), min_size=1, max_size=4, unique_by=lambda each: each[0]))
def test_nothing_is_lost_when_all_end(ends: list[tuple[str, float]]) -> None:
    split = Split()
    for name, _ in ends:
        split.start(name)
    split.add(2.0, 100.0, PACKAGE)
    assert sum(split.finish(name, weight).joules or 0 for name, weight in ends) == pytest.approx(100.0)


@settings(deadline=None)
@given(
    st.sampled_from(list(Profile)),
    st.sampled_from(["GPU", "CPU", "NPU", "AUTO", ""]),
    st.lists(
        st.tuples(st.sampled_from(["start", "finish", "sample", "break", "text", "suspend", "wrap", "heal"]), NAMES)
    ),
    st.floats(0, 1000),
)
def test_a_meter_never_raises(profile: Profile, device: str, steps: list[tuple[str, str]], seconds: float) -> None:
    kernel, time = fake(profile)
    kernel.demand(Demand(busy=1.0))
    meter = EnergyMeter(kernel, device, time)
    for what, name in steps:
        time.at += seconds
        if what == "start":
            meter.started(name)
        elif what == "finish":
            energy = meter.finished(name, TEN)
            assert (energy.joules is None) == (energy.quality is EnergyQuality.UNAVAILABLE)
            assert energy.joules is None or 0 <= energy.joules <= 500 * (time.at - 1000) + 500
        elif what == "sample":
            meter.sample()
        elif what == "break":
            kernel.inject(Fault(5, calls=frozenset({"read", "glob"}), times=3))
        elif what == "text":
            kernel.inject(Fault(pattern="*energy_uj", text="lots", times=1))
        elif what == "suspend":
            kernel.suspend(10)
        elif what == "wrap":
            kernel.near_wrap()
        else:
            kernel.faults.clear()

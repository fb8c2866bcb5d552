"""Whatever is asked in whatever order, and whatever fails: bounds stay in the range, and what was found comes back.

EDGE_EXAMPLES sets how many sequences are tried.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_app.governor.actuator import GpuClock
from edge_app.governor.cards import STEP_MHZ, Bounds, Gt, find_card
from edge_app.governor.fake import FakeKernel, Fault, Profile
from edge_app.governor.originals import NAME
from edge_app.governor.restore import restore
from tests.governor.machines import DRIVEN, Machine

MANY = settings(max_examples=int(os.environ.get("EDGE_EXAMPLES", "150")), deadline=None)
ERRNOS = st.sampled_from(sorted(set(errno.errorcode) - {0}))
CALLS = st.frozensets(st.sampled_from(["read", "write", "glob", "real_path"]), min_size=1)
FAULTS = st.builds(
    Fault,
    errno=ERRNOS,
    pattern=st.sampled_from(["*", "*max*", "*min*", "*boost*", "*[rR][pP]*", "*energy*", "*boot_id", "*driver"]),
    calls=CALLS,
    after=st.integers(0, 12),
    times=st.none() | st.integers(1, 4),
)
GARBAGE = st.builds(
    Fault, text=st.sampled_from(["", "abc", "0", "-1", "1e9"]), pattern=st.just("*freq*"), times=st.integers(1, 3)
)


@dataclass(frozen=True)
class Step:
    """One thing that happens. ``cap``, ``fault``: what to apply, what to inject."""

    kind: str
    cap: int | None = None
    fault: Fault | None = None


STEPS = st.lists(
    st.builds(Step, st.just("apply"), cap=st.none() | st.integers(-200, 3000))
    | st.builds(Step, st.just("fault"), fault=FAULTS | GARBAGE)
    | st.builds(Step, st.sampled_from(["heal", "limits", "let_go", "kill", "helper", "stop", "reset"])),
    max_size=14,
)


class Watched(FakeKernel):
    """Every written value is held against the range."""

    def __init__(self, profile: Profile, now: Callable[[], float]) -> None:
        super().__init__(profile, now)
        self.written: list[tuple[str, int]] = []

    def write_text(self, path: str, text: str) -> None:
        if "_freq" in path:
            self.written.append((path, int(text)))
        super().write_text(path, text)


def found(kernel: FakeKernel) -> dict[str, Bounds]:
    return Machine(kernel.profile, kernel, lambda _: None).bounds()


def administered(kernel: FakeKernel, low: float, high: float, boost: float) -> None:
    """Somebody set bounds of the first GT before we came: shares of its range."""
    card = find_card(kernel)
    assert card is not None
    lowest, _, highest = kernel.parts.gts[0]
    for share, path in zip((*sorted((low, high), reverse=True), boost), reversed_pairs(card.gts[0]), strict=False):
        kernel.write_text(path, str(round(lowest + share * (highest - lowest))))


def reversed_pairs(gt: Gt) -> list[str]:
    """Maximum before minimum, then boost."""
    low, high, *boost = gt.written
    return [high, low, *boost]


SHARES = st.floats(0, 1)


@MANY
@given(
    profile=st.sampled_from(DRIVEN), steps=STEPS, admin=st.none() | st.tuples(SHARES, SHARES, SHARES),
    preference=st.sampled_from(["", "power", "nonsense"]),
)  # fmt: skip
def test_bounds_stay_in_range_and_what_was_found_comes_back(
    profile: Profile, steps: list[Step], admin: tuple[float, float, float] | None, preference: str
) -> None:
    time = [0.0]
    kernel = Watched(profile, lambda: time[0])
    if admin:
        administered(kernel, *admin)
        kernel.written.clear()
    before, preferences = found(kernel), list(kernel.processor.preferences)

    def sleep(seconds: float) -> None:
        time[0] += seconds

    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        clock = GpuClock(kernel, state, preference, sleep)
        for step in steps:
            clock = happen(step, kernel, clock, state, sleep)
            in_range(kernel)
        kernel.faults.clear()
        time[0] += 10
        assert restore(kernel, state, sleep, with_preferences=True).errors == ()
        assert not (state / NAME).exists()
    assert near(found(kernel), before)
    assert kernel.processor.preferences == preferences
    originals = {mhz for each in before.values() for mhz in (each.min, each.max, each.boost)}
    assert all(mhz % STEP_MHZ == 0 or mhz in originals for _, mhz in kernel.written)


def happen(step: Step, kernel: Watched, clock: GpuClock, state: Path, sleep: Callable[[float], None]) -> GpuClock:
    if step.kind == "apply":
        clock.apply(step.cap)
    elif step.kind == "fault" and step.fault:
        kernel.inject(Fault(**{name: getattr(step.fault, name) for name in Fault.__slots__}))
    elif step.kind == "heal":
        kernel.faults.clear()
    elif step.kind == "limits":
        clock.limits()
    elif step.kind == "let_go":
        clock.let_go()
    elif step.kind == "reset":
        kernel.reset(0.25)
    elif step.kind == "helper":
        restore(kernel, state, sleep, with_preferences=True)
    elif step.kind == "stop":
        clock.restore()
    if step.kind in {"kill", "helper", "stop"}:  # another process takes over
        return GpuClock(kernel, state, clock.preference, sleep)
    return clock


def in_range(kernel: Watched) -> None:
    lowest = {number: gt[0] for number, gt in enumerate(kernel.parts.gts)}
    highest = {number: gt[2] for number, gt in enumerate(kernel.parts.gts)}
    for path, mhz in kernel.written:
        number = int(path.split("/gt")[-1].split("/")[0])
        assert lowest[number] <= mhz <= highest[number], path


def near(one: dict[str, Bounds], other: dict[str, Bounds]) -> bool:
    """The hardware counts in steps of 16.67 MHz."""
    pairs = [(one[name], other[name]) for name in other]
    return one.keys() == other.keys() and all(
        abs((a or 0) - (b or 0)) <= 17
        for mine, theirs in pairs
        for a, b in ((mine.min, theirs.min), (mine.max, theirs.max), (mine.boost, theirs.boost))
    )


@MANY
@given(profile=st.sampled_from(list(Profile)), steps=STEPS, driver=st.lists(st.booleans(), max_size=14))
def test_a_driver_that_comes_and_goes_is_survived(profile: Profile, steps: list[Step], driver: list[bool]) -> None:
    time = [0.0]
    kernel = Watched(profile, lambda: time[0])

    def sleep(seconds: float) -> None:
        time[0] += seconds

    with tempfile.TemporaryDirectory() as folder:
        clock = GpuClock(kernel, Path(folder), "power", sleep)
        for step, is_there in zip(steps, [*driver, *[True] * len(steps)], strict=False):
            if is_there != (kernel.gpu is not None) and kernel.parts.driver:
                (kernel.bind if is_there else kernel.unbind)()
            clock = happen(step, kernel, clock, Path(folder), sleep)
            in_range(kernel)

"""The law: what the machine allows, from what the sensors say. Pure; every tick is one call of ``decide``.

Fast down, slow up, explain everything. Heat chooses a rung of the ladder, an empty queue a second one; the
lower clock counts. Where the clock cannot be turned, or is at its floor, pauses between steps take over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from edge_app.domain.stance import Reading, Stance
from edge_app.governor.heat import Heat, Rungs, feel, marks_of, temperature_of
from edge_app.governor.ladder import ladder, rung_at
from edge_app.governor.owner import Ownership, look, may_write, must_write
from edge_app.governor.pace import Duty, Quiet, Strain, paced, quieted, strained, wanted_duty
from edge_app.governor.policy import GAP_S, LATCH_S, LEAST_DUTY, MOST_CHANGES, MOST_CHANGES_UP, SAFE_DUTY, Policy
from edge_app.governor.ports import Limits

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class State:
    """All that the law remembers between two looks."""

    at: float | None = None
    rung: int = 0
    """Of the cap that stands: the lower of what heat and the queue ask for."""
    changed_at: tuple[float, ...] = ()
    """When the cap was changed within the last minute."""
    latched_until: float = -math.inf
    heat: Heat = field(default_factory=Heat)
    quiet: Quiet = field(default_factory=Quiet)
    duty: Duty = field(default_factory=Duty)
    strain: Strain = field(default_factory=Strain)
    own: Ownership = field(default_factory=Ownership)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one look."""

    stance: Stance
    write: bool
    """Whether ``cap_mhz`` is to be written now."""
    cap_mhz: int | None = None
    """Differs from the stance's while writes fail: it is tried on, and not said to stand."""
    let_go: bool = False
    """Somebody else has set the clock: what is still ours is to be given back now, and what they set to be left."""


def decide(policy: Policy, state: State, reading: Reading, limits: Limits | None, now: float) -> tuple[State, Decision]:
    """The next state and what is allowed. ``now``: seconds on a clock that goes on while the machine sleeps."""
    state = _woken(state, now)
    own = look(state.own, reading, limits, now)
    let_go = own.hands_off_until > state.own.hands_off_until
    may_turn = may_write(own, limits, now)
    can_turn = may_turn and not own.is_failing
    rungs = ladder(limits, policy.floor_share) if limits else ()
    heat = _felt(policy, state, reading, limits, now)
    quiet = quieted(state.quiet, reading.queued, now)
    state = replace(state, at=now, own=own, heat=heat, quiet=quiet)
    is_blind = temperature_of(reading) is None
    wanted = max(heat.rung, _economy(policy, quiet, limits, rungs), state.rung if is_blind else 0)
    state = _turned(state, wanted, rungs, now)
    floor = len(rungs) - 1
    at_floor = bool(rungs) and state.rung == floor
    state = replace(state, duty=paced(state.duty, _duty(policy, state, reading, can_turn, at_floor), now))
    is_at_limit = heat.is_paused or state.duty.share < SAFE_DUTY or (can_turn and 0 < heat.rung == floor)
    if is_at_limit or not is_blind:
        state = replace(state, strain=strained(state.strain, is_at_limit=is_at_limit, now=now))
    else:  # what is not measured has not eased
        state = replace(state, strain=replace(state.strain, eased_since=None))
    cap = rungs[state.rung] if may_turn and state.rung else None
    stance = _stance(policy, state, cap if can_turn else None, now)
    return state, Decision(stance, may_turn and must_write(own, cap), cap, let_go)


def _woken(state: State, now: float) -> State:
    """After a sleep the cap is written again and every wait begins anew; what was hot is not cool for it."""
    if state.at is None or 0 <= now - state.at <= GAP_S:
        return state
    heat = Heat(
        rung=state.heat.rung,
        is_paused=state.heat.is_paused,
        is_groping=state.heat.is_groping,
        limit_c=state.heat.limit_c,
        lost_looks=state.heat.lost_looks,
    )
    own = replace(state.own, is_overdue=True, foreign=0)
    strain = Strain(state.strain.level)
    return replace(state, heat=heat, own=own, strain=strain, quiet=Quiet(state.quiet.is_on), changed_at=())


def _felt(policy: Policy, state: State, reading: Reading, limits: Limits | None, now: float) -> Heat:
    """While the GPU is gone its rung stands still: it may come back as hot as it went."""
    heat = state.heat
    if limits is None:
        still = Rungs(heat.rung, heat.rung, heat.rung)
        return replace(feel(policy, heat, reading, still, now), rung=heat.rung)
    rungs = ladder(limits, policy.floor_share)
    floor = len(rungs) - 1
    known = Rungs(min(state.rung, floor), rung_at(rungs, policy.safe_share * limits.highest_mhz), floor)
    return feel(policy, replace(heat, rung=min(heat.rung, floor)), reading, known, now)


def _economy(policy: Policy, quiet: Quiet, limits: Limits | None, rungs: tuple[int, ...]) -> int:
    if not (quiet.is_on and limits):
        return 0
    return rung_at(rungs, policy.economy_share * limits.highest_mhz)


def _turned(state: State, wanted: int, rungs: tuple[int, ...], now: float) -> State:
    """The oscillation guard: so many changes a minute and no more; the last of them goes to the floor and stays."""
    if not rungs or wanted == state.rung:
        return state
    changed = tuple(at for at in state.changed_at if now - at < _MINUTE_S)
    if wanted < state.rung:
        if len(changed) >= MOST_CHANGES_UP or now < state.latched_until:
            return replace(state, rung=min(state.rung, len(rungs) - 1), changed_at=changed)
        return replace(state, rung=wanted, changed_at=(*changed, now))
    if len(changed) < MOST_CHANGES - 1:
        return replace(state, rung=wanted, changed_at=(*changed, now))
    return replace(state, rung=len(rungs) - 1, changed_at=(*changed, now), latched_until=now + LATCH_S)


def _duty(policy: Policy, state: State, reading: Reading, can_turn: bool, at_floor: bool) -> float:
    """Without a temperature never more than before."""
    celsius = temperature_of(reading)
    if celsius is not None:
        return wanted_duty(celsius, marks_of(policy, state.heat), can_turn=can_turn, at_floor=at_floor)
    if state.heat.is_groping:
        return LEAST_DUTY
    return min(state.duty.share, SAFE_DUTY if state.heat.is_lost and not can_turn else 1.0)


def _stance(policy: Policy, state: State, cap: int | None, now: float) -> Stance:
    return Stance(
        cap_mhz=cap,
        ceiling=state.strain.ceiling(policy.ceiling),
        concurrency=state.strain.concurrency(policy.concurrency),
        is_paused=state.heat.is_paused,
        duty=state.duty.share,
        reason=_reason(policy, state, now),
    )


def _reason(policy: Policy, state: State, now: float) -> str:
    """A stable word, then what it means. The worst comes first."""
    if state.heat.is_paused:
        return f"critical: {policy.critical_c:g} °C or less below the package's limit; no request is admitted"
    if state.heat.is_lost:
        meant = " since it was critical; as little as possible is done"
        meant = meant if state.heat.is_groping else "; it is not taken for cool"
        return f"degraded: the temperature cannot be read{meant}"
    if now < state.own.hands_off_until:
        return "foreign: another program sets the GPU's clock; it is left alone for a while"
    if state.duty.share < 1 or 0 < state.rung == state.heat.rung:
        return "hot: more is allowed again step by step once it is cool and stays so"
    if state.rung:
        return "economy: nothing waits, the economical clock does"
    return "cool: nothing is held back"

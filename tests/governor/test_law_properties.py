"""The law whatever the sensors say: what is not known is never taken for good news.

EDGE_EXAMPLES sets how many stories are tried.
"""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.domain.stance import Reading, Stance
from edge_app.governor.heat import temperature_of
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Limits, Outcome
from tests.governor.test_actuator_properties import MANY
from tests.governor.test_law import LIMITS, Machine

SEEN = st.floats(40, 100)
LOST = st.sampled_from([None, 0.0, 131.0, float("nan")])
SPANS = st.tuples(SEEN | LOST, st.integers(1, 90), st.sampled_from([0, 9]), st.sampled_from([1.0, 10.0]))
MACHINES = st.sampled_from([LIMITS, Limits(100, 1300, 300, is_writable=False), Limits(350, 350), None])


def allowed(stance: Stance, outcome: Outcome) -> tuple[float, ...]:
    """Each part as a number, the more the hotter. A cap that is not applied allows nothing and holds nothing back."""
    cap = (stance.cap_mhz or math.inf) if outcome is Outcome.APPLIED else 0
    return (cap, stance.duty, stance.concurrency, -list(Precision).index(stance.ceiling))


@MANY
@given(limits=MACHINES, outcome=st.sampled_from(Outcome), spans=st.lists(SPANS, max_size=8))
def test_without_a_temperature_nothing_is_allowed_that_was_not_before(
    limits: Limits | None, outcome: Outcome, spans: list[tuple[float | None, int, int, float]]
) -> None:
    machine = Machine(policy=Policy(), limits=limits, outcome=outcome)
    told: list[tuple[float | None, Stance]] = []
    for celsius, seconds, queued, step in spans:
        told += [(celsius, machine.look(celsius, step=step, queued=queued)) for _ in range(seconds)]
    for (_, before), (celsius, after) in pairwise(told):
        if temperature_of(Reading(0.0, package_c=celsius)) is None:
            pairs = zip(allowed(before, outcome), allowed(after, outcome), strict=True)
            assert all(now <= then for then, now in pairs), (before, after)
            assert after.is_paused or not before.is_paused or after.duty == 0.1


@MANY
@given(limit=st.floats(60, 130), celsius=st.floats(40, 120), seconds=st.integers(1, 120), lost=st.integers(1, 120))
def test_a_limit_that_cannot_be_read_any_more_changes_nothing(
    limit: float, celsius: float, seconds: int, lost: int
) -> None:
    told, silent = Machine(), Machine()
    told.hold(celsius, seconds, limit_c=limit)
    silent.hold(celsius, seconds, limit_c=limit)

    assert told.hold(celsius, lost, limit_c=limit) == silent.hold(celsius, lost, limit_c=None)

"""Which device answers a request, where several hold the model: by what was measured, never by what is assumed.

The fastest device takes what comes; a request that is short and close to the rules may go to the CPU while the
GPU has its hands full. Devices are told apart by their measured reports a minute and joules a report (``calibrate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_app.precision.question import Question, hardness

SHORT: Final = 120
"""Tokens of the user's part: what a CPU reads in about the time of a few steps."""
ALIKE: Final = 1.2
"""Expected ends that differ by less than this factor are alike; then the joules decide."""
NPU: Final = "NPU"


@dataclass(frozen=True, slots=True)
class Lane:
    """One device with the model loaded."""

    device: str
    reports_per_min: float | None
    """As measured with ``in_flight`` requests; None: never measured here, so it is not compared."""
    in_flight: int
    """Requests that it answers together."""
    open: int = 0
    """Requests that it has now, those that wait included."""
    joules_per_report: float | None = None
    """None: not measured."""
    most_tokens: int | None = None
    """Longest prompt of a device with static shapes; None: any."""


@dataclass(frozen=True, slots=True)
class Place:
    """A decision and why."""

    device: str
    reason: str


def place(question: Question, lanes: Sequence[Lane], *, allow_npu: bool = False) -> Place:
    """The device for one request. ``lanes``: at least one, the usual one first. ``question.tokens``: estimated."""
    usual = lanes[0]
    able = [each for each in lanes if _may_take(each, question, usual, allow_npu=allow_npu)]
    if able == [usual]:
        return Place(usual.device, "the only device that may take it")
    if any(each.reports_per_min is None for each in able):
        return Place(usual.device, "not measured")
    soonest = min(able, key=_end)
    alike = [each for each in able if _end(each) <= ALIKE * _end(soonest)]
    if len(alike) > 1 and all(each.joules_per_report is not None for each in alike):
        thrifty = min(alike, key=lambda each: each.joules_per_report or 0.0)
        return Place(thrifty.device, f"{thrifty.joules_per_report:.1f} J a report, about as soon as {soonest.device}")
    best = usual if usual in alike else soonest
    return Place(best.device, f"answer expected in {_end(best):.1f} s, {best.open} before it")


def _may_take(lane: Lane, question: Question, usual: Lane, *, allow_npu: bool) -> bool:
    """The usual one anything; others what is short and easy, an NPU only where it is allowed and its shapes hold it."""
    if lane is usual:
        return True
    if lane.device.startswith(NPU) and not (allow_npu and lane.most_tokens is not None):
        return False
    if lane.most_tokens is not None and question.tokens > lane.most_tokens:
        return False
    return question.tokens <= SHORT and not hardness(question)


def _end(lane: Lane) -> float:
    """Seconds until an answer, at the measured speed: a lane that is not full answers together with what it has."""
    assert lane.reports_per_min
    batch_s = 60 * lane.in_flight / lane.reports_per_min
    return batch_s * (1 + lane.open // lane.in_flight)

"""Whether an answer stands, or a more exact precision is asked as well.

Only where the answer can change the verdict: a summary is not worth a second look.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge_app.domain.inference import FinishReason, Precision, Reply
from edge_app.domain.verdict import Assessment
from edge_app.judging.answer import Answer, read_answer
from edge_app.judging.conclude import Authority, may_change
from edge_app.precision.choose import ORDER, Choice, Conditions


def second(
    first: Choice, assessment: Assessment, reply: Reply, authority: Authority, raise_confidence: float, now: Conditions
) -> Choice | None:
    """The precision that is asked as well, and why; None: the first answer stands.

    ``now``: as it is after the first answer, with the time that is left; only what takes questions at once is ready.
    """
    if not first.sure or not may_change(assessment, authority):
        return None
    needed = raise_confidence if authority >= Authority.RAISE else 0.0
    doubt = _doubt(first, assessment, reply, min(now.surer, needed))
    exact = _more_exact(first.precision, now)
    if not doubt or exact is None or now.left_ms <= reserve_ms(exact, reply, now.expected_ms):
        return None
    return Choice(exact, f"second look: {first.precision} {doubt}")


def reserve_ms(exact: Precision, first: Reply, expected_ms: Mapping[Precision, float]) -> float:
    """What a whole answer takes; where this precision never gave one, as long as the first answer took."""
    return expected_ms.get(exact, first.usage.total_ms)


def _more_exact(than: Precision, now: Conditions) -> Precision | None:
    above = ORDER[ORDER.index(than) + 1 : ORDER.index(now.ceiling) + 1]
    return next((each for each in reversed(above) if each in now.ready), None)


def _doubt(first: Choice, assessment: Assessment, reply: Reply, surer: float) -> str:
    """What speaks against the answer; empty when nothing does, or when asking again would not help."""
    if reply.finish_reason in {FinishReason.TIMEOUT, FinishReason.ERROR}:
        return ""
    answer = read_answer(reply.text) if reply.finish_reason is FinishReason.STOP else None
    if answer is None:
        return f"gave no usable answer: {reply.finish_reason}"
    sure = reply.confidence
    if sure is not None and sure < first.sure:
        return f"has confidence {sure:.2f} < {first.sure:.2f}"
    return _contradiction(assessment, answer, sure or 0.0, surer)


def _contradiction(assessment: Assessment, answer: Answer, sure: float, surer: float) -> str:
    """It is stricter than the rules, which takes more confidence."""
    if answer.status.rank <= assessment.status.rank or sure >= surer:
        return ""
    return f"says {answer.status} where the rules say {assessment.status}, confidence {sure:.2f} < {surer:.2f}"

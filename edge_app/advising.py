"""Asks the model: the precision that the question is worth, and a more exact one where the answer is in doubt.

Each request is written down before it is sent. The report's deadline holds for all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from edge_app.clock import Clock
from edge_app.domain.energy import NOT_MEASURED, Energy
from edge_app.domain.inference import EngineInfo, FinishReason, Precision, Reply, Request, Usage
from edge_app.domain.report import Report
from edge_app.domain.stance import Stance
from edge_app.domain.verdict import Assessment
from edge_app.engine.base import Engine, without_answer
from edge_app.engine.pool import Pool
from edge_app.judging.answer import read_answer, same_codes
from edge_app.judging.conclude import Authority, conclude
from edge_app.precision.cascade import reserve_ms, second
from edge_app.precision.choose import Choice, Conditions, choose
from edge_app.precision.history import History
from edge_app.precision.question import question_of
from edge_app.precision.residency import Memory

Record = Callable[[Request, EngineInfo, str], object]
"""Writes a request down, with who answers it and why that precision."""
UNLIMITED: Final = Stance(None, Precision.FP16, 256, is_paused=False, duty=1.0, reason="nothing limits the machine")
UNSURE: Final = 0.05
"""Share of answers, the least sure, that get a second look. With 0.08, 11 of 13 that FP16 codes otherwise."""
UNSURE_IF_HARD: Final = 0.08
"""The same of those that are hard or contradict the rules."""
_NEWEST: Final = 0.2
"""Weight of the newest answer in what answers lately took."""


class Meter(Protocol):
    """Measures what requests draw; each that started is finished once. Never raises."""

    def started(self, request_id: str, device: str) -> None:
        """It is sent now, to a device by its runtime's name."""
        ...

    def finished(self, request_id: str, usage: Usage) -> Energy:
        """It ended now, with an answer or without."""
        ...


class Unmetered:
    """A Meter where nothing is measured."""

    def started(self, request_id: str, device: str) -> None:
        """See ``Meter``."""

    def finished(self, request_id: str, usage: Usage) -> Energy:  # noqa: ARG002  signature of Meter
        """See ``Meter``."""
        return NOT_MEASURED


@dataclass(frozen=True, slots=True)
class Watch:
    """What the machine allows now, as others find out."""

    stance: Callable[[], Stance] = lambda: UNLIMITED
    memory: Callable[[], Memory] = lambda: Memory(None, None)


@dataclass(frozen=True, slots=True)
class Asked:
    """One report's question, and where it is written down."""

    report: Report
    assessment: Assessment
    request: Request
    source: str
    pack: str
    record: Record


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it."""

    reply: Reply
    """The one that counts."""
    info: EngineInfo | None
    """Who gave it; None when nobody was there in time."""
    replies: tuple[Reply, ...]
    """Of every request that was sent."""
    choice: Choice
    """As it came: another precision than was chosen, where that one is not loaded yet."""


@dataclass(frozen=True, slots=True)
class Advisor:
    """The model: who answers, and what its answers are trusted with. Thread-safe."""

    pool: Pool
    authority: Authority
    raise_confidence: float
    """What an answer needs to make a verdict stricter."""
    max_new_tokens: int
    deadline_ms: int
    """For all that is asked about one report, from the moment it is asked: when somebody is there to be asked."""
    fixed: str = ""
    """Why the precision is what it is, where it is not chosen for each request."""
    speeds: Mapping[Precision, float] = field(default_factory=dict)
    """Reports a minute as calibrated here."""
    watch: Watch = field(default_factory=Watch)
    meter: Meter = field(default_factory=Unmetered)
    clock: Clock = field(default_factory=Clock)
    history: History = field(default_factory=History)
    _took: dict[Precision, float] = field(default_factory=dict)
    """Milliseconds that whole answers lately took."""

    def ask(self, asked: Asked) -> Answered:
        """The answer that counts; an error, a timeout and a cut answer are answers too."""
        self.pool.wait()
        begun = self.clock.monotonic()
        choice = self._choose(asked, begun)
        first = self._send(choice, asked, asked.request, self._left_ms(begun))
        now = replace(self._now(begun), ready=self.pool.ready)
        self.history.saw(first.reply.confidence)
        more = second(first.choice, asked.assessment, first.reply, self.authority, self.raise_confidence, now)
        if more is None:
            self.history.note(asked.source, asked.pack, second=False, changed=False)
            return first
        self.history.looks()
        answered = self._look_again(more, asked, first, begun)
        changed = self._verdict(asked, first.reply) != self._verdict(asked, answered.reply)
        self.history.note(asked.source, asked.pack, second=True, changed=changed)
        return answered

    def _verdict(self, asked: Asked, reply: Reply) -> tuple[str, ...]:
        """What an answer would lead to, without its wording."""
        found = conclude(asked.report, asked.assessment, reply, self.authority, self.raise_confidence)
        return found.status, found.category, found.severity, found.disposition

    def _look_again(self, more: Choice, asked: Asked, first: Answered, begun: float) -> Answered:
        """Ask for the codes alone, which is cheap; and for a whole answer only where they come out differently.

        Nobody is waited for, and the codes leave the time that a whole answer takes.
        """
        name = f"{asked.request.id}-{more.precision}"
        sent = first.replies
        if read_answer(first.reply.text) is not None:
            reserve = reserve_ms(more.precision, first.reply, self._took)
            codes = replace(asked.request, id=name, codes_only=True)
            look = self._send(more, asked, codes, self._left_ms(begun) - reserve, is_second=True)
            sent += look.replies
            if look.reply.finish_reason is not FinishReason.STOP:
                return replace(first, replies=sent)
            if same_codes(first.reply.text, look.reply.text):
                return replace(first, reply=replace(first.reply, confidence=look.reply.confidence), replies=sent)
            more = Choice(
                more.precision, f"whole answer: {more.precision} codes otherwise than {first.choice.precision}"
            )
        whole_one = replace(asked.request, id=f"{name}-whole")
        whole = self._send(more, asked, whole_one, self._left_ms(begun), is_second=True)
        is_usable = whole.reply.finish_reason is FinishReason.STOP and read_answer(whole.reply.text) is not None
        return replace(whole if is_usable else first, replies=sent + whole.replies)

    def _choose(self, asked: Asked, begun: float) -> Choice:
        if self.fixed:
            return Choice(next(iter(self.pool.specs)), self.fixed)
        question = question_of(asked.report, asked.assessment, asked.request, self.history.of(asked.source, asked.pack))
        return choose(question, self._now(begun))

    def _now(self, begun: float) -> Conditions:
        stance, memory = self.watch.stance(), self.watch.memory()
        return Conditions(
            ready=tuple(self.pool.held) or tuple(self.pool.specs),
            ceiling=stance.ceiling,
            ceiling_reason=stance.reason,
            pressure=memory.pressure,
            available_bytes=memory.available_bytes,
            left_ms=self._left_ms(begun),
            expected_ms=dict(self._took),
            sure=self.history.bound(UNSURE),
            surer=self.history.bound(UNSURE_IF_HARD),
            speeds=self.speeds,
        )

    def _left_ms(self, begun: float) -> float:
        return self.deadline_ms - (self.clock.monotonic() - begun) * 1000

    def _send(
        self, choice: Choice, asked: Asked, request: Request, left_ms: float, *, is_second: bool = False
    ) -> Answered:
        """Within ``left_ms``. ``is_second``: of this precision or none, which is not waited for."""
        end = self.clock.monotonic() + left_ms / 1000
        wait_s = 0.0 if is_second else max(left_ms, 0.0) / 1000
        with self.pool.lease(choice.precision, wait_s, no_other=is_second) as leased:
            left = round((end - self.clock.monotonic()) * 1000)
            if leased is None or left <= 0:
                reply = without_answer(request, FinishReason.TIMEOUT, "no precision was loaded in time")
                return Answered(reply, None, (), choice)
            precision, engine = leased
            if precision != choice.precision:
                choice = Choice(
                    precision, f"{choice.precision} is not loaded; wanted for: {choice.reason}", choice.sure
                )
            request = replace(request, deadline_ms=left)
            asked.record(request, engine.info, choice.reason)
            reply = self._metered(engine, request)
            if not request.codes_only:
                self._note(precision, reply)
            return Answered(reply, engine.info, (reply,), choice)

    def _metered(self, engine: Engine, request: Request) -> Reply:
        self.meter.started(request.id, engine.info.device)
        usage = Usage()
        try:
            reply = engine.submit(request).result()
            usage = reply.usage
        finally:
            energy = self.meter.finished(request.id, usage)
        return replace(reply, energy=energy)

    def _note(self, precision: Precision, reply: Reply) -> None:
        if reply.finish_reason is FinishReason.STOP:
            before = self._took.get(precision, reply.usage.total_ms)
            self._took[precision] = before + _NEWEST * (reply.usage.total_ms - before)

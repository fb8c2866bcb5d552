"""The shipped fake: answers and failures from a script, without a model.

``ScriptedEngine`` answers in this process; ``ScriptedBatch`` plays the same script inside a child,
so that deaths and device errors can be rehearsed with real processes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from types import TracebackType
from typing import Final, Self

from edge_app.clock import Clock
from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request, Usage
from edge_app.domain.stance import Stance
from edge_app.engine.base import EngineSpec, StartFacts, without_answer

INFO: Final = EngineInfo("scripted", "scripted", "0" * 64, "none", "none", "1")
_POLL_S: Final = 0.005


class Act(Enum):
    """What happens to a request."""

    ANSWER = auto()
    SILENCE = auto()
    """No answer ever, others go on: ends at the deadline."""
    FAULT = auto()
    """The device breaks: ERROR, in a child together with everything in flight."""
    HANG = auto()
    """The device blocks: in a child nothing moves any more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a script."""

    text: str = ""
    delay_ms: float = 0.0
    """By the clock passed in."""
    finish_reason: FinishReason = FinishReason.STOP
    act: Act = Act.ANSWER
    error: str = ""
    output_tokens: int = 1
    confidence: float | None = 0.99
    """Of a whole answer."""

    def reply(self, request: Request, total_ms: float) -> Reply:
        """As an answer."""
        usage = Usage(len(request.user.split()), output_tokens=self.output_tokens, total_ms=total_ms)
        text = self.text.partition("\n")[0] if request.codes_only else self.text
        sure = self.confidence if self.finish_reason is FinishReason.STOP else None
        return Reply(request.id, text, self.finish_reason, usage, error=self.error, confidence=sure)


Script = Callable[[Request], Line]


def in_order(lines: Sequence[Line]) -> Script:
    """One line a request, in the order they are submitted; the last line is repeated."""
    left = list(lines)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@dataclass(frozen=True, slots=True)
class ByUser:
    """A script that a child can receive: lines by ``Request.user``, ``default`` for all others."""

    lines: tuple[tuple[str, Line], ...] = ()
    default: Line = Line("{}")

    def __call__(self, request: Request) -> Line:
        """The line for this request."""
        return dict(self.lines).get(request.user, self.default)


class ScriptedEngine:
    """An Engine that plays a script."""

    def __init__(self, script: Script | Sequence[Line], clock: Clock | None = None, info: EngineInfo = INFO) -> None:
        """Play a function, or lines in order."""
        self._script = script if callable(script) else in_order(script)
        self._clock = clock or Clock()
        self._info = info
        self._pending: list[tuple[Request, Line, Future[Reply], float]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._stance: Stance | None = None
        self._thread = threading.Thread(target=self._play, name="scripted engine", daemon=True)
        self._thread.start()

    @property
    def info(self) -> EngineInfo:
        """What the caller passed, or the fake's own."""
        return self._info

    @property
    def pid(self) -> int | None:
        """See Engine."""
        return None

    def submit(self, request: Request) -> Future[Reply]:
        """See Engine."""
        future: Future[Reply] = Future()
        future.set_running_or_notify_cancel()
        with self._changed:
            if not self._closed:
                self._pending.append((request, self._script(request), future, self._clock.monotonic()))
                self._changed.notify()
                return future
        future.set_result(without_answer(request, FinishReason.ERROR, "engine closed"))
        return future

    def heed(self, stance: Stance) -> None:
        """See Engine. A script costs nothing: it is not paced."""
        with self._changed:
            self._stance = stance
            self._changed.notify()

    def close(self) -> None:
        """See Engine."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        """The engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _play(self) -> None:
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or bool(self._pending))
                most = self._most()
                due = [
                    (entry, reply)
                    for number, entry in enumerate(self._pending)
                    if (reply := self._due(*entry, is_held=number >= most))
                ]
                self._pending = [entry for entry in self._pending if all(entry is not done for done, _ in due)]
                if not due and not self._closed:
                    self._changed.wait(_POLL_S)
            for (_, _, future, _), reply in due:
                future.set_result(reply)
        for request, _, future, _ in self._pending:
            future.set_result(without_answer(request, FinishReason.ERROR, "engine closed"))

    def _most(self) -> int:
        stance = self._stance
        if stance is None:
            return len(self._pending)
        return 0 if stance.is_paused else stance.concurrency

    def _due(  # an entry, spread out
        self, request: Request, line: Line, _future: Future[Reply], submitted: float, *, is_held: bool
    ) -> Reply | None:
        passed = (self._clock.monotonic() - submitted) * 1000
        if line.act is Act.FAULT and not is_held:
            return without_answer(request, FinishReason.ERROR, line.error, passed)
        if line.act is Act.ANSWER and not is_held and line.delay_ms <= min(passed, request.deadline_ms):
            return line.reply(request, passed)
        if passed >= request.deadline_ms:
            return without_answer(request, FinishReason.TIMEOUT, "deadline passed", passed)
        return None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Loads a ScriptedBatch in a child."""

    script: Script
    loading: Line = Line()
    """FAULT: the model is refused. HANG: it loads for ever."""

    facts: StartFacts = field(default_factory=StartFacts)

    def __call__(self, spec: EngineSpec) -> tuple[ScriptedBatch, StartFacts]:
        """The batch."""
        _suffer(self.loading)
        info = replace(INFO, model=spec.name, fingerprint=spec.fingerprint, device=spec.device)
        return ScriptedBatch(self.script, info), self.facts


class ScriptedBatch:
    """The script inside a child."""

    def __init__(self, script: Script, info: EngineInfo) -> None:
        """Play ``script`` by the machine's clock."""
        self.info = info
        self._script = script
        self._clock = Clock()
        self._open: dict[int, tuple[Request, Line, float]] = {}

    @property
    def active(self) -> bool:
        """Whether anything is open."""
        return bool(self._open)

    def add(self, number: int, request: Request) -> None:
        """See Batch."""
        self._open[number] = (request, self._script(request), self._clock.monotonic())

    def cancel(self, number: int) -> bool:
        """See Batch."""
        return self._open.pop(number, None) is not None

    def step(self) -> list[tuple[int, Reply]]:
        """See Batch."""
        threading.Event().wait(_POLL_S)
        now = self._clock.monotonic()
        for _, line, _ in self._open.values():
            _suffer(line)
        done = [
            (number, line.reply(request, (now - begun) * 1000))
            for number, (request, line, begun) in self._open.items()
            if line.act is Act.ANSWER and (now - begun) * 1000 >= line.delay_ms
        ]
        for number, _ in done:
            del self._open[number]
        return done


def _suffer(line: Line) -> None:
    """What a bad device does to the process."""
    if line.act is Act.FAULT:
        raise RuntimeError(line.error)
    while line.act is Act.HANG:
        threading.Event().wait()

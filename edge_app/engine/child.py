"""An engine in a process of its own that can be killed: a stuck GPU driver takes only itself down.

One supervising thread owns all state: it starts the child, hands requests over, listens, keeps the
deadlines and replaces a child that died, broke or is late. After two failures in a row on a GPU it goes
on with the CPU, if the model fits there, for good; else, or when that fails too, it gives up: every request
is then answered ERROR at once, and rules judge alone.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Self

import structlog

from edge_app.clock import Clock
from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request
from edge_app.domain.stance import Stance
from edge_app.engine.base import EngineSpec, StartFacts, without_answer
from edge_app.engine.devices import TORCH, cpu_instead
from edge_app.engine.process import ChildProcess, listening
from edge_app.engine.worker import Ask, Cancel, Done, Fatal, Load, Order, Pace, Progress, Ready, Sign
from edge_app.errors import ModelError

MAX_FAILURES: Final = 2
LOAD_LIMIT_S: Final = 600.0
"""A large model that is compiled for a GPU for the first time takes minutes."""
STALL_S: Final = 2.0
"""A child without a sign of life for this long past a deadline is late ..."""
STALL_STEPS: Final = 4
"""... unless its steps are slow: then this many of its slowest."""
TICK_S: Final = 0.05
"""How often deadlines are looked at while there are any."""
_log = structlog.get_logger()


@dataclass(slots=True)
class _Job:
    number: int
    request: Request
    future: Future[Reply]
    submitted: float
    expired: float | None = None
    """When its deadline passed. Answered TIMEOUT; stays here until the child lets go of it."""

    @property
    def deadline(self) -> float:
        return self.submitted + self.request.deadline_ms / 1000


@dataclass(slots=True)
class _Life:
    """One child and what is known of it."""

    process: ChildProcess
    begun: float
    ready: bool = False
    last_sign: float = 0.0
    slowest_step_s: float = 0.0
    duty: float = 1.0
    """As the child was last told."""
    sent: dict[int, _Job] = field(default_factory=dict)

    def lateness(self, now: float) -> str:
        """Why it is given up: no sign of life for too long since a deadline passed, or loading for ever. Or empty."""
        if not self.ready:
            return "model did not load in time" if now - self.begun > LOAD_LIMIT_S else ""
        expired = [job.expired for job in self.sent.values() if job.expired is not None]
        patience = max(STALL_S, STALL_STEPS * self.slowest_step_s)
        late = expired and now - max(min(expired), self.last_sign) > patience
        return "no progress past the deadline" if late else ""


class ChildEngine:
    """An Engine whose model lives in a child process."""

    def __init__(self, spec: EngineSpec, clock: Clock, load: Load) -> None:
        """Start the child and wait until it can answer. Raises ModelError when it cannot."""
        self._spec, self._clock, self._load = spec, clock, load
        self._started: Future[None] = Future()
        self._info: EngineInfo
        self._inbox: SimpleQueue[_Job] = SimpleQueue()
        self._waiting: deque[_Job] = deque()
        self._life: _Life | None = None
        self._failures = 0
        self._numbers = 0
        self._discarded = 0
        self._facts = StartFacts()
        self._stance: Stance | None = None
        """None: everything is allowed."""
        self._over = ""
        """Why no request is taken any more; empty while they are."""
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._closed = False
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._supervise, name="engine", daemon=True)
        self._thread.start()
        try:
            self._started.result()
        except ModelError:
            self.close()
            raise

    @property
    def info(self) -> EngineInfo:
        """As the child told it at its last start."""
        return self._info

    @property
    def facts(self) -> StartFacts:
        """How the last start went."""
        return self._facts

    @property
    def discarded(self) -> int:
        """Compiled files that were thrown away, over all starts of this engine."""
        return self._discarded

    @property
    def pid(self) -> int | None:
        """Process id of the child; None while there is none."""
        life = self._life
        return life.process.pid if life else None

    def submit(self, request: Request) -> Future[Reply]:
        """See Engine."""
        future: Future[Reply] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if not self._over:
                self._numbers += 1
                self._inbox.put(_Job(self._numbers, request, future, self._clock.monotonic()))
                os.eventfd_write(self._wake, 1)
                return future
        future.set_result(without_answer(request, FinishReason.ERROR, self._over))
        return future

    def heed(self, stance: Stance) -> None:
        """See Engine."""
        with self._lock:
            if not self._closed:
                self._stance = stance
                os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """See Engine."""
        with self._lock:
            first, self._closed = not self._closed, True
            self._closing.set()
            if first:
                os.eventfd_write(self._wake, 1)
        self._thread.join()
        if first:
            os.close(self._wake)

    def __enter__(self) -> Self:
        """The engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _supervise(self) -> None:
        try:
            self._launch()
            while not self._closing.is_set():
                self._turn()
            self._give_up("engine closed")
        finally:
            if not self._started.done():  # nobody may wait for ever for a start that could not even be tried
                self._started.set_exception(ModelError(f"model {self._spec.name}: no engine process could be started"))
            self._give_up("engine failed")

    def _turn(self) -> None:
        self._wait()
        self._take_in()
        if self._life:
            self._listen(self._life)
        now = self._clock.monotonic()
        self._expire(now)
        if self._life and (reason := self._life.lateness(now)):
            self._replace(reason, FinishReason.TIMEOUT)
        if self._life and self._life.ready:
            self._hand_over(self._life)

    def _wait(self) -> None:
        life = self._life
        pending = bool(self._waiting or (life and (life.sent or not life.ready)))
        connection.wait([*listening(life.process if life else None), self._wake], TICK_S if pending else None)

    def _take_in(self) -> None:
        try:
            os.eventfd_read(self._wake)
        except BlockingIOError:
            return
        while True:
            try:
                self._waiting.append(self._inbox.get_nowait())
            except Empty:
                return

    def _listen(self, life: _Life) -> None:
        try:
            for sign in life.process.signs():
                life.last_sign = self._clock.monotonic()
                if isinstance(sign, Fatal):
                    self._replace(sign.message, FinishReason.ERROR, sign.hint)
                    return
                self._note(life, sign)
        except EOFError:
            self._replace("engine process died", FinishReason.ERROR)

    def _note(self, life: _Life, sign: Sign) -> None:
        match sign:
            case Ready(info, facts):
                life.ready = True
                self._tell(info, facts)
                if not self._started.done():
                    self._started.set_result(None)
            case Progress(step_s):
                life.slowest_step_s = max(life.slowest_step_s, step_s)
            case Done(number, reply):
                job = life.sent.pop(number)
                if reply:
                    self._finish(job, reply)

    def _tell(self, info: EngineInfo, facts: StartFacts) -> None:
        self._info, self._facts = info, facts
        self._discarded += len(facts.discarded)
        for reason in facts.discarded:
            _log.warning("compiled model discarded", reason=reason, total=self._discarded)
        if not facts.golden and not self._started.done():  # once is enough
            _log.warning("model unproven", model=info.model, reason="no golden prompts", hint=_remedy(self._spec))
        found = {"golden": facts.golden, "load_s": round(facts.load_s, 2), "warm_up_s": round(facts.warm_up_s, 2)}
        _log.info("engine ready", model=info.model, precision=info.precision, device=info.device, **found)

    def _finish(self, job: _Job, reply: Reply) -> None:
        if reply.finish_reason in {FinishReason.STOP, FinishReason.LENGTH}:
            self._failures = 0
        if job.expired is None:
            total = (self._clock.monotonic() - job.submitted) * 1000
            queued = max(0.0, total - reply.usage.total_ms)
            ttft = None if reply.usage.ttft_ms is None else reply.usage.ttft_ms + queued
            job.future.set_result(
                replace(reply, usage=replace(reply.usage, queue_ms=queued, ttft_ms=ttft, total_ms=total))
            )

    def _expire(self, now: float) -> None:
        for job in [job for job in self._waiting if now >= job.deadline]:
            self._waiting.remove(job)
            self._refuse(job, FinishReason.TIMEOUT, "deadline passed in the queue")
        life = self._life
        for job in life.sent.values() if life else ():
            if life and job.expired is None and now >= job.deadline:
                self._refuse(job, FinishReason.TIMEOUT, "deadline passed")
                job.expired = now
                self._send(life, Cancel(job.number))

    def _hand_over(self, life: _Life) -> None:
        stance = self._stance
        most = self._facts.max_in_flight or self._spec.max_in_flight
        if stance:
            most = 0 if stance.is_paused else min(most, stance.concurrency)
            self._pace(life, stance.duty)
        while self._waiting and len(life.sent) < most and life.process.writable:
            job = self._waiting.popleft()
            life.sent[job.number] = job
            self._send(life, Ask(job.number, job.request))

    def _pace(self, life: _Life, duty: float) -> None:
        if duty != life.duty and life.process.writable:
            life.duty = duty
            self._send(life, Pace(duty))

    def _send(self, life: _Life, message: Order) -> None:
        if life.process.writable:  # a stopped child must not block this thread: it will be late
            with suppress(OSError):  # gone: the next look at the pipe says so and answers what was sent
                life.process.send(message)

    def _refuse(self, job: _Job, reason: FinishReason, error: str) -> None:
        if job.expired is None:
            total = (self._clock.monotonic() - job.submitted) * 1000
            job.future.set_result(without_answer(job.request, reason, error, total))

    def _launch(self) -> None:
        self._life = _Life(ChildProcess(self._load, self._spec), self._clock.monotonic())

    def _replace(self, reason: str, answer: FinishReason, hint: str = "") -> None:
        """The child is lost: answer what it held, then start another or give up."""
        why = self._bury(reason, answer)
        self._failures += 1
        if not self._started.done():
            self._closing.set()
            self._started.set_exception(ModelError(f"model {self._spec.name}: {why}", hint))
        elif self._failures >= MAX_FAILURES and not self._fallback():
            self._give_up(f"engine gave up after {self._failures} failures in a row: {why}")
        else:
            if self._failures >= MAX_FAILURES:
                self._spec = replace(self._spec, device=self._fallback())
            _log.warning("engine replaced", reason=why, failures=self._failures, device=self._spec.device)
            self._launch()

    def _fallback(self) -> str:
        """The CPU, where it is another device and left to try; or empty."""
        cpu = cpu_instead(self._spec.device)
        return cpu if self._spec.cpu_fits and self._info.device != cpu else ""

    def _bury(self, reason: str, answer: FinishReason) -> str:
        """End the child and answer what it held; returns the reason with how it had ended."""
        life, self._life = self._life, None
        if life is None:
            return reason
        ended = life.process.kill()
        why = f"{reason} ({ended})" if ended else reason
        for job in life.sent.values():
            self._refuse(job, answer, why)
        return why

    def _give_up(self, reason: str) -> None:
        if not (self._over or self._closing.is_set()):
            _log.error("engine gave up", model=self._spec.name, reason=reason)
        with self._lock:
            self._over = self._over or reason
            os.eventfd_write(self._wake, 1)
        self._take_in()
        self._bury(self._over, FinishReason.ERROR)
        for job in self._waiting:
            self._refuse(job, FinishReason.ERROR, self._over)
        self._waiting.clear()


def _remedy(spec: EngineSpec) -> str:
    """How a model gets golden prompts."""
    if spec.device.startswith(TORCH):
        return f"edge-app model prepare {spec.name}: what is asked of its FP16 is then asked of torch too"
    return f"pull it onto itself, with memory free: edge-app model pull {spec.folder}"

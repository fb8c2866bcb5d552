"""What runs inside the engine child: a batch of requests, stepped until the pipe closes."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, Protocol

from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request
from edge_app.engine.base import EngineSpec, StartFacts, without_answer
from edge_app.errors import EdgeAppError


class Batch(Protocol):
    """Requests that are generated together. An exception from ``step`` is fatal to the process."""

    @property
    def info(self) -> EngineInfo:
        """Which model on which device."""
        ...

    @property
    def active(self) -> bool:
        """Whether a step would do anything."""
        ...

    def add(self, number: int, request: Request) -> None:
        """Take a request. Raises ValueError for one that cannot be run; the others go on."""
        ...

    def cancel(self, number: int) -> bool:
        """Drop a request; whether it was still there to drop."""
        ...

    def step(self) -> list[tuple[int, Reply]]:
        """Generate the next token of each; returns those that finished, with usage measured from ``add``."""
        ...


Load = Callable[[EngineSpec], tuple[Batch, StartFacts]]
"""Makes the batch inside the child, ready to answer.

Travels there by pickle: a module's function or a frozen dataclass."""


@dataclass(frozen=True, slots=True)
class Ask:
    """To the child. Exactly one Done follows."""

    number: int
    request: Request


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the child: nobody waits for this one any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Pace:
    """To the child: rest between steps, so that it works this share of the time."""

    duty: float


@dataclass(frozen=True, slots=True)
class Ready:
    """From the child: the model is loaded, checked and warm."""

    info: EngineInfo
    facts: StartFacts


@dataclass(frozen=True, slots=True)
class Progress:
    """From the child: a step ended, a rest may follow. The sign of life."""

    step_s: float
    """With the rest."""


@dataclass(frozen=True, slots=True)
class Done:
    """From the child: how a request ended. No reply: it was cancelled."""

    number: int
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Fatal:
    """From the child, its last word."""

    message: str
    hint: str = ""


Order = Ask | Cancel | Pace
Sign = Ready | Progress | Done | Fatal
_PR_SET_PDEATHSIG: Final = 1
_LONGEST_REST_S: Final = 2.0
"""A message may wait for so long."""


def run(pipe: Connection, load: Load, spec: EngineSpec, parent: int) -> None:
    """Serve the pipe until it closes. A device error is not survived: the driver's state is unknown after it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair: it closes the pipe
    _die_with(parent)
    try:
        batch, facts = load(spec)
        pipe.send(Ready(batch.info, facts))
        _serve(pipe, batch)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    except EdgeAppError as error:
        pipe.send(Fatal(str(error), error.hint))
    except Exception as error:  # noqa: BLE001  whatever it was, the parent must hear of it
        pipe.send(Fatal(_one_line(error)))
    os._exit(0)  # drivers may hang in their destructors


def _serve(pipe: Connection, batch: Batch) -> None:
    duty = 1.0
    while True:
        for message in _messages(pipe, wait=not batch.active):
            match message:
                case Ask():
                    _add(pipe, batch, message)
                case Cancel(number) if batch.cancel(number):
                    pipe.send(Done(number, None))
                case Pace():
                    duty = message.duty
        if batch.active:
            _step(pipe, batch, duty)


def _step(pipe: Connection, batch: Batch, duty: float) -> None:
    begun = time.monotonic()
    finished = batch.step()
    worked = time.monotonic() - begun
    rest = min(worked / duty - worked, _LONGEST_REST_S)
    pipe.send(Progress(worked + rest))
    for number, reply in finished:
        pipe.send(Done(number, reply))
    time.sleep(rest)


def _messages(pipe: Connection, *, wait: bool) -> Iterator[Order]:
    if wait:
        yield pipe.recv()
    while pipe.poll():
        yield pipe.recv()


def _add(pipe: Connection, batch: Batch, ask: Ask) -> None:
    try:
        batch.add(ask.number, ask.request)
    except ValueError as error:
        pipe.send(Done(ask.number, without_answer(ask.request, FinishReason.ERROR, _one_line(error))))


def _die_with(parent: int) -> None:
    """Have the kernel kill this process with its parent; it may be gone already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"

"""What every engine is, and what it is opened with."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request, Usage
from edge_app.domain.stance import Stance


@dataclass(frozen=True, slots=True)
class CompiledCache:
    """Where compiled models are kept, so that a GPU does not take minutes at every start."""

    root: Path
    limit: int
    """Bytes; beyond it what was not used for longest is removed."""
    driver: str
    """Identity of processor, kernel and drivers: under another one nothing old is used."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was measured to be best for one device."""

    device: str
    properties: tuple[tuple[str, str], ...]
    """Of the runtime, by its own names."""
    max_in_flight: int | None = None
    """Requests that the device is given at a time. None: as the spec says."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """A model on disk and how it is to run. The folder was verified by whoever made the spec."""

    folder: Path
    """OpenVINO IR with tokenizer, detokenizer, chat template and configuration; for torch safetensors or a GGUF."""
    name: str
    fingerprint: str
    """SHA-256 of the model's manifest."""
    precision: str
    """``fp16``, ``int8``, ``int4``: of the weights in ``folder``."""
    device: str = "AUTO"
    """``AUTO``, ``CPU``, ``GPU``, ``NPU``, or ``torch:`` with one of torch's own names."""
    max_in_flight: int = 16
    """Requests that the engine batches, where ``tuning`` says nothing else. More may be submitted: they queue."""
    kv_cache_gb: int = 1
    cache: CompiledCache | None = None
    """None: compile at every start."""
    tuning: tuple[Tuning, ...] = ()
    """By device, the fastest first: the order of AUTO."""
    golden: tuple[GoldenPrompt, ...] = ()
    """Answered at each start; () leaves the model unproven, which is logged."""
    warm_up: Request | None = None
    """Asked before the engine is ready, so that no report pays for compiling its grammar (seconds)."""
    cpu_fits: bool = True
    """Whether the CPU may go on with the model after a GPU that failed."""


@dataclass(frozen=True, slots=True)
class StartFacts:
    """How a start went."""

    load_s: float = 0.0
    """Until loaded, compiled and checked."""
    warm_up_s: float = 0.0
    cache: str = "off"
    """``off``, ``new``: compiled now and kept; ``hit``: taken from an earlier start."""
    golden: int = 0
    """Golden prompts that came out right; 0: nothing proves the model."""
    discarded: tuple[str, ...] = ()
    """Compiled files that were not believed, each with its reason."""
    max_in_flight: int | None = None
    """As measured to be best on the device that was taken. None: as the spec says."""


class Engine(Protocol):
    """Answers requests, several at a time. Thread-safe."""

    @property
    def info(self) -> EngineInfo:
        """Which model on which device answers."""
        ...

    @property
    def pid(self) -> int | None:
        """Of the process that generates; None: this one, or none at the moment."""
        ...

    def submit(self, request: Request) -> Future[Reply]:
        """Queue one request; returns at once.

        The future always completes with a Reply, never with an exception: ERROR, TIMEOUT and LENGTH are
        replies too. It cannot be cancelled. Its callbacks run on the engine's thread and must be short.
        """
        ...

    def heed(self, stance: Stance) -> None:
        """From now on take up no more than the machine allows; the others queue, up to their deadline.

        What runs goes on, paced.
        """
        ...

    def close(self) -> None:
        """Answer what is open with ERROR and stop. Later submits answer ERROR. May be called twice."""
        ...

    def __enter__(self) -> Self:
        """The engine itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...


def without_answer(request: Request, reason: FinishReason, error: str, total_ms: float = 0.0) -> Reply:
    """The reply to a request that gets no answer."""
    return Reply(request.id, "", reason, Usage(total_ms=total_ms), error=error)

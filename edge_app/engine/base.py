"""What every engine is, and what it is opened with."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request, Usage


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """A model on disk and how it is to run. The folder was verified by whoever made the spec."""

    folder: Path
    """OpenVINO IR with tokenizer, detokenizer, chat template and configuration."""
    name: str
    fingerprint: str
    """SHA-256 of the model's manifest."""
    precision: str
    """``fp16``, ``int8``, ``int4``: of the weights in ``folder``."""
    device: str = "AUTO"
    """``AUTO``, ``CPU``, ``GPU`` or ``NPU``."""
    max_in_flight: int = 16
    """Requests that the engine batches. More may be submitted: they queue."""
    kv_cache_gb: int = 1
    cache_dir: Path | None = None
    """Where blobs compiled for a GPU or NPU are kept. None: compile at every start."""


class Engine(Protocol):
    """Answers requests, several at a time. Thread-safe."""

    @property
    def info(self) -> EngineInfo:
        """Which model on which device answers."""
        ...

    def submit(self, request: Request) -> Future[Reply]:
        """Queue one request; returns at once.

        The future always completes with a Reply, never with an exception: ERROR, TIMEOUT and LENGTH are
        replies too. It cannot be cancelled. Its callbacks run on the engine's thread and must be short.
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

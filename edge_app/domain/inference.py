"""What an engine is asked, what it answers, what that used. Names follow OpenTelemetry gen_ai."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge_app.domain.energy import NOT_MEASURED, Energy

RAISE_CONFIDENCE: Final = 0.9
"""What an answer needs to make a verdict stricter, where nothing else is set."""


class Precision(StrEnum):
    """Of the weights. FP16: 2 bytes a parameter, INT8: 1, INT4: about 0.6 with scales."""

    FP16 = "fp16"
    INT8 = "int8"
    INT4 = "int4"


class FinishReason(StrEnum):
    """How an answer ended."""

    STOP = "stop"
    LENGTH = "length"
    """Cut by ``max_new_tokens``: the answer is not used."""
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Request:
    """One question. ``system`` is the same for every report of a rule pack, so its prefix is cached."""

    id: str
    system: str
    user: str
    schema: str
    """JSON schema of the answer, with every string bounded."""
    max_new_tokens: int
    deadline_ms: int
    """Answer or TIMEOUT this long after submission, on a monotonic clock."""
    codes_only: bool = False
    """The answer ends with its first line: a few tokens of what may be a long sentence."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request used. Durations in ms from a monotonic clock, None where not measured."""

    input_tokens: int = 0
    cached_tokens: int | None = None
    output_tokens: int = 0
    reasoning_tokens: int = 0
    queue_ms: float | None = None
    ttft_ms: float | None = None
    tpot_ms: float | None = None
    total_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``text`` is without reasoning; ``reasoning`` holds what stood in <think> tags."""

    request_id: str
    text: str
    finish_reason: FinishReason
    usage: Usage
    reasoning: str = ""
    error: str = ""
    """Why there is no answer, empty otherwise."""
    confidence: float | None = None
    """Probability that the model gave to the codes it wrote, 0 to 1. None: not measured, or no answer."""
    energy: Energy = NOT_MEASURED


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which model on which device answers: stored with every request and part of the recipe."""

    provider: str
    """``openvino``, ``scripted``."""
    model: str
    fingerprint: str
    """SHA-256 of the model's manifest."""
    precision: str
    device: str
    version: str
    """Of the runtime."""

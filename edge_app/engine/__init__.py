"""What generates: the Protocol, OpenVINO or torch in a child process, the scripted fake."""

from __future__ import annotations

import os

from edge_app.clock import Clock
from edge_app.engine.base import CompiledCache, Engine, EngineSpec, StartFacts, Tuning
from edge_app.engine.child import ChildEngine
from edge_app.engine.devices import TORCH
from edge_app.engine.worker import Batch
from edge_app.errors import not_installed

__all__ = ["ChildEngine", "CompiledCache", "Engine", "EngineSpec", "StartFacts", "Tuning", "open_engine"]


def open_engine(spec: EngineSpec, clock: Clock | None = None) -> ChildEngine:
    """Load the model in a child process and wait until it has answered.

    Raises ModelError when the device is not there or refuses the model.
    """
    load = load_torch if spec.device.startswith(TORCH) else load_openvino
    return ChildEngine(spec, clock or Clock(), load)


def load_openvino(spec: EngineSpec) -> tuple[Batch, StartFacts]:
    """Runs in the child: only there is OpenVINO imported, so a driver that crashes takes nothing else down."""
    os.environ["CI"] = "true"  # importing it reports to its maker, but not from build servers
    from edge_app.engine.openvino import load  # noqa: PLC0415

    return load(spec)


def load_torch(spec: EngineSpec) -> tuple[Batch, StartFacts]:
    """Runs in the child, where nothing is fetched. Raises UsageError without the packages."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # read once, when transformers is imported
    try:
        from edge_app.engine.torch import load  # noqa: PLC0415
    except ImportError as error:
        raise not_installed(error.name, "prepare") from error
    return load(spec)

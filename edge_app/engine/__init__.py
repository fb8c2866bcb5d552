"""What generates: the Protocol, the OpenVINO child process, the scripted fake."""

from __future__ import annotations

import os

from edge_app.clock import Clock
from edge_app.engine.base import Engine, EngineSpec
from edge_app.engine.child import ChildEngine
from edge_app.engine.worker import Batch

__all__ = ["Engine", "EngineSpec", "open_engine"]


def open_engine(spec: EngineSpec, clock: Clock | None = None) -> Engine:
    """Load the model in a child process and wait until it can answer.

    Raises ModelError when the device is not there or refuses the model.
    """
    return ChildEngine(spec, clock or Clock(), load_openvino)


def load_openvino(spec: EngineSpec) -> Batch:
    """Runs in the child: only there is OpenVINO imported, so a driver that crashes takes nothing else down."""
    os.environ["CI"] = "true"  # importing it reports to its maker, but not from build servers
    from edge_app.engine.openvino import OpenVinoBatch  # noqa: PLC0415

    return OpenVinoBatch(spec)

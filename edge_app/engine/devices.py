"""Which device a model runs on. What was configured is kept or refused, never replaced in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_app.errors import ModelError

AUTO: Final = "AUTO"
TORCH: Final = "torch:"
"""Before torch's own name of a device: not OpenVINO's affair."""
PREFERENCE: Final = ("GPU", "CPU")
"""For AUTO. An NPU is used only when asked for by name."""


def choose_device(wanted: str, available: Sequence[str], measured: Sequence[str] = ()) -> str:
    """The OpenVINO device to compile for. ``GPU`` also takes the first of ``GPU.0``, ``GPU.1``.

    ``measured``: devices in the order of their measured speed. AUTO follows it only when each device it may
    take was measured: a measured CPU says nothing of a GPU that was not.

    Raises ModelError that lists what exists.
    """
    for kind in _automatic(available, measured) if wanted == AUTO else (wanted,):
        if found := [device for device in available if _is(device, kind)]:
            return found[0]
    exist = ", ".join(available) or "none"
    raise ModelError(
        f"device {wanted} is not there",
        f"devices here: {exist}; check the GPU driver and access to /dev/dri, or set model.device",
    )


def cpu_instead(wanted: str) -> str:
    """The CPU by the name that the runtime of ``wanted`` has for it, where ``wanted`` may be a GPU; or empty."""
    if wanted.startswith(TORCH):
        return f"{TORCH}cpu"
    return "CPU" if wanted == AUTO or wanted.startswith("GPU") else ""


def _automatic(available: Sequence[str], measured: Sequence[str]) -> Sequence[str]:
    """What AUTO tries, in this order."""
    candidates = [device for device in available if any(_is(device, kind) for kind in PREFERENCE)]
    if all(any(_is(device, kind) for kind in measured) for device in candidates):
        return [kind for kind in measured if any(_is(device, kind) for device in candidates)]
    return PREFERENCE


def _is(device: str, kind: str) -> bool:
    """``GPU.0`` is of the kind ``GPU``, and of the kind ``GPU.0``."""
    return device == kind or device.startswith(f"{kind}.")

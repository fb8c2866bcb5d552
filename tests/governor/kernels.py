"""The three kernels that tests run on: in memory, a captured tree in a folder, the model mounted as a file system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_app.governor.captured import lay_out
from edge_app.governor.fake import FakeKernel, Profile
from edge_app.governor.sysfs import KernelFiles

TREES = Path(__file__).with_name("trees")
CAPTURED = (Profile.I915_SLPC, Profile.XE_LNL, Profile.AMDGPU)
"""Profiles of which a captured tree is kept."""
RENDER = "sys/devices/pci0000:00/0000:00:02.0"
"""Intel's integrated GPU."""


@dataclass(slots=True)
class Time:
    """A clock that is turned by hand, in s."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


def fake(profile: Profile, ambient_c: float = 25.0) -> tuple[FakeKernel, Time]:
    """A simulated machine and its clock."""
    time = Time()
    return FakeKernel(profile, time, ambient_c), time


def tree(profile: Profile, folder: Path) -> KernelFiles:
    """A captured machine, laid out."""
    lay_out((TREES / f"{profile}.txt").read_text(encoding="utf-8"), folder)
    return KernelFiles(folder)

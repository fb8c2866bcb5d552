"""The same simulated machine twice: in memory, and mounted for a real process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge_app.governor.cards import Bounds, find_card, read_bounds
from edge_app.governor.fake import FakeKernel, Profile
from edge_app.governor.sysfs import KernelFiles, SysFs
from tests.governor.mounted import Mount, happen

DRIVEN = (Profile.I915_RPS, Profile.I915_SLPC, Profile.I915_MTL, Profile.XE_LNL)
"""Machines whose clock can be turned."""


@dataclass(frozen=True)
class Machine:
    """``happen`` takes the lines that ``tests.governor.mounted`` knows."""

    profile: Profile
    kernel: SysFs
    happen: Callable[[str], None]

    def bounds(self) -> dict[str, Bounds]:
        """What is set now, by GT."""
        card = find_card(self.kernel)
        assert card is not None
        return {gt.name: read_bounds(self.kernel, gt) for gt in card.gts}


def in_memory(profile: Profile, now: Callable[[], float] = lambda: 0.0) -> Machine:
    """Without a file system."""
    fake = FakeKernel(profile, now)
    return Machine(profile, fake, lambda line: write_control(fake, line))


def write_control(fake: FakeKernel, line: str) -> None:
    """One event on a machine in memory."""
    Mount(fake).write("/control", line.encode(), 0, 0)


def on_disk(profile: Profile, folder: Path) -> Machine:
    """Mounted at ``folder``."""
    return Machine(profile, KernelFiles(folder), partial(happen, folder))

"""Six simulated machines. Ranges are those of real parts as far as known; power and heat are illustrative."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge_app.governor.fake.i915 import Gt
from edge_app.governor.fake.plant import Body


class Profile(StrEnum):
    """By driver and governor: what the machine answers to."""

    I915_RPS = "i915-rps"
    """Tiger Lake: the host governs."""
    I915_SLPC = "i915-slpc"
    """Raptor Lake P: the firmware governs, one GT."""
    I915_MTL = "i915-mtl"
    """Meteor Lake: a GT for rendering, one for media."""
    XE_LNL = "xe-lnl"
    """Lunar Lake."""
    AMDGPU = "amdgpu"
    """Read only."""
    NONE = "none"
    """An Intel processor without a GPU driver."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a profile is made of. ``gts``: RPn, RP1 or RPe, RP0 in MHz of each."""

    driver: str
    pci: str
    """Device number on the PCI bus."""
    gts: tuple[tuple[int, int, int], ...]
    body: Body
    address: str = "0000:00:02.0"
    has_slpc: bool = True
    has_npu: bool = False
    rapl: tuple[str, ...] = ("package-0", "core", "uncore", "psys")

    def fresh(self) -> list[Gt]:
        """The GTs as the driver starts them."""
        return [Gt(*each) for each in self.gts]


PARTS: Final[dict[Profile, Parts]] = {
    Profile.I915_RPS: Parts("i915", "0x9a49", ((350, 500, 1300),), Body(1300, 500), has_slpc=False),
    Profile.I915_SLPC: Parts("i915", "0xa7a0", ((100, 550, 1400),), Body(1400, 550)),
    Profile.I915_MTL: Parts(
        "i915", "0x7d55", ((100, 800, 2250), (100, 400, 1300)), Body(2250, 800, gpu_w=24.0), has_npu=True
    ),
    Profile.XE_LNL: Parts(
        "xe",
        "0x64a0",
        ((400, 700, 2050), (100, 400, 1500)),
        Body(2050, 700, gpu_w=22.0),
        has_npu=True,
        rapl=("package-0", "core", "psys"),
    ),
    Profile.AMDGPU: Parts("amdgpu", "0x15bf", (), Body(2200, 800), address="0000:c4:00.0", rapl=("package-0", "core")),
    Profile.NONE: Parts("", "", (), Body(1000, 500, gpu_w=0.0), rapl=("package-0", "core")),
}

"""What the loop needs of a machine: something that looks, something that turns the GPU's clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from edge_app.domain.stance import Reading


@dataclass(frozen=True, slots=True)
class Limits:
    """The GPU's clock as it can be turned now, in MHz."""

    lowest_mhz: int
    """RPn."""
    highest_mhz: int
    """RP0."""
    efficient_mhz: int | None = None
    """RPe, where the driver tells it."""
    own_mhz: int | None = None
    """The maximum as it stood before anything was written: the administrator's, or the driver's."""
    is_writable: bool = True
    """False after a write was refused for good (EACCES, EROFS, EPERM): nothing but pacing is left."""


class Outcome(StrEnum):
    """What came of turning the clock."""

    APPLIED = "applied"
    BUSY = "busy"
    """Not now, as in the middle of a reset (EAGAIN): try again at the next tick."""
    REFUSED = "refused"
    """Not allowed, or not accepted a second time (EACCES, EROFS, EPERM, EINVAL)."""
    LOST = "lost"
    """The GPU or its files went away (EIO, ECANCELED, ENODEV, ENOENT)."""
    ABSENT = "absent"
    """This driver's clock cannot be turned: amdgpu, or no GPU at all."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One attempt to turn the clock."""

    outcome: Outcome
    detail: str = ""
    """Which file, which cause; empty when applied."""


class Sensors(Protocol):
    """Looks at the machine."""

    def read(self, at: float, queued: int) -> Reading:
        """Everything that can be read at ``at``; what fails is named in the reading. Never raises OSError."""
        ...


class Actuator(Protocol):
    """Turns the GPU's clock. No method raises OSError: the kernel's refusals are outcomes."""

    def limits(self) -> Limits | None:
        """The range as the driver gives it now. None: no GPU whose clock has one, or it is gone for the moment."""
        ...

    def apply(self, cap_mhz: int | None) -> Applied:
        """Make ``cap_mhz`` the most the GPU runs at, also when it is waited for. None: the originals again.

        The originals are on disk before the first write. Callers ask for values within the limits only.
        """
        ...

    def let_go(self) -> Applied:
        """Give back what was written and still stands, and leave what somebody else has set meanwhile.

        From then on what stands is what was found: no later cap or restore goes above it.
        """
        ...

    def restore(self) -> Applied:
        """The originals again, for good: nothing is written after it."""
        ...

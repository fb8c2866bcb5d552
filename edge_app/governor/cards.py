"""Which GPU's clock can be held, and by which files: one layout per driver.

Sources: the kernel's ``intel_gt_sysfs_pm.c``, ``i915_sysfs.c``, ``xe_gt_freq.c``. All values in MHz.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import Final

from edge_app.governor.sysfs import SysFs

STEP_MHZ: Final = 50
"""Multiples of it are multiples of the hardware's 16.67 MHz too, so they read back as written."""
TOLERANCE_MHZ: Final = 17
"""The hardware's step is 16.67 MHz: a read-back further off is not what was written."""
_INTEGRATED: Final = "0000:00:02.0"
"""Where Intel's integrated GPU sits on the PCI bus."""
_DRIVERS: Final = frozenset({"i915", "xe", "amdgpu"})
_MOST_MHZ: Final = 10_000


@dataclass(frozen=True, slots=True)
class Layout:
    """How a driver names the files of one GT; empty where it has none."""

    min: str
    max: str
    boost: str
    lowest: str
    efficient: str
    highest: str
    default_min: str = ""
    default_max: str = ""


LEGACY: Final = Layout(
    min="gt_min_freq_mhz",
    max="gt_max_freq_mhz",
    boost="gt_boost_freq_mhz",
    lowest="gt_RPn_freq_mhz",
    efficient="gt_RP1_freq_mhz",
    highest="gt_RP0_freq_mhz",
)
PER_GT: Final = Layout(
    min="rps_min_freq_mhz",
    max="rps_max_freq_mhz",
    boost="rps_boost_freq_mhz",
    lowest="rps_RPn_freq_mhz",
    efficient="rps_RP1_freq_mhz",
    highest="rps_RP0_freq_mhz",
    default_min=".defaults/rps_min_freq_mhz",
    default_max=".defaults/rps_max_freq_mhz",
)
XE: Final = Layout(
    min="min_freq", max="max_freq", boost="", lowest="rpn_freq", efficient="rpe_freq", highest="rp0_freq"
)


@dataclass(frozen=True, slots=True)
class Range:
    """What is fused: RPn, RPe (RP1 on i915) and RP0."""

    lowest: int
    highest: int
    efficient: int | None = None

    def nearest(self, mhz: int) -> int:
        """``mhz`` rounded down to a whole step, inside the range; RPn where no whole step lies inside."""
        low, high = -(-self.lowest // STEP_MHZ) * STEP_MHZ, self.highest // STEP_MHZ * STEP_MHZ
        return max(low, min(mhz // STEP_MHZ * STEP_MHZ, high)) if low <= high else self.lowest


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what the clock moves. ``boost`` is what i915 jumps to when somebody waits, above ``max`` too."""

    min: int
    max: int
    boost: int | None = None

    def under(self, cap: int) -> Bounds:
        """The same, nowhere above ``cap``."""
        return Bounds(min(self.min, cap), min(self.max, cap), None if self.boost is None else min(self.boost, cap))

    def left(self, ours: Bounds, now: Bounds) -> Bounds:
        """As found, but for what stands ``now`` and is not ``ours``: that somebody else has set since."""
        high = _left(self.max, ours.max, now.max)
        is_boosted = self.boost is not None and ours.boost is not None and now.boost is not None
        boost = _left(self.boost or 0, ours.boost or 0, now.boost or 0) if is_boosted else self.boost
        return Bounds(min(_left(self.min, ours.min, now.min), high), high, boost)

    def inside(self, fused: Range) -> Bounds:
        """The nearest that the driver takes."""
        low, high = (min(max(mhz, fused.lowest), fused.highest) for mhz in (self.min, self.max))
        boost = None if self.boost is None else min(max(self.boost, fused.lowest), fused.highest)
        return Bounds(min(low, high), high, boost)

    def are_in(self, fused: Range) -> bool:
        """Whether the driver would take them."""
        given = [self.min, self.max, *([] if self.boost is None else [self.boost])]
        return self.min <= self.max and all(fused.lowest <= mhz <= fused.highest for mhz in given)


def _left(found: int, ours: int, now: int) -> int:
    return found if abs(now - ours) <= TOLERANCE_MHZ else now


@dataclass(frozen=True, slots=True)
class Gt:
    """One graphics tile: render is the first, media the second where it has its own."""

    name: str
    folder: str
    """Relative to the root, without links."""
    layout: Layout

    def path(self, name: str) -> str:
        """Of the file that the layout names."""
        return f"{self.folder}/{name}"

    @property
    def written(self) -> tuple[str, ...]:
        """The files that a cap changes, and no other."""
        names = (self.layout.min, self.layout.max, self.layout.boost)
        return tuple(self.path(name) for name in names if name)


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU. Without GTs its clock cannot be turned: amdgpu is only read."""

    driver: str
    device: str
    """``sys/devices/pci0000:00/0000:00:02.0``: relative to the root, without links."""
    gts: tuple[Gt, ...]

    @property
    def name(self) -> str:
        """Driver and place on the bus, for messages."""
        return f"{self.driver} {self.device.rpartition('/')[2]}"


def find_card(kernel: SysFs) -> Card | None:
    """The integrated GPU of Intel, else the first whose clock can be turned, else any with a known driver.

    None also while a driver comes or goes: a GPU is seen with all of its GTs or not at all.
    """
    try:
        paths = [path for path in kernel.glob("sys/class/drm/card*") if re.fullmatch(r".*/card\d+", path)]
    except OSError:
        return None
    found = [card for path in paths if (card := _card(kernel, path))]
    return min(found, key=lambda card: (not card.gts, not card.device.endswith(_INTEGRATED)), default=None)


def _card(kernel: SysFs, path: str) -> Card | None:
    try:
        device = kernel.real_path(f"{path}/device")
        driver = kernel.real_path(f"{path}/device/driver").rpartition("/")[2]
        own = kernel.real_path(path)
        if driver not in _DRIVERS or not device.startswith("sys/devices/") or not own.startswith(f"{device}/"):
            return None
        gts = tuple(_gts(kernel, driver, device, own))
        is_plain = all(kernel.real_path(file) == file for gt in gts for file in gt.written)
    except OSError:
        return None
    return Card(driver, device, gts) if is_plain else None


def _gts(kernel: SysFs, driver: str, device: str, own: str) -> list[Gt]:
    """A legacy file of i915 writes to every GT in turn and stops half-way, so it is the second choice."""
    found: list[Gt] = []
    if driver == "i915":
        found = [Gt(folder.rpartition("/")[2], folder, PER_GT) for folder in _numbered(kernel, f"{own}/gt/gt*")]
        found = _with_files(kernel, found) or [Gt("card", own, LEGACY)]
    elif driver == "xe":
        folders = _numbered(kernel, f"{device}/tile*/gt*")
        found = [Gt("/".join(folder.split("/")[-2:]), f"{folder}/freq0", XE) for folder in folders]
    return _with_files(kernel, found)


def _numbered(kernel: SysFs, pattern: str) -> list[str]:
    return [path for path in kernel.glob(pattern) if re.fullmatch(r".*/gt\d+", path)]


def _with_files(kernel: SysFs, gts: list[Gt]) -> list[Gt]:
    return [gt for gt in gts if kernel.glob(gt.path(gt.layout.max))]


def read_mhz(kernel: SysFs, path: str) -> int:
    """A frequency. Raises OSError, ENODATA for what is none."""
    try:
        text = kernel.read_text(path)
    except OSError as error:  # read(2) does not name the file
        raise OSError(error.errno, error.strerror, path) from error
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= _MOST_MHZ:
        raise OSError(errno.ENODATA, "no frequency", path)
    return int(text)


def read_range(kernel: SysFs, gt: Gt) -> Range:
    """What is fused. Raises OSError."""
    lowest, highest = (read_mhz(kernel, gt.path(name)) for name in (gt.layout.lowest, gt.layout.highest))
    if lowest > highest:
        raise OSError(errno.ENODATA, "the lowest frequency is above the highest", gt.folder)
    try:
        efficient = read_mhz(kernel, gt.path(gt.layout.efficient))
    except OSError:
        efficient = None
    return Range(lowest, highest, efficient)


def read_bounds(kernel: SysFs, gt: Gt) -> Bounds:
    """What is set now. Raises OSError."""
    low, high = (read_mhz(kernel, gt.path(name)) for name in (gt.layout.min, gt.layout.max))
    return Bounds(low, high, read_mhz(kernel, gt.path(gt.layout.boost)) if gt.layout.boost else None)


def default_bounds(kernel: SysFs, gt: Gt, fused: Range) -> Bounds:
    """What the driver itself starts with, or the whole range: for when nobody knows what was set."""
    boost = fused.highest if gt.layout.boost else None
    try:
        low, high = (read_mhz(kernel, gt.path(name)) for name in (gt.layout.default_min, gt.layout.default_max) if name)
    except (OSError, ValueError):  # not every driver keeps them
        return Bounds(fused.lowest, fused.highest, boost)
    kept = Bounds(low, high, boost)
    return kept if kept.are_in(fused) else Bounds(fused.lowest, fused.highest, boost)

"""xe: frequency files of each GT below the PCI device. No boost; a maximum below the minimum caps nothing."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from edge_app.governor.fake.i915 import REASONS, Gt
from edge_app.governor.fake.numbers import quantised, unsigned
from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, failure

_PROFILES = ("base", "power_saving")


@dataclass(slots=True)
class Xe:
    """``busy_calls``: that many more looks at the limits meet a reset in progress (EAGAIN)."""

    gts: list[Gt]
    plant: Plant
    reasons: Callable[[], frozenset[str]]
    is_resetting: Callable[[], bool]
    busy_calls: int = 0
    is_wedged: bool = False
    profile: str = "base"

    def requested_mhz(self) -> float:
        """A maximum at or below the minimum makes the minimum a fixed request."""
        gt = self.gts[0]
        return max(gt.min, gt.max)

    def files(self, device: str) -> Iterator[tuple[str, File]]:
        """Everything below the PCI device."""
        for number, gt in enumerate(self.gts):
            base = f"{device}/tile0/gt{number}"
            yield from ((f"{base}/freq0/{name}", file) for name, file in self._frequency(gt))
            yield from ((f"{base}/gtidle/{name}", file) for name, file in self._idle(number))

    def _frequency(self, gt: Gt) -> Iterator[tuple[str, File]]:
        yield "act_freq", File(lambda: f"{self._actual(gt)}\n")
        yield "cur_freq", File(lambda: f"{int(self.requested_mhz()) if self._actual(gt) else gt.rpn}\n")
        yield "rp0_freq", File(lambda: f"{gt.rp0}\n")
        yield "rpe_freq", File(lambda: f"{gt.rp1}\n")
        yield "rpa_freq", File(lambda: f"{gt.rp0}\n")
        yield "rpn_freq", File(lambda: f"{gt.rpn}\n")
        yield "max_freq", File(lambda: self._told(quantised(gt.max)), partial(self._set, gt, "max"), 0o644)
        yield "min_freq", File(lambda: self._told(quantised(gt.min)), partial(self._set, gt, "min"), 0o644)
        yield "power_profile", File(self._profile, self._set_profile, 0o644)
        yield "throttle/status", File(lambda: f"{int(bool(self.reasons()))}\n")
        yield "throttle/reasons", File(lambda: " ".join(sorted(self.reasons())) + "\n" if self.reasons() else "none\n")
        for name in REASONS:
            yield f"throttle/reason_{name}", File(partial(self._reason, name))

    def _idle(self, number: int) -> Iterator[tuple[str, File]]:
        yield "name", File(lambda: f"gt{number}-rc\n")
        yield "idle_status", File(lambda: "gt-c0\n" if self.plant.demand.busy else "gt-c6\n")
        yield "idle_residency_ms", File(lambda: f"{int(self.plant.idle_s * 1000)}\n")

    def _actual(self, gt: Gt) -> int:
        return round(self.plant.actual_mhz) if gt is self.gts[0] else 0

    def _reason(self, name: str) -> str:
        return f"{int(name in self.reasons())}\n"

    def _profile(self) -> str:
        return "    ".join(f"[{name}]" if name == self.profile else name for name in _PROFILES) + "\n"

    def _set_profile(self, text: str) -> None:
        if text.strip() not in _PROFILES:
            raise failure(errno.EINVAL)
        self.profile = text.strip()

    def _told(self, mhz: int) -> str:
        self._answers()
        return f"{mhz}\n"

    def _answers(self) -> None:
        """Limits are asked of the firmware."""
        if self.is_wedged:
            raise failure(errno.ECANCELED)
        if self.busy_calls:
            self.busy_calls -= 1
            raise failure(errno.EAGAIN)
        if self.is_resetting():
            raise failure(errno.EAGAIN)

    def _set(self, gt: Gt, name: str, text: str) -> None:
        mhz = unsigned(text)
        self._answers()
        if not gt.rpn <= mhz <= gt.rp0:
            raise failure(errno.EINVAL)
        setattr(gt, name, mhz)

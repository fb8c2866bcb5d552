"""i915: frequency files of the card and of each GT, with the checks of the driver."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from edge_app.governor.fake.numbers import quantised, unsigned
from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, failure

REASONS: Final = ("pl1", "pl2", "pl4", "thermal", "prochot", "ratl", "vr_thermalert", "vr_tdc")
_PROFILES: Final = ("base", "power_saving")
_RC6_WRAP_MS: Final = 2**32


@dataclass(slots=True)
class Gt:
    """One GT: fused range in MHz and the limits that were set."""

    rpn: int
    rp1: int
    rp0: int
    max: int = 0
    min: int = 0
    boost: int = 0

    def __post_init__(self) -> None:
        """The driver's own limits."""
        self.max, self.min, self.boost = self.rp0, self.rpn, self.rp0


@dataclass(slots=True)
class I915:
    """``has_slpc``: the firmware governs; otherwise the host, which stores what it can count."""

    gts: list[Gt]
    has_slpc: bool
    plant: Plant
    reasons: Callable[[], frozenset[str]]
    waits: bool = True
    """A client waits for the GPU, which a language model does all the time: the boost frequency is forced."""
    profile: str = "base"
    is_dead: bool = False
    """The GuC answers no more."""
    ignores_efficient: int = 0
    thresholds: dict[str, int] = field(default_factory=lambda: {"up": 95, "down": 85})

    def requested_mhz(self) -> float:
        """What the GPU is asked to run at. A waitboost passes the maximum, not RP0."""
        gt = self.gts[0]
        boost = gt.boost if self.waits and self.profile == "base" else 0
        return min(gt.rp0, max(gt.max, boost))

    def files(self, card: str) -> Iterator[tuple[str, File]]:
        """Everything below ``cardN``."""
        yield from ((f"{card}/gt_{name}_freq_mhz", file) for name, file in self._legacy())
        yield f"{card}/power/rc6_residency_ms", File(self._rc6)
        for number, gt in enumerate(self.gts):
            yield from ((f"{card}/gt/gt{number}/{name}", file) for name, file in self._per_gt(number, gt))

    def _legacy(self) -> Iterator[tuple[str, File]]:
        yield "act", File(lambda: _line(self._actual()))
        yield "cur", File(lambda: _line(self.requested_mhz() if self._actual() else self.gts[0].rpn))
        yield "RP0", File(lambda: _line(max(gt.rp0 for gt in self.gts)))
        yield "RP1", File(lambda: _line(max(gt.rp1 for gt in self.gts)))
        yield "RPn", File(lambda: _line(max(gt.rpn for gt in self.gts)))
        yield "max", File(lambda: _line(max(gt.max for gt in self.gts)), partial(self._all, self._set_max), 0o644)
        yield "min", File(lambda: _line(min(gt.min for gt in self.gts)), partial(self._all, self._set_min), 0o644)
        yield "boost", File(lambda: _line(max(gt.boost for gt in self.gts)), partial(self._all, self._set_boost), 0o644)

    def _per_gt(self, number: int, gt: Gt) -> Iterator[tuple[str, File]]:
        yield "id", File(lambda: _line(number))
        yield "rps_act_freq_mhz", File(lambda: _line(self._actual() if gt is self.gts[0] else 0))
        yield "rps_cur_freq_mhz", File(lambda: _line(self.requested_mhz() if self._actual() else gt.rpn))
        yield "punit_req_freq_mhz", File(lambda: _line(self.requested_mhz() if self._actual() else gt.rpn))
        yield "rps_RP0_freq_mhz", File(lambda: _line(gt.rp0))
        yield "rps_RP1_freq_mhz", File(lambda: _line(gt.rp1))
        yield "rps_RPn_freq_mhz", File(lambda: _line(gt.rpn))
        yield "rps_max_freq_mhz", File(lambda: _line(gt.max), partial(self._set_max, gt), 0o644)
        yield "rps_min_freq_mhz", File(lambda: _line(gt.min), partial(self._set_min, gt), 0o644)
        yield "rps_boost_freq_mhz", File(lambda: _line(gt.boost), partial(self._set_boost, gt), 0o644)
        yield ".defaults/rps_max_freq_mhz", File(lambda: _line(gt.rp0))
        yield ".defaults/rps_min_freq_mhz", File(lambda: _line(gt.rpn))
        yield "rc6_enable", File(lambda: "1\n")
        yield "rc6_residency_ms", File(self._rc6)
        yield "throttle_reason_status", File(lambda: _line(bool(self.reasons())))
        for name in REASONS:
            yield f"throttle_reason_{name}", File(partial(self._reason, name))
        yield from self._slpc() if self.has_slpc else self._host()

    def _slpc(self) -> Iterator[tuple[str, File]]:
        yield "slpc_ignore_eff_freq", File(lambda: _line(self.ignores_efficient), self._set_ignore, 0o644)
        yield "slpc_power_profile", File(self._profile, self._set_profile, 0o644)

    def _host(self) -> Iterator[tuple[str, File]]:
        for name in self.thresholds:
            read, write = partial(self._threshold, name), partial(self._set_threshold, name)
            yield f"rps_{name}_threshold_pct", File(read, write, 0o664)

    def _actual(self) -> int:
        return round(self.plant.actual_mhz)

    def _rc6(self) -> str:
        return _line(int(self.plant.idle_s * 1000) % _RC6_WRAP_MS)

    def _reason(self, name: str) -> str:
        return _line(name in self.reasons())

    def _profile(self) -> str:
        return "    ".join(f"[{name}]" if name == self.profile else name for name in _PROFILES) + "\n"

    def _set_profile(self, text: str) -> None:
        if text.strip() not in _PROFILES:
            raise failure(errno.EINVAL)
        self.profile = text.strip()

    def _set_ignore(self, text: str) -> None:
        self.ignores_efficient = _no_more_than(unsigned(text), 1)

    def _threshold(self, name: str) -> str:
        return _line(self.thresholds[name])

    def _set_threshold(self, name: str, text: str) -> None:
        self.thresholds[name] = _no_more_than(unsigned(text), 100)

    def _all(self, change: Callable[[Gt, str], None], text: str) -> None:
        """A write to the card reaches one GT after the other and stops at the first that refuses."""
        for gt in self.gts:
            change(gt, text)

    def _set_max(self, gt: Gt, text: str) -> None:
        mhz = self._told(text)
        _within(mhz, max(gt.rpn, gt.min), gt.rp0)
        gt.max = mhz

    def _set_min(self, gt: Gt, text: str) -> None:
        mhz = self._told(text)
        _within(mhz, gt.rpn, min(gt.rp0, gt.max))
        gt.min = mhz

    def _set_boost(self, gt: Gt, text: str) -> None:
        mhz = self._told(text)
        _within(mhz, gt.rpn, gt.rp0)
        gt.boost = mhz

    def _told(self, text: str) -> int:
        mhz = unsigned(text)
        if self.is_dead:
            raise failure(errno.EIO)
        return mhz if self.has_slpc else quantised(mhz)


def _within(mhz: int, least: int, most: int) -> None:
    if not least <= mhz <= most:
        raise failure(errno.EINVAL)


def _no_more_than(value: int, most: int) -> int:
    _within(value, 0, most)
    return value


def _line(value: float) -> str:
    return f"{int(value)}\n"

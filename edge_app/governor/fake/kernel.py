"""A kernel in memory, for simulation and tests: everything it says is simulated, its parameters are illustrative.

Files, modes, ranges and errors are those of the drivers; temperature, power and speed come from ``plant``. The clock is
passed in, so that eight hours pass in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from typing import Final, Literal

from edge_app.governor.fake import heat, process
from edge_app.governor.fake.amdgpu import AmdGpu
from edge_app.governor.fake.i915 import I915
from edge_app.governor.fake.plant import Demand, Plant
from edge_app.governor.fake.processor import Processor
from edge_app.governor.fake.profiles import PARTS, Profile
from edge_app.governor.fake.rapl import RANGE_UJ, Rapl
from edge_app.governor.fake.tree import Caller, File, Link, Placed, Tree, failure
from edge_app.governor.fake.xe import Xe

_CARD: Final = "card1"
_VENDORS: Final = {"i915": "0x8086", "xe": "0x8086", "amdgpu": "0x1002"}

Call = Literal["read", "write", "glob", "real_path"]


@dataclass(slots=True)
class Fault:
    """Calls that match fail with ``errno``, or read as ``text``. ``after`` pass first; ``times`` None: for good."""

    errno: int = 0
    pattern: str = "*"
    """Of the path, as asked or behind its links."""
    calls: frozenset[Call] = frozenset({"read", "write"})
    after: int = 0
    times: int | None = None
    text: str | None = None
    struck: str = ""
    """The path it struck last."""

    def strikes(self, call: Call, *paths: str) -> bool:
        """Whether this call is hit; counts it."""
        if call not in self.calls or self.times == 0 or not any(fnmatchcase(path, self.pattern) for path in paths):
            return False
        if self.after:
            self.after -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        self.struck = paths[0]
        return True


class FakeKernel:
    """Implements ``SysFs``. ``now`` is a monotonic clock in seconds."""

    def __init__(self, profile: Profile, now: Callable[[], float], ambient_c: float = 25.0) -> None:
        self.profile = profile
        self.parts = PARTS[profile]
        self.plant = Plant(self.parts.body, ambient_c)
        self.plant.settle()
        self.memory = process.Memory()
        self.rapl = Rapl(self.plant, self.parts.rapl)
        self.processor = Processor(self.plant, is_intel=self.parts.driver != "amdgpu")
        self.tree = Tree()
        self.caller = Caller()
        self.faults: list[Fault] = []
        self.calls = 0
        """All calls so far: the n-th can be made to fail."""
        self._now = now
        self._at = now()
        self._pulses: dict[str, float] = {}
        self._reset_until = -math.inf
        self.gpu: I915 | Xe | AmdGpu | None = None
        self._place_board()
        self.bind()

    # What SysFs promises.

    def read_text(self, path: str) -> str:
        """See ``SysFs``."""
        self._pass_time()
        told = self._strike("read", path)
        file = self.tree.open_to_read(path, self.caller)
        return (file.read() if told is None else told).strip()

    def write_text(self, path: str, text: str) -> None:
        """See ``SysFs``."""
        self._pass_time()
        self._strike("write", path)
        file = self.tree.open_to_write(path, self.caller)
        assert file.write is not None
        file.write(text)

    def glob(self, pattern: str) -> list[str]:
        """See ``SysFs``."""
        self._strike("glob", pattern)
        return self.tree.glob(pattern)

    def real_path(self, path: str) -> str:
        """See ``SysFs``."""
        self._strike("real_path", path)
        return self.tree.resolve(path)

    # What happens to the machine.

    def demand(self, demand: Demand) -> None:
        """What runs from now on."""
        self._pass_time()
        self.plant.demand = demand

    def ambient(self, celsius: float) -> None:
        """The hall warms or cools."""
        self._pass_time()
        self.plant.ambient_c = celsius

    def inject(self, fault: Fault) -> None:
        """From the next call on. Clear ``faults`` to heal."""
        self.faults.append(fault)

    def fail_call(self, number: int, errno: int) -> None:
        """The n-th call from now fails, whatever it is."""
        every: frozenset[Call] = frozenset({"read", "write", "glob", "real_path"})
        self.inject(Fault(errno, calls=every, after=number - 1, times=1))

    def pulse(self, reason: str, seconds: float) -> None:
        """A throttle reason of the GPU is set for a while; a look between pulses misses it."""
        self._pulses[reason] = self._now() + seconds

    def reset(self, seconds: float = 1.0) -> None:
        """The GPU is reset: xe says EAGAIN, amdgpu EPERM, i915 nothing; limits survive."""
        self._reset_until = self._now() + seconds

    def suspend(self, seconds: float) -> None:
        """The machine sleeps and cools; the monotonic clock stands; energy counters start anew; limits survive."""
        self._pass_time()
        for k, constant in (("die_k", self.parts.body.die_s), ("case_k", self.parts.body.case_s)):
            setattr(self.plant, k, getattr(self.plant, k) * math.exp(-seconds / constant))
        for name in self.rapl.names:
            self.rapl.set(name, 1)

    def unbind(self) -> None:
        """The driver lets go of the GPU: its files are gone, its limits lost."""
        self._pass_time()
        self.tree.remove(self._device)
        self.gpu = None

    def bind(self) -> None:
        """The driver takes the GPU: its own limits, and the modes that files are born with."""
        if not self.parts.driver:
            return
        self.gpu = self._driver()
        for path, node in chain(self._links(), self._gpu_files(self.gpu)):
            self.tree.add(path, node)

    def foreign(self, *, max_mhz: int | None = None, min_mhz: int | None = None, boost_mhz: int | None = None) -> None:
        """Another program sets limits of the first GT."""
        assert isinstance(self.gpu, I915 | Xe)
        gt = self.gpu.gts[0]
        gt.max, gt.min = max_mhz or gt.max, min_mhz or gt.min
        gt.boost = boost_mhz or gt.boost

    def near_wrap(self, microjoules: int = 1_000_000) -> None:
        """Every energy counter wraps after this much more."""
        for name in self.rapl.names:
            self.rapl.set(name, RANGE_UJ - microjoules)

    def chmod(self, path: str, mode: int) -> None:
        """As root does it; lost when the driver is bound anew."""
        self.tree.file(path).mode = mode

    def chown(self, path: str, uid: int, gid: int) -> None:
        """As root does it; -1 leaves what it is."""
        file = self.tree.file(path)
        file.uid, file.gid = (file.uid if uid < 0 else uid), (file.gid if gid < 0 else gid)

    @property
    def reasons(self) -> frozenset[str]:
        """Throttle reasons of the GPU that are set now."""
        hot = {"thermal"} if self.plant.is_throttling else set()
        power = {"pl1"} if self.plant.is_power_limited else set()
        return frozenset(hot | power | {name for name, until in self._pulses.items() if self._now() < until})

    @property
    def _device(self) -> str:
        bridge = "0000:00:08.1/" if self.parts.driver == "amdgpu" else ""
        return f"sys/devices/pci0000:00/{bridge}{self.parts.address}"

    def _pass_time(self) -> None:
        now = self._now()
        if now > self._at:
            self.plant.advance(now - self._at, self.gpu.requested_mhz() if self.gpu else 0.0)
            self._at = now

    def _strike(self, call: Call, path: str) -> str | None:
        self.calls += 1
        for fault in self.faults:
            if fault.strikes(call, path, *self._behind(path)):
                if fault.text is not None:
                    return fault.text
                raise failure(fault.errno, path)
        return None

    def _behind(self, path: str) -> list[str]:
        try:
            return [self.tree.resolve(path)]
        except OSError:
            return []

    def _is_resetting(self) -> bool:
        return self._now() < self._reset_until

    def _driver(self) -> I915 | Xe | AmdGpu:
        parts = self.parts
        if parts.driver == "i915":
            return I915(parts.fresh(), parts.has_slpc, self.plant, lambda: self.reasons)
        if parts.driver == "xe":
            return Xe(parts.fresh(), self.plant, lambda: self.reasons, self._is_resetting)
        return AmdGpu(self.plant, self._is_resetting)

    def _links(self) -> Placed:
        device, card = self._device, f"{self._device}/drm/{_CARD}"
        yield f"sys/class/drm/{_CARD}", Link(card)
        yield f"sys/class/drm/{_CARD}-eDP-1", Link(f"{card}/{_CARD}-eDP-1")
        yield "sys/class/drm/renderD128", Link(f"{device}/drm/renderD128")
        yield f"{card}/device", Link(device)
        yield f"{device}/driver", Link(f"sys/bus/pci/drivers/{self.parts.driver}")
        yield f"{device}/vendor", File(lambda: f"{_VENDORS[self.parts.driver]}\n")
        yield f"{device}/device", File(lambda: f"{self.parts.pci}\n")
        yield f"{card}/{_CARD}-eDP-1/status", File(lambda: "connected\n")
        yield f"{device}/drm/renderD128/dev", File(lambda: "226:128\n")
        yield f"sys/bus/pci/drivers/{self.parts.driver}/uevent", File(lambda: "", mode=0o444)

    def _gpu_files(self, gpu: I915 | Xe | AmdGpu) -> Placed:
        device = self._device
        if isinstance(gpu, I915):
            yield from gpu.files(f"{device}/drm/{_CARD}")
        elif isinstance(gpu, Xe):
            yield from gpu.files(device)
        else:
            yield from gpu.files(device, f"{device}/hwmon/hwmon5")
            yield "sys/class/hwmon/hwmon5", Link(f"{device}/hwmon/hwmon5")

    def _place_board(self) -> None:
        parts, plant = self.parts, self.plant
        is_intel = parts.driver != "amdgpu"
        placed = [
            self.memory.placed(),
            self.rapl.placed(),
            self.processor.placed(),
            heat.zones(plant, is_intel=is_intel),
            heat.disk_sensor(),
            heat.coretemp(plant) if is_intel else heat.k10temp(plant),
            process.own_clients(plant, parts.driver, parts.address) if parts.driver else iter(()),
            process.npu(plant) if parts.has_npu else iter(()),
        ]
        for path, node in chain.from_iterable(placed):
            self.tree.add(path, node)

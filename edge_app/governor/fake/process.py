"""What this process sees of itself and of the machine's memory, and the neural processor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from edge_app.governor.fake.plant import Plant
from edge_app.governor.fake.tree import File, Link, Placed

_BOOT_ID: Final = "6f1c6e0a-3b0e-4a52-9c53-5c1f2f7c9d11"
GROUP: Final = "/system.slice/edge-app.service"
"""The service's own cgroup."""


@dataclass(slots=True)
class Memory:
    """Main memory in bytes; stalls in percent; the service's cgroup."""

    total: int = 16 * 2**30
    available: int = 11 * 2**30
    pressure: float = 0.0
    group_limit: int | None = None
    group_used: int = 2 * 2**30

    def placed(self) -> Placed:
        """Below /proc and the cgroup's folder."""
        group = f"sys/fs/cgroup{GROUP}"
        yield "proc/meminfo", File(self._meminfo)
        yield "proc/pressure/memory", File(self._stalls, mode=0o666)
        yield "proc/self/cgroup", File(lambda: f"0::{GROUP}\n")
        yield "proc/sys/kernel/random/boot_id", File(lambda: f"{_BOOT_ID}\n")
        yield f"{group}/memory.max", File(lambda: f"{'max' if self.group_limit is None else self.group_limit}\n")
        yield f"{group}/memory.current", File(lambda: f"{self.group_used}\n")
        yield f"{group}/memory.stat", File(lambda: "anon 0\nfile 0\ninactive_file 0\n")

    def _meminfo(self) -> str:
        total, available = self.total >> 10, self.available >> 10
        return f"MemTotal:       {total} kB\nMemFree:         901120 kB\nMemAvailable:   {available} kB\n"

    def _stalls(self) -> str:
        some = f"some avg10={self.pressure:.2f} avg60=0.00 avg300=0.00 total=0\n"
        return some + f"full avg10={self.pressure / 2:.2f} avg60=0.00 avg300=0.00 total=0\n"


def own_clients(plant: Plant, driver: str, address: str) -> Placed:
    """Fdinfo of this process: two descriptors of one client, which count the same time, and a plain file."""
    yield "proc/self/fdinfo/3", File(lambda: "pos:\t0\nflags:\t0100002\nmnt_id:\t29\n")
    for number in (7, 9):
        yield f"proc/self/fdinfo/{number}", File(partial(_client, plant, driver, address))


def _client(plant: Plant, driver: str, address: str) -> str:
    head = f"pos:\t0\nflags:\t02100002\ndrm-driver:\t{driver}\ndrm-pdev:\t{address}\ndrm-client-id:\t12\n"
    nanoseconds = int(plant.own_s * 1e9)
    if driver == "xe":
        cycles, total = nanoseconds // 52, int((plant.busy_s + plant.idle_s) * 1e9) // 52
        work = f"drm-cycles-ccs:\t{cycles}\ndrm-total-cycles-ccs:\t{total}\n"
        return f"{head}{work}drm-cycles-rcs:\t0\ndrm-total-cycles-rcs:\t{total}\n"
    if driver == "i915":
        return f"{head}drm-engine-render:\t{nanoseconds} ns\ndrm-engine-copy:\t0 ns\n"
    return head


def npu(plant: Plant) -> Placed:
    """A neural processor: busy time in µs."""
    device = "sys/devices/pci0000:00/0000:00:0b.0"
    yield "sys/class/accel/accel0", Link(f"{device}/accel/accel0")
    yield f"{device}/accel/accel0/device", Link(device)
    yield f"{device}/npu_busy_time_us", File(lambda: f"{int(plant.npu_s * 1e6)}\n")
    yield f"{device}/npu_current_frequency_mhz", File(lambda: f"{1400 if plant.demand.npu else 0}\n")

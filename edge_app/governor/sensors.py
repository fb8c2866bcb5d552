"""From the kernel's files to a Reading. What is missing or absurd is a failure and None, never "cool", never zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_app.domain.stance import Reading
from edge_app.governor.cards import Card, find_card
from edge_app.governor.clients import Clients, read_clients
from edge_app.governor.counters import Events, Rate
from edge_app.governor.look import Look, Noted
from edge_app.governor.memory import read_available, read_pressure
from edge_app.governor.rapl import Zone, Zones, find_zones
from edge_app.governor.sysfs import SysFs
from edge_app.governor.temperature import Thermometer, find_thermometer, read_limit, read_package
from edge_app.governor.throttling import find_reasons, find_throttles, read_reasons, read_throttles

_RESCAN_S: Final = 60.0
_RESCAN_FAILED_S: Final = 10.0
"""Files are looked for anew this often, and after failures."""
_MOST_MHZ: Final = 10_000
_MOST_COUNT: Final = 2**63 - 1
_IDLE_SPAN: Final = {"i915": 2**32, "xe": None}
"""Where milliseconds of idleness wrap."""


def own_process() -> tuple[str, ...]:
    """The process that asks, alone."""
    return ("self",)


@dataclass(frozen=True, slots=True)
class _Found:
    """Which files this machine has. Empty: none."""

    thermometer: Thermometer = field(default_factory=Thermometer)
    card: Card | None = None
    actual: str = ""
    maximum: str = ""
    reasons: tuple[str, ...] = ()
    throttles: tuple[str, ...] = ()
    zones: Zones = field(default_factory=Zones)
    idle: str = ""
    """Milliseconds in which the whole GPU slept."""
    percent: str = ""
    """Load of the whole GPU, of amdgpu."""
    npu: str = ""
    clients: tuple[str, ...] = ()


class MachineSensors:
    """Reads a machine again and again: power and load are means since the look before.

    ``processes``: numbers of the processes whose use of the GPU is ours, in /proc: the engine runs in a child.
    """

    def __init__(self, kernel: SysFs, processes: Callable[[], Iterable[str]] = own_process) -> None:
        self._kernel = kernel
        self._processes = processes
        self._found = _Found()
        self._next_scan = float("-inf")
        self._events = Events()
        self._clients = Clients()
        self._rates: dict[str, Rate] = {}

    def read(self, at: float, queued: int = 0) -> Reading:
        """Everything that can be read at ``at``, in monotonic seconds. Never raises OSError."""
        look = Look(self._kernel)
        if at >= self._next_scan:
            self._found, self._next_scan = _scan(look, self._processes()), at + _RESCAN_S
        reading = self._reading(look, at, queued)
        if look.failures:
            self._next_scan = min(self._next_scan, at + _RESCAN_FAILED_S)
        return reading

    def _reading(self, look: Look, at: float, queued: int) -> Reading:
        found = self._found
        return Reading(
            at=at,
            package_c=read_package(look, found.thermometer),
            limit_c=read_limit(look, found.thermometer),
            reasons=read_reasons(look, found.reasons),
            throttles=self._events.count(read_throttles(look, found.throttles)),
            actual_mhz=_actual(look, found.actual),
            max_mhz=look.number(found.maximum, 1, _MOST_MHZ) if found.maximum else None,
            package_w=self._watts(look, at, found.zones.package),
            gpu_w=self._watts(look, at, found.zones.gpu),
            gpu_busy=self._gpu_busy(look, at),
            npu_busy=self._share(look, at, found.npu, 1e6, None),
            available_bytes=read_available(look),
            pressure=read_pressure(look),
            queued=queued,
            failures=tuple(look.failures),
        )

    def _watts(self, look: Look, at: float, zone: Zone | None) -> float | None:
        if zone is None:
            return None
        rate = self._rates.setdefault(zone.path, zone.rate())
        microjoules = rate.per_second(at, zone.read(look))
        return None if microjoules is None else microjoules / 1e6

    def _gpu_busy(self, look: Look, at: float) -> float | None:
        """Our own share by fdinfo; without it the whole GPU's, which is not less."""
        clients = read_clients(look, self._found.clients)
        if any(clients.values()):
            return self._clients.share(at, clients)
        if self._found.percent:
            percent = look.number(self._found.percent, 0, 100)
            return None if percent is None else percent / 100
        driver = self._found.card.driver if self._found.card else ""
        idle = self._share(look, at, self._found.idle, 1e3, _IDLE_SPAN.get(driver))
        return None if idle is None else 1.0 - idle

    def _share(self, look: Look, at: float, path: str, per_second: float, span: int | None) -> float | None:
        """Share of time that a counter of time advanced; it may be a little late, and so above 1."""
        if not path:
            return None
        rate = self._rates.setdefault(path, Rate(per_second * 1.5, span))
        rise = rate.per_second(at, look.number(path, 0, _MOST_COUNT))
        return None if rise is None else min(1.0, rise / per_second)


def _scan(look: Look, processes: Iterable[str]) -> _Found:
    card = _card(look)
    gt = card.gts[0] if card and card.gts else None
    clients = [path for process in processes for path in look.find(f"proc/{process}/fdinfo/*")]
    return _Found(
        thermometer=find_thermometer(look),
        card=card,
        actual=_actual_path(look, card),
        maximum=gt.path(gt.layout.max) if gt else "",
        reasons=find_reasons(look, card),
        throttles=find_throttles(look),
        zones=find_zones(look),
        idle=_idle(look, card),
        percent=next(iter(look.find(f"{card.device}/gpu_busy_percent")), "") if card else "",
        npu=next(iter(look.find("sys/class/accel/accel*/device/npu_busy_time_us")), ""),
        clients=tuple(path for path in clients if read_clients(look, [path])),
    )


def _actual(look: Look, path: str) -> int | None:
    """MHz; hwmon tells Hz."""
    scale = 1_000_000 if path.endswith("_input") else 1
    value = look.number(path, 0, _MOST_MHZ * scale) if path else None
    return None if value is None else value // scale


def _actual_path(look: Look, card: Card | None) -> str:
    if card is None:
        return ""
    if card.gts:
        return card.gts[0].path(card.gts[0].layout.max.replace("max", "act"))
    return next(iter(look.find(f"{card.device}/hwmon/hwmon*/freq1_input")), "")


def _card(look: Look) -> Card | None:
    try:
        return find_card(Noted(look))
    except OSError:
        return None


def _idle(look: Look, card: Card | None) -> str:
    """RC6 of i915, GT idleness of xe."""
    if card is None or not card.gts:
        return ""
    folder = card.gts[0].folder
    xe = [f"{folder.rpartition('/')[0]}/gtidle/idle_residency_ms"]
    i915 = [f"{folder}/rc6_residency_ms", f"{folder}/power/rc6_residency_ms"]
    return next((path for place in (i915 if card.driver == "i915" else xe) for path in look.find(place)), "")

"""What a machine is made of, as far as running a model depends on it. Sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory, which an integrated GPU shares."""

    total: int
    """0: not measured, as under systemd's ``ProcSubset=pid``."""
    available: int
    """What can be taken without swapping, and without breaking a limit of the service's own cgroup."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU on the PCI bus, by what the kernel says."""

    vendor: int
    """PCI: 0x8086 Intel, 0x1002 AMD."""
    device: int
    driver: str
    """``i915``, ``xe``, ``amdgpu``; empty when no driver holds it."""
    card: str
    """``card0``: the number is not fixed."""
    usable: bool
    """Whether this process may open its render node."""

    @property
    def pci_id(self) -> str:
        """As ``lspci -n`` writes it."""
        return f"{self.vendor:04x}:{self.device:04x}"


@dataclass(frozen=True, slots=True)
class Machine:
    """A reading of the machine."""

    cpu: str
    cores: int
    memory: Memory
    kernel: str
    """``6.12.0-1-amd64``."""
    os_id: str
    """``ubuntu``, ``debian``."""
    os_version: str
    gpus: tuple[Gpu, ...] = ()
    compute_driver: str = ""
    """Identity of the user-space GPU driver: changes whenever it is replaced. Empty: none is installed."""
    compute_versions: tuple[str, ...] = ()
    """Of its packages: ``24.35.30872.36-1``. Empty: not told, as where the packages are not Debian's."""

    @property
    def driver_mark(self) -> str:
        """Changes when anything that compiled code depends on changes: processor, kernel, drivers."""
        return f"{self.kernel} {self.compute_mark}"

    @property
    def compute_mark(self) -> str:
        """Changes when what computes changes. A new kernel alone makes no measured setting wrong."""
        cards = ",".join(f"{gpu.pci_id}/{gpu.driver}" for gpu in self.gpus)
        return " ".join((self.cpu, cards or "no-gpu", self.compute_driver or "no-compute-driver"))


INTEL = 0x8086

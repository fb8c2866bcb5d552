"""The machine as read from trees in the shape of /proc, /sys and /etc."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_app.domain.machine import Gpu
from edge_app.hardware import read_machine, read_memory

MEMINFO = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:   10000000 kB\n"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def add_gpu(root: Path, card: str, slot: str, ids: tuple[str, str], driver: str | None) -> None:
    """As the kernel lays it out: class/drm/card1 -> devices/…/drm/card1, whose ``device`` is the PCI device."""
    device = root / "sys/devices/pci0000:00" / slot
    (device / "drm" / card).mkdir(parents=True)
    (device / "drm/renderD128").mkdir(exist_ok=True)
    write(device / "vendor", f"{ids[0]}\n")
    write(device / "device", f"{ids[1]}\n")
    if driver:
        (root / "sys/bus/pci/drivers" / driver).mkdir(parents=True, exist_ok=True)
        (device / "driver").symlink_to(root / "sys/bus/pci/drivers" / driver)
    (device / "drm" / card / "device").symlink_to(device)
    (root / "sys/class/drm").mkdir(parents=True, exist_ok=True)
    (root / "sys/class/drm" / card).symlink_to(device / "drm" / card)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "proc/meminfo", MEMINFO)
    write(tmp_path / "proc/cpuinfo", "processor\t: 0\nmodel name\t: Intel(R) Core(TM) Ultra 5\nprocessor\t: 1\n")
    write(tmp_path / "proc/sys/kernel/osrelease", "6.12.0-1-amd64\n")
    write(tmp_path / "etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\n')
    write(tmp_path / "dev/dri/renderD128", "")
    return tmp_path


def test_a_line_pc_is_read(root: Path) -> None:
    add_gpu(root, "card1", "0000:00:02.0", ("0x8086", "0x64a0"), "xe")
    (root / "sys/class/drm/card1-eDP-1").mkdir()
    machine = read_machine(root)
    assert (machine.cpu, machine.cores, machine.kernel) == ("Intel(R) Core(TM) Ultra 5", 2, "6.12.0-1-amd64")
    assert (machine.os_id, machine.os_version) == ("ubuntu", "24.04")
    assert machine.gpus == (Gpu(0x8086, 0x64A0, "xe", "card1", usable=True),)
    assert machine.gpus[0].pci_id == "8086:64a0"


def test_gpus_come_by_number(root: Path) -> None:
    add_gpu(root, "card0", "0000:01:00.0", ("0x10de", "0x2489"), None)
    add_gpu(root, "card10", "0000:00:02.0", ("0x8086", "0x46a6"), "i915")
    machine = read_machine(root)
    assert [gpu.card for gpu in machine.gpus] == ["card0", "card10"]
    assert machine.gpus[0].driver == ""


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert (machine.cpu, machine.memory.total, machine.gpus, machine.compute_versions) == ("", 0, (), ())


def test_the_gpu_drivers_version_is_that_of_its_installed_packages(root: Path) -> None:
    package = "Package: {}\nStatus: {}\nArchitecture: amd64\nVersion: {}\nDescription: OpenCL\n for Intel\n"
    packages = (
        ("intel-opencl-icd", "install ok installed", "26.09.37435.1-1~24.04"),
        ("intel-gpu-tools", "install ok installed", "1.28-1"),
        ("intel-opencl-icd-legacy1", "install ok installed", "24.35.30872.36"),
        ("intel-opencl-icd-legacy", "deinstall ok config-files", "24.35.30872.32-2"),
    )
    write(root / "var/lib/dpkg/status", "\n".join(package.format(*each) for each in packages))
    assert read_machine(root).compute_versions == ("26.09.37435.1-1~24.04", "24.35.30872.36")


def test_a_new_driver_changes_the_mark(root: Path) -> None:
    add_gpu(root, "card1", "0000:00:02.0", ("0x8086", "0x46a6"), "i915")
    library = root / "usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so"
    write(library, "version 1")
    write(root / "etc/OpenCL/vendors/intel.icd", "/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so\n")
    marks = [read_machine(root).driver_mark]
    os.utime(library, (1, 1))
    marks.append(read_machine(root).driver_mark)
    write(root / "proc/sys/kernel/osrelease", "6.13.0\n")
    marks.append(read_machine(root).driver_mark)
    assert len(set(marks)) == 3
    assert "8086:46a6/i915" in marks[0]


@pytest.mark.parametrize(
    ("limit", "used", "total", "available"),
    [
        ("max", "0", 16_384_000_000, 10_240_000_000),
        ("4000000000", "1000000000", 4_000_000_000, 3_000_000_000),
        ("4000000000", "5000000000", 4_000_000_000, 0),
        ("99000000000", "0", 16_384_000_000, 10_240_000_000),
    ],
)
def test_the_services_own_limit_counts(root: Path, limit: str, used: str, total: int, available: int) -> None:
    write(root / "proc/self/cgroup", "0::/system.slice/edge-app.service\n")
    write(root / "sys/fs/cgroup/system.slice/edge-app.service/memory.max", limit)
    write(root / "sys/fs/cgroup/system.slice/edge-app.service/memory.current", used)
    memory = read_memory(root)
    assert (memory.total, memory.available) == (total, available)


@pytest.mark.parametrize(
    ("cached", "available"),
    [
        ("anon 900000000\ninactive_file 2500000000\nactive_file 100000000\n", 3_500_000_000),
        ("inactive_file 9000000000\n", 4_000_000_000),
        ("", 1_000_000_000),
    ],
)
def test_files_read_lately_do_not_count_as_used(root: Path, cached: str, available: int) -> None:
    write(root / "proc/self/cgroup", "0::/edge-app.service\n")
    write(root / "sys/fs/cgroup/edge-app.service/memory.max", "4000000000")
    write(root / "sys/fs/cgroup/edge-app.service/memory.current", "3000000000")
    write(root / "sys/fs/cgroup/edge-app.service/memory.stat", cached)
    assert read_memory(root).available == available

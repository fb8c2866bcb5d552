"""Reads the machine: /proc, /sys and /etc, below a root that tests replace. Nothing is written or loaded."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from edge_app.domain.machine import Gpu, Machine, Memory

ROOT: Final = Path("/")
_CARD: Final = re.compile(r"card\d+")
_UNLIMITED: Final = "max"
_COMPUTE_PACKAGE: Final = "Package: intel-opencl-icd"
"""Also with ``-legacy`` or ``-legacy1`` behind it, for older GPUs."""
_INSTALLED: Final = "\nStatus: install ok installed\n"


def read_machine(root: Path = ROOT) -> Machine:
    """Everything that can be told; what is missing reads as empty or zero, never as an error."""
    release = _pairs(root / "etc/os-release", "=")
    return Machine(
        cpu=_cpu(root),
        cores=len(os.sched_getaffinity(0)) if root == ROOT else _text(root / "proc/cpuinfo").count("processor\t"),
        memory=read_memory(root),
        kernel=_text(root / "proc/sys/kernel/osrelease"),
        os_id=release.get("ID", "").strip('"'),
        os_version=release.get("VERSION_ID", "").strip('"'),
        gpus=_gpus(root),
        compute_driver=_compute_driver(root),
        compute_versions=_compute_versions(root),
    )


def read_memory(root: Path = ROOT) -> Memory:
    """Of the machine, or of the cgroup when that allows less. Zero when /proc/meminfo cannot be read."""
    table = _pairs(root / "proc/meminfo", ":")
    total, available = (_kilobytes(table.get(name, "")) for name in ("MemTotal", "MemAvailable"))
    limit, used = _cgroup(root)
    if limit is None:
        return Memory(total, available)
    return Memory(min(total, limit), max(0, min(available, limit - used)))


def _kilobytes(text: str) -> int:
    return int(text.split(maxsplit=1)[0]) * 1024 if text else 0


def _cgroup(root: Path) -> tuple[int | None, int]:
    """The tightest limit on this process's memory (cgroup v2) and what is used of it, in bytes."""
    own = next((line[3:] for line in _text(root / "proc/self/cgroup").splitlines() if line.startswith("0::")), "")
    top = root / "sys/fs/cgroup"
    folder = top / own.lstrip("/")
    found: list[tuple[int, int]] = []
    while folder != top.parent:
        limit = _text(folder / "memory.max")
        if limit and limit != _UNLIMITED:
            found.append((int(limit), _used(folder)))
        folder = folder.parent
    return min(found, key=lambda each: each[0] - each[1]) if found else (None, 0)


def _used(cgroup: Path) -> int:
    """Without what the kernel gives back before it refuses memory: file pages that are not in use."""
    stat = dict(line.split(maxsplit=1) for line in _text(cgroup / "memory.stat").splitlines())
    return max(0, int(_text(cgroup / "memory.current") or 0) - int(stat.get("inactive_file", 0)))


def _cpu(root: Path) -> str:
    match = re.search(r"^model name\s*:\s*(.+)$", _text(root / "proc/cpuinfo"), re.MULTILINE)
    return match[1].strip() if match else ""


def _gpus(root: Path) -> tuple[Gpu, ...]:
    cards = sorted((path for path in (root / "sys/class/drm").glob("card*") if _CARD.fullmatch(path.name)), key=_number)
    found = (_gpu(card, root) for card in cards)
    return tuple(gpu for gpu in found if gpu)


def _gpu(card: Path, root: Path) -> Gpu | None:
    device = card / "device"
    try:
        vendor, number = (int(_text(device / name), 16) for name in ("vendor", "device"))
    except ValueError:  # a virtual display has neither
        return None
    driver = Path(os.path.realpath(device / "driver")).name if (device / "driver").exists() else ""
    nodes = [root / "dev/dri" / path.name for path in (device / "drm").glob("renderD*")]
    return Gpu(vendor, number, driver, card.name, any(os.access(node, os.R_OK | os.W_OK) for node in nodes))


def _number(card: Path) -> int:
    return int(card.name.removeprefix("card"))


def _compute_driver(root: Path) -> str:
    """OpenCL's list of drivers names the library; its size and time change with every version."""
    marks = []
    for path in sorted((root / "etc/OpenCL/vendors").glob("*.icd")):
        name = _text(path)
        library = next((each for each in _places(root, name) if each.exists()), None)
        status = library.stat() if library else None
        marks.append(f"{Path(name).name}:{status.st_size}:{int(status.st_mtime)}" if status else Path(name).name)
    return ",".join(marks)


def _compute_versions(root: Path) -> tuple[str, ...]:
    """Debian's package database names them; the library tells its version only to who loads it."""
    found = []
    for package in _text(root / "var/lib/dpkg/status").split("\n\n"):
        if package.startswith(_COMPUTE_PACKAGE) and _INSTALLED in package:
            found += re.findall(r"^Version: (\S+)$", package, re.MULTILINE)
    return tuple(found)


def _places(root: Path, library: str) -> list[Path]:
    """Where a library lies: at its absolute path, or below the loader's folders."""
    if library.startswith("/"):
        return [root / library.lstrip("/")]
    return [root / folder / library for folder in ("usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib")]


def _pairs(path: Path, sign: str) -> dict[str, str]:
    parts = (line.partition(sign) for line in _text(path).splitlines())
    return {name.strip(): value.strip() for name, _, value in parts}


def _text(path: Path) -> str:
    """Content without surrounding white space; empty when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

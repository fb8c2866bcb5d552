"""Lets the service's group write the GPU's bounds and read the energy counters: these files and no other.

Run as root before the service starts, and when a driver comes back, which makes its files anew:
``python -I -m edge_app.governor.grant --group NAME``. Exit code 1: something could not be granted. A machine without a
GPU to govern is a success.
"""

from __future__ import annotations

import argparse
import errno
import grp
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.governor.cards import Card, find_card
from edge_app.governor.preference import preference_files
from edge_app.governor.sysfs import KernelFiles, SysFs

PATIENCE_S: Final = 10.0
_LOOK_S: Final = 0.25
_WRITE: Final = 0o664
_READ: Final = 0o440
_COUNTED: Final = re.compile(r"package-\d+|uncore")
"""Zones whose energy is accounted. For all users they would be a side channel (CVE-2020-8694)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """``path``: relative to the root, without links."""

    path: str
    mode: int

    @property
    def said(self) -> str:
        """For the journal."""
        return f"may {'write' if self.mode == _WRITE else 'read'} /{self.path}"


def wait_for_card(kernel: SysFs, sleep: Callable[[float], None]) -> Card | None:
    """The GPU, when two looks see the same files: i915 makes them after it is announced, one after the other."""
    seen = None
    for _ in range(int(PATIENCE_S / _LOOK_S)):
        card = find_card(kernel)
        if card is None and not _is_expected(kernel):
            return None
        if card is not None and card == seen and (card.gts or card.driver == "amdgpu"):
            return card
        seen = card
        sleep(_LOOK_S)
    return seen


def grants(kernel: SysFs, card: Card | None, *, with_preference: bool = False) -> list[Grant]:
    """What the service needs."""
    found = [Grant(path, _WRITE) for gt in (card.gts if card else ()) for path in gt.written]
    found += [Grant(kernel.real_path(path), _READ) for path in _counters(kernel)]
    if with_preference:
        found += [Grant(kernel.real_path(path), _WRITE) for path in preference_files(kernel).values()]
    return found


def give(root: Path, grant: Grant, gid: int) -> None:
    """Group and mode of one plain file. Raises OSError."""
    handle = os.open(root / grant.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not grant.path.startswith("sys/") or not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a file of the kernel", grant.path)
        os.fchown(handle, -1, gid)
        os.fchmod(handle, grant.mode)
    finally:
        os.close(handle)


def _counters(kernel: SysFs) -> list[str]:
    """``intel-rapl-mmio`` counts the same package once more and is left out."""
    return [
        f"{zone}/energy_uj"
        for zone in kernel.glob("sys/class/powercap/intel-rapl:*")
        if _COUNTED.fullmatch(_text(kernel, f"{zone}/name")) and kernel.glob(f"{zone}/energy_uj")
    ]


def _is_expected(kernel: SysFs) -> bool:
    """Whether the PCI bus shows a display of Intel: then its driver may still be on the way."""
    folders = kernel.glob("sys/bus/pci/devices/*")
    return any(
        _text(kernel, f"{folder}/class").startswith("0x03") and _text(kernel, f"{folder}/vendor") == "0x8086"
        for folder in folders
    )


def _text(kernel: SysFs, path: str) -> str:
    try:
        return kernel.read_text(path)
    except OSError:
        return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The program: says what it granted, one line for each file."""
    parser = argparse.ArgumentParser(prog="grant", description="Lets the service hold the GPU's clock.")
    parser.add_argument("--group", required=True, help="the service's group")
    parser.add_argument("--cpu-preference", action="store_true", help="also the CPU's energy preference")
    parser.add_argument("--root", type=Path, default=Path("/"), help="where /sys lies")
    options = parser.parse_args(arguments)
    try:
        gid = grp.getgrnam(options.group).gr_gid
    except KeyError:
        sys.stderr.write(f"there is no group {options.group}\n")
        return 1
    kernel = KernelFiles(options.root)
    card = wait_for_card(kernel, time.sleep)
    sys.stdout.write(f"{card.name}\n" if card else "no GPU whose clock could be held\n")
    errors = 0
    for each in grants(kernel, card, with_preference=options.cpu_preference):
        try:
            give(options.root, each, gid)
            sys.stdout.write(f"{options.group} {each.said}\n")
        except OSError as error:
            sys.stderr.write(f"not granted: /{each.path}: {error.strerror}\n")
            errors += 1
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

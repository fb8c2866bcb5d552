"""What the GPU's clock was set to before we touched it: on disk before the first write, gone when given back.

The file is written by the service's user and read by root after a crash, so nothing in it is believed: it names no
path to write to, only numbers by the name of a GT that the reader has found for itself.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from edge_app.governor.cards import Bounds, Card
from edge_app.governor.sysfs import SysFs

NAME: Final = "gpu-originals.json"
_MOST_BYTES: Final = 65_536
_READ: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_WRITE: Final = os.O_WRONLY | os.O_CLOEXEC | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Originals:
    """As found, in MHz, by the name of the GT. ``preferences``: of the CPU, by cpufreq policy."""

    boot_id: str
    driver: str
    device: str
    bounds: Mapping[str, Bounds]
    preferences: Mapping[str, str] = field(default_factory=dict)

    def belong_to(self, card: Card) -> bool:
        """Whether they were read from this GPU under this driver."""
        return (self.driver, self.device) == (card.driver, card.device)

    def outlived(self, boot: str) -> bool:
        """Whether the kernel was started anew since: its drivers have forgotten. Only what is known tells it."""
        return bool(boot and self.boot_id and boot != self.boot_id)


def boot_id(kernel: SysFs) -> str:
    """Of this run of the kernel; empty when it cannot be read or is none. A driver forgets its bounds with it."""
    try:
        return str(UUID(kernel.read_text("proc/sys/kernel/random/boot_id")))
    except (OSError, ValueError):
        return ""


def save(originals: Originals, state: Path) -> None:
    """Atomic and on disk when it returns. Raises OSError."""
    new = state / f"{NAME}.new"
    new.unlink(missing_ok=True)
    handle = os.open(new, _WRITE, 0o640)
    with os.fdopen(handle, "wb") as file:  # writes all of it: os.write may stop half-way
        file.write(json.dumps(asdict(originals)).encode())
        file.flush()
        os.fsync(handle)
    new.replace(state / NAME)
    _sync(state)


def discard(state: Path) -> None:
    """The GPU is as it was found. Raises OSError."""
    (state / NAME).unlink(missing_ok=True)
    _sync(state)


def load(state: Path) -> Originals | None:
    """None: nothing is changed. Raises ValueError for anything else than a plain file of the right form."""
    try:
        return _parse(_content(state / NAME))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        # Root prints this: no word of the content.
        raise ValueError(f"{NAME} cannot be used ({type(error).__name__})") from None


def _content(path: Path) -> bytes:
    """A link could lead root to another's file, a pipe would hold it up for ever."""
    handle = os.open(path, _READ)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > _MOST_BYTES:
            raise ValueError(f"{NAME} is not a plain small file")
        return os.read(handle, _MOST_BYTES)
    finally:
        os.close(handle)


def _parse(content: bytes) -> Originals:
    raw = json.loads(content)
    bounds = {_text(name): _bounds(given) for name, given in raw["bounds"].items()}
    preferences = {_text(name): _text(given) for name, given in raw["preferences"].items()}
    return Originals(_text(raw["boot_id"]), _text(raw["driver"]), _text(raw["device"]), bounds, preferences)


def _bounds(raw: dict[str, Any]) -> Bounds:
    boost = raw["boost"]
    return Bounds(_mhz(raw["min"]), _mhz(raw["max"]), None if boost is None else _mhz(boost))


def _mhz(value: object) -> int:
    if type(value) is not int:  # a bool is an int to isinstance
        raise TypeError("no whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

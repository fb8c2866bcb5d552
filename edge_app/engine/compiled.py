"""Compiled models on disk: made once, sealed by hash, believed only while the seal holds.

A load breaks the seal and only a start that succeeds sets it again: a copy that takes the process down is
not believed a second time.

``ROOT/<key>/`` holds what the runtime wrote and ``sealed.json`` beside it. The key covers model, runtime,
driver, device and properties, so a new driver finds an empty place, not an old blob. The one engine child
of a state folder is the only writer.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

SEAL: Final = "sealed.json"
_BROKEN: Final = f".{SEAL}"
"""The seal while the copy is in use and nothing has answered yet."""
_KEY_LENGTH: Final = 24


class Slot:
    """The place of one compiled model."""

    def __init__(self, root: Path, parts: Sequence[str]) -> None:
        """``parts``: all that the compiled code depends on."""
        digest = hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
        self.folder: Final = root / digest[:_KEY_LENGTH]
        self._root = root
        self._opened: dict[str, tuple[int, int]] = {}
        """Blobs as they lay here before the load."""

    @property
    def filled(self) -> bool:
        """Whether a sealed model lies here, or lay here when it was opened."""
        return self._sealed or bool(self._opened)

    def open(self) -> tuple[str, ...]:
        """Break the seal for a load; returns what was found damaged and thrown away, each with its reason."""
        damaged = self._damage() if self.folder.is_dir() else ()
        if damaged:
            self.discard()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._opened = self._marks()
        if self._sealed:
            (self.folder / SEAL).rename(self.folder / _BROKEN)
        return damaged

    @property
    def used(self) -> bool:
        """Whether the load took what lay here. A runtime that cannot read its own blob writes it anew in silence."""
        return bool(self._opened) and self._marks() == self._opened

    def seal(self) -> None:
        """Record what the runtime wrote, or that it used what lay here."""
        broken = self.folder / _BROKEN
        if not (self.used and broken.is_file()):
            hashes = {path.name: _sha256(path) for path in self._blobs()}
            broken.write_text(json.dumps(hashes, indent=1), encoding="utf-8")
        os.utime(broken)
        broken.replace(self.folder / SEAL)

    def discard(self) -> None:
        """Throw it away; the next load compiles again."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._opened = {}

    def prune(self, limit: int) -> tuple[str, ...]:
        """Remove other places, those not used for longest first, until all together take ``limit`` bytes."""
        places = sorted((path for path in self._root.iterdir() if path.is_dir()), key=_last_use)
        total = sum(map(_size, places))
        removed = []
        for place in places:
            if total <= limit:
                break
            if place != self.folder:
                total -= _size(place)
                shutil.rmtree(place, ignore_errors=True)
                removed.append(place.name)
        return tuple(removed)

    def _damage(self) -> tuple[str, ...]:
        if not self._sealed:
            return tuple(f"{path} was never completed" for path in self._blobs())
        try:
            sealed = dict[str, str](json.loads((self.folder / SEAL).read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            return (f"{self.folder / SEAL} is not readable",)
        here = {path.name: path for path in self._blobs()}
        changed = [name for name in sealed if name in here and _sha256(here[name]) != sealed[name]]
        return (
            *(f"{self.folder / name} has changed" for name in changed),
            *(f"{self.folder / name} is missing" for name in sealed if name not in here),
            *(f"{path} was added" for name, path in here.items() if name not in sealed),
        )

    @property
    def _sealed(self) -> bool:
        return (self.folder / SEAL).is_file()

    def _marks(self) -> dict[str, tuple[int, int]]:
        return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in self._blobs()}

    def _blobs(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.name not in {SEAL, _BROKEN})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _last_use(place: Path) -> float:
    seal = place / SEAL
    return seal.stat().st_mtime if seal.exists() else 0.0


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())

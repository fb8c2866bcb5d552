"""The folder of models: list, locate, and who may write there.

``FOLDER/NAME/source/`` holds what was downloaded, ``FOLDER/NAME/PRECISION/`` one model that is ready,
complete in itself. A model appears by rename, so a torn preparation is never seen as one.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models.catalogue import CATALOGUE, Authority
from edge_app.models.manifest import NAME, read_manifest, verify

AUTO: Final = "auto"
PREFERENCE: Final = (Precision.INT8, Precision.FP16)
"""For auto: INT8 answers like FP16 at half the memory traffic."""
SCRATCH: Final = ".tmp-"
SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A verified model on disk."""

    folder: Path
    fingerprint: str
    """SHA-256 of its manifest."""
    name: str
    precision: Precision
    precision_reason: str
    authority: Authority


@dataclass(frozen=True, slots=True)
class Listed:
    """A name and what of it is on disk, unverified."""

    name: str
    precisions: tuple[Precision, ...]
    size: int
    """Bytes of all precisions, without the downloaded source."""
    about: str


def list_models(folder: Path) -> tuple[Listed, ...]:
    """Every catalogue name, and every other model in ``folder``."""
    found = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    names = [*CATALOGUE, *sorted(name for name in found - CATALOGUE.keys() if _precisions(folder / name))]
    return tuple(_listed(name, folder / name) for name in names)


def locate(name_or_dir: str, folder: Path, precision: str = AUTO) -> Prepared:
    """A model by catalogue name or by path, verified file by file.

    A path is a folder with ``manifest.json``, or one that holds such folders by precision.
    Raises ModelError when it is not there, damaged, or not in the precision asked for.
    """
    home = _home(name_or_dir, folder)
    if (home / NAME).is_file():
        place, reason = home, "the only one in the folder"
        if precision not in {AUTO, read_manifest(home).precision}:
            raise ModelError(
                f"{home} is {read_manifest(home).precision}, not {precision}", "set model.precision to auto"
            )
    else:
        place, reason = _choose(home, name_or_dir, precision)
    mark = verify(place)
    manifest = read_manifest(place)
    return Prepared(place, mark, manifest.name, manifest.precision, reason, manifest.authority)


def folders(name_or_dir: str, folder: Path, precision: Precision | None = None) -> list[Path]:
    """Where the precisions of a model lie, or the one that is asked for, unverified. Raises ModelError."""
    home = _home(name_or_dir, folder)
    if (home / NAME).is_file():
        return [home]
    if precision is not None:
        return [_choose(home, name_or_dir, precision)[0]]
    if not (there := _precisions(home)):
        raise ModelError(f"model {name_or_dir} is not in {home}", f"edge-app model prepare {name_or_dir}")
    return [home / each for each in there]


def _home(name_or_dir: str, folder: Path) -> Path:
    is_path = "/" in name_or_dir or Path(name_or_dir).is_dir()
    return Path(name_or_dir) if is_path else folder / name_or_dir


def _choose(home: Path, name: str, precision: str) -> tuple[Path, str]:
    there = _precisions(home)
    if not there:
        raise ModelError(f"model {name} is not in {home}", f"edge-app model prepare {name}")
    if precision != AUTO:
        if precision not in there:
            raise ModelError(f"model {name} has no {precision}, only {', '.join(there)}", "edge-app model prepare")
        return home / precision, "configured"
    best = next((each for each in PREFERENCE if each in there), there[0])
    return home / best, f"auto: best of {', '.join(there)}"


def _precisions(home: Path) -> tuple[Precision, ...]:
    return tuple(each for each in Precision if (home / each / NAME).is_file())


def _listed(name: str, home: Path) -> Listed:
    there = _precisions(home)
    size = sum(path.stat().st_size for each in there for path in (home / each).iterdir())
    return Listed(name, there, size, CATALOGUE[name].about if name in CATALOGUE else "from this folder")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One preparation at a time; what a killed one left behind is removed."""
    with (home / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"{home} is being prepared by another process", "wait for it to end") from error
        try:
            for left in home.glob(f"{SCRATCH}*"):
                shutil.rmtree(left)
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough: a forked process may hold a copy

"""The folder of models: prepare, list, locate.

``FOLDER/NAME/source/`` holds what was downloaded, ``FOLDER/NAME/PRECISION/`` one model that is ready,
complete in itself. A model appears by rename, so a torn preparation is never seen as one.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models import fetch
from edge_app.models.catalogue import CATALOGUE, Authority, Entry, entry_named
from edge_app.models.compress import compress
from edge_app.models.export import export_gguf
from edge_app.models.manifest import NAME, Manifest, describe, read_manifest, verify, write_manifest
from edge_app.models.progress import Progress, within

AUTO: Final = "auto"
PREFERENCE: Final = (Precision.INT8, Precision.FP16)
"""For auto: INT8 answers like FP16 at half the memory traffic."""
_TOOLS: Final = ("openvino", "openvino-tokenizers", "torch", "transformers", "nncf")
_SCRATCH: Final = ".tmp-"
_SOURCE: Final = "source"


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


def pull(name: str, folder: Path, progress: Progress) -> Path:
    """Only download the source of a catalogue model. Raises UsageError, ModelError."""
    entry = entry_named(name)
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        path = fetch.pull(entry, home / _SOURCE, progress)
    progress("done", 1.0)
    return path


def prepare(name: str, folder: Path, precisions: Sequence[Precision], progress: Progress) -> tuple[Prepared, ...]:
    """Make the precisions of a catalogue model in ``folder``; what is there and whole is kept.

    FP16 is always made: the others come from it. Raises UsageError, ModelError.
    """
    entry = entry_named(name)
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        for precision in [Precision.FP16, *sorted(set(precisions) - {Precision.FP16})]:
            if not _whole(home / precision):
                _make(entry, home, precision, progress)
    progress("done", 1.0)
    return tuple(locate(name, folder, precision) for precision in precisions)


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
    home = Path(name_or_dir) if "/" in name_or_dir or Path(name_or_dir).is_dir() else folder / name_or_dir
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


def _whole(place: Path) -> bool:
    try:
        verify(place)
    except ModelError:
        return False
    return True


def _make(entry: Entry, home: Path, precision: Precision, progress: Progress) -> None:
    """Write into a scratch folder, describe it, and let it appear."""
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=home) as scratch:
        place = Path(scratch) / precision
        place.mkdir()
        if precision is Precision.FP16:
            source = fetch.pull(entry, home / _SOURCE, within(progress, 0.0, 0.3))
            export_gguf(source, place, within(progress, 0.3, 0.7))
        else:
            progress(f"compressing to {precision}", 0.7)
            compress(home / Precision.FP16, place, precision)
        write_manifest(place, _manifest(entry, precision, place))
        if (home / precision).exists():  # damaged, or it would have been kept
            shutil.rmtree(home / precision)
        place.rename(home / precision)


def _manifest(entry: Entry, precision: Precision, place: Path) -> Manifest:
    return Manifest(
        name=entry.name,
        precision=precision,
        authority=entry.authority,
        licence=entry.licence,
        languages=entry.languages,
        source=entry.source.text,
        tools=_tool_versions(),
        files=describe(place),
    )


def _tool_versions() -> dict[str, str]:
    versions = {}
    for tool in _TOOLS:
        try:
            versions[tool] = version(tool)
        except PackageNotFoundError:
            continue
    return versions


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One preparation at a time; what a killed one left behind is removed."""
    with (home / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"{home} is being prepared by another process", "wait for it to end") from error
        try:
            for left in home.glob(f"{_SCRATCH}*"):
                shutil.rmtree(left)
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough: a forked process may hold a copy

"""The folder of models: list, locate, remove.

``FOLDER/NAME/source/`` holds what was downloaded, ``FOLDER/NAME/PRECISION/`` one model that is ready,
complete in itself. A model appears by rename, so a torn preparation is never seen as one.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models.catalogue import CATALOGUE, Authority, Entry, known
from edge_app.models.golden import read_golden
from edge_app.models.layout import IR
from edge_app.models.manifest import NAME, Manifest, read_manifest, verify
from edge_app.models.place import alone, discard, size_of
from edge_app.models.sources import SOURCE

AUTO: Final = "auto"
_LIST: Final = "edge-app model list"
PREFERENCE: Final = (Precision.INT8, Precision.FP16)
"""For auto: INT8 answers like FP16 at half the memory traffic."""


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
    golden: tuple[GoldenPrompt, ...] = ()
    """What it must answer; () when that is not known."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A name and what of it is on disk, unverified."""

    name: str
    precisions: tuple[Precision, ...]
    source: str | None
    """Format of what ``prepare`` converts, if it is here."""
    size: int
    """Bytes on disk: precisions, source, and downloads that were cut off."""
    licence: str
    entry: Entry | None
    """None: not in the catalogue."""


def list_models(folder: Path) -> tuple[Listed, ...]:
    """Every catalogue name, and every other model in ``folder``."""
    found = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    others = sorted(name for name in found - CATALOGUE.keys() if _manifests(folder / name))
    return tuple(_listed(name, folder / name) for name in [*CATALOGUE, *others])


def is_here(name: str, folder: Path) -> bool:
    """Whether anything of this model is in ``folder``."""
    return bool(_manifests(folder / name))


def remove(name: str, folder: Path, part: str | None = None) -> int:
    """Delete a model, or one precision of it, or its ``source``; returns the bytes that were freed.

    Raises UsageError when there is none, or another process is at work on it.
    """
    home = _by_name(name, folder)
    if not home.is_dir() or home.parent != folder or name.startswith("."):
        raise UsageError(f"no model {name} in {folder}", f"see: {_LIST}")
    if part not in {None, SOURCE, *Precision}:
        raise UsageError(f"a model has no part {part}", f"its parts: {', '.join((*Precision, SOURCE))}")
    with alone(home):
        places = [home / part] if part else [path for path in home.iterdir() if path.is_dir()]
        freed = sum(size_of(place) for place in places)
        if part and not places[0].is_dir():
            raise UsageError(f"model {name} has no {part} in {folder}", f"see: {_LIST}")
        for place in places:
            discard(place)
    return freed


def locate(name_or_dir: str, folder: Path, precision: str = AUTO) -> Prepared:
    """A model by catalogue name or by path, verified file by file.

    A path is a folder with ``manifest.json``, or one that holds such folders by precision.
    Raises UsageError for a name that nothing is known of, ModelError when the model is not there, damaged, or not
    in the precision asked for.
    """
    home = home_of(name_or_dir, folder)
    if (home / NAME).is_file():
        place, reason = home, "the only one in the folder"
        if precision not in {AUTO, there := read_manifest(home).precision}:
            raise ModelError(f"{home} is {there}, not {precision}", "set model.precision to auto")
    else:
        place, reason = _choose(home, name_or_dir, precision)
    return prepared_at(place, verify(place), reason)


def prepared_at(place: Path, mark: str, reason: str) -> Prepared:
    """What lies at ``place``, verified before with this fingerprint. Raises ModelError."""
    manifest = read_manifest(place)
    if manifest.precision is None:
        hint = f"edge-app model prepare {manifest.name}"
        raise ModelError(f"{place} holds {manifest.format}, which is not run as it is", hint)
    golden = read_golden(place)
    prompts = golden.prompts if golden else ()
    return Prepared(place, mark, manifest.name, manifest.precision, reason, manifest.authority, prompts)


def folders(name_or_dir: str, folder: Path, precision: Precision | None = None) -> list[Path]:
    """Where the precisions of a model lie, or the one that is asked for, unverified.

    Raises UsageError for a name that nothing is known of, ModelError when it is not there.
    """
    home = home_of(name_or_dir, folder)
    if (home / NAME).is_file():
        return [home]
    if precision is not None:
        return [_choose(home, name_or_dir, precision)[0]]
    if not (there := _precisions(home)):
        raise _absent(home, name_or_dir)
    return [home / each for each in there]


def home_of(name_or_dir: str, folder: Path) -> Path:
    """The folder of a model by path, by catalogue name, or by the name it was pulled or prepared under.

    A name is looked for in ``folder`` first: ``./NAME`` is always a path. Raises UsageError when it is none of these.
    """
    here, home = Path(name_or_dir).expanduser(), _by_name(name_or_dir, folder)
    if "/" in name_or_dir:
        if not here.is_dir():
            raise UsageError(f"there is no folder {name_or_dir}", f"give a folder with a model, or a name in {_LIST}")
        return here
    if is_here(home.name, folder) or name_or_dir in CATALOGUE:
        return home
    if here.is_dir():
        return here
    if known(name_or_dir) is None:
        raise UsageError(f"no model is called {name_or_dir!r}", f"{_LIST} shows those that are known and those here")
    return home


def _by_name(name: str, folder: Path) -> Path:
    entry = known(name)
    return folder / (entry.name if entry else name)


def _choose(home: Path, name: str, precision: str) -> tuple[Path, str]:
    there = _precisions(home)
    if not there:
        raise _absent(home, name)
    if precision != AUTO:
        if precision not in there:
            raise _absent(home, name, there, precision)
        return home / precision, "configured"
    best = next((each for each in PREFERENCE if each in there), there[0])
    return home / best, f"auto: best of {', '.join(there)}"


def _absent(home: Path, name: str, there: Collection[Precision] = (), precision: str = "") -> ModelError:
    """Why nothing can be taken from ``home``, or not in the ``precision`` asked for."""
    parts = [precision] if precision in {*Precision} else list(Precision)
    bare = [home / part for part in parts if (home / part / IR).is_file() and not (home / part / NAME).is_file()]
    bare += [home] if (home / IR).is_file() else []
    if bare:
        hint = f"edge-app model remove {home.name} --precision {bare[0].name}, then pull or prepare it again"
        return ModelError(
            f"{bare[0]} lies there without its {NAME}", hint if bare[0] != home else f"edge-app model pull {home}"
        )
    if there:
        hint = f"edge-app model prepare {name} --precision {precision}"
        return ModelError(f"model {name} has no {precision}, only {', '.join(there)}", hint)
    if Path(name).expanduser() == home:
        return ModelError(
            f"{home} holds no model that is ready to run", f"give a folder with one, or a name in {_LIST}"
        )
    return ModelError(f"model {name} is not in {home}", f"edge-app model pull {name}, or edge-app model prepare {name}")


def _precisions(home: Path) -> tuple[Precision, ...]:
    return tuple(each for each in Precision if (home / each / NAME).is_file())


def _manifests(home: Path) -> dict[str, Manifest]:
    """By folder; what cannot be read is left out."""
    found = {}
    for part in (*Precision, SOURCE):
        with suppress(ModelError):
            found[str(part)] = read_manifest(home / part)
    return found


def _listed(name: str, home: Path) -> Listed:
    manifests, entry = _manifests(home), CATALOGUE.get(name)
    licences = {manifest.licence for manifest in manifests.values()} or {entry.licence if entry else ""}
    return Listed(
        name=name,
        precisions=tuple(each for each in Precision if each in manifests),
        source=manifests[SOURCE].format if SOURCE in manifests else None,
        size=size_of(home),
        licence=" / ".join(sorted(licences)),
        entry=entry,
    )

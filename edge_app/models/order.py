"""What the operator means by the target of a pull."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError
from edge_app.models.catalogue import CATALOGUE, Entry, entry_named, known
from edge_app.models.manifest import NAME, read_manifest, sha256
from edge_app.models.sources import HubFile, HubRepository, PackagedFile, Source

_EDITION: Final = re.compile(r"-(?:fp16|int8|int4)(?:-[a-z]+)?-ov$|-gguf$")
_ON_HUB: Final = re.compile(r"^(?P<repository>[\w.-]+/[\w.-]+)(?:/(?P<file>[\w.-]+\.gguf))?(?:@(?P<revision>.+))?$")
_FILES: Final = (".gguf", ".whl")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be pulled, and under which name it will lie there."""

    name: str
    origin: Source | Path
    entry: Entry | None = None
    """What the catalogue knows of the model."""
    anywhere: bool = False
    """Asked for by catalogue name: the same model from elsewhere will do."""

    @property
    def precision(self) -> Precision | None:
        """Of ready OpenVINO files, where it is known beforehand."""
        return self.origin.precision if isinstance(self.origin, HubRepository) else None


def understood(target: str, name: str | None = None, precision: Precision | None = None) -> Order:
    """A catalogue name, a path that exists, ``org/name[/file.gguf][@revision]``. Raises UsageError.

    A catalogue name is one even where a folder is called so: ``./NAME`` is the folder.
    """
    path = Path(target).expanduser()
    if precision and ("/" in target or path.exists()) and target not in CATALOGUE:
        raise UsageError("--precision is for catalogue names", "leave it out: the files say what they are")
    if path.exists() and target not in CATALOGUE:
        return _on_disk(path, name)
    if target.startswith(("/", ".", "~")) or ("/" not in target and target.endswith(_FILES)):
        raise UsageError(f"there is no {target}", "give a folder, a .gguf or a .whl file that exists")
    if "/" in target:
        return _on_hub(target, name)
    entry = entry_named(target)
    return Order(plain(name or entry.name), _preferred(entry, precision), entry, anywhere=True)


def plain(name: str) -> str:
    """As the name of a folder: lower case, and nothing that leads elsewhere. Raises UsageError."""
    folder = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
    if not folder:
        raise UsageError(f"{name!r} is no name for a model", "give one: --name NAME")
    return folder


def _on_disk(path: Path, name: str | None) -> Order:
    if path.is_file() and path.suffix not in _FILES:
        raise UsageError(f"{path} is neither a .gguf nor a .whl file", "pull the folder that holds the model")
    path = path.resolve()
    stem, hashes = (path.stem if path.is_file() else path.name), set()
    if (path / NAME).is_file():  # the copy is checked against its hashes
        manifest = read_manifest(path)
        stem, hashes = manifest.name, {each.sha256 for each in manifest.files.values()}
    elif path.suffix == ".gguf":
        hashes = {sha256(path)}
    entry = _recognised(hashes) or known(stem)
    return Order(plain(name or (entry.name if entry else stem)), path, entry)


def _recognised(hashes: set[str]) -> Entry | None:
    """The entry whose GGUF file is among these, by its hash."""
    pins = {
        source.sha256: entry
        for entry in CATALOGUE.values()
        for source in entry.sources
        if isinstance(source, HubFile | PackagedFile) and source.sha256
    }
    return next((pins[each] for each in hashes if each in pins), None)


def _on_hub(target: str, name: str | None) -> Order:
    match = _ON_HUB.match(target)
    if match is None:
        raise UsageError(f"{target!r} is neither a path nor org/name", "see: edge-app model list")
    repository, file, revision = match["repository"], match["file"], match["revision"]
    stem = _EDITION.sub("", repository.rpartition("/")[2].lower())
    entry, listed = _owner(repository, file)
    entry = entry or known(stem)
    if listed is not None:
        origin = listed.model_copy(update={"revision": revision or listed.revision})
    elif file:
        origin = HubFile(repository=repository, file=file, revision=revision)
    else:
        origin = HubRepository(repository=repository, revision=revision)
    return Order(plain(name or (entry.name if entry else stem)), origin, entry)


def _owner(repository: str, file: str | None) -> tuple[Entry | None, HubFile | HubRepository | None]:
    """The catalogue entry that names this place, and what it says of it."""
    for entry in CATALOGUE.values():
        for source in entry.sources:
            if isinstance(source, HubFile | HubRepository) and source.repository == repository:
                fits = source.file == file if isinstance(source, HubFile) else file is None
                return entry, source if fits else None
    return None, None


def _preferred(entry: Entry, precision: Precision | None) -> Source:
    if precision is None:
        return entry.ready(Precision.INT8) or entry.convertible
    ready = entry.ready(precision)
    if ready is None:
        raise UsageError(f"{entry.name} is not published in {precision}", f"edge-app model prepare {entry.name}")
    return ready

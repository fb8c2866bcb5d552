"""From a published model to one that runs here: source, FP16, then INT8 and INT4, each proven whole.

A precision appears in the model's folder by rename, complete with tokenizer, golden prompts and manifest.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import not_installed
from edge_app.models.calibration import TextSet
from edge_app.models.catalogue import Authority, Entry, entry_named, known
from edge_app.models.compress import compress
from edge_app.models.export import export
from edge_app.models.golden import make_golden, write_golden
from edge_app.models.manifest import Making, Manifest, describe, read_manifest, whole, write_manifest
from edge_app.models.order import plain
from edge_app.models.original import Original, name_of, original_at
from edge_app.models.peak import watched
from edge_app.models.place import SCRATCH, SOURCE, alone, appear, until_full
from edge_app.models.progress import Progress, within
from edge_app.models.pull import pull_source
from edge_app.models.recipes import recipe_named
from edge_app.models.store import Prepared, locate
from edge_app.models.tokens import Tokens

_TOOLS: Final = ("openvino", "openvino-tokenizers", "torch", "transformers", "nncf")
_CONVERTING: Final = ("torch", "transformers")
_COMPRESSING: Final = ("nncf",)
_UNKNOWN_AUTHORITY: Final[Authority] = "explain"
"""Of a model that is not in the catalogue: nobody measured how well it judges."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make, and from what."""

    name: str
    """Of its folder below the folder of models."""
    entry: Entry | None = None
    """What the catalogue knows of it."""
    path: Path | None = None
    """A file or folder on this machine. None: what was pulled, or is pulled now."""

    def original(self, home: Path, progress: Progress) -> Original:
        """Where its weights are, fetched first if the catalogue says where. Raises ModelError."""
        if self.path is None and self.entry is not None:
            pull_source(self.entry, home, progress)
        return original_at(self.path or home / SOURCE)


def wanted(source: str, name: str | None = None, folder: Path = Path()) -> Wanted:
    """A model that was pulled, a catalogue name, a ``.gguf`` file, a folder with safetensors.

    ``folder``: of all models. Raises UsageError, ModelError.
    """
    path = Path(source).expanduser()
    entry = known(source)
    if entry is None and "/" not in source and (folder / source / SOURCE).is_dir():
        return Wanted(source)
    if entry is None and path.exists():
        return Wanted(plain(name) if name else name_of(path), path=original_at(path).path)
    entry = entry or entry_named(source)
    return Wanted(plain(name) if name else entry.name, entry=entry)


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
    with alone(home):
        fp16 = whole(home / Precision.FP16) is not None
        missing = [name for name in recipes if not _made(home, name)]
        _require([*(() if fp16 else _CONVERTING), *(_COMPRESSING if missing else ())])
        if not fp16:
            _make_fp16(what, home, within(progress, 0.0, 0.5))
        for at, name in enumerate(missing):
            _make_smaller(home, name, texts, within(progress, 0.5 + at / len(missing) / 2, 1.0))
    progress("done", 1.0)
    made = [Precision.FP16, *(recipe_named(name).precision for name in recipes)]
    return tuple(locate(what.name, folder, precision) for precision in made)


def _make_fp16(what: Wanted, home: Path, progress: Progress) -> None:
    original = what.original(home, within(progress, 0.0, 0.3))

    def make(place: Path) -> None:
        export(original, place, within(progress, 0.3, 0.8))

    pulled = whole(original.path.parent if original.is_gguf else original.path)
    licence = what.entry.licence if what.entry else pulled.licence if pulled else original.licence
    about = _About(what.name, licence, pulled.source if pulled else original.text, *_trust(what.entry))
    _appear(home, about, Precision.FP16, "", make)


def _make_smaller(home: Path, name: str, texts: TextSet, progress: Progress) -> None:
    """From the FP16 beside it, whose manifest says where it all comes from."""
    recipe = recipe_named(name)
    fp16 = home / Precision.FP16
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
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=home) as scratch, until_full(Path(scratch)):
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
        appear(place, home / precision)


def _require(packages: Sequence[str]) -> None:
    """Before anything is fetched or converted. Raises UsageError."""
    for name in packages:
        if find_spec(name) is None:
            raise not_installed(name, "prepare")


def _made(home: Path, recipe: str) -> bool:
    """Whether its precision is there, whole and made so."""
    manifest = whole(home / recipe_named(recipe).precision)
    making = manifest.making if manifest else None
    return making is not None and making.recipe == recipe


def _tool_versions() -> dict[str, str]:
    versions = {}
    for tool in _TOOLS:
        with suppress(PackageNotFoundError):
            versions[tool] = version(tool)
    return versions

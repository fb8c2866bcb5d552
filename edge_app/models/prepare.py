"""From a published model to one that runs here: source, FP16, then INT8 and INT4, each proven whole.

A precision appears in the model's folder by rename, complete with tokenizer, golden prompts and manifest.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError, not_installed
from edge_app.models.calibration import TextSet
from edge_app.models.catalogue import Authority, Entry, entry_named, known
from edge_app.models.compress import compress
from edge_app.models.config import weight_bytes
from edge_app.models.export import export
from edge_app.models.fit import EXACT_PEAK, UNKNOWN, Room, require_memory
from edge_app.models.golden import make_golden, write_golden
from edge_app.models.manifest import (
    NAME,
    Making,
    Manifest,
    describe,
    read_manifest,
    sha256,
    verify,
    whole,
    write_manifest,
)
from edge_app.models.order import named, path_of
from edge_app.models.original import Original, name_of, original_at
from edge_app.models.peak import watched
from edge_app.models.place import SCRATCH, alone, appear, require_space, until_full
from edge_app.models.progress import Progress, within
from edge_app.models.pull import pull_source
from edge_app.models.recipes import DEFAULT, recipe_named
from edge_app.models.sources import SOURCE
from edge_app.models.store import Prepared, is_here, prepared_at
from edge_app.models.tokens import Tokens

_TOOLS: Final = ("openvino", "openvino-tokenizers", "torch", "transformers", "nncf")
_CONVERTING: Final = ("torch", "transformers")
_COMPRESSING: Final = ("nncf",)
_UNKNOWN_AUTHORITY: Final[Authority] = "explain"
"""Of a model that is not in the catalogue: nobody measured how well it judges."""
_SHARE: Final = {Precision.INT8: 0.6, Precision.INT4: 0.4}
"""Of the FP16 file, at most, with an embedding in 16 bits."""
_PLAIN_PEAK: Final = 2
"""Times the FP16 file, without calibration: the file, and what is made of it."""


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
        """Where its weights are, whole, fetched first if the catalogue says where. Raises ModelError."""
        if self.path is not None:
            return original_at(self.path)
        source = home / SOURCE
        if self.entry is not None:
            pull_source(self.entry, home, progress)
        elif source.is_dir():
            verify(source)
        else:
            raise ModelError(
                f"what {self.name} was made from is not here", f"edge-app model prepare PATH --name {self.name}"
            )
        return original_at(source)

    def is_current(self, fp16: Manifest, home: Path) -> bool:
        """Whether this FP16 was made from what it would be made from now. Without its source it stays as it is."""
        source = home / SOURCE / NAME
        if self.path is not None:
            return fp16.making is not None and fp16.making.origin == _origin(original_at(self.path))
        return fp16.making is None or not source.is_file() or fp16.making.origin == sha256(source)


def wanted(source: str, name: str | None = None, folder: Path = Path()) -> Wanted:
    """A model that was pulled, a ``.gguf`` file, a folder with safetensors, a catalogue name.

    ``folder``: of all models. Raises UsageError, ModelError.
    """
    entry, path = known(source), path_of(source)
    if entry is None and "/" not in source and is_here(source, folder):
        return Wanted(source)
    if path is not None:
        return Wanted(named(name, name_of(path) if name is None else ""), path=original_at(path).path)
    if entry is None and ("/" in source or source.endswith(".gguf")):
        raise UsageError(f"there is no {source}", "give a .gguf file or a folder that exists, or a catalogue name")
    entry = entry or entry_named(source)
    return Wanted(named(name, entry.name), entry=entry)


def prepare(
    what: Wanted,
    folder: Path,
    recipes: Sequence[str],
    texts: TextSet,
    progress: Progress,
    *,
    again: Collection[Precision] = (),
    room: Room = UNKNOWN,
) -> tuple[Prepared, ...]:
    """Make FP16 and what ``recipes`` (names) make in ``folder``, but for what is there, whole, and made of the same.

    A precision that was pulled is kept, where its default recipe is asked for. ``again``: made in any case.
    ``texts`` calibrate the recipes that need it. Peak memory, held against ``room``: three times the FP16 file
    where it is asked golden prompts or reads calibration texts in f32, twice the file for the other recipes.
    Raises UsageError, ModelError.
    """
    home = folder / what.name
    with alone(home):
        work = _Work(what, home, room, frozenset(again), compressing=bool(recipes))
        made = [work.fp16(within(progress, 0.0, 0.5))]
        for at, name in enumerate(recipes):
            step = within(progress, 0.5 + at / len(recipes) / 2, 1.0)
            made.append(work.smaller(name, made[0].fingerprint, texts, step))
    progress("done", 1.0)
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Work:
    """In the folder of one model, by who holds its lock."""

    what: Wanted
    home: Path
    room: Room
    again: frozenset[Precision]
    compressing: bool
    """Something is made of the FP16."""

    def fp16(self, progress: Progress) -> Prepared:
        place = self.home / Precision.FP16
        kept = self._kept(Precision.FP16)
        if kept and self.what.is_current(kept, self.home):
            return prepared_at(place, sha256(place / NAME), "kept")
        require_installed([*_CONVERTING, *(_COMPRESSING if self.compressing else ())])
        self._require_beforehand()
        original = self.what.original(self.home, within(progress, 0.0, 0.3))
        size = 2 * original.parameters
        self._require(Precision.FP16, EXACT_PEAK * size, size)

        def make(place: Path) -> None:
            export(original, place, within(progress, 0.3, 0.8))

        about = _about(self.what.name, original)
        return _appear(self.home, about, _Step(Precision.FP16, _origin(original, about.source)), make)

    def smaller(self, name: str, fp16: str, texts: TextSet, progress: Progress) -> Prepared:
        """From the FP16 beside it with this fingerprint, whose manifest says where it all comes from."""
        recipe, source = recipe_named(name), self.home / Precision.FP16
        place = self.home / recipe.precision
        if (kept := self._kept(recipe.precision)) and self._is_of(kept, name, fp16):
            return prepared_at(place, sha256(place / NAME), "kept")
        require_installed(_COMPRESSING)
        size = weight_bytes(source)
        peak = EXACT_PEAK if recipe.samples else _PLAIN_PEAK
        self._require(recipe.precision, peak * size, round(_SHARE[recipe.precision] * size))
        progress(f"compressing to {recipe.precision} ({name})", 0.0)
        calibration = texts.calibration(Tokens(source)) if recipe.samples else []
        from_ = read_manifest(source)
        about = _About(from_.name, from_.licence, from_.source, from_.authority, from_.languages)
        step = _Step(recipe.precision, fp16, name)
        return _appear(self.home, about, step, lambda place: compress(source, place, recipe, calibration))

    def _require_beforehand(self) -> None:
        """Before anything is fetched, as far as the catalogue knows: the source, where it is not here, and the FP16."""
        if self.what.entry is not None and self.what.path is None:
            size = 2 * self.what.entry.shape.parameters
            fetched = 0 if (self.home / SOURCE).is_dir() else size
            self._require(Precision.FP16, EXACT_PEAK * size, size + fetched)

    def _kept(self, precision: Precision) -> Manifest | None:
        return None if precision in self.again else whole(self.home / precision)

    def _is_of(self, manifest: Manifest, recipe: str, fp16: str) -> bool:
        if manifest.making is None:  # pulled; of the same model, unless another one is given now
            return self.what.path is None and recipe in DEFAULT.values()
        return (manifest.making.recipe, manifest.making.origin) == (recipe, fp16)

    def _require(self, precision: Precision, memory: int, disk: int) -> None:
        """Bytes of both."""
        require_memory(self.what.name, precision, memory, self.room)
        require_space(self.home, disk)


@dataclass(frozen=True, slots=True)
class _About:
    """What the manifests of all precisions have in common."""

    name: str
    licence: str
    source: str
    authority: Authority = _UNKNOWN_AUTHORITY
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """What is made, and from what."""

    precision: Precision
    origin: str
    recipe: str = ""


def _pulled(original: Original) -> Path | None:
    """The manifest of what ``pull`` brought."""
    path = (original.path.parent if original.is_gguf else original.path) / NAME
    return path if path.is_file() else None


def _origin(original: Original, text: str = "") -> str:
    """``text``: of the original, where its weights have been read already."""
    manifest = _pulled(original)
    return sha256(manifest) if manifest else hashlib.sha256((text or original.text).encode()).hexdigest()


def _about(name: str, original: Original) -> _About:
    """How far it is trusted was decided when it was pulled; a path that was not pulled says nothing of that."""
    if (manifest := _pulled(original)) is None:
        return _About(name, original.licence, original.text)
    from_ = read_manifest(manifest.parent)
    return _About(name, from_.licence, from_.source, from_.authority, from_.languages)


def _appear(home: Path, about: _About, step: _Step, make: Callable[[Path], None]) -> Prepared:
    """Make it in a scratch folder, ask it the golden prompts, describe it, and let it appear."""
    target = home / step.precision
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=home) as scratch, until_full(Path(scratch)):
        place = Path(scratch) / step.precision
        place.mkdir()
        started = time.monotonic()
        with watched() as peak:
            make(place)
            write_golden(place, make_golden(place))
        making = Making(
            recipe=step.recipe,
            options=asdict(recipe_named(step.recipe)) if step.recipe else {},
            origin=step.origin,
            seconds=round(time.monotonic() - started, 1),
            peak_mb=peak.mb,
        )
        manifest = Manifest(
            **asdict(about), precision=step.precision, tools=_tool_versions(), making=making, files=describe(place)
        )
        write_manifest(place, manifest)
        appear(place, target)
    return prepared_at(target, sha256(target / NAME), "made")


def require_installed(packages: Sequence[str]) -> None:
    """Before anything is fetched or converted. Raises UsageError."""
    for name in packages:
        if find_spec(name) is None:
            raise not_installed(name, "prepare")


def _tool_versions() -> dict[str, str]:
    versions = {}
    for tool in _TOOLS:
        with suppress(PackageNotFoundError):
            versions[tool] = version(tool)
    return versions

"""The manifest of a model folder: what each file is, checked before any of it is used."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.catalogue import CATALOGUE, Authority
from edge_app.models.sources import SOURCE, Format, Frozen, damage

NAME: Final = "manifest.json"


class FileEntry(Frozen):
    """One file of a model."""

    size: int
    """Bytes."""
    sha256: str


class Making(Frozen):
    """How the files were made, and what it took."""

    recipe: str = ""
    """Of the weights, by name."""
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """What the recipe stood for then."""
    origin: str = ""
    """Fingerprint of what it was made from: of the source, of a smaller precision the FP16."""
    seconds: float
    peak_mb: int
    """Highest resident memory of the step that made them."""


class Manifest(Frozen):
    """Where a model comes from and what it consists of. Its own SHA-256 is the model's fingerprint."""

    version: Literal[1] = 1
    name: str
    format: Format = "openvino"
    precision: Precision | None = None
    """Of the weights; of OpenVINO models only."""
    authority: Authority
    licence: str
    languages: tuple[str, ...]
    source: str
    tools: dict[str, str]
    """What made the files: package to version."""
    making: Making | None = None
    """Absent where it is not known."""
    files: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")], FileEntry]
    """By name; a model is one flat folder."""

    @model_validator(mode="after")
    def _openvino_has_a_precision(self) -> Self:
        if (self.format == "openvino") is (self.precision is None):
            raise ValueError("an OpenVINO model has a precision, a source has none")
        return self


def describe(folder: Path) -> dict[str, FileEntry]:
    """Size and hash of every file in ``folder``, but for the manifest."""
    return {path.name: describe_file(path) for path in sorted(folder.iterdir()) if path.name != NAME}


def describe_file(path: Path) -> FileEntry:
    """Its size and hash."""
    return FileEntry(size=path.stat().st_size, sha256=sha256(path))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put it beside the files."""
    (folder / NAME).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of ``folder``, the files unchecked. Raises ModelError."""
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(f"{folder} holds no {NAME}", _replaced(folder)) from error
    except PermissionError:
        raise
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path}: {damage(error)}", _replaced(folder)) from error


def _replaced(folder: Path) -> str:
    """The way to replace what does not say itself where it is from."""
    here = folder.parent.name if folder.name in {*Precision, SOURCE} else folder.name
    part = f" --precision {folder.name}" if folder.name in {*Precision, SOURCE} else ""
    return f"edge-app model remove {here}{part}, then pull or prepare it again"


def read_carried(folder: Path) -> Manifest:
    """The manifest of a folder that was brought here from elsewhere. Raises ModelError."""
    try:
        return read_manifest(folder)
    except ModelError as error:
        raise ModelError(str(error), "copy the folder again from where it was made") from error


def anew(manifest: Manifest) -> str:
    """The operator's way to replace a model that is damaged or answers wrongly."""
    part = manifest.precision or "source"
    if manifest.making:
        here = f"edge-app model prepare {manifest.name} --precision {part} --again"
        return f"{here}; or pull the folder again that it was carried over as"
    if manifest.source.startswith("hub:"):
        return f"edge-app model pull {manifest.source.removeprefix('hub:')} --name {manifest.name}"
    if manifest.name in CATALOGUE:
        return f"edge-app model pull {manifest.name} --precision {part}"
    return f"pull the folder or file again that it came from: {manifest.source.removeprefix('file:')}"


def verify(folder: Path) -> str:
    """Check every file against the manifest; returns the fingerprint.

    Raises ModelError that names the first file that is missing, changed, or not in the manifest.
    """
    manifest = read_manifest(folder)
    present = {path.name for path in folder.iterdir()} - {NAME}
    if extra := sorted(present - manifest.files.keys()):
        raise ModelError(f"{folder / extra[0]} is not in the manifest", anew(manifest))
    for name, entry in manifest.files.items():
        if wrong := _wrong(folder / name, entry):
            raise ModelError(f"{folder / name}{wrong}", anew(manifest))
    return sha256(folder / NAME)


def whole(folder: Path) -> Manifest | None:
    """The manifest when every file is as it says; None otherwise."""
    try:
        verify(folder)
    except ModelError:
        return None
    return read_manifest(folder)


def sha256(path: Path) -> str:
    """Of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wrong(path: Path, entry: FileEntry) -> str:
    try:
        same = path.stat().st_size == entry.size and sha256(path) == entry.sha256
    except PermissionError:
        raise
    except OSError as error:
        return f": {error.strerror}"
    return "" if same else " has changed since the model was prepared"

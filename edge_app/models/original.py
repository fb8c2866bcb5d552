"""A model as its publisher ships it: a GGUF file or a folder with safetensors. Read as data, never run.

No pickle is opened, no code that a model brings along is imported, and nothing is fetched: transformers
knows the families itself.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from edge_app.errors import ModelError, UsageError
from edge_app.models.families import FAMILIES
from edge_app.models.layout import PICKLES
from edge_app.models.manifest import sha256
from edge_app.models.order import called
from edge_app.weights import GGUF, read_weights, unreadable

_NEEDED: Final = ("config.json", "tokenizer_config.json")
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Original:
    """A place on this machine that was found fit to be read."""

    path: Path
    """The ``.gguf`` file, or the folder."""

    @property
    def is_gguf(self) -> bool:
        """One file that holds weights, tokenizer and configuration."""
        return self.path.suffix == GGUF

    @property
    def text(self) -> str:
        """For the manifest: names and hashes of the weights, without the path on this machine."""
        files = [self.path] if self.is_gguf else self._parts
        return " ".join(f"{path.name} sha256:{sha256(path)}" for path in files)

    @property
    def licence(self) -> str:
        """As the publisher states it, ``unknown`` where nothing is stated."""
        return _licence_of_gguf(self.path) if self.is_gguf else _licence_of_card(self.path / "README.md")

    @property
    def parameters(self) -> int:
        """How many weights it has, counted from the headers. Raises ModelError."""
        try:
            return _weights_of_gguf(self.path) if self.is_gguf else sum(map(_weights_of, self._parts))
        except unreadable() as error:
            raise self._torn(error) from error

    @property
    def _parts(self) -> list[Path]:
        return sorted(self.path.glob("*.safetensors"))

    def _torn(self, error: Exception) -> ModelError:
        said = " ".join(str(error).split())[:300]
        return ModelError(f"{self.path.name}: {said}", "get the files again, or another format of them")

    def load(self, dtype: str) -> tuple[Any, Any]:
        """Model and tokenizer of transformers, weights as ``float16`` or ``float32``.

        Peak memory: the weights in that type once, for a GGUF with the largest tensor in f32 beside them.
        Raises UsageError without the ``prepare`` extra, ModelError when the files cannot be read.
        """
        return read_weights(self.path, dtype)


def original_at(path: Path) -> Original:
    """Check what lies at ``path`` before any library reads it. Raises ModelError that names the file."""
    if path.suffix == GGUF and path.is_file():
        return Original(path)
    if not path.is_dir():
        raise ModelError(f"{path} is neither a .gguf file nor a folder", "give a file, a folder or a catalogue name")
    ggufs = sorted(path.glob(f"*{GGUF}"))
    if len(ggufs) == 1 and not any(path.glob("*.safetensors")):
        return Original(ggufs[0])
    _check_folder(path)
    return Original(path)


def name_of(path: Path) -> str:
    """A model's name from its file or folder: small letters, digits, dots and dashes. Raises UsageError."""
    stem = path.name.removesuffix(GGUF) if path.suffix == GGUF else called(path.resolve())
    name = re.sub(r"[^a-z0-9.]+", "-", stem.lower()).strip("-.")
    if not name:
        raise UsageError(f"no model name can be made of {path.name!r}", "give one with --name")
    return name


def _check_folder(folder: Path) -> None:
    for name in _NEEDED:
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name} is missing", "download the whole model folder")
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
        found = f"only {pickles[0]}, a pickle, which can run code when opened" if pickles else "no weights"
        raise ModelError(f"{folder} holds {found}", "get the model as *.safetensors or as GGUF")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        family = str(config["model_type"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'config.json'}: not a model's configuration: {error}") from error
    if family not in FAMILIES:
        own = " and brings its own code (auto_map), which is never run" if "auto_map" in config else ""
        raise ModelError(f"architecture {family!r} is not exported{own}", f"known: {', '.join(FAMILIES)}")
    if kind := config.get("quantization_config"):
        method = kind.get("quant_method", "unknown") if isinstance(kind, dict) else "unknown"
        raise ModelError(f"{folder}: weights already quantised ({method})", "get the FP16 or BF16 weights")


def _weights_of(safetensors: Path) -> int:
    from safetensors import safe_open  # noqa: PLC0415  an optional extra

    with safe_open(safetensors, framework="numpy") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118  no mapping


def _weights_of_gguf(path: Path) -> int:
    import gguf  # noqa: PLC0415  an optional extra

    return sum(int(tensor.n_elements) for tensor in gguf.GGUFReader(path).tensors)


def _licence_of_card(card: Path) -> str:
    """The model card's header is YAML between two lines of dashes."""
    try:
        _, header, *_ = card.read_text(encoding="utf-8").split("---", 2)
        return str(yaml.safe_load(header)["license"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return _UNKNOWN


def _licence_of_gguf(path: Path) -> str:
    try:
        import gguf  # noqa: PLC0415  an optional extra
    except ImportError:
        return _UNKNOWN
    try:
        field = gguf.GGUFReader(path).get_field("general.license")
        return str(field.contents()) if field else _UNKNOWN
    except unreadable():
        return _UNKNOWN

"""Which of the files at hand make a model, and what they claim to be.

A model is one flat folder. Pickle files can run code when they are loaded, and Python files are code:
both are left where they are.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models.gguf_header import read_header
from edge_app.models.sources import Format

IR: Final = "openvino_model.xml"
GOLDEN: Final = "golden.json"
"""Golden prompts that a ready model brings along."""
_COMPANIONS: Final = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    "openvino_config.json",
    "model.safetensors.index.json",
    "LICENSE*",
    "NOTICE*",
)
PICKLES: Final = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
"""Names of files that can run code when they are loaded."""
_PLAIN: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
_READY: Final = tuple(
    f"openvino_{part}.{suffix}" for part in ("model", "tokenizer", "detokenizer") for suffix in ("xml", "bin")
)
_AGAIN: Final = "copy or download it again, whole"
_LONGEST_HEADER: Final = 100 << 20
_INT4: Final = re.compile(rb'element_type="(?:[ui]4|nf4)"')
_INT8: Final = re.compile(rb'element_type="[ui]8"')


@dataclass(frozen=True, slots=True)
class Choice:
    """What is taken and what is not."""

    format: Format
    names: tuple[str, ...]
    left_out: tuple[str, ...]


def choose(names: Iterable[str], place: str, wanted: Format | None = None) -> Choice:
    """The files of the model among ``names``. ``place`` is for messages.

    Raises ModelError when there is none, or only in a form that is not loaded; UsageError when there are several.
    """
    flat = sorted(name for name in names if _PLAIN.match(name))
    format_ = wanted or _format(flat)
    taken = [name for name in flat if _belongs(name, format_, flat)]
    if format_ is None or not any(_is_weights(name, format_) for name in taken):
        raise _nothing(flat, place, wanted)
    if format_ == "gguf" and (several := [name for name in taken if name.endswith(".gguf")])[1:]:
        raise UsageError(f"{place} holds {len(several)} GGUF files", f"name one: {place}/{several[0]}")
    return Choice(format_, tuple(taken), tuple(name for name in flat if name not in taken))


def check_content(folder: Path, choice: Choice) -> None:
    """Refuse files that are not what their names say, and a model that lacks parts. Raises ModelError.

    It finds truncated copies and other formats under a borrowed name; what is inside the weights, it does not.
    """
    for name in choice.names:
        path = folder / name
        if path.suffix == ".gguf" and not _is_gguf(path):
            raise ModelError(f"{name} is no complete GGUF file", _AGAIN)
        if path.suffix == ".safetensors" and not _is_safetensors(path):
            raise ModelError(f"{name} is no complete safetensors file", _AGAIN)
    if missing := sorted(_needed(folder, choice.format) - set(choice.names)):
        raise ModelError(f"the model lacks {', '.join(missing)}", _AGAIN)


def ir_precision(xml: bytes) -> Precision:
    """Of the weights, by the narrowest type among the IR's constants."""
    if _INT4.search(xml):
        return Precision.INT4
    return Precision.INT8 if _INT8.search(xml) else Precision.FP16


def _needed(folder: Path, format_: Format) -> set[str]:
    """Without these nothing runs. The index names the parts of weights that were split."""
    if format_ != "safetensors":
        return {"config.json", *_READY} if format_ == "openvino" else set()
    index = folder / "model.safetensors.index.json"
    try:
        parts = set(json.loads(index.read_bytes())["weight_map"].values()) if index.is_file() else set()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{index.name} is damaged", _AGAIN) from error
    return {"config.json", *parts}


def _format(flat: list[str]) -> Format | None:
    if IR in flat:
        return "openvino"
    suffixes = {Path(name).suffix for name in flat}
    return "safetensors" if ".safetensors" in suffixes else "gguf" if ".gguf" in suffixes else None


def _belongs(name: str, format_: Format | None, flat: list[str]) -> bool:
    if format_ is not None and _is_weights(name, format_):
        return True
    if format_ == "openvino" and name.startswith("openvino_"):
        stem = name.rpartition(".")[0]
        return {f"{stem}.xml", f"{stem}.bin"} <= set(flat) or name == "openvino_config.json"
    if name == GOLDEN:
        return format_ == "openvino"
    return format_ != "gguf" and any(fnmatch(name, pattern) for pattern in _COMPANIONS)


def _is_weights(name: str, format_: Format) -> bool:
    return name == IR if format_ == "openvino" else name.endswith(f".{format_}")


def _nothing(flat: list[str], place: str, wanted: Format | None) -> ModelError:
    if any(fnmatch(name, pattern) for name in flat for pattern in PICKLES):
        hint = "look for a safetensors, GGUF or OpenVINO edition; for a hub revision that has one: org/name@revision"
        return ModelError(f"{place} holds its weights as pickle files only, which can run code", hint)
    kinds = wanted or "OpenVINO, safetensors or GGUF"
    return ModelError(f"{place} holds no {kinds} model", "name the folder or repository that holds the weights")


def _is_gguf(path: Path) -> bool:
    """A header that can be read, and weights that it speaks of."""
    try:
        return bool(read_header(path).tensors)
    except (ValueError, ArithmeticError, MemoryError, struct.error):
        return False


def _is_safetensors(path: Path) -> bool:
    """Length of the header, the header, and exactly the data it speaks of."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_LONGEST_HEADER, size - 8):
            return False
        try:
            header = json.loads(file.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            return False
    return size == 8 + length + max(ends, default=0)

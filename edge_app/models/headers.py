"""What the headers of safetensors and GGUF tell of a model. No weight is read."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.models.config import read_shape
from edge_app.models.shape import Shape

_HINT = "copy or download it again, whole"


def shape_at(folder: Path) -> Shape:
    """Of the model as it was published in ``folder``: its safetensors, else its GGUF.

    Raises ModelError when the files cannot be read, UsageError without the ``prepare`` extra.
    """
    if parts := sorted(folder.glob("*.safetensors")):
        return read_shape(folder, sum(_parameters(part) for part in parts))
    return _gguf_shape(next(iter(sorted(folder.glob("*.gguf"))), folder / "*.gguf"))


def _parameters(part: Path) -> int:
    try:
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise _not_installed(error) from error
    try:
        with safe_open(part, framework="numpy") as opened:
            return sum(math.prod(opened.get_slice(name).get_shape()) for name in opened.keys())  # noqa: SIM118  no dict
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{part}: {error}", _HINT) from error


def _gguf_shape(path: Path) -> Shape:
    try:
        import gguf  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise _not_installed(error) from error
    try:
        return _told(gguf.GGUFReader(path))
    except (struct.error, OSError, ValueError, LookupError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise ModelError(f"{path}: not a whole GGUF: {said}", _HINT) from error


def _told(reader: Any) -> Shape:
    """Raises KeyError with the name of what is missing."""
    family = _field(reader, "general.architecture")
    heads, hidden = (_field(reader, f"{family}.{name}") for name in ("attention.head_count", "embedding_length"))
    width = _field(reader, f"{family}.attention.key_length", hidden // heads)
    return Shape(
        parameters=sum(int(tensor.n_elements) for tensor in reader.tensors),
        layers=_field(reader, f"{family}.block_count"),
        hidden=hidden,
        intermediate=_field(reader, f"{family}.feed_forward_length"),
        heads=heads,
        kv_heads=_field(reader, f"{family}.attention.head_count_kv", heads),
        head_dim=width,
        value_head_dim=_field(reader, f"{family}.attention.value_length", width),
        vocabulary=len(reader.fields["tokenizer.ggml.tokens"].data),
        context=_field(reader, f"{family}.context_length"),
        tied=all(tensor.name != "output.weight" for tensor in reader.tensors),
    )


def _field(reader: Any, name: str, default: Any = None) -> Any:
    if (found := reader.get_field(name)) is not None:
        return found.contents()
    if default is None:
        raise KeyError(name)
    return default


def _not_installed(error: ImportError) -> UsageError:
    return UsageError(f"{error.name} is not installed", "pip install 'edge-app[prepare]'")

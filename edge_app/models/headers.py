"""What the headers of safetensors and GGUF tell of a model. No weight is read."""

from __future__ import annotations

import math
import struct
from pathlib import Path

from edge_app.errors import ModelError, UsageError
from edge_app.models.config import read_shape
from edge_app.models.gguf_header import Header, read_header
from edge_app.models.shape import Shape

_HINT = "copy or download it again, whole"


def shape_at(folder: Path) -> Shape:
    """Of the model as it was published in ``folder``: its safetensors, else its GGUF.

    Raises ModelError when the files cannot be read; for safetensors UsageError without the ``prepare`` extra.
    """
    if parts := sorted(folder.glob("*.safetensors")):
        return read_shape(folder, sum(_parameters(part) for part in parts))
    return _gguf_shape(next(iter(sorted(folder.glob("*.gguf"))), folder / "*.gguf"))


def _parameters(part: Path) -> int:
    try:
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", "pip install 'edge-app[prepare]'") from error
    try:
        with safe_open(part, framework="numpy") as opened:
            return sum(math.prod(opened.get_slice(name).get_shape()) for name in opened.keys())  # noqa: SIM118  no dict
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{part}: {error}", _HINT) from error


def _gguf_shape(path: Path) -> Shape:
    try:
        return _told(read_header(path))
    except KeyError as error:
        raise ModelError(f"{path}: no {error.args[0]}", _HINT) from error
    except (struct.error, OSError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        said = " ".join(str(error).split())[:200]
        raise ModelError(f"{path}: not a whole GGUF: {said}", _HINT) from error


def _told(header: Header) -> Shape:
    """Raises KeyError with the name of what is missing."""
    fields, family = header.fields, header.fields["general.architecture"]
    heads, hidden = fields[f"{family}.attention.head_count"], fields[f"{family}.embedding_length"]
    width = fields.get(f"{family}.attention.key_length", hidden // heads)
    return Shape(
        parameters=sum(header.tensors.values()),
        layers=fields[f"{family}.block_count"],
        hidden=hidden,
        intermediate=fields[f"{family}.feed_forward_length"],
        heads=heads,
        kv_heads=fields.get(f"{family}.attention.head_count_kv", heads),
        head_dim=width,
        value_head_dim=fields.get(f"{family}.attention.value_length", width),
        vocabulary=fields["tokenizer.ggml.tokens"].length,
        context=fields[f"{family}.context_length"],
        tied="output.weight" not in header.tensors,
    )

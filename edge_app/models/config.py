"""The shape of a model on disk, from its ``config.json`` and the size of its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from edge_app.errors import ModelError
from edge_app.models.shape import Shape

_WEIGHTS: Final = ("openvino_model.bin", "*.safetensors", "*.gguf")


def read_shape(folder: Path, parameters: int) -> Shape:
    """Of the model in ``folder``, whose parameters were counted. Raises ModelError that names what is missing."""
    path = folder / "config.json"
    try:
        return shape_of(json.loads(path.read_text(encoding="utf-8")), parameters)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: {error}", f"edge-app model verify {folder}") from error
    except KeyError as error:
        raise ModelError(f"{path}: no {error.args[0]}", f"edge-app model verify {folder}") from error


def shape_of(config: dict[str, Any], parameters: int) -> Shape:
    """From a configuration as transformers writes it; experts are not told apart. Raises KeyError."""
    heads = config["num_attention_heads"]
    latent = config.get("kv_lora_rank")
    width = config.get("head_dim") or config["hidden_size"] // heads
    return Shape(
        parameters=parameters,
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        intermediate=config["intermediate_size"],
        heads=heads,
        kv_heads=heads if latent else config.get("num_key_value_heads") or heads,
        head_dim=config["qk_nope_head_dim"] + config["qk_rope_head_dim"] if latent else width,
        value_head_dim=config["v_head_dim"] if latent else None,
        kv_lora_rank=latent,
        vocabulary=config["vocab_size"],
        context=config["max_position_embeddings"],
        tied=bool(config.get("tie_word_embeddings")),
    )


def weight_bytes(folder: Path) -> int:
    """Of the weights as they lie in ``folder``."""
    return sum(path.stat().st_size for pattern in _WEIGHTS for path in folder.glob(pattern))

"""What differs between architectures when they are traced: the cache's shape, latent attention, experts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edge_app.errors import ModelError


@dataclass(frozen=True, slots=True)
class CacheShape:
    """Of every layer's cache: (batch, heads, tokens, width)."""

    layers: int
    heads: int
    key_width: int
    value_width: int

    def width(self, kind: str) -> int:
        """Of ``key`` or ``value``."""
        return self.key_width if kind == "key" else self.value_width


@dataclass(frozen=True, slots=True)
class Family:
    """How one architecture is traced."""

    shape: Callable[[Any], CacheShape]
    latent: bool = False
    """Multi-head latent attention: transformers caches the latent, paged attention wants keys and values."""


def _grouped(config: Any) -> CacheShape:
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return CacheShape(config.num_hidden_layers, config.num_key_value_heads, width, width)


def _latent(config: Any) -> CacheShape:
    key = config.qk_nope_head_dim + config.qk_rope_head_dim
    return CacheShape(config.num_hidden_layers, config.num_attention_heads, key, config.v_head_dim)


FAMILIES: Final = {
    "llama": Family(_grouped),
    "qwen2": Family(_grouped),
    "deepseek_v2": Family(_latent, latent=True),
    "deepseek_v3": Family(_latent, latent=True),
}
"""By ``model_type`` in config.json."""


def family_of(config: Any) -> Family:
    """Raises ModelError that names the architecture."""
    try:
        return FAMILIES[config.model_type]
    except KeyError:
        known = ", ".join(FAMILIES)
        raise ModelError(f"architecture {config.model_type!r} is not exported", f"known: {known}") from None

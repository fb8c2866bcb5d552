"""The shape of a decoder, and the memory that follows from it."""

from __future__ import annotations

from typing import Final

from edge_app.domain.inference import Precision
from edge_app.models.sources import Frozen

_GROUP: Final = 128
"""INT4 weights share one FP16 scale in groups of this many."""


class Experts(Frozen):
    """A mixture of experts in every layer but the first ``dense_layers``."""

    routed: int
    active: int
    """Of the routed ones, for each token."""
    shared: int
    intermediate: int
    """Width of one expert."""
    dense_layers: int


class Shape(Frozen):
    """Counts and widths as in the model's ``config.json``; ``head_dim`` is that of a key."""

    parameters: int
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    value_head_dim: int | None = None
    """None: as wide as a key."""
    kv_lora_rank: int | None = None
    """Width of the latent that multi-head latent attention expands into keys and values."""
    rope_head_dim: int | None = None
    experts: Experts | None = None
    vocabulary: int
    context: int
    """Tokens, as published."""
    tied: bool = False
    """Input and output embeddings are one matrix."""

    @property
    def active_parameters(self) -> int:
        """Read for each token."""
        if self.experts is None:
            return self.parameters
        idle = (self.experts.routed - self.experts.active) * (self.layers - self.experts.dense_layers)
        return self.parameters - idle * 3 * self.hidden * self.experts.intermediate

    def weight_bytes(self, precision: Precision, *, active: bool = False) -> int:
        """Of all weights, or of those read for each token.

        INT4 keeps the embeddings at 8 bits, as NNCF does: they lose most.
        """
        count = self.active_parameters if active else self.parameters
        embeddings = self.vocabulary * self.hidden * (1 if self.tied else 2)
        match precision:
            case Precision.FP16:
                return 2 * count
            case Precision.INT8:
                return count
            case Precision.INT4:
                return embeddings + (count - embeddings) // 2 + 2 * (count - embeddings) // _GROUP

    def kv_bytes_per_token(self, element_bytes: int = 2) -> int:
        """Of the cache: keys and values in every layer, by default FP16.

        Latent attention caches expanded keys and values too: the exported graph does not keep the latent.
        """
        width = self.head_dim + (self.value_head_dim or self.head_dim)
        return self.layers * self.kv_heads * width * element_bytes

"""Rows of one batch in torch: prompts join while others are half way, each row with its own past.

Rows are padded on the left to the longest. The cache is the plain one of transformers: keys and values of
shape (rows, heads, tokens, width) per layer, whatever the family puts there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache


class Rows:
    """The next token of every row, and what the model remembers of each."""

    def __init__(self, model: Any) -> None:
        """Empty."""
        self._model = model
        self._device = model.device
        self._cache: DynamicCache | None = None
        self._mask = torch.zeros(0, 0, dtype=torch.long, device=self._device)
        self.logits: Any = None
        """Of the next token, float32, shape (rows, vocabulary). None while there are no rows."""

    def join(self, prompt: Sequence[int]) -> None:
        """Read one prompt in; it becomes the last row. One at a time, so no row is ever all padding."""
        ids = torch.tensor([list(prompt)], device=self._device)
        mask, cache = torch.ones_like(ids), DynamicCache()
        logits = self._forward(ids, mask, mask.cumsum(1) - 1, cache)
        if self._cache is None:
            self._cache, self._mask, self.logits = cache, mask, logits
        else:
            self._merge(self._cache, cache, mask, logits)

    def advance(self, tokens: Sequence[int]) -> None:
        """Append one token to every row."""
        assert self._cache is not None
        ids = torch.tensor(tokens, device=self._device).unsqueeze(1)
        positions = self._mask.sum(1, keepdim=True)
        self._mask = torch.cat([self._mask, torch.ones_like(positions)], dim=1)
        self.logits = self._forward(ids, self._mask, positions, self._cache)

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all other rows, and the columns that only they needed."""
        if not rows:
            self._cache, self._mask, self.logits = None, self._mask[:0, :0], None
            return
        assert self._cache is not None
        index = torch.tensor(rows, device=self._device)
        mask = self._mask[index]
        start = int(mask.any(0).int().argmax())
        self._mask, self.logits = mask[:, start:], self.logits[index]
        self._cache = _rebuilt(
            (keys[index, :, start:], values[index, :, start:]) for keys, values in _layers(self._cache)
        )

    def _forward(self, ids: Any, mask: Any, positions: Any, cache: DynamicCache) -> Any:
        with torch.inference_mode():
            out = self._model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return out.logits[:, -1].float()

    def _merge(self, held: DynamicCache, cache: DynamicCache, mask: Any, logits: Any) -> None:
        width = max(self._mask.shape[1], mask.shape[1])
        self._cache = _rebuilt(
            tuple(
                torch.cat([_padded(old, width), _padded(new, width)]) for old, new in zip(before, joining, strict=True)
            )
            for before, joining in zip(_layers(held), _layers(cache), strict=True)
        )
        self._mask = torch.cat([_widened(self._mask, width), _widened(mask, width)])
        self.logits = torch.cat([self.logits, logits])


def _padded(tensor: Any, width: int) -> Any:
    """Zeros before the tokens: (rows, heads, tokens, size) to (rows, heads, width, size)."""
    return torch.nn.functional.pad(tensor, (0, 0, width - tensor.shape[2], 0))


def _widened(mask: Any, width: int) -> Any:
    return torch.nn.functional.pad(mask, (width - mask.shape[1], 0))


def _layers(cache: DynamicCache) -> list[tuple[Any, Any]]:
    return [(layer.keys, layer.values) for layer in cache.layers]


def _rebuilt(layers: Iterable[tuple[Any, ...]]) -> DynamicCache:
    cache = DynamicCache()
    for at, (keys, values) in enumerate(layers):
        cache.update(keys, values, at)
    return cache

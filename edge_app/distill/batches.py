"""Token arrays to batches: rows of language, and packed pairs whose loss falls on the answers alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

NO_LOSS: Final = -100


def read_plain(path: Path) -> Any:
    """Token ids."""
    return np.load(path)["tokens"]


def read_pairs(folder: Path) -> tuple[Any, Any]:
    """Lengths (pairs x 2) and all tokens one after the other, of all ``pairs*.npz``."""
    parts = [np.load(path) for path in sorted(folder.glob("pairs*.npz"))]
    lengths, tokens = (np.concatenate([part[name] for part in parts]) for name in ("lengths", "tokens"))
    return lengths.astype(np.int64), tokens


def plain_rows(tokens: Any, length: int, seed: int) -> Iterator[Any]:
    """Rows of ``length`` tokens in random order, for ever."""
    random = np.random.default_rng(seed)
    while True:
        offset = random.integers(0, length)
        rows = tokens[offset : offset + (len(tokens) - offset) // length * length].reshape(-1, length)
        yield from rows[random.permutation(len(rows))].astype(np.int64)


def pair_rows(lengths: Any, tokens: Any, length: int, seed: int) -> Iterator[tuple[Any, Any, Any]]:
    """Packed rows for ever: ids, targets (loss on answers alone), number of the pair each token belongs to."""
    random = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(lengths.sum(axis=1))])
    while True:
        ids, targets, owner, at, pair = *_empty(length), 0, 0
        for index in random.permutation(len(lengths)):
            prompt, answer = lengths[index]
            whole = tokens[starts[index] : starts[index + 1]]
            if len(whole) > length:
                continue
            if at + len(whole) > length:
                yield ids, targets, owner
                ids, targets, owner, at, pair = *_empty(length), 0, 0
            end = at + len(whole)
            ids[at:end] = whole
            targets[at + prompt - 1 : end - 1] = whole[prompt:]
            pair += 1
            owner[at:end] = pair
            at = end
        del answer


def _empty(length: int) -> tuple[Any, Any, Any]:
    return np.zeros(length, np.int64), np.full(length, NO_LOSS, np.int64), np.zeros(length, np.int64)


def plain_batches(tokens: Any, length: int, rows: int, seed: int) -> Iterator[tuple[Any, Any, Any]]:
    """Loss on every token; a token sees the whole row before it."""
    source = plain_rows(tokens, length, seed)
    while True:
        ids = np.stack([next(source) for _ in range(rows)])
        targets = np.concatenate([ids[:, 1:], np.full((rows, 1), NO_LOSS)], axis=1)
        yield ids, targets, np.ones_like(ids)


def pair_batches(lengths: Any, tokens: Any, length: int, rows: int, seed: int) -> Iterator[tuple[Any, Any, Any]]:
    """Packed prompt and answer pairs; a token sees its own pair."""
    source = pair_rows(lengths, tokens, length, seed)
    while True:
        batch = [next(source) for _ in range(rows)]
        yield tuple(np.stack(each) for each in zip(*batch, strict=True))  # type: ignore[misc]  # three arrays

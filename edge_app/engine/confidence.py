"""How sure a model was of the codes that it wrote: they stand on the first line of an answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def confidence(
    ids: Sequence[int], log_probs: Sequence[float], closing: int | None, breaks: Callable[[int], bool]
) -> float | None:
    """Probability that the model gave to exactly this first line, 0 to 1; None where nothing was measured.

    ``log_probs``: natural, of each chosen token among all of the vocabulary: OpenVINO GenAI 2026.4 measures them
    before the grammar. ``closing``: the token that ends reasoning, where the vocabulary has one; what stands before
    it is no answer. ``breaks``: whether a token breaks the line.
    """
    start = len(ids) - ids[::-1].index(closing) if closing is not None and closing in ids else 0
    line: list[float] = []
    for token, log_prob in zip(ids[start:], log_probs[start:], strict=False):
        if not breaks(token):
            line.append(log_prob)
        elif line:
            break  # else a blank line between reasoning and answer
    return min(1.0, math.exp(math.fsum(line))) if line else None

"""How fast this machine reads its memory: what bounds the speed of a language model."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

SIZE: Final = 256 * 2**20
"""Bytes read at a time: far more than any cache holds."""
ROUNDS: Final = 5


def read_bandwidth(size: int = SIZE) -> float:
    """Bytes a second with all processors reading, the best of several rounds. Takes half a second."""
    data = np.ones(size // 8, dtype=np.int64)
    parts = np.array_split(data, max(1, len(os.sched_getaffinity(0))))
    best = 0.0
    with ThreadPoolExecutor(len(parts)) as pool:
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            list(pool.map(np.max, parts))
            best = max(best, data.nbytes / (time.perf_counter() - begun))
    return best

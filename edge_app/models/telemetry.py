"""OpenVINO and NNCF report to their maker that they were imported and used. A line PC reports to nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_CI: Final = "CI"


@contextmanager
def without_telemetry() -> Iterator[None]:
    """Import and use them as on a build server, where both send nothing and leave no file in the home."""
    before = os.environ.get(_CI)
    os.environ[_CI] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CI]
        else:
            os.environ[_CI] = before

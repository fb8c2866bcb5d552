"""A mounted machine: one process for each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.governor.fake import Profile
from tests.governor.mounted import mounted


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """Raptor Lake, mounted."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    with mounted(Profile.I915_SLPC, folder) as root:
        yield root

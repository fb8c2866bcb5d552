"""A log may be lost, what it tells of may not stop."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from edge_app.observe.logging import configure, printable


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_lines_go_to_the_standard_error_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("json", "info")
    log = structlog.get_logger()
    for _ in range(2):
        monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
        log.info("engine ready", device="CPU")
        assert json.loads(stream.getvalue())["event"] == "engine ready"


def test_a_closed_standard_error_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("json", "info")
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    stream.close()
    structlog.get_logger().error("engine gave up")


def test_a_file_name_cannot_forge_a_line() -> None:
    assert printable("a\nb\x1b[2J\u202ec 裂纹") == r"a\nb\x1b[2J\u202ec 裂纹"

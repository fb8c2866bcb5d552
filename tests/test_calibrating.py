"""The search on a real engine with a tiny model, and how answers are compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_app.calibrating import Search, agreement, workload
from edge_app.clock import Clock
from edge_app.engine import EngineSpec
from edge_app.models.tuning import REFERENCE, Failed, Measured, Setting

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"status": {"enum": ["PASS", "FAIL"]}, "summary": {"type": "string", "maxLength": 9}},
        "required": ["status", "summary"],
    }
)


def answer(status: str, severity: str, summary: str = "x") -> str:
    return json.dumps({"status": status, "severity": severity, "summary": summary})


def test_agreement_counts_choices_not_words() -> None:
    reference = [answer("PASS", "none"), answer("FAIL", "major")]
    assert agreement(reference, reference) == 1.0
    assert agreement([answer("PASS", "none", "other words"), answer("FAIL", "minor")], reference) == 0.75
    assert agreement(['{"status": "PA', answer("FAIL", "major")], reference) == 0.5
    assert agreement([], []) == 1.0


@pytest.fixture
def search(tiny_model: Callable[[str], tuple[Any, Path]]) -> Search:
    _, folder = tiny_model("qwen2")
    spec = EngineSpec(folder, "tiny", "f" * 64, "fp16", "CPU", 4)
    alone, together = workload("You judge.", SCHEMA, 4, quick=True)
    clock = Clock()
    return Search(spec, "CPU", clock.monotonic() + 600, clock, alone, together)


def test_the_reference_is_measured_first_and_the_best_is_one_of_those_tried(search: Search) -> None:
    found = []
    for each in search.run(quick=True):
        found.append(each)
        if len(found) == 4:
            break
    first = found[0]
    assert isinstance(first, Measured)
    assert (first.setting.properties, first.agreement) == (REFERENCE, 1.0)
    assert search.best in search.tried
    assert all(each.rss_mb > 20 and each.tokens_per_s > 0 for each in found if isinstance(each, Measured))
    assert len({each.setting.model_dump_json() for each in found}) == 4


def test_what_the_device_refuses_is_tried_and_told(search: Search) -> None:
    found = search.attempt(Setting(device="CPU", properties={"NO_SUCH_PROPERTY": "1"}, max_in_flight=4))
    assert isinstance(found, Failed)
    assert "tiny" in found.error
    assert search.best is None


def test_time_that_is_up_ends_the_search(search: Search) -> None:
    search.until = 0.0
    assert len(list(search.run(quick=True))) == 2


def test_requests_are_all_different(search: Search) -> None:
    users = [request.user for request in (*search.alone, *search.together)]
    assert len(users) == len(set(users))

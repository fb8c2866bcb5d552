"""Which device answers, from what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.precision.placement import SHORT, Lane, Place, place
from edge_app.precision.question import Question

SHORT_ONE = Question(tokens=60, findings=1, text_chars=80, is_mixed=False, is_safety=False)
GPU = Lane("GPU", 240.0, 16)
CPU = Lane("CPU", 30.0, 4)
NPU = Lane("NPU", 60.0, 1, most_tokens=512)


def test_a_free_gpu_takes_all() -> None:
    assert place(SHORT_ONE, [GPU, CPU]) == Place("GPU", "answer expected in 4.0 s, 0 before it")


def test_a_full_gpu_leaves_short_ones_to_the_cpu() -> None:
    busy = replace(GPU, open=40)
    assert place(SHORT_ONE, [busy, CPU]) == Place("CPU", "answer expected in 8.0 s, 0 before it")
    assert place(SHORT_ONE, [busy, replace(CPU, open=4)]).device == "GPU"


@pytest.mark.parametrize(
    "change", [{"tokens": SHORT + 1}, {"is_safety": True}, {"is_mixed": True}, {"findings": 9}, {"text_chars": 900}]
)
def test_what_is_long_or_hard_stays_on_the_gpu(change: dict[str, Any]) -> None:
    assert place(replace(SHORT_ONE, **change), [replace(GPU, open=400), CPU]).device == "GPU"


def test_between_two_that_end_alike_the_joules_decide_where_both_were_measured() -> None:
    gpu, cpu = replace(GPU, joules_per_report=3.0), replace(CPU, reports_per_min=56.0, joules_per_report=9.0)
    assert place(SHORT_ONE, [gpu, cpu]) == Place("GPU", "3.0 J a report, about as soon as GPU")
    assert place(SHORT_ONE, [gpu, replace(cpu, joules_per_report=1.5)]).device == "CPU"
    assert place(SHORT_ONE, [gpu, replace(cpu, joules_per_report=None)]).device == "GPU"


def test_an_npu_takes_only_what_it_is_allowed_and_what_its_shapes_hold() -> None:
    busy = replace(GPU, open=400)
    assert place(SHORT_ONE, [busy, NPU]).device == "GPU"
    assert place(SHORT_ONE, [busy, NPU], allow_npu=True).device == "NPU"
    assert place(SHORT_ONE, [busy, replace(NPU, most_tokens=32)], allow_npu=True).device == "GPU"
    assert place(SHORT_ONE, [busy, replace(NPU, most_tokens=None)], allow_npu=True).device == "GPU"


def test_what_was_not_measured_is_not_compared() -> None:
    assert place(SHORT_ONE, [replace(GPU, open=400), replace(CPU, reports_per_min=None)]) == Place(
        "GPU", "not measured"
    )


lanes = st.builds(
    Lane,
    st.sampled_from(["CPU", "GPU.1", "NPU"]),
    st.none() | st.floats(1, 1e4),
    st.integers(1, 64),
    st.integers(0, 500),
    st.none() | st.floats(0.01, 100),
    st.none() | st.integers(1, 4096),
)


@given(others=st.lists(lanes, max_size=4), tokens=st.integers(0, 2000), allow=st.booleans())
def test_it_always_takes_one_that_is_there_and_no_npu_unasked(others: list[Lane], tokens: int, *, allow: bool) -> None:
    chosen = place(replace(SHORT_ONE, tokens=tokens), [GPU, *others], allow_npu=allow)
    assert chosen.device in {each.device for each in (GPU, *others)}
    assert chosen.reason
    if not allow:
        assert chosen.device != "NPU"
    if tokens > SHORT:
        assert chosen.device == "GPU"

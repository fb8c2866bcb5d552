"""What a model must answer after every load, and no more than that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import openvino_genai as genai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.golden import GoldenPrompt
from edge_app.errors import ModelError
from edge_app.models.export import export_model
from edge_app.models.fidelity import EXACT
from edge_app.models.golden import (
    NAME,
    PROMPTS,
    SAFETY,
    Golden,
    make_golden,
    mismatches,
    read_golden,
    sure_tokens,
    write_golden,
)
from tests.models.tiny import byte_tokenizer, counting_model


@given(st.lists(st.floats(0, 20), max_size=12), st.floats(0, 3))
def test_only_leading_tokens_that_lead_by_far_are_sure(leads: list[float], noise: float) -> None:
    sure = sure_tokens(leads, noise)
    assert all(lead > SAFETY * noise for lead in leads[:sure])
    assert sure == len(leads) or leads[sure] <= SAFETY * noise


def answers_of_pipeline(folder: Path, golden: Golden, properties: dict[str, str]) -> list[list[int]]:
    """As the engine asks: paged attention, all at once, the machine's own arithmetic."""
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = 1
    pipeline = genai.ContinuousBatchingPipeline(str(folder), scheduler, "CPU", properties)
    handles = []
    for number, each in enumerate(golden.prompts):
        config = genai.GenerationConfig(max_new_tokens=len(each.tokens), do_sample=False, ignore_eos=True)
        handles.append(pipeline.add_request(number, ov.Tensor(np.array([each.input])), config))
    while pipeline.has_non_finished_requests():
        pipeline.step()
    return [list(handle.read_all()[0].generated_ids) for handle in handles]


@pytest.fixture(params=["qwen2", "deepseek_v2"])
def counting(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    export_model(counting_model(request.param), byte_tokenizer(tmp_path), folder)
    return folder


def test_sure_tokens_come_out_of_the_pipeline_however_it_computes(counting: Path) -> None:
    golden = make_golden(counting)
    assert [each.prompt for each in golden.prompts] == list(PROMPTS)
    assert sum(each.sure for each in golden.prompts) >= len(PROMPTS)
    for properties in ({}, {"INFERENCE_PRECISION_HINT": "f32"}, {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}, EXACT):
        assert mismatches(golden, answers_of_pipeline(counting, golden, properties)) == []


def test_a_wrong_token_is_named_and_an_unsure_one_is_not() -> None:
    golden = Golden(prompts=(GoldenPrompt(prompt="Bore", input=(1, 2), tokens=(3, 4, 5), sure=2),))
    assert mismatches(golden, [(3, 4, 9)]) == []
    assert mismatches(golden, [(3, 9, 5)]) == ["golden prompt 'Bore', token 2: 9 instead of 4"]
    assert mismatches(golden, [(3,)]) == ["golden prompt 'Bore', token 2: None instead of 4"]


def test_the_file_comes_back_and_a_torn_one_is_named(tmp_path: Path) -> None:
    assert read_golden(tmp_path) is None
    golden = Golden(prompts=(GoldenPrompt(prompt="孔", input=(1,), tokens=(2,), sure=0),))
    write_golden(tmp_path, golden)
    assert read_golden(tmp_path) == golden
    (tmp_path / NAME).write_text('{"version": 2}')
    with pytest.raises(ModelError, match=r"golden\.json"):
        read_golden(tmp_path)

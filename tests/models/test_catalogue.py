"""The catalogue's figures against the architectures themselves, and against files that were measured."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError
from edge_app.models.catalogue import CATALOGUE, Entry, entry_named, known, load
from edge_app.models.sources import HubRepository, PackagedFile

ASKED_FOR = {
    "deepseek-r1-distill-qwen-1.5b",
    "deepseek-r1-distill-qwen-7b",
    "deepseek-r1-distill-qwen-14b",
    "deepseek-r1-distill-llama-8b",
    "deepseek-llm-7b-chat",
    "deepseek-coder-1.3b-instruct",
    "deepseek-v2-lite-chat",
    "smollm2-135m",
}


def config_of(entry: Entry) -> Any:
    transformers = pytest.importorskip("transformers")
    shape = entry.shape
    common = {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "tie_word_embeddings": shape.tied,
    }
    if entry.family != "deepseek_v2":
        kind = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config}[entry.family]
        return kind(**common, head_dim=shape.head_dim) if entry.family == "llama" else kind(**common)
    assert shape.experts
    assert shape.rope_head_dim
    return transformers.DeepseekV2Config(
        **common,
        q_lora_rank=None,
        kv_lora_rank=shape.kv_lora_rank,
        qk_rope_head_dim=shape.rope_head_dim,
        qk_nope_head_dim=shape.head_dim - shape.rope_head_dim,
        v_head_dim=shape.value_head_dim,
        n_routed_experts=shape.experts.routed,
        num_experts_per_tok=shape.experts.active,
        n_shared_experts=shape.experts.shared,
        moe_intermediate_size=shape.experts.intermediate,
        first_k_dense_replace=shape.experts.dense_layers,
    )


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_parameters_are_those_of_the_architecture(name: str) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    entry = CATALOGUE[name]
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config_of(entry))
    assert sum(each.numel() for each in model.parameters()) == entry.shape.parameters


def test_every_model_that_is_promised_is_there() -> None:
    assert CATALOGUE.keys() >= ASKED_FOR


def test_sizes_are_those_of_the_files_of_the_stand_in() -> None:
    """1.5B shape, INT8 asymmetric, INT4 symmetric in groups of 128: 3.55, 1.78 and 1.14 GB were measured."""
    shape = CATALOGUE["qwen2.5-coder-1.5b-instruct"].shape
    sizes = [round(shape.weight_bytes(each) / 1e9, 2) for each in Precision]
    assert sizes == [3.55, 1.78, 1.14]
    assert shape.kv_bytes_per_token() == 28 * 2 * 2 * 128 * 2


def test_an_expert_model_reads_what_a_token_needs() -> None:
    """16 B in all; published as 2.4 B a token without the embeddings, which are 0.2 B each."""
    shape = CATALOGUE["deepseek-v2-lite-chat"].shape
    assert shape.active_parameters == 2_661_150_208
    assert shape.weight_bytes(Precision.FP16, active=True) == 2 * shape.active_parameters
    assert shape.kv_bytes_per_token() == 27 * 16 * (192 + 128) * 2


def test_names_titles_and_owners_are_accepted() -> None:
    entry = CATALOGUE["deepseek-r1-distill-qwen-1.5b"]
    assert entry_named("DeepSeek-R1-Distill-Qwen-1.5B") is entry
    assert known("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B") is entry
    assert known("gpt") is None
    with pytest.raises(UsageError, match="no model 'gpt'") as refused:
        entry_named("gpt")
    assert "smollm2-135m" in refused.value.hint


def test_ready_precisions_and_what_is_converted() -> None:
    entry = CATALOGUE["deepseek-r1-distill-qwen-7b"]
    assert [getattr(entry.ready(each), "precision", None) for each in Precision] == list(Precision)
    assert isinstance(entry.convertible, HubRepository)
    assert entry.convertible.format == "safetensors"
    assert isinstance(CATALOGUE["smollm2-135m"].convertible, PackagedFile)
    assert CATALOGUE["smollm2-135m"].ready(Precision.INT8) is None
    ready_only = entry.model_copy(update={"sources": entry.sources[:1]})
    with pytest.raises(UsageError, match="no source to convert"):
        _ = ready_only.convertible


@pytest.mark.parametrize("change", [{"name": "Upper"}, {"sources": []}, {"colour": "red"}, {"family": "gpt2"}])
def test_a_wrong_entry_is_refused(change: dict[str, Any]) -> None:
    whole = CATALOGUE["smollm2-135m"].model_dump(mode="json")
    assert load([whole])
    with pytest.raises(ValidationError):
        load([{**whole, **change}])

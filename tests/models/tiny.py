"""Tiny models in the shape of each family, and a tokenizer for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def byte_tokenizer(folder: Path) -> Any:
    """Every byte is a token; the tags of the chat template are tokens too."""
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")

    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab={letter: at for at, letter in enumerate(alphabet)}, merges=[])
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    backend.add_special_tokens(SPECIAL)
    backend.save(str(folder / "tokenizer.json"))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        eos_token="<|end|>",
        pad_token="<|end|>",
        chat_template=TEMPLATE,
    )


_COMMON: dict[str, Any] = {
    "vocab_size": 260,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "max_position_embeddings": 8192,
    "eos_token_id": 256,
    "pad_token_id": 256,
    "bos_token_id": None,
    "initializer_range": 0.2,
}
_LATENT: dict[str, Any] = _COMMON | {
    "num_hidden_layers": 3,
    "num_key_value_heads": 4,
    "kv_lora_rank": 32,
    "qk_rope_head_dim": 16,
    "qk_nope_head_dim": 32,
    "v_head_dim": 24,
    "first_k_dense_replace": 1,
    "n_routed_experts": 8,
    "num_experts_per_tok": 3,
    "n_shared_experts": 2,
    "moe_intermediate_size": 48,
}
_YARN = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 2.0,
    "beta_fast": 32,
    "beta_slow": 1,
    "mscale": 0.707,
    "mscale_all_dim": 0.707,
    "original_max_position_embeddings": 4096,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": _COMMON | {"num_hidden_layers": 2, "num_key_value_heads": 2},
    "qwen2": _COMMON | {"num_hidden_layers": 2, "num_key_value_heads": 2},
    # Options as in DeepSeek-V2-Lite-Chat and DeepSeek-V3, sizes cut down; key and value widths differ as there.
    "deepseek_v2": _LATENT | {"q_lora_rank": None, "topk_method": "greedy", "n_group": 1, "rope_scaling": _YARN},
    "deepseek_v3": _LATENT
    | {"q_lora_rank": 24, "n_group": 4, "topk_group": 2, "routed_scaling_factor": 2.5, "rope_scaling": _YARN},
}


def random_model(family: str) -> Any:
    """A few layers with random weights that FP16 holds exactly, in the shape of ``family``."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(7)
    config = transformers.AutoConfig.for_model(family, **FAMILIES[family])
    return transformers.AutoModelForCausalLM.from_config(config).half().float().eval()


def counting_model(family: str) -> Any:
    """A model that is sure of itself: after a token comes the one with the next number."""
    torch = pytest.importorskip("torch")
    model = random_model(family)
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(0, 40)  # far above what the layers add
        model.lm_head.weight.copy_(model.model.embed_tokens.weight.roll(1, 0) / 400)
    return model.half().float()

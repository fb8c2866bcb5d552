"""A model is loaded only where it fits: exact borders, and what would fit instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.config import read_shape, shape_of
from edge_app.models.fit import MARGIN, Need, Room, decide

GB = 10**9
QWEN = {
    "num_hidden_layers": 28,
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "max_position_embeddings": 131072,
}
V2_LITE = QWEN | {
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}


def need(weights: int, name: str = "m", precision: Precision = Precision.FP16, largest: int = 1) -> Need:
    return Need(name, precision, weights, GB, largest)


def test_the_border_is_the_share_of_what_is_available() -> None:
    room = Room(total=64 * GB, available=10 * GB, share=0.6)
    most = 6 * GB - GB - MARGIN
    assert decide(need(most), room).fits
    refused = decide(need(most + 1), room)
    assert not refused.fits
    assert "60% of 10.00 GB available memory is allowed" in refused.reason


def test_xe_holds_half_of_the_memory() -> None:
    room = Room(total=16 * GB, available=16 * GB, share=1.0, driver="xe")
    assert decide(need(7 * GB), room).fits
    refused = decide(need(7 * GB + 1), room)
    assert not refused.fits
    assert "the xe driver swaps GPU buffers beyond half of 16.00 GB" in refused.reason
    assert decide(need(7 * GB + 1), Room(16 * GB, 16 * GB, 1.0, "i915")).fits


def test_a_weight_must_fit_one_allocation() -> None:
    room = Room(64 * GB, 64 * GB, 0.6, "i915", max_allocation=4_294_959_104)
    assert decide(need(5 * GB, largest=4_294_959_104), room).fits
    refused = decide(need(5 * GB, largest=4_294_959_105), room)
    assert refused.reason == "its largest weight is 4.29 GB, the device allocates at most 4.29 GB"


def test_what_would_fit_is_the_same_model_first_then_the_largest() -> None:
    room = Room(16 * GB, 10 * GB, 0.6)
    big = need(14 * GB)
    same = [need(7 * GB, precision=Precision.INT8), need(4 * GB, precision=Precision.INT4)]
    smaller = [need(3 * GB, "s", Precision.FP16), need(2 * GB, "s", Precision.INT8)]
    assert decide(big, room, [*smaller, *same]).instead.startswith("m in int4 would fit")
    assert decide(big, room, smaller).instead.startswith("s in fp16 would fit")
    assert decide(big, room, [need(9 * GB, "s")]).instead == "no known model fits"


@given(
    weights=st.integers(1, 100 * GB),
    available=st.integers(0, 100 * GB),
    share=st.floats(0.05, 1.0),
    driver=st.sampled_from(["", "i915", "xe"]),
)
def test_never_more_than_allowed_and_the_alternative_fits(
    weights: int, available: int, share: float, driver: str
) -> None:
    room = Room(100 * GB, available, share, driver)
    asked = need(weights)
    fit = decide(asked, room, [need(weights // 2, precision=Precision.INT8)])
    if fit.fits:
        assert asked.total <= available * share
    elif fit.instead != "no known model fits":
        assert decide(need(weights // 2), room).fits
    assert fit.reason


def test_shapes_of_the_families() -> None:
    grouped, latent = shape_of(QWEN, 1), shape_of(V2_LITE, 1)
    assert grouped.kv_bytes_per_token() == 28 * 2 * 2 * 128 * 2
    assert latent.kv_bytes_per_token() == 27 * 16 * (192 + 128) * 2


def test_a_configuration_that_lacks_something_is_named(tmp_path: Path) -> None:
    lacking: dict[str, Any] = {name: value for name, value in QWEN.items() if name != "vocab_size"}
    (tmp_path / "config.json").write_text(json.dumps(lacking))
    with pytest.raises(ModelError, match="no vocab_size"):
        read_shape(tmp_path, 1)
    with pytest.raises(ModelError, match="No such file"):
        read_shape(tmp_path / "nowhere", 1)

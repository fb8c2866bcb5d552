"""Shapes from the headers of published weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.errors import ModelError
from edge_app.models.headers import shape_at

pytest.importorskip("safetensors")


def test_safetensors_are_counted(tiny_source: Callable[[str], tuple[Any, Path]]) -> None:
    model, folder = tiny_source("llama")
    shape = shape_at(folder)
    assert shape.parameters == sum(each.numel() for each in model.parameters())
    assert (shape.layers, shape.hidden, shape.vocabulary) == (2, 64, 260)


def test_a_gguf_holds_its_shape_inside(tiny_gguf: bytes, tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf)
    shape = shape_at(tmp_path)
    assert shape.parameters == 2 * 259 * 32 + 2 * 32 * 32 + 2 * 16 * 32 + 3 * 64 * 32 + 3 * 32
    assert (shape.layers, shape.heads, shape.kv_heads, shape.head_dim) == (1, 4, 2, 8)
    assert (shape.vocabulary, shape.context, shape.tied) == (259, 512, False)


@given(at=st.integers(0, 3000), byte=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_header_is_an_error_or_another_shape(tiny_gguf: bytes, tmp_path: Path, at: int, byte: int) -> None:
    (tmp_path / "tiny.gguf").write_bytes(tiny_gguf[:at] + bytes([byte]) + tiny_gguf[at + 1 :])
    try:
        assert shape_at(tmp_path)
    except ModelError as refused:
        assert refused.hint  # noqa: PT017  either outcome is right


def test_what_cannot_be_read_is_named(
    tiny_gguf: bytes, tiny_source: Callable[[str], tuple[Any, Path]], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="gguf"):
        shape_at(tmp_path)
    for length in (0, 3, 7, 20, 100, 2000):
        (tmp_path / "torn.gguf").write_bytes(tiny_gguf[:length])
        with pytest.raises(ModelError, match=r"torn\.gguf"):
            shape_at(tmp_path)
    _, folder = tiny_source("llama")
    shutil.copytree(folder, tmp_path / "torn")
    weights = tmp_path / "torn/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        shape_at(tmp_path / "torn")

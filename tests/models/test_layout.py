"""Which files make a model, whatever else lies beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.errors import EdgeAppError, ModelError, UsageError
from edge_app.models.compress import compress
from edge_app.models.layout import IR, Choice, check_content, choose, ir_precision
from edge_app.models.order import plain
from tests.models.hub_server import safetensors

IR_FILES = [f"openvino_{part}.{suffix}" for part in ("model", "tokenizer", "detokenizer") for suffix in ("xml", "bin")]
NAMES = st.one_of(
    st.sampled_from(
        [
            *IR_FILES,
            "model.safetensors",
            "model-00001-of-00002.safetensors",
            "pytorch_model.bin",
            "training_args.bin",
            "openvino_x.bin",
            "x.gguf",
            "y.pt",
            "z.pkl",
            "config.json",
            "modeling_x.py",
            "tokenizer.py",
            "../config.json",
            "sub/model.safetensors",
            ".hidden.safetensors",
            "LICENSE",
        ]
    ),
    st.text(max_size=12),
)


@given(st.sets(NAMES))
def test_code_pickles_and_paths_are_never_taken(names: set[str]) -> None:
    try:
        choice = choose(names, "there")
    except EdgeAppError as error:
        assert error.hint  # noqa: PT017  either way is right
        return
    assert set(choice.names) <= names
    assert not set(choice.names) & set(choice.left_out)
    for name in choice.names:
        assert "/" not in name
        assert not name.startswith(".")
        assert Path(name).suffix not in {".py", ".pt", ".pkl", ".pth", ".ckpt"}
        assert not name.endswith(".bin") or name.replace(".bin", ".xml") in names


def test_openvino_comes_first_and_a_format_can_be_wanted() -> None:
    names = [*IR_FILES, "config.json", "model.safetensors", "x.gguf"]
    assert choose(names, "there").names == tuple(sorted([*IR_FILES, "config.json"]))
    assert choose(names, "there", "safetensors").names == ("config.json", "model.safetensors")
    assert choose(names, "there", "gguf").names == ("x.gguf",)
    with pytest.raises(ModelError, match="holds no openvino model"):
        choose(["model.safetensors"], "there", "openvino")


@given(st.integers(0, 500), st.integers(0, 600))
def test_a_truncated_safetensors_file_is_found(tmp_path_factory: pytest.TempPathFactory, size: int, cut: int) -> None:
    whole = safetensors(size)
    folder = tmp_path_factory.mktemp("cut")
    (folder / "config.json").write_text("{}")
    choice = Choice("safetensors", ("config.json", "model.safetensors"), ())
    (folder / "model.safetensors").write_bytes(whole)
    check_content(folder, choice)
    (folder / "model.safetensors").write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(ModelError, match="no complete safetensors"):
        check_content(folder, choice)


@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_the_precision_of_a_real_ir_is_read_from_it(
    tiny_model: Callable[[str], tuple[Any, Path]], tmp_path: Path, family: str
) -> None:
    nncf = pytest.importorskip("nncf")
    ov = pytest.importorskip("openvino")
    _, fp16 = tiny_model(family)
    assert ir_precision((fp16 / IR).read_bytes()) is Precision.FP16
    compress(fp16, tmp_path, Precision.INT8)
    assert ir_precision((tmp_path / IR).read_bytes()) is Precision.INT8
    smaller = nncf.compress_weights(
        ov.Core().read_model(fp16 / IR), mode=nncf.CompressWeightsMode.INT4_SYM, group_size=32
    )
    ov.save_model(smaller, tmp_path / "smaller.xml")
    assert ir_precision((tmp_path / "smaller.xml").read_bytes()) is Precision.INT4


@given(st.text())
def test_a_name_never_leads_elsewhere(name: str) -> None:
    try:
        folder = plain(name)
    except UsageError:
        return
    assert Path(folder).name == folder
    assert not folder.startswith(".")

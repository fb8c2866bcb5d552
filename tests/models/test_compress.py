"""INT8 is smaller and still the same model."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError
from edge_app.models.compress import compress
from edge_app.models.export import IR_NAME


def first_logits(folder: Path) -> Any:
    request = (
        ov.Core().compile_model(folder / IR_NAME, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    )
    ids = np.arange(16)[None]
    inputs = {"input_ids": ids, "attention_mask": ids * 0 + 1, "position_ids": ids, "beam_idx": np.zeros(1, np.int32)}
    return request.infer(inputs)["logits"].copy()


def test_int8_is_half_the_size_and_close(
    tiny_model: Callable[[str], tuple[Any, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_spec("nncf") is None:  # importing it here would switch its telemetry on
        pytest.skip("nncf is not installed")
    _, fp16 = tiny_model("llama")
    compress(fp16, tmp_path, Precision.INT8)
    weights = Path(IR_NAME).with_suffix(".bin")
    assert (tmp_path / weights).stat().st_size < 0.7 * (fp16 / weights).stat().st_size
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in fp16.iterdir()}
    assert np.corrcoef(first_logits(fp16).ravel(), first_logits(tmp_path).ravel())[0, 1] > 0.99
    assert capsys.readouterr().out == ""


def test_precision_that_is_not_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="int4"):
        compress(tmp_path, tmp_path, Precision.INT4)

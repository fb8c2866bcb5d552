"""Fewer bits a weight, from the FP16 IR and without torch."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from edge_app.errors import UsageError, not_installed
from edge_app.models.export import IR_NAME
from edge_app.models.recipes import Recipe
from edge_app.models.telemetry import without_telemetry

_OTHER_WEIGHTS = ("manifest.json", "golden.json", IR_NAME, IR_NAME.replace(".xml", ".bin"))
"""Not copied: each precision has its own."""

_ROUTER = r".*\.mlp\.gate/.*"
"""Of a mixture of experts: small, and a weight that is off sends a token to other experts."""
_EMBEDDING = r".*\.embed_tokens\b.*"
"""In a small model a large part of what it knows."""


def compress(source: Path, folder: Path, recipe: Recipe, calibration: Sequence[Sequence[int]] = ()) -> None:
    """Write the model in ``source`` (FP16) to ``folder`` as ``recipe`` says.

    ``calibration`` are token ids of texts like those the model will read; the recipe takes as many as it
    wants, spread over all. Peak memory: with calibration the FP16 model in f32, twice its file, and the
    statistics; without, about the file. Raises UsageError without the ``prepare`` extra or without texts
    where the recipe needs some.
    """
    if recipe.samples and not calibration:
        raise UsageError("this recipe needs calibration texts", "give a folder of reports: --calibration DIR")
    if recipe.gptq and _has_experts(source):
        raise UsageError("GPTQ does not compress a mixture of experts", "take another --recipe: int4-asym32")
    with without_telemetry(), redirect_stdout(io.StringIO()):  # nncf draws a bar of its own
        _compress_ir(source / IR_NAME, folder / IR_NAME, recipe, calibration)
    for path in source.iterdir():
        if path.name not in _OTHER_WEIGHTS:
            shutil.copy2(path, folder)


def _has_experts(source: Path) -> bool:
    """Their matrices stand in one tensor of three dimensions, which NNCF's GPTQ cannot take."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    return bool(config.get("n_routed_experts"))


def _compress_ir(source: Path, target: Path, recipe: Recipe, calibration: Sequence[Sequence[int]]) -> None:
    try:
        import nncf  # noqa: PLC0415  an optional extra, heavy
    except ImportError as error:
        raise not_installed(error.name, "prepare") from error
    import openvino as ov  # noqa: PLC0415

    nncf.set_log_level(logging.ERROR)
    model = ov.Core().read_model(source)
    kept = [_ROUTER, _EMBEDDING] if _embedding_share(model) > recipe.wide_embedding else [_ROUTER]
    ignored = nncf.IgnoredScope(patterns=kept, validate=False)
    ir = nncf.compress_weights(model, ignored_scope=ignored, **_options(nncf, recipe, calibration))
    ov.save_model(ir, target, compress_to_fp16=True)


def _embedding_share(model: Any) -> float:
    """Bytes of the largest embedding over those of all weights, 0 to 1."""
    weights = {each.get_friendly_name(): each.get_byte_size() for each in model.get_ops() if _is_constant(each)}
    embedding = max((size for name, size in weights.items() if re.fullmatch(_EMBEDDING, name)), default=0)
    return float(embedding / sum(weights.values()))


def _is_constant(node: Any) -> bool:
    return bool(node.get_type_name() == "Constant")


def _options(nncf: Any, recipe: Recipe, calibration: Sequence[Sequence[int]]) -> dict[str, Any]:
    options: dict[str, Any] = {"mode": nncf.CompressWeightsMode[recipe.mode]}
    if recipe.mode.startswith("INT4"):
        smaller = nncf.GroupSizeFallbackMode.ADJUST  # where the group does not divide a layer's width
        options |= {
            "group_size": recipe.group,
            "ratio": recipe.ratio,
            "backup_mode": nncf.BackupMode.INT8_ASYM,
            "advanced_parameters": nncf.AdvancedCompressionParameters(group_size_fallback_mode=smaller),
        }
    if recipe.samples:
        texts = spread(calibration, recipe.samples)
        options |= {
            "dataset": nncf.Dataset([_inputs(ids[: recipe.tokens]) for ids in texts]),
            "subset_size": len(texts),
            "awq": recipe.awq,
            "scale_estimation": recipe.scale_estimation,
            "gptq": recipe.gptq,
        }
    return options


def spread(texts: Sequence[Sequence[int]], count: int) -> list[Sequence[int]]:
    """At most ``count`` of them, evenly from first to last: texts of one kind stand together."""
    step = max(len(texts) / count, 1.0)
    return [texts[int(at * step)] for at in range(min(count, len(texts)))]


def _inputs(ids: Sequence[int]) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415

    row = np.array([ids], np.int64)
    return {
        "input_ids": row,
        "attention_mask": np.ones_like(row),
        "position_ids": np.arange(row.shape[1])[None],
        "beam_idx": np.zeros(1, np.int32),
    }

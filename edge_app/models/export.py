"""From torch to OpenVINO: a stateful FP16 IR with its tokenizer, in the form that OpenVINO GenAI reads.

optimum-intel does this too, but pins an older transformers and pulls in CUDA. Plain decoders with full
attention are exported, with grouped or latent attention, with or without experts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from edge_app.models.families import family_of
from edge_app.models.original import Original
from edge_app.models.progress import Progress
from edge_app.models.telemetry import without_telemetry

IR_NAME: Final = "openvino_model.xml"


def export(original: Original, folder: Path, progress: Progress) -> None:
    """Write the IR of a model to ``folder``.

    Peak memory: the weights in FP16 once, and half as much again. Raises UsageError without the
    ``prepare`` extra, ModelError else.
    """
    progress("reading the source", 0.0)
    model, tokenizer = original.load("float16")
    progress("converting", 0.6)
    export_model(model, tokenizer, folder)


def export_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model (FP16 weights), tokenizer, detokenizer, chat template and configuration to ``folder``.

    ``model`` cannot be used afterwards.
    """
    shape = family_of(model.config).shape(model.config)
    with without_telemetry():
        import openvino as ov  # noqa: PLC0415  heavy, needed here only

        from edge_app.models.ports import make_stateful  # noqa: PLC0415
        from edge_app.models.tracing import traced  # noqa: PLC0415

        write_tokenizer(tokenizer, folder)
        ir = traced(model)
        make_stateful(ir, shape)
        ov.save_model(ir, folder / IR_NAME, compress_to_fp16=True)
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)


def write_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Tokenizer, detokenizer and chat template, and the files they were made from."""
    import openvino as ov  # noqa: PLC0415
    from openvino_tokenizers import convert_tokenizer  # noqa: PLC0415

    encoder, decoder = convert_tokenizer(tokenizer, with_detokenizer=True)
    ov.save_model(encoder, folder / "openvino_tokenizer.xml")
    ov.save_model(decoder, folder / "openvino_detokenizer.xml")
    tokenizer.save_pretrained(folder)

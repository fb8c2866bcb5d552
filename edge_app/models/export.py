"""From torch to OpenVINO: a stateful FP16 IR with its tokenizer, in the form that OpenVINO GenAI reads.

optimum-intel does this too, but pins an older transformers and pulls in CUDA. Only plain decoders
with full attention (Llama, Qwen2) are exported. torch and transformers are imported inside the
functions: the line PC runs without them.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

from edge_app.errors import ModelError, UsageError
from edge_app.models.progress import Progress
from edge_app.models.telemetry import without_telemetry

FAMILIES: Final = ("llama", "qwen2")
IR_NAME: Final = "openvino_model.xml"


def export_gguf(source: Path, folder: Path, progress: Progress) -> None:
    """Write the IR of a GGUF file to ``folder``. Raises UsageError without the ``prepare`` extra, ModelError else."""
    transformers = _transformers()
    progress("reading the source", 0.0)
    place = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(**place, dtype="float32")
        tokenizer = transformers.AutoTokenizer.from_pretrained(**place)
    except (OSError, ValueError, NotImplementedError) as error:
        raise ModelError(f"{source.name}: {error}", "pull the model again") from error
    progress("converting", 0.3)
    export_model(model, tokenizer, folder)


def export_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model (FP16 weights), tokenizer, detokenizer, chat template and configuration to ``folder``."""
    if model.config.model_type not in FAMILIES:
        raise ModelError(f"architecture {model.config.model_type!r} is not exported", f"known: {', '.join(FAMILIES)}")
    with without_telemetry():
        import openvino as ov  # noqa: PLC0415  heavy, needed here only

        _write_tokenizer(tokenizer, folder)
        ov.save_model(_stateful_ir(model), folder / IR_NAME, compress_to_fp16=True)
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)


def _transformers() -> Any:
    try:
        import torch  # noqa: F401, PLC0415  an optional extra; transformers alone loads without it and fails later
        import transformers  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", "pip install 'edge-app[prepare]'") from error
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _write_tokenizer(tokenizer: Any, folder: Path) -> None:
    import openvino as ov  # noqa: PLC0415
    from openvino_tokenizers import convert_tokenizer  # noqa: PLC0415

    encoder, decoder = convert_tokenizer(tokenizer, with_detokenizer=True)
    ov.save_model(encoder, folder / "openvino_tokenizer.xml")
    ov.save_model(decoder, folder / "openvino_detokenizer.xml")
    tokenizer.save_pretrained(folder)


def _stateful_ir(model: Any) -> Any:
    """Trace with the cache as plain inputs and outputs, then turn each pair into a state."""
    import openvino as ov  # noqa: PLC0415
    import torch  # noqa: PLC0415

    config = model.config
    layers = config.num_hidden_layers
    heads = config.num_key_value_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    batch, past, new = 2, 3, 4
    cache = [torch.zeros(batch, heads, past, width) for _ in range(2 * layers)]
    example = (
        torch.ones(batch, new, dtype=torch.long),
        torch.ones(batch, past + new, dtype=torch.long),
        torch.arange(past, past + new).expand(batch, new),
        *cache,
    )
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of every constant; the tests compare with torch
        ir = ov.convert_model(_wrapped(model), example_input=example)
    _name_ports(ir, layers, heads, width)
    _gather_by_beam(ir, layers)
    _make_stateful(ir, layers, heads, width)
    return ir


def _wrapped(model: Any) -> Any:
    """The model with its cache as plain tensors: an empty ``DynamicCache`` does not survive tracing."""
    import torch  # noqa: PLC0415
    from transformers.cache_utils import DynamicCache, DynamicLayer  # noqa: PLC0415

    class Wrapped(torch.nn.Module):  # type: ignore[misc]  # torch publishes no types here
        def __init__(self) -> None:
            super().__init__()
            self.model = model.eval()

        def forward(self, input_ids: Any, attention_mask: Any, position_ids: Any, *past: Any) -> Any:
            cache = DynamicCache()
            cache.layers = [_layer(DynamicLayer(), *pair) for pair in zip(past[::2], past[1::2], strict=True)]
            out = self.model(
                input_ids=input_ids,
                attention_mask=_causal_mask(torch, attention_mask, input_ids.shape[1]),
                position_ids=position_ids,
                past_key_values=cache,
                use_cache=True,
            )
            present = [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]
            return (out.logits, *present)

    return Wrapped()


def _layer(layer: Any, keys: Any, values: Any) -> Any:
    layer.keys, layer.values = keys, values
    layer.dtype, layer.device = keys.dtype, keys.device
    layer.is_initialized = True
    return layer


def _causal_mask(torch: Any, attention_mask: Any, new: Any) -> Any:
    """Additive 4-D mask from the 2-D one: a token sees the past and itself, and no padding."""
    total = attention_mask.shape[1]
    rows = torch.arange(new).unsqueeze(1) + (total - new)
    visible = (torch.arange(total).unsqueeze(0) <= rows)[None, None] & attention_mask[:, None, None, :].bool()
    lowest = torch.finfo(torch.float32).min
    return torch.where(visible, torch.tensor(0.0), torch.tensor(lowest))


def _name_ports(ir: Any, layers: int, heads: int, width: int) -> None:
    import openvino as ov  # noqa: PLC0415

    names = [f"{layer}.{kind}" for layer in range(layers) for kind in ("key", "value")]
    inputs = ["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{name}" for name in names)]
    for port, name in zip(ir.inputs, inputs, strict=True):
        port.get_tensor().set_names({name})
        cached = name.startswith("past")
        shape = ov.PartialShape([-1, heads, -1, width] if cached else [-1, -1])
        port.get_node().set_partial_shape(shape)
    for port, name in zip(ir.outputs, ["logits", *(f"present.{name}" for name in names)], strict=True):
        port.get_tensor().set_names({name})
    ir.validate_nodes_and_infer_types()


def _gather_by_beam(ir: Any, layers: int) -> None:
    """Reorder the cache by ``beam_idx``, an input that GenAI expects."""
    import numpy as np  # noqa: PLC0415
    from openvino import opset13 as ops  # noqa: PLC0415

    beam = ops.parameter([-1], dtype=np.int32, name="beam_idx")
    beam.output(0).get_tensor().set_names({"beam_idx"})
    ir.add_parameters([beam])
    for layer in range(layers):
        for kind in ("key", "value"):
            port = ir.input(f"past_key_values.{layer}.{kind}")
            readers = port.get_target_inputs()
            gathered = ops.gather(port, beam, ops.constant(0, dtype=np.int64))
            for reader in readers:
                reader.replace_source_output(gathered.output(0))
    ir.validate_nodes_and_infer_types()


def _make_stateful(ir: Any, layers: int, heads: int, width: int) -> None:
    """States instead of cache ports, each starting empty: both attention kinds refuse a state without a start."""
    import numpy as np  # noqa: PLC0415
    from openvino import opset13 as ops  # noqa: PLC0415
    from openvino._offline_transformations import apply_make_stateful_transformation  # noqa: PLC0415

    names = [f"{layer}.{kind}" for layer in range(layers) for kind in ("key", "value")]
    apply_make_stateful_transformation(ir, {f"past_key_values.{name}": f"present.{name}" for name in names})
    shape_of_ids = ops.shape_of(ir.input("input_ids"))
    zero = ops.constant(0, dtype=np.int64)
    batch = ops.gather(shape_of_ids, ops.constant([0], dtype=np.int64), zero)
    rest = ops.constant(np.array([heads, 0, width], dtype=np.int64))
    start = ops.broadcast(ops.constant(np.float32(0)), ops.concat([batch, rest], axis=0))
    for node in ir.get_ops():
        if node.get_type_name() == "ReadValue":
            node.set_arguments([start.output(0)])
    ir.validate_nodes_and_infer_types()

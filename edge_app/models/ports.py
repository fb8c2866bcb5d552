"""Inputs, outputs and states of the IR under the names and in the form that OpenVINO GenAI expects."""

from __future__ import annotations

from typing import Any

from edge_app.models.families import CacheShape


def make_stateful(ir: Any, shape: CacheShape) -> None:
    """Name the ports, let beams reorder the cache, and turn each pair of cache ports into a state."""
    _name(ir, shape)
    _gather_by_beam(ir, shape)
    _states(ir, shape)


def _cached(shape: CacheShape) -> list[tuple[str, int]]:
    return [(f"{layer}.{kind}", shape.width(kind)) for layer in range(shape.layers) for kind in ("key", "value")]


def _name(ir: Any, shape: CacheShape) -> None:
    import openvino as ov  # noqa: PLC0415  heavy, needed here only

    plain = [(name, ov.PartialShape([-1, -1])) for name in ("input_ids", "attention_mask", "position_ids")]
    past = [
        (f"past_key_values.{name}", ov.PartialShape([-1, shape.heads, -1, width])) for name, width in _cached(shape)
    ]
    for port, (name, form) in zip(ir.inputs, [*plain, *past], strict=True):
        port.get_tensor().set_names({name})
        port.get_node().set_partial_shape(form)
    outputs = ["logits", *(f"present.{name}" for name, _ in _cached(shape))]
    for port, name in zip(ir.outputs, outputs, strict=True):
        port.get_tensor().set_names({name})
    ir.validate_nodes_and_infer_types()


def _gather_by_beam(ir: Any, shape: CacheShape) -> None:
    """Reorder the cache by ``beam_idx``, an input that GenAI expects."""
    import numpy as np  # noqa: PLC0415
    from openvino import opset13 as ops  # noqa: PLC0415

    beam = ops.parameter([-1], dtype=np.int32, name="beam_idx")
    beam.output(0).get_tensor().set_names({"beam_idx"})
    ir.add_parameters([beam])
    for name, _ in _cached(shape):
        port = ir.input(f"past_key_values.{name}")
        readers = port.get_target_inputs()
        gathered = ops.gather(port, beam, ops.constant(0, dtype=np.int64))
        for reader in readers:
            reader.replace_source_output(gathered.output(0))
    ir.validate_nodes_and_infer_types()


def _states(ir: Any, shape: CacheShape) -> None:
    """Each state starts empty: both attention kinds refuse one without a start."""
    import numpy as np  # noqa: PLC0415
    from openvino import opset13 as ops  # noqa: PLC0415
    from openvino._offline_transformations import apply_make_stateful_transformation  # noqa: PLC0415

    pairs = {f"past_key_values.{name}": f"present.{name}" for name, _ in _cached(shape)}
    apply_make_stateful_transformation(ir, pairs)
    zero = ops.constant(0, dtype=np.int64)
    batch = ops.gather(ops.shape_of(ir.input("input_ids")), ops.constant([0], dtype=np.int64), zero)
    starts = {width: _empty(ops, np, batch, shape.heads, width) for width in {shape.key_width, shape.value_width}}
    for node in ir.get_ops():
        if node.get_type_name() == "ReadValue":
            width = node.get_output_partial_shape(0)[3].get_length()
            node.set_arguments([starts[width].output(0)])
    ir.validate_nodes_and_infer_types()


def _empty(ops: Any, np: Any, batch: Any, heads: int, width: int) -> Any:
    rest = ops.constant(np.array([heads, 0, width], dtype=np.int64))
    return ops.broadcast(ops.constant(np.float32(0)), ops.concat([batch, rest], axis=0))

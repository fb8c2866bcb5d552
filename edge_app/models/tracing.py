"""The torch model in a form that survives tracing: plain tensors for the cache, every branch a computation."""

from __future__ import annotations

import warnings
from typing import Any, Final

from edge_app.models.families import CacheShape, family_of

EXPERTS: Final = "edge_app_all"
"""Name under which transformers finds our way to compute experts."""
_BATCH, _PAST, _NEW = 2, 3, 4
"""Of the example: all different from each other and from 1, so that no axis is taken for another."""


def traced(model: Any) -> Any:
    """The OpenVINO model with the cache as inputs and outputs, in the order of ``port_names``.

    Weights of 16 bits stay so and are shared with torch, not copied; the computation is f32. The torch
    model cannot be used afterwards.
    """
    import openvino as ov  # noqa: PLC0415  heavy, needed here only
    import torch  # noqa: PLC0415
    from openvino.frontend.pytorch import patch_model  # noqa: PLC0415

    shape = family_of(model.config).shape(model.config)
    wrapped = _wrapped(model)
    # The tools of OpenVINO's own exporters for 16-bit weights; bare torch would compute in 16 bits.
    patch_model.__make_16bit_traceable(model)  # noqa: SLF001  there is no public way
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer warns of every constant; the tests compare with torch
            return ov.convert_model(wrapped, example_input=_example(torch, shape))
    finally:
        patch_model.unpatch_model(model, "_openvino_module_extension_patch_orig_forward")


def _example(torch: Any, shape: CacheShape) -> tuple[Any, ...]:
    cache = [
        torch.zeros(_BATCH, shape.heads, _PAST, shape.width(kind))
        for _ in range(shape.layers)
        for kind in ("key", "value")
    ]
    return (
        torch.ones(_BATCH, _NEW, dtype=torch.long),
        torch.ones(_BATCH, _PAST + _NEW, dtype=torch.long),
        torch.arange(_PAST, _PAST + _NEW).expand(_BATCH, _NEW),
        *cache,
    )


def _wrapped(model: Any) -> Any:
    """The model with its cache as plain tensors: an empty ``DynamicCache`` does not survive tracing."""
    import torch  # noqa: PLC0415
    from transformers.cache_utils import DynamicCache  # noqa: PLC0415

    latent = family_of(model.config).latent
    _all_experts(torch, model)

    class Wrapped(torch.nn.Module):  # type: ignore[misc]  # torch publishes no types here
        def __init__(self) -> None:
            super().__init__()
            self.model = model.eval()

        def forward(self, input_ids: Any, attention_mask: Any, position_ids: Any, *past: Any) -> Any:
            cache = DynamicCache()
            pairs = zip(past[::2], past[1::2], strict=True)
            cache.layers = [_layer(keys, values, latent=latent) for keys, values in pairs]
            if latent:
                _expand_before_caching(torch, model, cache)
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


def _layer(keys: Any, values: Any, *, latent: bool) -> Any:
    from transformers.cache_utils import DynamicLayer  # noqa: PLC0415

    class Passing(DynamicLayer):  # type: ignore[misc]
        """Hands latents through; ``_expand_before_caching`` keeps what they expand to."""

        def update(self, key_states: Any, value_states: Any, *_args: Any, **_kwargs: Any) -> tuple[Any, Any]:
            return key_states, value_states

    layer = Passing() if latent else DynamicLayer()
    layer.keys, layer.values = keys, values
    layer.dtype, layer.device = keys.dtype, keys.device
    layer.is_initialized = True
    return layer


def _expand_before_caching(torch: Any, model: Any, cache: Any) -> None:
    """Cache keys and values, not the latent they are computed from.

    OpenVINO recognises a cache only right before the attention. It costs memory (DeepSeek-V2-Lite: 5,120
    numbers a token and layer in place of 576) and saves the expansion of the whole past at each step.
    """
    from transformers.cache_utils import DynamicLayer  # noqa: PLC0415

    def expand(attention: Any) -> Any:
        def keys_and_values(latent: Any, rotary: Any) -> tuple[Any, Any]:
            batch, _, new, _ = latent.shape
            widths = [attention.qk_nope_head_dim, attention.v_head_dim]
            both = attention.kv_b_proj(latent).view(batch, new, attention.num_heads, sum(widths)).transpose(1, 2)
            keys, values = torch.split(both, widths, dim=-1)
            keys = torch.cat((keys, rotary.expand(-1, attention.num_heads, -1, -1)), dim=-1)
            layer = cache.layers[attention.layer_idx]
            grown: tuple[Any, Any] = DynamicLayer.update(layer, keys, values)
            return grown

        return keys_and_values

    for block in model.model.layers:
        block.self_attn.expand_kv = expand(block.self_attn)


def _all_experts(torch: Any, model: Any) -> None:
    """Every expert on every token, weighted by 0 where the router did not choose it.

    A loop over the chosen experts would be traced as the example chose them. This form is right for every
    token, and it is the one that OpenVINO's plugins recognise and compute for the chosen experts alone;
    each view is part of that pattern.
    """
    from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS  # noqa: PLC0415

    def forward(experts: Any, hidden: Any, chosen: Any, weights: Any) -> Any:
        count, width = experts.num_experts, hidden.shape[-1]
        gate, up, down = (each.transpose(1, 2) for each in experts.apart)
        tokens = hidden.repeat(count, 1).view(count, -1, width)
        out = torch.bmm(experts.act_fn(torch.bmm(tokens, gate)) * torch.bmm(tokens, up), down)
        routing = torch.zeros(hidden.shape[0], count, dtype=weights.dtype).scatter(1, chosen, weights)
        routing = routing.transpose(0, 1).view(count, 1, -1).unsqueeze(-1)
        return (out.view(count, 1, -1, width) * routing).sum(dim=0)

    ALL_EXPERTS_FUNCTIONS.register(EXPERTS, forward)
    model.config._experts_implementation = EXPERTS  # noqa: SLF001  set by from_pretrained only
    for block in model.model.layers:
        if experts := getattr(block.mlp, "experts", None):
            _take_apart(experts)


def _take_apart(experts: Any) -> None:
    """Gate, up and down as plain tensors: as parameters they would be copied to f32."""
    gate, up = experts.gate_up_proj.data.chunk(2, dim=1)
    experts.apart = [gate.contiguous(), up.contiguous(), experts.down_proj.data]
    del experts.gate_up_proj, experts.down_proj


def _causal_mask(torch: Any, attention_mask: Any, new: Any) -> Any:
    """Additive 4-D mask from the 2-D one: a token sees the past and itself, and no padding."""
    total = attention_mask.shape[1]
    rows = torch.arange(new).unsqueeze(1) + (total - new)
    visible = (torch.arange(total).unsqueeze(0) <= rows)[None, None] & attention_mask[:, None, None, :].bool()
    lowest = torch.finfo(torch.float32).min
    return torch.where(visible, torch.tensor(0.0), torch.tensor(lowest))

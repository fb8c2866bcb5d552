"""How close one model is to another: the same tokens through both, logit by logit.

Perplexity and agreement are measured with weights as stored and activations in f32 without dynamic
quantisation (``EXACT``), so that the weights are compared and not the machine's fast arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from edge_app.errors import ModelError
from edge_app.models.export import IR_NAME
from edge_app.models.telemetry import without_telemetry

FAST: Final[dict[str, str]] = {}
"""What the plugin chooses itself: the fastest arithmetic that the machine has."""
EXACT: Final = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0", "KV_CACHE_PRECISION": "f32"}
Ids = Sequence[int]


@dataclass(frozen=True, slots=True)
class Answer:
    """A greedy continuation."""

    tokens: tuple[int, ...]
    leads: tuple[float, ...]
    """By how much the logit of each beat the second."""

    @classmethod
    def of(cls, chosen: Sequence[tuple[int, float]]) -> Answer:
        """From pairs of token and lead."""
        return cls(tuple(token for token, _ in chosen), tuple(lead for _, lead in chosen))


class Scorer(Protocol):
    """Anything that gives logits."""

    def logits(self, ids: Ids) -> Any:
        """Of a whole sequence from an empty cache: float32 (tokens, vocabulary)."""

    def greedy(self, ids: Ids, count: int) -> Answer:
        """``count`` most likely tokens after ``ids``, whether or not one of them ends the text."""


class IrScorer:
    """A prepared model on CPU, without the engine."""

    def __init__(self, folder: Path, properties: Mapping[str, str] = EXACT) -> None:
        with without_telemetry():
            import openvino as ov  # noqa: PLC0415  heavy, needed here only

            try:
                compiled = ov.Core().compile_model(folder / IR_NAME, "CPU", dict(properties))
            except RuntimeError as error:
                said = " ".join(str(error).split())[-200:]
                raise ModelError(
                    f"{folder / IR_NAME} cannot be loaded: {said}", f"edge-app model verify {folder}"
                ) from error
        self._request: Any = compiled.create_infer_request()

    def close(self) -> None:
        """Give the memory back: before the next model is loaded."""
        self._request = None

    def logits(self, ids: Ids) -> Any:
        """See Scorer."""
        self._request.reset_state()
        return self._infer(ids, 0)

    def greedy(self, ids: Ids, count: int) -> Answer:
        """``count`` most likely tokens after ``ids``."""
        self._request.reset_state()
        row = self._infer(ids, 0)[-1]
        chosen = [first_and_lead(row)]
        while len(chosen) < count:
            row = self._infer([chosen[-1][0]], len(ids) + len(chosen) - 1)[-1]
            chosen.append(first_and_lead(row))
        return Answer.of(chosen)

    def _infer(self, ids: Ids, past: int) -> Any:
        import numpy as np  # noqa: PLC0415

        total = past + len(ids)
        inputs = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, total), np.int64),
            "position_ids": np.arange(past, total)[None],
            "beam_idx": np.zeros(1, np.int32),
        }
        return self._request.infer(inputs)["logits"][0]


class TorchScorer:
    """The source itself, computed by torch in f32."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def logits(self, ids: Ids) -> Any:
        """See Scorer."""
        import torch  # noqa: PLC0415  only where the source is

        with torch.no_grad():
            return self._model(input_ids=torch.tensor([list(ids)])).logits[0].float().numpy()

    def greedy(self, ids: Ids, count: int) -> Answer:
        """See IrScorer."""
        import torch  # noqa: PLC0415

        chosen: list[tuple[int, float]] = []
        with torch.no_grad():
            out = self._model(input_ids=torch.tensor([list(ids)]), use_cache=True)
            chosen.append(first_and_lead(out.logits[0, -1].float().numpy()))
            while len(chosen) < count:
                last = torch.tensor([[chosen[-1][0]]])
                out = self._model(input_ids=last, past_key_values=out.past_key_values, use_cache=True)
                chosen.append(first_and_lead(out.logits[0, -1].float().numpy()))
        return Answer.of(chosen)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a comparison needs of one sequence: the logits of a text set would take gigabytes."""

    first: tuple[int, ...]
    """Most likely next token at each position but the last."""
    loss: float
    """Sum over those positions of -ln p(the token that really comes next)."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """One model against a reference on a text set."""

    tokens: int
    top1_agreement: float
    """Share of positions with the same most likely token, 0 to 1."""
    perplexity_ratio: float
    """Of the model over the reference: 1 is as good."""


def trace(scorer: Scorer, ids: Ids) -> Trace:
    """Run one sequence of at least two tokens."""
    import numpy as np  # noqa: PLC0415

    rows = scorer.logits(ids)[:-1]
    highest = rows.max(axis=-1)
    log_sum = highest + np.log(np.exp(rows - highest[:, None]).sum(axis=-1, dtype=np.float64))
    chosen = rows[np.arange(len(rows)), np.array(ids[1:])]
    return Trace(tuple(rows.argmax(axis=-1).tolist()), float((log_sum - chosen).sum()))


def traces(scorer: Scorer, texts: Iterable[Ids]) -> list[Trace]:
    """Of every text."""
    return [trace(scorer, ids) for ids in texts]


def closeness(model: Sequence[Trace], reference: Sequence[Trace]) -> Closeness:
    """Compare two runs over the same texts."""
    pairs = [
        pair
        for ours, theirs in zip(model, reference, strict=True)
        for pair in zip(ours.first, theirs.first, strict=True)
    ]
    lost = sum(each.loss for each in model) - sum(each.loss for each in reference)
    return Closeness(
        tokens=len(pairs),
        top1_agreement=sum(ours == theirs for ours, theirs in pairs) / len(pairs),
        perplexity_ratio=math.exp(lost / len(pairs)),
    )


def first_and_lead(row: Any) -> tuple[int, float]:
    """The most likely token and by how much its logit beats the second."""
    import numpy as np  # noqa: PLC0415

    second, first = np.argpartition(row, -2)[-2:]
    return int(row.argmax()), abs(float(row[first] - row[second]))

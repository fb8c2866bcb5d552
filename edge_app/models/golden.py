"""Golden prompts: what a model answers when everything is right, stored beside its weights.

``golden.json``::

    {"version": 1, "prompts": [{"prompt": "…", "input": [ids], "tokens": [ids], "sure": 7}, …]}

``prompt`` is plain text without chat template; ``input`` are its ids from the model's own tokenizer, nothing
added before or after (``Tokenizer.encode(prompt, add_special_tokens=False)``). ``tokens`` is the greedy
continuation of ``input`` from an empty cache, the end-of-sequence token not treated as an end
(``ignore_eos``), computed in f32. The first ``sure`` of them must come out on every device, with every
precision hint and cache type; the rest may differ.

A token is sure when it beat the second by more than ``SAFETY`` times the largest difference in any logit
between exact and fast arithmetic, measured on that very prompt when the model was made. A changed choice
needs the two logits to move towards each other by that lead, so by half of it each; the rest of the factor is
for devices that round worse than the one it was measured on. Sureness ends at the first token that is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from edge_app.domain.golden import GoldenPrompt
from edge_app.errors import ModelError
from edge_app.models.fidelity import EXACT, FAST, IrScorer
from edge_app.models.layout import GOLDEN
from edge_app.models.sources import Frozen, damage
from edge_app.models.tokens import Tokens

NAME: Final = GOLDEN
PROMPTS: Final = (
    "Weld 1: pass. Weld 2: pass. Weld 3: pass. Weld 4: pass. Weld 5:",
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,",
    "裂纹、气孔、夹渣、裂纹、气孔、夹渣、裂纹、气孔、夹渣、裂纹、气孔、",
    '{"part": "A-1", "status": "PASS"}\n{"part": "A-2", "status": "PASS"}\n{"part": "A-3", "status":',
)
"""Patterns that even a small model goes on with: where a model hesitates, no token is sure."""
LENGTH: Final = 16
"""Tokens of each continuation: as many steps as the check after a load costs."""
SAFETY: Final = 4.0


class Golden(Frozen):
    """The whole file."""

    version: Literal[1] = 1
    prompts: tuple[GoldenPrompt, ...]


def make_golden(folder: Path) -> Golden:
    """Ask the model in ``folder``, twice loaded: exact for the answers, fast for the noise.

    Raises ModelError when what comes out are no numbers.
    """
    tokens = Tokens(folder)
    inputs = [tokens.encode(prompt) for prompt in PROMPTS]
    exact = IrScorer(folder, EXACT)
    answers = [exact.greedy(ids, LENGTH) for ids in inputs]
    if not all(math.isfinite(lead) for answer in answers for lead in answer.leads):
        raise ModelError("the model does not answer: its logits are no numbers", "get or prepare it again")
    sequences = [[*ids, *answer.tokens] for ids, answer in zip(inputs, answers, strict=True)]
    found = zip(PROMPTS, inputs, answers, _noise(folder, exact, sequences), strict=True)
    prompts = (
        GoldenPrompt(prompt=text, input=tuple(ids), tokens=answer.tokens, sure=sure_tokens(answer.leads, noise))
        for text, ids, answer, noise in found
    )
    return Golden(prompts=tuple(prompts))


def sure_tokens(leads: Sequence[float], noise: float) -> int:
    """How many from the first on lead by more than ``SAFETY`` times ``noise``."""
    return next((at for at, lead in enumerate(leads) if lead <= SAFETY * noise), len(leads))


def mismatches(golden: Golden, answers: Sequence[Sequence[int]]) -> list[str]:
    """What is wrong with the continuations that a loaded model gave, in the order of the prompts."""
    found = (each.difference(tokens) for each, tokens in zip(golden.prompts, answers, strict=True))
    return [each for each in found if each]


def read_golden(folder: Path) -> Golden | None:
    """The golden prompts of a model; None when it has none. Raises ModelError when they cannot be read."""
    path = folder / NAME
    try:
        return Golden.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except PermissionError:
        raise
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path}: {damage(error)}", f"edge-app model verify {folder}") from error


def write_golden(folder: Path, golden: Golden) -> None:
    """Put them beside the model, before its manifest is written."""
    (folder / NAME).write_text(golden.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _noise(folder: Path, exact: IrScorer, sequences: Sequence[Sequence[int]]) -> list[float]:
    """Of each sequence: the largest difference of any logit where the answer was chosen."""
    right = [exact.logits(ids)[-LENGTH - 1 : -1] for ids in sequences]
    exact.close()
    fast = IrScorer(folder, FAST)
    pairs = zip(sequences, right, strict=True)
    return [float(abs(fast.logits(ids)[-LENGTH - 1 : -1] - rows).max()) for ids, rows in pairs]

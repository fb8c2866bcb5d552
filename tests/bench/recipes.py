"""What each way of making INT8 and INT4 costs and loses, against the same model in FP16 computed in f32.

``python tests/bench/recipes.py HOME [RECIPE…] [--json FILE] [--task N]``: HOME is a prepared model
(``STATE/models/NAME``). A recipe that HOME already holds is only measured. Texts: the reports in
``EDGE_SHARED/data/handwritten-reports``, none of which calibrates anything; the recipes are calibrated with the
samples. A source that is a GGUF in Q4_K flatters groups of 32: its weights already lie on such a grid.
The task is a closed list: which status has the report, by the likeliest of three first tokens, each less what it
gets when there is no report: a small model likes one word (Zhao et al. 2021, "Calibrate Before Use").
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge_app.commands.text_set import text_set
from edge_app.models.compress import compress
from edge_app.models.export import IR_NAME
from edge_app.models.fidelity import IrScorer, Trace, closeness, trace
from edge_app.models.manifest import NAME, read_manifest
from edge_app.models.peak import watched
from edge_app.models.recipes import RECIPES
from edge_app.models.tokens import Tokens
from edge_app.observe.tables import show_table
from edge_app.settings import default_rules

ROOT = Path(__file__).resolve().parents[2]
REPORTS = Path(os.environ.get("EDGE_SHARED", ROOT.parent / "shared")) / "data" / "handwritten-reports"
EVERY: Final = 5
"""Of the reports one in so many: about 4,600 tokens."""
MAX_TOKENS: Final = 400
STATUSES: Final = ("PASS", "FAIL", "INDETERMINATE")
QUESTION: Final = (
    "You judge inspection reports. PASS: conforms. FAIL: a defect or a value out of limits stands. INDETERMINATE: not"
    " decidable. Answer with one of PASS, FAIL, INDETERMINATE."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one model said."""

    texts: list[Trace]
    answers: list[str]


@dataclass(frozen=True, slots=True)
class Questions:
    """The text set and the task, as token ids."""

    texts: list[list[int]]
    prompts: list[list[int]]
    blank: list[int]
    """The same question about nothing."""
    right: list[str]
    options: dict[str, int]

    def ask(self, folder: Path) -> Measured:
        """Run everything through one model."""
        scorer = IrScorer(folder)
        found = [trace(scorer, ids) for ids in self.texts]
        liked = scorer.logits(self.blank)[-1]
        answers = [self._choose(scorer.logits(ids)[-1] - liked) for ids in self.prompts]
        scorer.close()
        return Measured(found, answers)

    def _choose(self, row: Any) -> str:
        return max(self.options, key=lambda option: float(row[self.options[option]]))


def questions(tokens: Tokens, count: int) -> Questions:
    """The set of ``EVERY``-th reports, and a task of the ``count`` shortest of the others."""
    with (REPORTS / "gold.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [(REPORTS / row["file"]).read_bytes().decode(row["encoding"]) for row in rows]
    others = sorted((at for at in range(len(rows)) if at % EVERY), key=lambda at: len(tokens.encode(texts[at])))[:count]
    return Questions(
        texts=[tokens.encode(text)[:MAX_TOKENS] for text in texts[::EVERY]],
        prompts=[tokens.encode(tokens.render((QUESTION, texts[at]))) for at in others],
        blank=tokens.encode(tokens.render((QUESTION, "N/A"))),
        right=[rows[at]["status"] for at in others],
        options={status: tokens.encode(status)[0] for status in STATUSES},
    )


def row(
    name: str, folder: Path, fp16: Path, asked: Questions, reference: Measured | None
) -> tuple[dict[str, Any], Measured]:
    """Everything that is measured of one folder; ``reference`` is FP16, None while that is measured itself."""
    start = time.monotonic()
    found = asked.ask(folder)
    base = reference or found
    close = closeness(found.texts, base.texts)
    size = (folder / IR_NAME).with_suffix(".bin").stat().st_size
    share = size / (fp16 / IR_NAME).with_suffix(".bin").stat().st_size
    measured = {
        "recipe": name,
        "MB": round(size / 1e6),
        "size_percent": round(100 * share, 1),
        "tokens": close.tokens,
        "perplexity_ratio": round(close.perplexity_ratio, 4),
        "top1_percent": round(100 * close.top1_agreement, 1),
        "task_right": f"{_equal(found.answers, asked.right)}/{len(asked.right)}",
        "task_as_fp16": f"{_equal(found.answers, base.answers)}/{len(asked.right)}",
        "measured_in_s": round(time.monotonic() - start),
    }
    return measured, found


def _equal(left: Sequence[str], right: Sequence[str]) -> int:
    return sum(a == b for a, b in zip(left, right, strict=True))


def made(name: str, home: Path, scratch: Path, calibration: list[list[int]]) -> tuple[Path, dict[str, Any]]:
    """The folder of a recipe, from HOME or made here, and what making it took."""
    there = home / RECIPES[name].precision
    making = read_manifest(there).making if (there / NAME).is_file() else None
    if making and making.recipe == name:
        return there, {"seconds": round(making.seconds), "peak_mb": making.peak_mb}
    start = time.monotonic()
    with watched() as peak:
        compress(home / "fp16", scratch, RECIPES[name], calibration)
    return scratch, {"seconds": round(time.monotonic() - start), "peak_mb": peak.mb}


def main() -> None:
    """Print a table; with ``--json`` keep the rows, adding to those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("recipes", nargs="*", default=list(RECIPES))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--task", type=int, default=100, help="reports in the closed-list task")
    arguments = parser.parse_args()
    fp16 = arguments.home / "fp16"
    tokens = Tokens(fp16)
    asked = questions(tokens, arguments.task)
    calibration = text_set(None, default_rules()).calibration(tokens)
    first, reference = row("fp16", fp16, fp16, asked, None)
    rows = [first]
    for name in arguments.recipes:
        with tempfile.TemporaryDirectory(dir=arguments.home) as scratch:
            folder, cost = made(name, arguments.home, Path(scratch), calibration)
            rows.append(row(name, folder, fp16, asked, reference)[0] | cost)
        if arguments.json:
            arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        sys.stderr.write(f"{rows[-1]}\n")
    show_table(rows, [*rows[-1]])


if __name__ == "__main__":
    main()

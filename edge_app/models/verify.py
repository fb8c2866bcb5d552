"""Whether a prepared model is right: its files, its tokenizer, its answers, and how close it is to its source.

Each check has one number or a sentence; what cannot be checked here (no torch, no source, no FP16) says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models.calibration import TextSet
from edge_app.models.config import weight_bytes
from edge_app.models.fidelity import Answer, IrScorer, TorchScorer, Trace, closeness, first_and_lead, traces
from edge_app.models.fit import EXACT_PEAK, UNKNOWN, Room, require_memory
from edge_app.models.golden import PROMPTS, mismatches, read_golden
from edge_app.models.manifest import NAME, Manifest, read_manifest, verify
from edge_app.models.original import Original
from edge_app.models.progress import Progress
from edge_app.models.proof import fits
from edge_app.models.tokenizing import differences
from edge_app.models.tokens import Tokens

GREEDY: Final = 64
"""Tokens of each continuation that is compared with torch."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still right."""

    top1: float
    """Least share of positions with the same most likely token."""
    perplexity: float
    """Highest ratio of perplexities."""


LIMITS: Final = {Precision.INT8: Limits(0.97, 1.005), Precision.INT4: Limits(0.88, 1.04)}
"""Against FP16 weights in f32 on inspection text."""
RELATIVE_ERROR: Final = 0.01
"""Of FP16 against torch: largest difference of any logit over the largest logit."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    passed: bool | None
    """None: not checked here."""
    found: str
    about_precision: bool = False
    """What failed is how close so few bits come to FP16: the same made again fails again."""


def verify_model(
    folder: Path, texts: TextSet, original: Original | None, progress: Progress, room: Room = UNKNOWN
) -> Iterator[Check]:
    """Check one precision's folder, the cheapest first; ends after the files when they are not whole.

    What does not load or run is a check that failed. Peak memory, held against ``room``: with ``original`` its
    weights in f32; else the model in f32, one at a time.
    """
    try:
        yield from _checks(folder, texts, original, progress, room)
    except (ModelError, RuntimeError) as error:  # OpenVINO raises the latter
        yield Check("loads and runs", passed=False, found=" ".join(str(error).split())[:300])


def _checks(folder: Path, texts: TextSet, original: Original | None, progress: Progress, room: Room) -> Iterator[Check]:
    progress(f"{folder.name}: files", 0.0)
    files = _files(folder)
    yield files
    if not files.passed:
        return
    manifest = read_manifest(folder)
    tokens = Tokens(folder)
    yield from _tokenizer(folder, tokens)
    if not (fit := fits(folder, room)).fits:
        yield Check("golden prompts", None, fit.reason)
        return
    progress(f"{folder.name}: golden prompts", 0.1)
    yield _golden(folder)
    if manifest.precision is Precision.FP16:
        progress(f"{folder.name}: against torch", 0.3)
        yield from _against_torch(folder, tokens, original, room)
    else:
        progress(f"{folder.name}: against fp16", 0.3)
        yield from _against_fp16(folder, manifest, texts.held_out(tokens, manifest.languages), room)


def failed(checks: Sequence[Check]) -> list[Check]:
    """Those that did not pass."""
    return [each for each in checks if each.passed is False]


def _files(folder: Path) -> Check:
    try:
        return Check("files", passed=True, found=f"manifest {verify(folder)[:12]}")
    except ModelError as error:
        return Check("files", passed=False, found=str(error))


def _tokenizer(folder: Path, tokens: Tokens) -> Iterator[Check]:
    wrong = differences(folder, tokens)
    yield _all("tokenizer round trip", wrong.changed, "all texts come back")
    if wrong.differing is None:
        yield Check("tokenizer against transformers", None, wrong.why)
    else:
        yield _all("tokenizer against transformers", wrong.differing, "same ids, same template")


def _all(name: str, wrong: Sequence[str], right: str) -> Check:
    return Check(name, not wrong, "; ".join(wrong) or right)


def _golden(folder: Path) -> Check:
    golden = read_golden(folder)
    if golden is None:
        return Check("golden prompts", None, "the model has none: it was made by an older version")
    scorer = IrScorer(folder)
    answers = [scorer.greedy(each.input, len(each.tokens)).tokens for each in golden.prompts]
    sure = sum(each.sure for each in golden.prompts)
    total = sum(len(each.tokens) for each in golden.prompts)
    wrong = mismatches(golden, answers)
    return Check("golden prompts", not wrong, "; ".join(wrong) or f"{sure} sure tokens of {total}")


def _against_fp16(folder: Path, manifest: Manifest, texts: Sequence[Sequence[int]], room: Room) -> Iterator[Check]:
    fp16 = folder.parent / Precision.FP16
    limits = LIMITS[manifest.precision or Precision.FP16]
    if not texts or not (fp16 / NAME).is_file():
        yield Check("against fp16", None, "no texts" if not texts else f"no {fp16}")
        return
    if not (fit := fits(fp16, room)).fits:
        yield Check("against fp16", None, fit.reason)
        return
    reference = _run(fp16, texts)
    close = closeness(_run(folder, texts), reference)
    top1, ratio = close.top1_agreement, close.perplexity_ratio
    yield Check(
        "top-1 agreement with fp16",
        top1 >= limits.top1,
        f"{top1:.1%} of {close.tokens} tokens, limit {limits.top1:.0%}",
        about_precision=True,
    )
    said = f"{ratio:.4f}, limit {limits.perplexity}"
    yield Check("perplexity over fp16", ratio <= limits.perplexity, said, about_precision=True)


def _run(folder: Path, texts: Sequence[Sequence[int]]) -> list[Trace]:
    scorer = IrScorer(folder)
    found = traces(scorer, texts)
    scorer.close()
    return found


def _against_torch(folder: Path, tokens: Tokens, original: Original | None, room: Room) -> Iterator[Check]:
    if original is None:
        yield Check("against torch", None, "the model's source is not here")
        return
    prompts = [tokens.encode(prompt) for prompt in PROMPTS]
    try:
        require_memory(original.path.name, Precision.FP16, EXACT_PEAK * weight_bytes(folder), room)
    except ModelError as error:
        yield Check("against torch", None, str(error))
        return
    try:
        theirs = _torch_rows(original, prompts)
    except UsageError as error:
        yield Check("against torch", None, str(error))
        return
    scorer = IrScorer(folder)
    ours = [(scorer.logits(ids), scorer.greedy(ids, GREEDY)) for ids in prompts]
    yield from compare(ours, theirs)


def _torch_rows(original: Original, prompts: Sequence[Sequence[int]]) -> list[tuple[Any, Answer]]:
    # The weights in 16 bits as in the IR, computed in f32: what is left is what the conversion did.
    model, _ = original.load("float16")
    scorer = TorchScorer(model.float())
    return [(scorer.logits(ids), scorer.greedy(ids, GREEDY)) for ids in prompts]


def compare(ours: Sequence[tuple[Any, Answer]], theirs: Sequence[tuple[Any, Answer]]) -> Iterator[Check]:
    """Logits of the same prompts, and their greedy continuations, of the IR and of torch."""
    pairs = list(zip(ours, theirs, strict=True))
    error = max(float(abs(mine - right).max()) for (mine, _), (right, _) in pairs)
    largest = max(float(abs(right).max()) for _, (right, _) in pairs)
    tie = 2 * min(error, RELATIVE_ERROR * largest)  # a model that is far off must not excuse itself by that
    said = f"max relative error {error / largest:.1e}, limit {RELATIVE_ERROR}"
    yield Check("logits against torch", error <= RELATIVE_ERROR * largest, said)
    yield _same_choice([(mine, right) for (mine, _), (right, _) in pairs], tie)
    yield _same_text([(mine, right) for (_, mine), (_, right) in pairs], tie)


def _same_choice(rows: Sequence[tuple[Any, Any]], tie: float) -> Check:
    pairs = [pair for ours, theirs in rows for pair in zip(ours, theirs, strict=True)]
    chosen = [(int(mine.argmax()), *first_and_lead(right)) for mine, right in pairs]
    other = [lead for found, wanted, lead in chosen if found != wanted]
    said = f"{len(chosen) - len(other)} of {len(chosen)} positions{_tied(len(other))}"
    return Check("top-1 agreement with torch", all(lead <= tie for lead in other), said)


def _same_text(answers: Sequence[tuple[Answer, Answer]], tie: float) -> Check:
    parted = [pair for pair in answers if pair[0].tokens != pair[1].tokens]
    wrong = [text for mine, right in parted if (text := first_difference(mine, right, tie))]
    right = f"{len(answers) - len(parted)} of {len(answers)} prompts equal over {GREEDY} tokens{_tied(len(parted))}"
    return _all("greedy text against torch", wrong, right)


def _tied(count: int) -> str:
    return f", {count} parted at a tie" if count else ""


def first_difference(mine: Answer, right: Answer, tie: float) -> str:
    """Where two continuations part; empty when they do not, or only where torch itself hardly decided.

    From there on they read different texts. Two logits within ``tie`` of each other are one.
    """
    for at, (found, wanted, lead) in enumerate(zip(mine.tokens, right.tokens, right.leads, strict=True)):
        if found != wanted:
            return "" if lead <= tie else f"token {at + 1} differs, decided by {lead:.3f}"
    return ""

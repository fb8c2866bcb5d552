"""A plant's own student: corpus, training, OpenVINO files, and what it is worth on reviewed reports it never saw."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_app.distill.corpus import FIGURES, Pair, Plan, add_pairs, build, teacher_pairs
from edge_app.distill.evaluate import judged
from edge_app.distill.history import HELD_OUT, History, history_pairs, load_history
from edge_app.distill.student import HEAD
from edge_app.distill.train import Log, Run, Tell, train
from edge_app.distill.worth import Figures, worth
from edge_app.domain.inference import Precision
from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.errors import StorageError, UsageError
from edge_app.judging.conclude import Authority
from edge_app.models.calibration import TextSet
from edge_app.models.catalogue import Authority as Word
from edge_app.models.fit import UNKNOWN, Room
from edge_app.models.order import plain
from edge_app.models.prepare import prepare, require_installed, wanted
from edge_app.models.progress import Progress, within
from edge_app.models.recipes import DEFAULT
from edge_app.models.store import Prepared
from edge_app.models.trust import trust
from edge_app.rulepacks import load_fields, load_packs

_NEEDED: Final = ("torch", "transformers", "tokenizers", "safetensors", "nncf", "matplotlib")
_MADE: Final = (Precision.FP16, Precision.INT8)
_LENGTH: Final = 768
"""Tokens of a row; the longest prompt with its answer seen so far had 563."""
_ROWS: Final = {"cpu": 4, "cuda": 64}
"""In a batch: where little is read in the time, steps are worth more than their size."""
_RATES: Final = {"cpu": 1e-3, "cuda": 2e-3}
"""Of learning, for that many rows."""
_PLAIN_LENGTH: Final = 512
_MIN_TEXTS: Final = 200
_CHECKED: Final = 100
"""Generated reports held out of the corpus."""
_WORDS: Final[dict[Authority, Word]] = {
    Authority.EXPLAIN: "explain",
    Authority.CODE: "code",
    Authority.RAISE: "raise",
}


@dataclass(frozen=True)
class Order:
    """What is made, of what."""

    history: tuple[Path, ...]
    corpus: Path
    trained: Path
    """Folder of weights, log and loss curve."""
    models: Path
    name: str = "own-student"
    rules: Path = Path("rules")
    teacher: Path | None = None
    examples: int = 5_000
    readings: int = 10_000
    written: int = 10_000
    hidden: int = 192
    layers: int = 4
    minutes: float = 30.0
    seed: int = 1
    room: Room = field(default=UNKNOWN)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it."""

    prepared: tuple[Prepared, ...]
    history: History
    pairs: int
    """Of the history, that were trained on."""
    log: Log
    table: dict[str, Figures]
    """By system, on the held-out tenth."""
    authority: Authority


@dataclass(frozen=True, slots=True)
class _Checked:
    """An order whose inputs were found fit, before any work."""

    order: Order
    packs: Mapping[str, RulePack]
    fields: FieldVocabulary
    history: History
    taught: list[Pair]


def distill(order: Order, progress: Progress) -> Made:
    """Everything, in order. Raises UsageError before any work when something is missing."""
    require_installed(_NEEDED)
    checked = _check(order)
    _make_folders(order.corpus, order.trained)
    pairs = _write_corpus(checked, progress)
    log = _train(order, progress)
    what = wanted(str((order.trained / "model").resolve()), order.name, order.models)
    recipes = [recipe for precision, recipe in DEFAULT.items() if precision in _MADE]
    made = prepare(
        what,
        order.models,
        recipes,
        TextSet(()),
        _without_end(within(progress, 0.8, 0.95)),
        again=_MADE,
        room=order.room,
    )
    progress("asking the held-out reports", 0.95)
    held_out = [*judged(checked.history.held_out, checked.packs, checked.fields)]
    table, authority = worth(held_out, made)
    trust(order.models / what.name, _WORDS[authority])
    progress("done", 1.0)
    return Made(made, checked.history, pairs, log, table, authority)


def _without_end(progress: Progress) -> Progress:
    """The end of a part is not the end."""
    return lambda step, share: progress(step, share) if step != "done" else None


def _check(order: Order) -> _Checked:
    plain(order.name)
    if order.hidden < HEAD or order.hidden % HEAD or order.layers < 1:
        raise UsageError(f"no model of width {order.hidden} with {order.layers} layers", f"a multiple of {HEAD}, and 1")
    packs, fields = load_packs(order.rules), load_fields(order.rules)
    if "general" not in packs:
        raise UsageError(f"no rule pack `general` in {order.rules}", "the generated reports are judged by it")
    history = load_history(order.history, fields)
    if not history.held_out or not history.trained:
        count = len(history.held_out) + len(history.trained)
        raise UsageError(
            f"{count} readable reports are too few: one of {HELD_OUT} is held out", "give --history again with more"
        )
    return _Checked(order, packs, fields, history, _taught(order.teacher) if order.teacher else [])


def _make_folders(*places: Path) -> None:
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{place}: {error.strerror}", "give another --state or --corpus") from error


def _taught(path: Path) -> list[Pair]:
    try:
        return teacher_pairs(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "python -m edge_app.distill.teacher writes it") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(f"{path}: not a teacher's answers: {error}", "lines of JSON with prompt and answer") from error


def _write_corpus(checked: _Checked, progress: Progress) -> int:
    """The corpus, unless it is there, and the pairs of this plant in it. Returns how many the history gave."""
    order, rows = checked.order, [*judged(checked.history.trained, checked.packs, checked.fields)]
    if (order.corpus / FIGURES).is_file():
        progress(f"using the corpus in {order.corpus}", 0.0)
    else:
        progress("writing the corpus", 0.0)
        build(_plan(order), [each.report.text for each in rows])
    progress("reading the history", 0.2)
    pairs = [*history_pairs(rows, checked.packs)]
    add_pairs(order.corpus, "history", pairs)
    if checked.taught:
        add_pairs(order.corpus, "taught", checked.taught)
    return len(pairs)


def _plan(order: Order) -> Plan:
    return Plan(
        order.corpus,
        examples=order.examples,
        readings=order.readings,
        written=order.written,
        copies=order.readings // 4,
        reports=max(order.examples // 2, _MIN_TEXTS),
        held_out=min(_CHECKED, order.examples),
        rules=order.rules,
        seed=order.seed,
    )


def _train(order: Order, progress: Progress) -> Log:
    import torch  # noqa: PLC0415  an extra, and heavy

    device = "cuda" if torch.cuda.is_available() else "cpu"
    shutil.rmtree(order.trained, ignore_errors=True)  # shards of another size would be read with the new ones
    run = Run(
        order.corpus,
        order.trained,
        minutes=order.minutes,
        hidden=order.hidden,
        inner=order.hidden * 7 // 3 // 32 * 32,
        layers=order.layers,
        length=_LENGTH,
        plain_length=_PLAIN_LENGTH,
        rows=_ROWS[device],
        rate=_RATES[device],
        evaluated=_CHECKED,
        seed=order.seed,
    )
    return train(run, _told(within(progress, 0.25, 0.8), order.minutes))


def _told(progress: Progress, minutes: float) -> Tell:
    """Points of the loss curve as progress."""

    def told(point: dict[str, Any]) -> None:
        if "phase" in point:
            share = min(point["seconds"] / 60 / max(minutes, 1e-9), 1.0)
            progress(f"training on {point['phase']}, loss {point['loss']:.2f}", share)
        else:
            progress(f"generated reports held out ({point['set']}): {point['codes']:.0%} coded right", 1.0)

    return told

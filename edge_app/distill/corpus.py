"""The corpus of the embedded model: generated reports with exact labels, and public text.

``python -m edge_app.distill.corpus OUT [--examples N] [--readings N] [--copies N] [--text DIR] …`` writes what
``train`` reads: ``tokenizer/``, ``pairs.npz`` (prompt and answer of the engine's own task, and of copying),
``plain.npz`` (language) and ``heldout.json.xz``. The same arguments give the same files.
"""

from __future__ import annotations

import argparse
import json
import lzma
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from edge_app.distill.copying import copy_pair
from edge_app.distill.examples import Example, Judge, generate, reading
from edge_app.distill.lexicon import Split, load_lexicon
from edge_app.distill.noise import Mix
from edge_app.distill.tokenizer import END, encode_pairs, save_tokenizer, train_tokenizer
from edge_app.distill.written import composed, interleaved
from edge_app.domain.verdict import Status
from edge_app.errors import ReportError
from edge_app.judging.answer import NO_LINE, read_answer, write_answer
from edge_app.judging.compose import REPORT_LINE
from edge_app.rulepacks import load_fields, load_packs

Pair = tuple[str, str]
FIGURES: Final = "figures.json"
"""Written last: a folder that has it holds a whole corpus."""
TIMES: Final = 4
"""That pairs which are few and say things in other words are repeated."""
HELD_OUT: Final = {
    "test": (Split.TEST, Mix.USUAL, 1),
    "hard": (Split.TEST, Mix.HARD, 3),
    "near": (Split.TRAIN, Mix.USUAL, 3),
}
"""Sets for evaluation: whose words, how much beside the point, and the share of the reports. ``near``: seen words."""
_APART: Final = 10_000_000
_CHUNK: Final = 500
_SAMPLE: Final = 60_000
_PUBLIC: Final = ("*.jsonl", "*.json", "*.txt")
_MIN_WORDS: Final = 30


@dataclass(frozen=True)
class Plan:
    """Where it is written, how much of what."""

    out: Path
    examples: int = 100_000
    """Reports that go through reader and rules."""
    readings: int = 300_000
    """Reports whose text alone is asked about."""
    written: int = 300_000
    """Reports of written lines."""
    copies: int = 150_000
    """Lines to be copied."""
    reports: int = 60_000
    """Raw reports as language."""
    held_out: int = 3_000
    text: Path | None = None
    """A folder with public text."""
    rules: Path = Path("rules")
    tokenizer: Path | None = None
    """Of a student that is trained on; else one is trained."""
    vocabulary: int = 8_192
    workers: int = 2
    seed: int = 1


def engine_pairs(rules: Path, start: int, count: int) -> list[Pair]:
    """Prompts as the pipeline makes them, of reports that leave something to ask."""
    random = Random(f"engine/{start}")  # noqa: S311  not for secrets
    return [
        interleaved((each.prompt, write_answer(each.answer)), random)
        for each in _examples(rules, Split.TRAIN, start, count)
        if each.answer
    ]


def reading_pairs(rules: Path, start: int, count: int, *, strange: bool = True) -> list[Pair]:
    """The same task with rules that know nothing: no reader, no rules, thousands a second."""
    pack, lexicon = load_packs(rules)["general"], load_lexicon(Split.TRAIN)
    pairs = []
    for number in range(start, start + count):
        random = Random(f"reading/{number}")  # noqa: S311  not for secrets
        prompt, answer = reading(generate(f"r{number}", Split.TRAIN, strange=strange), random, lexicon, pack)
        pairs.append(interleaved((prompt, write_answer(answer)), random))
    return pairs


def written_pairs(rules: Path, start: int, count: int) -> list[Pair]:
    """Reports of written lines."""
    pack, lexicon = load_packs(rules)["general"], load_lexicon(Split.TRAIN)
    return [composed(number, lexicon, pack) for number in range(start, start + count)]


def copy_pairs(start: int, count: int) -> list[Pair]:
    """Lines to be copied."""
    return [copy_pair(number) for number in range(start, start + count)]


def held_out(rules: Path, split: Split, mix: Mix, start: int, count: int) -> list[dict[str, Any]]:
    """Reports for evaluation with everything a verdict needs, also those where nothing is asked."""
    start += _APART  # words of training stand in reports that were not trained on
    examples = enumerate(_examples(rules, split, start, count, mix))
    return [_as_row(each, f"{split}-{mix}-{start + at}") for at, each in examples]


def teacher_pairs(path: Path) -> list[Pair]:
    """What another model answered, one JSON object with prompt and answer a line.

    Kept are answers of the right form whose line stands in the prompt and which the rules in it do not outrank.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(row["prompt"], row["answer"]) for row in rows if is_consistent(row["prompt"], row["answer"])]


def is_consistent(prompt: str, text: str) -> bool:
    """Whether an answer may be learned from."""
    answer = read_answer(text)
    rules = prompt.split("\n")[1].split(" ", maxsplit=1)[0]
    if answer is None or answer.status.rank < Status(rules).rank:
        return False
    raised = answer.status != rules
    shown = prompt.partition(f"\n{REPORT_LINE}\n")[2].count("\n") + 1 if REPORT_LINE in prompt else 0
    return answer.line <= shown if answer.line != NO_LINE else not raised


def report_texts(start: int, count: int) -> list[str]:
    """Raw files, for language and for the tokenizer: without invented names, which must not fill its vocabulary."""
    return [generate(f"t{number}", Split.TRAIN, strange=False).content for number in range(start, start + count)]


def public_texts(folder: Path) -> Iterator[str]:
    """Sentences of the public text, whatever files it comes in."""
    for path in sorted(each for pattern in _PUBLIC for each in folder.rglob(pattern)):
        content = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in content.splitlines() if line.strip()]
            yield from (
                ". ".join(str(row[key]) for key in ("product_description", "reason_for_recall") if row.get(key))
                for row in rows
            )
        elif path.suffix == ".json":
            rows = json.loads(content)
            yield from (str(row["text"]) for row in rows if isinstance(row, dict) and "text" in row)
        else:
            yield from (
                field for line in content.splitlines() for field in line.split("\t") if len(field) >= _MIN_WORDS
            )


def _examples(rules: Path, split: Split, start: int, count: int, mix: Mix | None = None) -> Iterator[Example]:
    judge, lexicon = Judge(load_packs(rules), load_fields(rules)), load_lexicon(split)
    for number in range(start, start + count):
        try:
            yield judge.example(generate(str(number), split, mix=mix), lexicon)
        except ReportError:
            continue  # a layout that the readers refuse is no training example


def _as_row(example: Example, name: str) -> dict[str, Any]:
    rules, label = example.assessment, example.generated.label
    return {
        "id": name,
        "name": example.generated.name,
        "text": example.generated.content,
        "language": example.generated.language,
        "prompt": example.prompt,
        "answer": write_answer(example.answer) if example.answer else "",
        "rules": [rules.status, rules.category, rules.severity, rules.disposition],
        "label": [label.status, label.category, label.severity],
        "conceded": label.conceded,
    }


def _spread(make: Any, count: int, workers: int) -> Iterator[Any]:
    """``make(start, count)`` over all numbers, in order."""
    starts = range(0, count, _CHUNK)
    with ProcessPoolExecutor(workers) as pool:
        for made in pool.map(make, starts, [min(_CHUNK, count - start) for start in starts]):
            yield from made


def encoded(folder: Path, make: Callable[[int, int], list[Pair]], start: int, count: int) -> list[tuple[Any, Any]]:
    """What ``make`` makes as arrays: lengths (pairs x 2) and all tokens, uint16."""
    pairs = encode_pairs(_tokenizer(folder), make(start, count))
    lengths = np.array([(len(prompt), len(answer)) for prompt, answer in pairs], dtype=np.uint16)
    return [(lengths.reshape(-1, 2), _flat(part for pair in pairs for part in pair))]


def encoded_texts(folder: Path, texts: Sequence[str]) -> Any:
    """Texts one after the other, each ended by the end tag: uint16."""
    tokenizer = _tokenizer(folder)
    end = [tokenizer.token_to_id(END)]
    return _flat(
        part for each in tokenizer.encode_batch(list(texts), add_special_tokens=False) for part in (each.ids, end)
    )


@cache
def _tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer  # noqa: PLC0415  extra `prepare`

    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def _flat(parts: Iterable[list[int]]) -> Any:
    return np.fromiter(chain.from_iterable(parts), dtype=np.uint16)


def build(options: Plan, more: Sequence[str] = ()) -> dict[str, Any]:
    """Everything, in order; ``more`` texts are language beside the others. Returns the figures of the data card."""
    out, rules, workers = options.out, options.rules, options.workers
    out.mkdir(parents=True, exist_ok=True)
    texts = [*_spread(report_texts, options.reports, workers), *(public_texts(options.text) if options.text else ())]
    texts += more
    Random(options.seed).shuffle(texts)  # noqa: S311
    if options.tokenizer:
        shutil.copytree(options.tokenizer, out / "tokenizer")
    else:
        usual = _spread(partial(reading_pairs, rules, strange=False), min(_SAMPLE, options.readings), workers)
        save_tokenizer(train_tokenizer(_sample(usual, texts), options.vocabulary), out / "tokenizer")
    figures = {"texts": len(texts), "vocabulary": _tokenizer(out / "tokenizer").get_vocab_size()}
    plain = encoded_texts(out / "tokenizer", texts)
    np.savez(out / "plain.npz", tokens=plain)
    figures |= {"plain_tokens": len(plain)} | _write_pairs(options)
    sets = {
        name: [*_spread(partial(held_out, rules, split, mix), options.held_out // share, workers)]
        for name, (split, mix, share) in HELD_OUT.items()
    }
    (out / "heldout.json.xz").write_bytes(lzma.compress(json.dumps(sets, ensure_ascii=False).encode()))
    figures |= {name: len(rows) for name, rows in sets.items()}
    (out / FIGURES).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def _write_pairs(options: Plan) -> dict[str, int]:
    """All pairs, encoded where they are made. Returns how many of each kind."""
    makers: dict[str, tuple[Callable[[int, int], list[Pair]], int]] = {
        "engine_pairs": (partial(engine_pairs, options.rules), options.examples),
        "reading_pairs": (partial(reading_pairs, options.rules), options.readings),
        "written_pairs": (partial(written_pairs, options.rules), options.written),
        "copy_pairs": (copy_pairs, options.copies),
    }
    figures, parts = {}, []
    for name, (make, count) in makers.items():
        made = [*_spread(partial(encoded, options.out / "tokenizer", make), count, options.workers)]
        figures[name] = sum(len(lengths) for lengths, _ in made)
        parts += made
    lengths, tokens = (np.concatenate(each) for each in zip(*parts, strict=True))
    np.savez(options.out / "pairs.npz", lengths=lengths, tokens=tokens)
    return figures | {"pair_tokens": len(tokens)}


def add_pairs(folder: Path, name: str, pairs: Sequence[Pair]) -> dict[str, int]:
    """Pairs of another origin beside those of the corpus in ``folder``, each several times."""
    ((lengths, tokens),) = encoded(folder / "tokenizer", lambda *_: [*pairs], 0, len(pairs))
    np.savez(folder / f"pairs-{name}.npz", lengths=np.tile(lengths, (TIMES, 1)), tokens=np.tile(tokens, TIMES))
    return {f"{name}_pairs": len(pairs), "times": TIMES}


def _sample(pairs: Iterable[Pair], texts: Sequence[str]) -> Iterable[str]:
    for prompt, answer in pairs:
        yield f"{prompt}\n{answer}"
    yield from texts[:_SAMPLE]


def main() -> None:
    """Build and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, argument_default=argparse.SUPPRESS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--examples", type=int, help="reports that go through reader and rules")
    parser.add_argument("--readings", type=int, help="reports whose text alone is asked about")
    parser.add_argument("--written", type=int, help="reports of written lines")
    parser.add_argument("--copies", type=int, help="lines to be copied")
    parser.add_argument("--reports", type=int, help="raw reports as language")
    parser.add_argument("--held-out", type=int)
    parser.add_argument("--text", type=Path, help="folder with public text")
    parser.add_argument("--tokenizer", type=Path, help="take this one: a student is to be trained on")
    parser.add_argument("--teacher", type=Path, help="only add these answers of another model, JSON lines, to OUT")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--vocabulary", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--seed", type=int)
    given = vars(parser.parse_args())
    teacher = given.pop("teacher", None)
    plan = Plan(**given)
    figures = add_pairs(plan.out, "taught", teacher_pairs(teacher)) if teacher else build(plan)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Sequence-level distillation: a larger model says lines of generated reports in its own words.

``python -m edge_app.distill.teacher MODEL OUT.jsonl --reports N --seed S [--minutes M] [--batch B]`` has the teacher
retell the deciding line of each report of the training split, has it read its own words back, and lets the rules
sort out what they contradict. What is left becomes prompts and answers for ``corpus --teacher``. Beside them stand
``OUT.txt``, the kept lines by kind, and ``OUT.json``, what each filter dropped. It needs torch, transformers (gguf
for a GGUF file), pydantic, PyYAML, pint and charset-normalizer.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from edge_app.distill.corpus import Pair, is_consistent
from edge_app.distill.examples import Judge, generate, reading
from edge_app.distill.lexicon import Split, load_lexicon
from edge_app.distill.oracle import Oracle
from edge_app.distill.retell import Line, line_of, retold, unmask
from edge_app.distill.school import Reader, Retelling, School
from edge_app.distill.sieve import rules_fault
from edge_app.errors import ReportError
from edge_app.judging.answer import write_answer
from edge_app.rulepacks import load_fields, load_packs

_CHUNK: Final = 200
_ASKING: Final = 0.8
"""Share of the minutes after which no batch is begun."""


def lines_of(seed: int, start: int, count: int) -> list[Line]:
    """Lines of reports that have one to retell."""
    found = (line_of(f"teacher/{seed}/{number}") for number in range(start, start + count))
    return [line for line in found if line]


def batches(lines: Iterable[Line], samples: int, size: int, random: Random) -> Iterator[list[Line]]:
    """Of one tongue and group and of like length, in random order: an early end leaves no kind out."""
    grouped: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.told.tongue, line.group] += [line] * samples
    made = []
    for group in grouped.values():
        group.sort(key=lambda line: len(line.masked))
        made += [group[at : at + size] for at in range(0, len(group), size)]
    random.shuffle(made)
    yield from made


def judged(rules: Path, rows: Sequence[Retelling]) -> list[tuple[str, list[Pair]]]:
    """For each row what the rules hold against it, else its pairs: through the engine's way and as a reading."""
    packs, lexicon = load_packs(rules), load_lexicon(Split.TRAIN)
    judge = Judge(packs, load_fields(rules))
    made: list[tuple[str, list[Pair]]] = []
    for line, masked in rows:
        text = unmask(masked, line.values)
        generated = retold(line, text)
        try:
            before = judge.example(generate(line.seed, Split.TRAIN), lexicon)
            example = judge.example(generated, lexicon)
        except ReportError:
            made.append(("unreadable", []))
            continue
        if fault := rules_fault(before, example, line, masked, packs):
            made.append((fault, []))
            continue
        prompt, answer = reading(generated, Random(line.seed), lexicon, packs["general"])  # noqa: S311
        pairs = [(prompt, write_answer(answer))]
        pairs += [(example.prompt, write_answer(example.answer))] if example.answer else []
        made.append(("", [pair for pair in pairs if is_consistent(*pair)]))
    return made


def ask(options: argparse.Namespace, lines: Sequence[Line], deadline: float) -> tuple[School, list[Retelling]]:
    """As many batches as the time allows."""
    oracle = Oracle.load(options.model, options.seed)
    school, kept = School(oracle, Reader(oracle, options.top, options.margin)), []
    for batch in batches(lines, options.samples, options.batch, Random(options.seed)):  # noqa: S311
        if time.monotonic() > deadline:
            break
        kept += school.batch(batch)
        sys.stdout.write(f"{school.counts['tried']} tried, {len(kept)} kept, {oracle.tokens} tokens\n")
        sys.stdout.flush()
    return school, kept


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Everything, in order. Returns the figures."""
    begun = time.monotonic()
    with ProcessPoolExecutor(options.workers) as pool:  # its processes start before any of torch
        starts = range(0, options.reports, _CHUNK)
        sizes = [min(_CHUNK, options.reports - start) for start in starts]
        lines = [line for made in pool.map(partial(lines_of, options.seed), starts, sizes) for line in made]
        school, rows = ask(options, lines, begun + options.minutes * 60 * _ASKING)
        asked = time.monotonic() - begun
        chunks = [rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK)]
        results = [each for made in pool.map(partial(judged, options.rules), chunks) for each in made]
    school.counts.update(fault for fault, _ in results if fault)
    kept = [(*row, pairs) for row, (fault, pairs) in zip(rows, results, strict=True) if not fault]
    _write(options.out, kept)
    figures = {
        "model": options.model.name,
        "options": {name: value for name, value in vars(options).items() if isinstance(value, int | float)},
        "lines": len(lines),
        "counts": {**school.counts, "kept": len(kept), "pairs": sum(len(pairs) for *_, pairs in kept)},
        "kept_by_kind": Counter(f"{line.told.tongue} {line.group}" for line, *_ in kept),
        "originals_read_right": {name: f"{hit}/{count}" for name, (hit, count) in sorted(school.originals.items())},
        "generated_tokens": school.oracle.tokens,
        "seconds": {"asking": round(asked, 1), "all": round(time.monotonic() - begun, 1)},
    }
    options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    return figures


def _write(out: Path, kept: Sequence[tuple[Line, str, list[Pair]]]) -> None:
    rows = [{"prompt": prompt, "answer": answer} for *_, pairs in kept for prompt, answer in pairs]
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    told = sorted((line.told.tongue, line.group, str(line.category), line.masked, text) for line, text, _ in kept)
    out.with_suffix(".txt").write_text("".join("\t".join(each) + "\n" for each in told), encoding="utf-8")


def main() -> None:
    """Ask, sift, write, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder with safetensors, or a .gguf file")
    parser.add_argument("out", type=Path)
    parser.add_argument("--reports", type=int, default=7_000, help="about three of four have a line to retell")
    parser.add_argument("--samples", type=int, default=4, help="retellings tried of each line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1_000.0, help="after which it ends with what there is")
    parser.add_argument("--batch", type=int, default=1_024)
    parser.add_argument("--top", type=int, default=2, help="the category is among so many that are read first")
    parser.add_argument("--margin", type=float, default=0.5, help="nats by which the right state leads")
    parser.add_argument("--rules", type=Path, default=Path("rules"))
    parser.add_argument("--workers", type=int, default=2)
    sys.stdout.write(json.dumps(run(parser.parse_args()), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

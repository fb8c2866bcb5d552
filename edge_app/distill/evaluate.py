"""How good the student is beside rules alone and a baseline without a language model.

``python -m edge_app.distill.evaluate NAME=HELDOUT.json.xz:test NAME=gold.csv … [--model DIR …] [--answers FILE]``
prints a table by system and language. ``--model`` asks an OpenVINO folder through the engine, ``--answers`` takes
the answers that a training run gave to the held-out prompts. Verdicts come from ``conclude``, as in the pipeline.
``ceiling`` is a model that always says the right thing: what is missing there, the rules got wrong for good.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.distill.baseline import majority, train_baseline
from edge_app.distill.cases import Case, Codes, by_language, folder_cases, generated_cases
from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import RAISE_CONFIDENCE, FinishReason, Reply, Request, Usage
from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.domain.verdict import Assessment
from edge_app.engine import EngineSpec, open_engine
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.answer import NO_LINE, read_answer
from edge_app.judging.assess import assess, select_pack
from edge_app.judging.compose import compose
from edge_app.judging.conclude import Authority, conclude, pointed_at
from edge_app.rulepacks import load_fields, load_packs

_MAX_NEW_TOKENS = 256
_DEADLINE_MS = 600_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A case on its way through reader and rules."""

    case: Case
    report: Report
    assessment: Assessment
    request: Request | None


def judged(cases: Sequence[Case], packs: Mapping[str, RulePack], fields: FieldVocabulary) -> Iterator[Judged]:
    """What the pipeline would do up to the request."""
    for case in cases:
        report = read(Source(case.content, case.name, fields))
        pack = select_pack(report, packs)
        assessment = assess(report, pack)
        limits = {"max_new_tokens": _MAX_NEW_TOKENS, "deadline_ms": _DEADLINE_MS}
        yield Judged(case, report, assessment, compose(report, assessment, pack, request_id=case.id, **limits))


def with_replies(
    rows: Sequence[Judged],
    replies: Mapping[str, Reply],
    authority: Authority = Authority.RAISE,
    raise_confidence: float = 0.0,
) -> list[Codes]:
    """Verdicts of rules and model together; without a reply those of the rules."""
    return [_codes(each, replies.get(each.case.id), authority, raise_confidence) for each in rows]


def _codes(each: Judged, reply: Reply | None, authority: Authority, raise_confidence: float) -> Codes:
    verdict = conclude(each.report, each.assessment, reply, authority, raise_confidence)
    answer = read_answer(reply.text) if reply else None
    quoted = pointed = None
    if answer and answer.line != NO_LINE:
        span = pointed_at(each.assessment, answer)
        quoted = span is not None and each.report.text[span.start : span.end] == span.text
    right = read_answer(each.case.answer) if each.case.answer else None
    if answer and right and right.line != NO_LINE:
        pointed = answer.line == right.line
    return Codes(verdict.status, verdict.category, verdict.severity, verdict.disposition, quoted, pointed)


def ask(
    folder: Path, rows: Sequence[Judged], in_flight: int, golden: tuple[GoldenPrompt, ...] = ()
) -> tuple[dict[str, Reply], dict[str, float]]:
    """All requests through the engine; replies by case and what they used."""
    spec = EngineSpec(folder, folder.name, "0" * 64, "fp16", "CPU", in_flight, golden=golden)
    with open_engine(spec) as engine:
        futures = {each.case.id: engine.submit(each.request) for each in rows if each.request}
        replies = {name: future.result() for name, future in futures.items()}
    return replies, _usage(list(replies.values()))


def _said(name: str, text: str) -> Reply:
    return Reply(name, text, FinishReason.STOP, Usage())


def _usage(replies: Sequence[Reply]) -> dict[str, float]:
    count = max(len(replies), 1)
    return {
        "asked": len(replies),
        "input_tokens": round(sum(each.usage.input_tokens for each in replies) / count, 1),
        "output_tokens": round(sum(each.usage.output_tokens for each in replies) / count, 1),
        "unfinished": sum(each.finish_reason is not FinishReason.STOP for each in replies),
        "invalid": sum(read_answer(each.text) is None for each in replies),
    }


def compare(
    sets: Mapping[str, Sequence[Case]], options: argparse.Namespace, packs: Mapping[str, RulePack]
) -> dict[str, Any]:
    """Figures by set, system and language."""
    table = {str(category): str(disposition) for category, disposition in packs["general"].dispositions.items()}
    baseline = train_baseline(options.baseline, table) if options.baseline else None
    fields = load_fields(options.rules)
    told = json.loads(options.answers.read_text(encoding="utf-8")) if options.answers else {}
    result: dict[str, Any] = {}
    for name, cases in sets.items():
        rows = list(judged(cases, packs, fields))
        said = {"majority": majority(cases), "rules": with_replies(rows, {})}
        if baseline:
            said["baseline"] = baseline.say([each.report.text for each in rows])
        if any(case.answer for case in cases):
            said["ceiling"] = with_replies(
                rows, {case.id: _said(case.id, case.answer) for case in cases if case.answer}
            )
        if any(case.id in told for case in cases):
            said["answers"] = with_replies(rows, {key: _said(key, text) for key, text in told.items()})
        result[name] = {"usage": {}}
        for folder in options.model:
            asked, usage = ask(folder, rows, options.in_flight)
            for authority in (Authority.CODE, Authority.RAISE):
                said[f"{folder.name} {authority.name.lower()}"] = with_replies(
                    rows, asked, authority, options.raise_confidence
                )
            result[name]["usage"][folder.name] = usage
        result[name] |= {system: by_language(cases, codes) for system, codes in said.items()}
    return result


def cases_of(source: str, packs: Mapping[str, RulePack]) -> tuple[str, list[Case]]:
    """``name=path`` of a gold file, or ``name=path:part`` of a held-out file."""
    name, _, place = source.partition("=")
    path, _, part = place.partition(":")
    if part:
        return name, generated_cases(Path(path), part, packs["general"].dispositions)
    return name, folder_cases(Path(path))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="NAME=FILE[:PART]")
    parser.add_argument("--model", type=Path, action="append", default=[])
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--raise-confidence", type=float, default=RAISE_CONFIDENCE)
    parser.add_argument("--rules", type=Path, default=Path("rules"))
    parser.add_argument("--baseline", type=int, default=20_000, help="reports it is trained on, 0 for none")
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--most", type=int, default=1_000_000, help="cases of each set")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    packs = load_packs(options.rules)
    sets = {name: cases[: options.most] for name, cases in (cases_of(source, packs) for source in options.sets)}
    result = compare(sets, options, packs)
    for name, systems in result.items():
        for system, languages in systems.items():
            for language, figures in languages.items():
                sys.stdout.write(f"{name:12} {system:14} {language:6} {figures}\n")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

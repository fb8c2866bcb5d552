"""Always FP16, always INT8, and the cascade, on the same reports: accuracy, speed, share asked at FP16.

``python -m tests.bench.cascade MODEL_FOLDER NAME=HELDOUT.json.xz:test [--most N] [--rounds N] [--json FILE]``; a
``gold.csv`` does too. The folder holds ``fp16`` and ``int8``. The three alternate, each round opens its own engines;
reports a minute are the median of the rounds. CPU, prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_app.advising import Advisor, Answered, Asked
from edge_app.distill.cases import CODES, measure
from edge_app.distill.evaluate import Judged, cases_of, judged, with_replies
from edge_app.domain.inference import RAISE_CONFIDENCE, EngineInfo, FinishReason, Precision, Request
from edge_app.engine import EngineSpec, open_engine
from edge_app.engine.pool import Pool
from edge_app.judging.answer import answer_schema, read_answer
from edge_app.judging.compose import system_text
from edge_app.judging.conclude import Authority
from edge_app.observe.logging import configure
from edge_app.rulepacks import load_fields, load_packs

RULES: Final = Path(__file__).resolve().parents[2] / "rules"
ARMS: Final = {
    "always fp16": (Precision.FP16,),
    "always int8": (Precision.INT8,),
    "cascade": (Precision.INT8, Precision.FP16),
}
WAIT_S: Final = 600.0


@dataclass(slots=True)
class Arm:
    """What one way of asking gave, over all rounds."""

    seconds: list[float] = field(default_factory=list)
    answers: dict[str, Answered] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Precision and reason of each request of the last round."""


def run(arm: Arm, precisions: Sequence[Precision], rows: Sequence[Judged], options: argparse.Namespace) -> None:
    """All reports once, ``in_flight`` at a time."""
    arm.asked = []
    system = system_text(load_packs(RULES)["general"].prompt.system)
    warm_up = Request("warm-up", system, "Ready?", answer_schema(), 8, 600_000)
    specs = {
        each: EngineSpec(
            options.folder / each, options.folder.name, "0" * 64, each, "CPU", options.in_flight, warm_up=warm_up
        )
        for each in precisions
    }
    with Pool(specs, open_engine, frozenset(specs)) as pool:
        pool.hold(frozenset(specs))
        for each in specs:
            with pool.lease(each, WAIT_S, no_other=True) as leased:
                assert leased, f"{each} did not load"
        fixed = "" if len(specs) > 1 else "configured"
        advisor = Advisor(pool, Authority.RAISE, RAISE_CONFIDENCE, 256, 600_000, fixed)
        begun = time.monotonic()
        with ThreadPoolExecutor(options.workers or options.in_flight) as threads:
            answers = threads.map(lambda row: _ask(advisor, row, arm), rows)
            arm.answers = {row.case.id: answered for row, answered in zip(rows, answers, strict=True)}
        arm.seconds.append(time.monotonic() - begun)


def _ask(advisor: Advisor, row: Judged, arm: Arm) -> Answered:
    assert row.request

    def record(_: Request, info: EngineInfo, reason: str) -> None:
        arm.asked.append((info.precision, reason))

    return advisor.ask(Asked(row.report, row.assessment, row.request, "bench", "general", record))


def figures(arm: Arm, rows: Sequence[Judged], exact: Arm) -> dict[str, Any]:
    """Of one arm; ``exact`` is always FP16."""
    replies = {name: answered.reply for name, answered in arm.answers.items()}
    said = with_replies(rows, replies, Authority.RAISE, RAISE_CONFIDENCE)
    told = measure([each.case for each in rows], said)
    reference = with_replies(
        rows, {name: each.reply for name, each in exact.answers.items()}, Authority.RAISE, RAISE_CONFIDENCE
    )
    codes = [_codes(arm.answers[name]) == _codes(exact.answers[name]) for name in arm.answers]
    fast = statistics.median(arm.seconds)
    reasons = [reason.partition(":")[0] for precision, reason in arm.asked if precision == Precision.FP16]
    return {
        "reports_per_min": round(60 * len(rows) / fast, 1),
        "seconds": [round(each, 2) for each in arm.seconds],
        "requests": len(arm.asked),
        "share_fp16": round(len(reasons) / len(rows), 4),
        "second_looks": sum(reason == "second look" for reason in reasons),
        **{name: told[name] for name in (*CODES, "false_accepts", "false_rejects")},
        "verdicts_as_always_fp16": round(
            sum(_verdict(ours) == _verdict(theirs) for ours, theirs in zip(said, reference, strict=True)) / len(rows), 4
        ),
        "codes_as_always_fp16": round(sum(codes) / len(codes), 4),
        "unfinished": sum(each.reply.finish_reason is not FinishReason.STOP for each in arm.answers.values()),
    }


def _verdict(codes: Any) -> tuple[str, ...]:
    return tuple(getattr(codes, name) for name in CODES)


def _codes(answered: Answered) -> tuple[Any, ...] | None:
    answer = read_answer(answered.reply.text)
    if answer is None:
        return None
    return answer.line, answer.status, answer.category, answer.severity, answer.disposition


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """The three of them."""
    packs = load_packs(RULES)
    _, cases = cases_of(options.cases, packs)
    rows = [each for each in judged(cases, packs, load_fields(RULES)) if each.request][: options.most]
    arms = {name: Arm() for name in ARMS}
    for number in range(options.rounds):
        turned = list(ARMS)[number % len(ARMS) :] + list(ARMS)[: number % len(ARMS)]
        for name in turned:
            run(arms[name], ARMS[name], rows, options)
    result: dict[str, Any] = {"model": options.folder.name, "reports": len(rows), "rounds": options.rounds}
    result |= {name: figures(arm, rows, arms["always fp16"]) for name, arm in arms.items()}
    return result | _against(result)


def _against(result: Mapping[str, Any]) -> dict[str, float]:
    fast, exact = result["always int8"]["reports_per_min"], result["always fp16"]["reports_per_min"]
    ours = result["cascade"]["reports_per_min"]
    return {"speed_of_always_int8": round(ours / fast, 3), "speed_of_always_fp16": round(ours / exact, 3)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("cases", metavar="NAME=FILE[:PART]")
    parser.add_argument("--most", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--workers", type=int, default=0, help="reports at a time; as many as are in flight")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    configure("json", "error")
    text = json.dumps(compare(options))
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

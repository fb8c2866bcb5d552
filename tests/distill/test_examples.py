"""Training examples: the engine's own prompt, and an answer that the engine's own reader accepts."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from edge_app.distill.examples import Example, Judge, generate, reading, right_answer
from edge_app.distill.lexicon import Split, load_lexicon
from edge_app.domain.inference import FinishReason, Reply, Usage
from edge_app.domain.verdict import Category, Severity, Status
from edge_app.judging.answer import NO_LINE, read_answer, write_answer
from edge_app.judging.conclude import Authority, conclude, pointed_at
from edge_app.rulepacks import load_fields, load_packs

RULES = Path(__file__).resolve().parents[2] / "rules"


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    judge, lexicon = Judge(load_packs(RULES), load_fields(RULES)), load_lexicon(Split.TRAIN)
    return [judge.example(generate(str(seed), Split.TRAIN), lexicon) for seed in range(250)]


def test_every_right_answer_is_read_back(examples: list[Example]) -> None:
    answers = [each.answer for each in examples if each.answer]
    assert len(answers) > 100
    assert all(read_answer(write_answer(answer)) == answer for answer in answers)


def test_the_rules_are_never_contradicted(examples: list[Example]) -> None:
    for each in examples:
        if each.answer:
            assert each.answer.status.rank >= each.assessment.status.rank
            assert each.answer.severity.rank >= each.assessment.severity.rank


def test_the_line_that_is_pointed_at_tells_the_finding(examples: list[Example]) -> None:
    pointing = [(each, each.answer) for each in examples if each.answer and each.answer.line != NO_LINE]
    assert len(pointing) > 20
    for each, answer in pointing:
        span = pointed_at(each.assessment, answer)
        assert span is not None
        assert each.report.text[span.start : span.end] == span.text
        assert f"\n{answer.line} {' '.join(span.text.split())[:20]}" in each.prompt
        label = each.generated.label
        told = label.phrase.lower() in span.text.lower() or label.sentence in span.text
        assert told or span.text in label.sentence


def test_a_right_answer_brings_the_verdict_to_the_truth(examples: list[Example]) -> None:
    raised = 0
    for each in examples:
        if each.answer is None or each.answer.status is each.assessment.status:
            continue
        reply = Reply("1", write_answer(each.answer), FinishReason.STOP, Usage())
        verdict = conclude(each.report, each.assessment, reply, Authority.RAISE)
        label = each.generated.label
        assert (verdict.status, verdict.category) == (label.status, label.category)
        raised += 1
    assert raised > 20


def test_readings_point_at_what_they_raise() -> None:
    pack, lexicon = load_packs(RULES)["general"], load_lexicon(Split.TRAIN)
    for seed in range(200):
        generated = generate(f"r{seed}", Split.TRAIN)
        prompt, answer = reading(generated, Random(seed), lexicon, pack)
        assert (answer.category is Category.NONE) is (answer.severity is Severity.NONE)
        assert answer.status is not Status.FAIL or f"\n{answer.line} " in prompt


def test_what_the_prompt_does_not_show_is_not_asked_for(examples: list[Example]) -> None:
    pack, lexicon = load_packs(RULES)["general"], load_lexicon(Split.TRAIN)
    failing = next(each for each in examples if each.answer and each.answer.status is not each.assessment.status)
    answer = right_answer(failing.generated.label, failing.assessment, "English\nPASS none none", lexicon, pack)
    assert (answer.status, answer.line) == (failing.assessment.status, NO_LINE)

"""Distillation from a teacher: lines to retell, what is sifted, the model asked in batches, the whole way."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from edge_app.distill import teacher
from edge_app.distill.asking import Turn, question, retelling
from edge_app.distill.corpus import teacher_pairs
from edge_app.distill.examples import generate
from edge_app.distill.lexicon import LANGUAGES, Split, load_lexicon
from edge_app.distill.oracle import Oracle
from edge_app.distill.retell import KINDS, MARK, Line, line_of, mask, retold, unmask
from edge_app.distill.school import Retelling
from edge_app.distill.sieve import agrees, choice, form_fault, names_held_out
from edge_app.distill.tokenizer import save_tokenizer, train_tokenizer
from edge_app.domain.verdict import Category, Status
from edge_app.judging.answer import NO_LINE, read_answer

RULES = Path(__file__).resolve().parents[2] / "rules"


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return teacher.lines_of(1, 0, 300)


def line_with(lines: list[Line], tongue: str, marks: int) -> Line:
    return next(each for each in lines if each.told.tongue == tongue and len(each.values) == marks)


def test_looking_at_a_report_does_not_change_it() -> None:
    for seed in range(40):
        seen: list[object] = []
        assert generate(str(seed), Split.TRAIN, retell=seen.append) == generate(str(seed), Split.TRAIN)


def test_masked_lines_hide_codes_and_give_them_back(lines: list[Line]) -> None:
    assert len(lines) > 150
    assert {each.group for each in lines} == {kind.removesuffix("_says") for kind in KINDS}
    for each in lines:
        assert not any(sign.isdigit() for sign in each.masked)
        assert len(MARK.findall(each.masked)) == len(each.values)
        assert unmask(each.masked, each.values) == each.told.core


def test_longer_values_are_masked_before_their_parts() -> None:
    assert mask("crack at Hub 3, A-77", ["hub", "hub 3"]) == ("crack at [A], [B]", ["Hub 3", "A-77"])


def test_a_retold_report_differs_in_its_line_alone(lines: list[Line]) -> None:
    for each in lines[:60]:
        before, after = generate(each.seed, Split.TRAIN), retold(each, "quite other words")
        changed = [pair for pair in zip(before.lines, after.lines, strict=True) if pair[0] != pair[1]]
        assert len(changed) == 1
        assert "quite other words" in changed[0][1]
        assert after.label.status is before.label.status
        if before.label.status is not Status.PASS:
            assert after.label.sentence == changed[0][1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Sure, here is the line: split at [A]", "debris"),
        ("split right through", "marks"),
        ("split at [A] and [A]", "marks"),
        ("split at [A] [B]", "marks"),
        ("[A]裂开", "language"),
        ("split 3 times at [A]", "digits"),
        ("Crack at [A]!", "same"),
        ("Crack at ([A])", "same"),
        ("split at [A] which is not what we want to see on a part that goes out to a customer next week", "length"),
        ("[A] split right through", ""),
    ],
)
def test_the_form_of_a_retelling(lines: list[Line], text: str, fault: str) -> None:
    told = line_with(lines, "en", 1).told
    assert form_fault(Line("1", told, "crack at [A]", ("hub",), Category.CRACK), text) == fault


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_words_of_the_held_out_split_are_not_let_in(lines: list[Line], tongue: str) -> None:
    test, train = (
        {name for each in load_lexicon(split).defects.values() for name in each.names[tongue] if name.isalpha()}
        for split in (Split.TEST, Split.TRAIN)
    )
    masked = {"en": "crack at [A]", "zh": "[A]有一条裂纹"}[tongue]
    line = Line("1", line_with(lines, tongue, 1).told, masked, ("hub",), Category.CRACK)
    own = re.compile({"en": r"[a-z]{4,}", "zh": r"[一-鿿]{4,}"}[tongue])
    faults = {name: form_fault(line, f"[A] {name}") for name in sorted(test - train) if own.fullmatch(name)}
    assert {*faults.values()} == {"held_out"}, faults


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_what_is_asked_holds_no_held_out_word(tongue: str) -> None:
    asked = [turn for group in {kind.removesuffix("_says") for kind in KINDS} for turn in retelling(tongue, group)]
    asked += [turn for name in ("state", "category") for turn in question(tongue, name).turns]
    assert [turn.text for turn in asked if turn.who != "system" and names_held_out(tongue, turn.text)] == []


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_questions_cover_what_lines_can_be(tongue: str) -> None:
    assert set(question(tongue, "state").options) == set(KINDS.values())
    assert set(question(tongue, "category").options) == set(Category) - {Category.NONE}


def test_habit_is_taken_off_before_options_are_compared() -> None:
    ranked = choice([-1.0, -1.5, -4.0], [-0.5, -3.0, -4.0], ["a", "b", "c"])
    assert [name for name, _ in ranked] == ["b", "c", "a"]
    assert agrees(ranked, "b", top=1, margin=1.0)
    assert not agrees(ranked, "b", top=1, margin=2.0)
    assert not agrees(ranked, "c", top=1, margin=0.0)
    assert agrees(ranked, "c", top=2, margin=2.0)


def test_batches_hold_one_kind_in_one_tongue_and_every_sample(lines: list[Line]) -> None:
    made = list(teacher.batches(lines, 3, 16, Random(1)))
    assert all(len({(each.told.tongue, each.group) for each in batch}) == 1 for batch in made)
    assert sum(map(len, made)) == 3 * len(lines)


def with_words(lines: list[Line], en: str, zh: str) -> list[Retelling]:
    said = {"en": en, "zh": zh}
    return [(each, said[each.told.tongue] + "".join(MARK.findall(each.masked))) for each in lines]


def test_retellings_become_pairs_that_point_at_them(lines: list[Line]) -> None:
    rows = with_words([each for each in lines if each.group == "stands"], "it let go all the way", "整个散开来了")
    pointed = 0
    for (line, text), (fault, pairs) in zip(rows, teacher.judged(RULES, rows), strict=True):
        assert fault == ""
        for prompt, written in pairs:
            answer = read_answer(written)
            assert answer
            shown = [each for each in prompt.split("\n") if each.startswith(f"{answer.line} ")]
            assert answer.line == NO_LINE or shown
            pointed += answer.line != NO_LINE and unmask(text, line.values) in shown[-1]
    assert pointed > 5


def test_what_the_rules_read_otherwise_is_dropped(lines: list[Line]) -> None:
    rows = with_words([each for each in lines if each.group == "stands"], "a crack", "裂纹")
    for (line, _), (fault, _) in zip(rows, teacher.judged(RULES, rows), strict=True):
        assert fault == ("" if line.category is Category.CRACK else "other_category")
    denied = with_words([each for each in lines if each.group == "absent"], "a crack, rejected", "有裂纹，拒收")
    faults = [fault for fault, _ in teacher.judged(RULES, denied)]
    assert faults.count("outranked") > len(faults) // 2


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small qwen2 that has learned nothing, as a folder."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("model")
    texts = [generate(f"t{seed}", Split.TRAIN).content for seed in range(60)]
    save_tokenizer(train_tokenizer(texts, 600), folder)
    torch.manual_seed(3)
    config = transformers.Qwen2Config(
        vocab_size=600, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, eos_token_id=0, bos_token_id=1, pad_token_id=0, initializer_range=0.2,
    )  # fmt: skip
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


def loaded(folder: Path, **options: Any) -> Oracle:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return Oracle(torch, model, tokenizer, **options)


TURNS = (Turn("system", "say it again"), Turn("user", "dent on hub"), Turn("assistant", "hub has a dent"))
ASKED = ["crack", "rust at the left end of the upper cover plate", "裂纹"]


def test_a_shared_beginning_changes_no_word(model: Path) -> None:
    oracle = loaded(model, temperature=0.0)
    alone = [oracle.write(TURNS, [line])[0] for line in ASKED]
    together = oracle.write(TURNS, ASKED)
    assert all(one.startswith(other) or other.startswith(one) for one, other in zip(alone, together, strict=True))
    assert any(together)


def test_options_are_weighed_as_the_whole_text_would_be(model: Path) -> None:
    oracle, options = loaded(model), ["defect", "none", "unclear thing"]
    weights = oracle.weigh(TURNS, ASKED, options)
    head, tail = oracle._frame(TURNS)
    for line, row in zip(ASKED, weights, strict=True):
        for option, weight in zip(options, row, strict=True):
            given = [part for text in (head, line + tail) for part in oracle._ids(text)]
            whole = oracle.torch.tensor([given + oracle._ids(option)])
            logits = oracle.model(input_ids=whole).logits[0].log_softmax(-1)
            right = sum(float(logits[at - 1, whole[0, at]].detach()) for at in range(len(given), whole.shape[1]))
            assert weight == pytest.approx(right, abs=1e-3)


def test_the_whole_way_with_a_model_that_knows_nothing(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "taught.jsonl"
    options = argparse.Namespace(
        model=model, out=out, reports=30, samples=2, seed=1, minutes=10.0, batch=64, top=14, margin=0.0, rules=RULES,
        workers=1,
    )  # fmt: skip
    figures = teacher.run(options)
    counts = figures["counts"]
    sifted = sum(count for name, count in counts.items() if name not in {"tried", "kept", "pairs"})
    assert counts["tried"] == 2 * figures["lines"] == sifted + counts["kept"]
    assert len(teacher_pairs(out)) == counts["pairs"]
    assert json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))["counts"] == counts


def test_it_ends_in_time_with_what_there_is(model: Path) -> None:
    options = SimpleNamespace(model=model, seed=1, samples=1, batch=8, top=1, margin=0.0)
    school, kept = teacher.ask(options, teacher.lines_of(1, 0, 20), deadline=0.0)  # type: ignore[arg-type]
    assert (school.counts["tried"], kept) == (0, [])


def test_nothing_of_the_line_pc_is_needed() -> None:
    blocked = ["openvino", "openvino_genai", "openvino_tokenizers", "lxml", "structlog", "pydantic_settings", "typer"]
    blocked += ["sqlite_utils", "pysqlite3", "watchdog", "rich", "torch", "transformers", "tokenizers", "sklearn"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "from pathlib import Path\nfrom edge_app.distill import teacher\n"
        f"rows = [(line, line.masked) for line in teacher.lines_of(1, 0, 60)]\n"
        f"print(sum(len(pairs) for _, pairs in teacher.judged(Path({str(RULES)!r}), rows)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_a_seed_gives_the_same_line() -> None:
    assert [line_of(f"s{seed}") for seed in range(20)] == [line_of(f"s{seed}") for seed in range(20)]

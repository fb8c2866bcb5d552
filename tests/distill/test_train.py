"""Corpus to answers at toy size: tokenizer, packing, a few steps, OpenVINO, the engine's grammar."""

from __future__ import annotations

import json
import shutil
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edge_app.distill import batches, corpus, train
from edge_app.distill.cases import generated_cases
from edge_app.distill.evaluate import ask, judged
from edge_app.distill.student import END
from edge_app.distill.tokenizer import TAGS, encode_pairs, train_tokenizer
from edge_app.domain.inference import FinishReason
from edge_app.judging.answer import read_answer
from edge_app.models.calibration import TextSet
from edge_app.models.prepare import prepare, wanted
from edge_app.rulepacks import load_fields, load_packs

RULES = Path(__file__).resolve().parents[2] / "rules"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tokenizers")
    out = tmp_path_factory.mktemp("corpus")
    corpus.build(
        corpus.Plan(
            out, rules=RULES, workers=1, examples=120, readings=200, written=50, copies=40, reports=30, held_out=12,
            vocabulary=1024,
        )
    )  # fmt: skip
    return out


def test_the_tokenizer_splits_digits_and_gives_back_every_text() -> None:
    pytest.importorskip("tokenizers")
    tokenizer = train_tokenizer(["孔径 12.34 mm\n裂纹", "bore 12.34 mm\ncrack"] * 20, 400)
    for text in ("孔径 12345 mm\n裂纹", "bore\t12.5 ± 0.1\n\n  x", "é ‹|x|> 🙂"):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids) == text
    assert len(tokenizer.encode("12345").ids) == 5
    assert [tokenizer.token_to_id(tag) for tag in TAGS] == list(range(len(TAGS)))


def test_loss_falls_on_answers_alone_and_pairs_are_told_apart(built: Path) -> None:
    lengths, tokens = batches.read_pairs(built)
    assert lengths.sum() == len(tokens)
    ids, targets, owner = next(batches.pair_rows(lengths, tokens, 1024, seed=1))
    shown = targets[targets >= 0]
    assert (owner[1:] - owner[:-1]).max() == 1
    assert np.count_nonzero(ids[:-1][targets[:-1] >= 0] == TAGS.index("<｜Assistant｜>")) == owner.max()
    assert np.count_nonzero(shown == END) == owner.max()
    assert (ids[1:][targets[:-1] >= 0] == shown).all()


def test_a_teachers_pairs_are_read_with_the_others(built: Path, tmp_path: Path) -> None:
    row = {"prompt": "English\nPASS none none\nReport:\n1 the lid hums", "answer": "0 PASS none none accept\nGood."}
    (tmp_path / "said.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    folder = tmp_path / "corpus"
    shutil.copytree(built, folder)
    before, _ = batches.read_pairs(folder)
    told = corpus.add_pairs(folder, "taught", corpus.teacher_pairs(tmp_path / "said.jsonl"))
    lengths, tokens = batches.read_pairs(folder)
    assert len(lengths) - len(before) == told["taught_pairs"] * told["times"] > 1
    assert lengths.sum() == len(tokens)


def test_plain_rows_cover_the_text(built: Path) -> None:
    tokens = batches.read_plain(built / "plain.npz")
    rows = [*islice(batches.plain_rows(tokens, 64, seed=1), 5)]
    assert all(row.shape == (64,) for row in rows)


def test_the_same_arguments_give_the_same_pairs() -> None:
    assert corpus.reading_pairs(RULES, 3, 5) == corpus.reading_pairs(RULES, 0, 8)[3:]


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        ("1 FAIL assembly major rework\nThe lid hums.", True),
        ("0 INDETERMINATE none none hold\nNothing decides.", True),
        ("2 FAIL assembly major rework\nThe lid sings.", False),
        ("0 FAIL assembly major rework\nThe lid hums.", False),
        ("0 PASS none none accept\nAll well.", False),
        ("FAIL", False),
    ],
)
def test_a_teacher_is_believed_where_the_rules_can_follow(answer: str, *, is_kept: bool, tmp_path: Path) -> None:
    row = {"prompt": "English\nINDETERMINATE none none no-result\nReport:\n1 the lid hums", "answer": answer}
    (tmp_path / "said.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert corpus.teacher_pairs(tmp_path / "said.jsonl") == ([(row["prompt"], answer)] if is_kept else [])


def test_pairs_are_framed_as_the_chat_template_does(built: Path) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(built / "tokenizer")
    messages = [{"role": "system", "content": "s" * 300}, {"role": "user", "content": "English\nPASS none none"}]
    framed = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(framed, add_special_tokens=False)["input_ids"]
    assert encode_pairs(tokenizer.backend_tokenizer, [("English\nPASS none none", "-")])[0][0] == ids


def test_from_corpus_to_answers(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")

    sizes = "--hidden 64 --inner 64 --layers 1 --rows 4 --length 256 --plain-length 64 --evaluated 2"
    limits = "--minutes 5 --plain-steps 2 --steps 3"
    monkeypatch.setattr(sys, "argv", ["train", str(built), str(tmp_path / "out"), *sizes.split(), *limits.split()])
    train.main()
    log = json.loads((tmp_path / "out" / "log.json").read_text(encoding="utf-8"))
    assert (log["figures"]["language_steps"], log["figures"]["task_steps"]) == (2, 3)
    what = wanted(str(tmp_path / "out" / "model"), "ov")
    made = prepare(what, tmp_path, ["int8"], TextSet(()), lambda *_: None)
    assert [each.precision for each in made] == ["fp16", "int8"]
    packs = load_packs(RULES)
    cases = generated_cases(built / "heldout.json.xz", "test", packs["general"].dispositions)
    rows = [each for each in judged(cases, packs, load_fields(RULES)) if each.request][:2]
    replies, usage = ask(tmp_path / "ov" / "fp16", rows, 2)
    longest = max(len(each.request.user.encode()) for each in rows if each.request)
    assert usage["input_tokens"] <= longest + 4
    for reply in replies.values():
        assert reply.finish_reason is FinishReason.LENGTH or read_answer(reply.text) is not None

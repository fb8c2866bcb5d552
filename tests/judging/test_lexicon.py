"""Phrases as patterns: bounded, folded, quick to fail."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from edge_app.domain.rulepack import Phrases, RulePack, Term
from edge_app.domain.verdict import Category
from edge_app.judging import lexicon
from edge_app.judging.fragments import chinese, english, first_literal, unfold
from edge_app.judging.lexicon import Group, Lexicon, _compile, fold_text, lexicon_of


@pytest.mark.parametrize(
    ("fragment", "unfolded"),
    [
        ("(?:a|b)c", {"ac", "bc"}),
        ("(?:un)?fit", {"unfit", "fit"}),
        ("re-?cheque", {"re-?cheque"}),
        ("[ab]c", {"ac", "bc"}),
        ("a|b", {"a", "b"}),
        (r"\d+", {r"\d+"}),
        ("(?:(?:a|b)c|d)e", {"ace", "bce", "de"}),
    ],
)
def test_alternatives_start_with_a_literal(fragment: str, unfolded: set[str]) -> None:
    assert set(unfold(fragment)) == unfolded


def test_workers_that_start_together_compile_a_pack_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def slow(pack: RulePack) -> Lexicon:
        compiled.append(pack.fingerprint)
        time.sleep(0.05)
        return _compile(pack)

    monkeypatch.setattr(lexicon, "_compile", slow)
    pack = RulePack(name="pack", title="p", version="1.0.0", fingerprint="started-together")
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lexicon_of, [pack] * 8))
    assert compiled == ["started-together"]
    assert all(each is made[0] for each in made)


@pytest.mark.parametrize(
    ("fragment", "first"), [("crack", "c"), ("c?rack", ""), (r"\d", ""), ("a|b", ""), ("裂", "裂")]
)
def test_first_literal(fragment: str, first: str) -> None:
    assert first_literal(fragment) == first


@pytest.mark.parametrize(
    ("fragment", "text", "hit"),
    [
        ("crack", "two cracks", True),
        ("crack", "cracker", False),
        ("cold shut", "a cold-shut at the rim", True),
        ("cold shut", "cold\nshuts", True),
        ("NG", "result: ng", True),
        ("NG", "boring", False),
        (r"Rp ?0[.,]2", "rp0.2 = 310", True),
    ],
)
def test_english_is_bounded_at_words(fragment: str, text: str, hit: bool) -> None:
    pattern = Group([Phrases(en=(fragment,))])
    assert bool(pattern.find(text)) is hit


def test_chinese_matches_anywhere_and_keeps_its_look_behind() -> None:
    assert chinese(["(?<!不)合格"]) == ["合(?<!不合)格"]
    group = Group([Phrases(zh=("(?<!不)合格",))])
    assert group.find("均合格")
    assert not group.find("不合格")


def test_the_longer_phrase_wins_and_tells_its_rule() -> None:
    group = Group([Phrases(en=("crack",)), Phrases(en=("crack detector",))])
    assert [rule for rule, _, _ in group.find("crack detector and crack")] == [1, 0]


def test_a_capturing_group_is_refused() -> None:
    with pytest.raises(ValueError, match="capturing"):
        Group([Phrases(en=("(a)b",))])


def test_every_shipped_phrase_is_found_at_its_place(lexicon: Lexicon) -> None:
    assert all(isinstance(pattern, re.Pattern) for pattern in lexicon.cues.values())
    found = lexicon.term_group.find(fold_text("ＣＲＡＣＫ，裂纹"))
    assert [(start, end) for _, start, end in found] == [(0, 5), (6, 8)]
    assert {lexicon.terms[rule].category for rule, _, _ in found} == {Category.CRACK}


@pytest.mark.parametrize("text", ["İSTANBUL", "ﬁx ΔE 1.2", "８．５±０．２ ㎜", "裂纹，NG"])
def test_folding_keeps_offsets(text: str) -> None:
    assert len(fold_text(text)) == len(text)


def test_the_pack_is_compiled_once(general: RulePack) -> None:
    assert lexicon_of(general) is lexicon_of(general)


def test_plurals_come_by_themselves_for_terms_only() -> None:
    assert english(["burr"], inflected=True)[0].startswith("burr(?:e?s)?")
    assert english(["burr"], inflected=False)[0].startswith("burr(?!")


def test_enough_words_in_every_category(general: RulePack) -> None:
    words = dict.fromkeys(Category, 0)
    del words[Category.NONE]
    for term in general.terms:
        assert isinstance(term, Term)
        words[term.category] += len(term.en) + len(term.zh)
    assert sum(words.values()) >= 150
    assert min(words.values()) >= 10

"""Generated reports: the same seed gives the same report, labels follow the conventions, splits share no words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest

from edge_app.distill.examples import generate
from edge_app.distill.facts import Label, Story
from edge_app.distill.lexicon import SHARED, Lexicon, Split, choose, load_lexicon
from edge_app.distill.noise import Noise
from edge_app.distill.story import Teller
from edge_app.distill.wording import parse, variants
from edge_app.domain.verdict import Category, Severity, Status

SEEDS = [str(seed) for seed in range(400)]


def entries(lexicon: Lexicon) -> set[str]:
    """All names, clauses and sentences."""
    words: set[str] = set()
    tables: list[dict[str, Any]] = [each.names for each in lexicon.defects.values()]
    tables += [each.clauses for each in lexicon.defects.values()]
    tables += [each.signs for each in lexicon.defects.values()]
    tables += [table for each in lexicon.products for table in (each.names, each.parts)]
    tables += list(lexicon.phrases.values())
    for table in tables:
        words |= {entry for value in table.values() if isinstance(value, tuple) for entry in value}
    return words


def stands_in(entry: str, text: str) -> bool:
    whole = entry.lower()
    return re.search(rf"\b{re.escape(whole)}\b", text) is not None if whole.isascii() else whole in text


def tell(seed: str) -> Story:
    random, lexicon = Random(seed), load_lexicon(Split.TRAIN)
    noise = Noise.drawn(random, strange=True)
    return Teller(random, lexicon, noise, "en", random.choice(lexicon.products)).tell()


def rank(label: Label) -> tuple[int, int]:
    return label.status.rank, label.severity.rank


def held_out() -> Iterable[str]:
    only = entries(load_lexicon(Split.TEST)) - entries(load_lexicon(Split.TRAIN))
    return sorted(entry for entry in only if not set(entry) & set("{<"))


def test_a_held_out_entry_is_drawn_in_its_split_only() -> None:
    listed = ["a", "~b", "c"]
    assert choose(listed, Split.TRAIN) == ("a", "c")
    assert choose(listed, Split.TEST) == ("b",)
    assert choose(["a"], Split.TEST) == ("a",)


def test_no_training_report_holds_a_held_out_word() -> None:
    text = "\n".join(generate(seed, Split.TRAIN).content for seed in SEEDS).lower()
    assert [entry for entry in held_out() if stands_in(entry, text)] == []


def test_held_out_reports_hold_them() -> None:
    text = "\n".join(generate(str(seed), Split.TEST).content for seed in range(3200)).lower()
    around = {
        entry for table in load_lexicon(Split.TEST).phrases.values() for kind in SHARED for entry in table.get(kind, ())
    }
    telling = [entry for entry in held_out() if entry not in around]  # what surrounds is drawn beside many others
    assert sum(stands_in(entry, text) for entry in telling) > 0.8 * len(telling)


def test_no_drawing_of_a_held_out_entry_is_one_of_a_training_entry() -> None:
    train, test = entries(load_lexicon(Split.TRAIN)), entries(load_lexicon(Split.TEST))
    drawn = {text.strip().lower() for entry in train for text in variants(parse(entry))}
    assert [entry for entry in test - train for text in variants(parse(entry)) if text.strip().lower() in drawn] == []


@pytest.mark.parametrize("split", Split)
def test_sentences_that_decide_seldom_come_twice(split: Split) -> None:
    told = [sentence for seed in SEEDS if (sentence := generate(seed, split).label.sentence)]
    assert len(set(told)) > 0.95 * len(told)


def test_of_equal_findings_the_first_that_is_told_decides() -> None:
    for seed in SEEDS:
        story = tell(seed)
        if story.standing:
            worst = [each for each in story.standing if rank(each) == rank(story.label)]
            first = min(story.sentences.index(each.sentence) for each in worst)
            assert story.sentences[first] == story.label.sentence


@pytest.mark.parametrize("split", Split)
def test_the_same_seed_gives_the_same_report(split: Split) -> None:
    assert generate("7", split) == generate("7", split)
    assert generate("7", split) != generate("8", split)


@pytest.mark.parametrize("split", Split)
def test_labels_follow_the_conventions(split: Split) -> None:
    labels = [generate(seed, split).label for seed in SEEDS]
    assert {label.status for label in labels} == set(Status)
    assert {label.category for label in labels} == set(Category)
    for label in labels:
        is_none = label.category is Category.NONE
        assert is_none is (label.severity is Severity.NONE)
        assert not (is_none and label.status is Status.FAIL)
        assert label.status is not Status.PASS or is_none


def test_what_decides_stands_in_the_report() -> None:
    for generated in (generate(seed, Split.TRAIN) for seed in SEEDS):
        sentence = generated.label.sentence
        if generated.name.endswith(".txt") and generated.label.told != "FAIL_value":
            assert sentence in generated.content

"""Lines of generated reports to be said in other words: found, masked, put back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from edge_app.distill.examples import Generated, generate
from edge_app.distill.facts import Label, Story, Told
from edge_app.distill.lexicon import Split
from edge_app.domain.verdict import Category, Status

KINDS: Final = {
    "stands": "stands", "stands_says": "stands", "fixed_bad": "stands", "fixed_bad_says": "stands",
    "absent": "absent", "permitted": "absent", "false_call": "absent",
    "hedged": "open", "hedged_says": "open", "fixed_pending": "open", "fixed_pending_says": "open",
    "missing": "open", "contradiction": "open", "suspect_gauge": "open", "conditional": "open",
    "fixed_good": "fixed", "fixed_good_says": "fixed",
}  # fmt: skip
"""What can be retold, by the list a sentence was drawn from, and what it says of the part."""
_CODED: Final = {"stands", "fixed_bad", "hedged", "fixed_pending"}
"""Kinds that name a defect of the label's category."""
_MOST_MARKS: Final = 3
_LETTERS: Final = "ABC"
MARK: Final = re.compile(r"\[[A-C]\]")
_CJK: Final = re.compile(r"[㐀-鿿]")
_LATIN: Final = re.compile(r"[a-z]{3,}", re.IGNORECASE)
_CODE: Final = r"[A-Za-z0-9#+./_:°±-]*\d[A-Za-z0-9#+./_:°±%-]*"
_END: Final = " .。;；,，!！"


@dataclass(frozen=True, slots=True)
class Line:
    """One line to be retold, with what must stay true of it."""

    seed: str
    told: Told
    masked: str
    values: tuple[str, ...]
    """What stands behind the marks, in their order."""
    category: Category
    """Of the defect that it names; NONE where nothing depends on it."""

    @property
    def group(self) -> str:
        """Kind without the difference between a name and a clause."""
        return self.told.kind.removesuffix("_says")

    @property
    def state(self) -> str:
        """``stands``, ``absent``, ``open`` or ``fixed``."""
        return KINDS[self.told.kind]


def line_of(seed: str) -> Line | None:
    """The deciding line of a report of the training split; of a good report one that sounds like a finding."""
    found: list[Line | None] = []

    def look(story: Story) -> None:
        told = _chosen(story, Random(seed))  # noqa: S311  not for secrets
        found.append(_masked(seed, told, story) if told else None)

    generate(seed, Split.TRAIN, retell=look)
    return found[0]


def _chosen(story: Story, random: Random) -> Told | None:
    able = [each for each in story.told if each.kind in KINDS and each.sentence in story.sentences]
    if story.label.status is Status.PASS:
        return random.choice(able) if able else None
    return next((each for each in able if each.sentence == story.label.sentence), None)


def _masked(seed: str, told: Told, story: Story) -> Line | None:
    """None where the line is of two languages or more marks than a reader can keep apart are needed."""
    text, values = mask(told.core, story.drawn)
    bare = MARK.sub("", text)
    other = _CJK if told.tongue == "en" else _LATIN
    if len(values) > _MOST_MARKS or other.search(bare) or len(bare.strip()) < 2:  # noqa: PLR2004
        return None
    coded = told.kind.removesuffix("_says") in _CODED
    return Line(seed, told, text, tuple(values), story.label.category if coded else Category.NONE)


def mask(sentence: str, drawn: list[str]) -> tuple[str, list[str]]:
    """``sentence`` with a mark for each drawn value and each code, and what the marks stand for."""
    known = sorted({each for each in drawn if len(each) > 1}, key=len, reverse=True)
    words = [rf"(?<![A-Za-z0-9]){re.escape(each)}(?![A-Za-z0-9])" for each in known]
    values: list[str] = []

    def put(found: re.Match[str]) -> str:
        values.append(found.group())
        return f"[{_LETTERS[len(values) - 1]}]" if len(values) <= _MOST_MARKS else ""

    return re.sub("|".join([*words, _CODE]), put, sentence, flags=re.IGNORECASE), values


def unmask(text: str, values: tuple[str, ...]) -> str:
    """The values in place of their marks."""
    return MARK.sub(lambda found: values[_LETTERS.index(found.group()[1])], text)


def retold(line: Line, text: str) -> Generated:
    """The report of a line with ``text`` in its place."""
    return generate(line.seed, Split.TRAIN, retell=_replacing(line, text))


def _replacing(line: Line, text: str) -> Callable[[Story], None]:
    sentence = line.told.sentence
    at = sentence.lower().find(line.told.core.lower())
    whole = sentence[:at] + text + sentence[at + len(line.told.core) :] if at >= 0 else text

    def replaced(story: Story) -> None:
        story.sentences = [whole if each == sentence else each for each in story.sentences]
        if story.label.sentence == sentence:
            story.label = _relabelled(story.label, whole, text)

    return replaced


def _relabelled(label: Label, sentence: str, text: str) -> Label:
    """A retold line is its own summary: the words of the first telling are not in the report."""
    told = "FAIL_says" if label.told.split("_")[0] in {"FAIL", "hedged", "pending"} else label.told
    return replace(label, sentence=sentence, phrase=text.strip(_END), told=told)

"""One generated report to one training example: the engine's own prompt, and the answer that is right for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from edge_app.distill.facts import Label, Story
from edge_app.distill.lexicon import Lexicon, Split, load_lexicon
from edge_app.distill.noise import Mix, Noise
from edge_app.distill.story import Teller
from edge_app.distill.styles import STYLES, Sheet
from edge_app.domain.language import detect_language
from edge_app.domain.report import Language, Report
from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Severity, Span, Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.answer import NO_LINE, SUMMARY_CHARS, Answer
from edge_app.judging.assess import assess, select_pack
from edge_app.judging.compose import REPORT_LINE, open_lines, user_text

_BEFORE: Final = (
    "",
    "",
    "",
    "",
    "- ",
    "* ",
    "{}. ",
    "{}) ",
    "• ",
    "note: ",
    "findings: ",
    "备注：",
    "#{} ",
    "[{}] ",
    "> ",
    "{:02}: ",
    "remark{} = ",
)
_AFTER: Final = ("", "", "", "", ".", "。", ";", " /", "!", " ..", ",")
_BETWEEN: Final = (", ", " - ", " / ", "，", " | ", "; ", ". ", "。", " + ", "  ")
_TOGETHER: Final = (0.0, 0.0, 0.0, 0.3, 0.7)
_STOP: Final = re.compile(r"[。;；]|\. ")


@dataclass(frozen=True, slots=True)
class Generated:
    """A report as a file, with what is right."""

    name: str
    content: str
    language: str
    label: Label
    lines: tuple[str, ...]
    """What it tells, line by line, without layout."""


@dataclass(frozen=True, slots=True)
class Example:
    """A generated report on its way through reader, rules and prompt. ``answer`` is None when nothing is asked."""

    generated: Generated
    report: Report
    assessment: Assessment
    prompt: str
    answer: Answer | None


_UNREAD: Final = tuple(
    Assessment(status, Category.NONE, Severity.NONE, disposition, (), "", None, conflict=False, reason=reason)
    for status, disposition, reason in (
        (Status.PASS, Disposition.ACCEPT, "conforms"),
        (Status.INDETERMINATE, Disposition.HOLD, "no-result"),
    )
)
"""What rules say that know no word of a report."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Reader and rules."""

    packs: Mapping[str, RulePack]
    fields: FieldVocabulary

    def example(self, generated: Generated, lexicon: Lexicon) -> Example:
        """The prompt as the engine makes it and the answer. Raises ReportError when the file is refused."""
        report = read(Source(generated.content.encode(), generated.name, self.fields))
        pack = select_pack(report, self.packs)
        assessment = assess(report, pack)
        if not assessment.needs_model:
            return Example(generated, report, assessment, "", None)
        prompt = user_text(report, assessment, pack)
        answer = right_answer(generated.label, assessment, prompt, lexicon, pack)
        return Example(generated, report, assessment, prompt, answer)


def generate(
    seed: str,
    split: Split,
    *,
    strange: bool | None = None,
    mix: Mix | None = None,
    retell: Callable[[Story], None] | None = None,
) -> Generated:
    """The report of a seed: the same seed gives the same report.

    ``strange``: with invented names, else by split. ``mix``: drawn when not given. ``retell`` may
    change what is told before it is laid out.
    """
    random = Random(f"{split}/{seed}")  # noqa: S311  not for secrets
    lexicon = load_lexicon(split)
    noise = Noise.drawn(random, strange=split is Split.TRAIN if strange is None else strange, mix=mix)
    language = random.choices(["en", "zh", "mixed"], [45, 45, 10])[0]
    story = Teller(random, lexicon, noise, language, random.choice(lexicon.products)).tell()
    if retell:
        retell(story)
    name = random.choices([*STYLES], [weight for _, weight in STYLES.values()])[0]
    sheet = Sheet(story, lexicon, random, noise)
    return Generated(name, STYLES[name][0](sheet), language, story.label, (sheet.head(), *story.sentences))


def reading(generated: Generated, random: Random, lexicon: Lexicon, pack: RulePack) -> tuple[str, Answer]:
    """Prompt and answer as if the rules knew no word of the report: cheap, and reading is all there is to learn."""
    pieces = [piece for line in generated.lines for piece in _STOP.split(line) if piece.strip()]
    rules, prompt = read_as(laid_out(pieces, random), random, pack)
    label = generated.label
    if label.told == "gauge":
        label = replace(label, sentence="", phrase="?")  # what is measured is not shown, so it cannot be coded
    return prompt, right_answer(label, rules, prompt, lexicon, pack)


def read_as(lines: Sequence[str], random: Random, pack: RulePack) -> tuple[Assessment, str]:
    """What rules that know no word say of these lines, and the prompt that asks about them."""
    rules, text = random.choice(_UNREAD), "\n".join(lines)
    report = Report(text=text, format="text", encoding="utf-8", language=detect_language(text))
    spans = tuple(Span(line, 0) for line in lines)
    rules = replace(rules, open_text=spans, unread=spans, summary=_rules_summary(report, rules))
    return rules, user_text(report, rules, pack)


def laid_out(pieces: Sequence[str], random: Random) -> list[str]:
    """Lines as one writer sets them: marks before and after, several sentences on one line."""
    before, after, between = random.choice(_BEFORE), random.choice(_AFTER), random.choice(_BETWEEN)
    together = random.choice(_TOGETHER)
    lines: list[str] = []
    for at, piece in enumerate(pieces, 1):
        if lines and random.random() < together:
            lines[-1] += between + piece
        else:
            lines.append(before.format(at) + piece)
    return [line + after for line in lines]


def _rules_summary(report: Report, rules: Assessment) -> str:
    told = "PASS" if rules.status is Status.PASS else "none"
    language = "en" if report.language is Language.EN else "zh"
    return str(load_lexicon(Split.TRAIN).phrases[language]["summary"][told])


def right_answer(label: Label, rules: Assessment, prompt: str, lexicon: Lexicon, pack: RulePack) -> Answer:
    """What the model should say: the truth where the rules missed it and the prompt shows it, else the rules' word."""
    opened = prompt.partition(f"\n{REPORT_LINE}\n")[2]
    language = "zh" if prompt.startswith("Chinese") else "en"
    line = deciding_line(label, opened.split("\n"))
    coded = Category.NONE if rules.is_assumed else rules.category
    is_unread = line > 0 and open_lines(rules)[line - 1].span in rules.unread
    raises = label.status.rank > rules.status.rank and is_unread and label.category is not Category.NONE
    codes = label.status is rules.status and coded is Category.NONE is not label.category and line > 0
    status, category, severity, disposition = rules.status, coded, rules.severity, rules.disposition
    if raises or codes:
        status, category = label.status, label.category
        severity = max(rules.severity, _shown_severity(label, prompt), key=lambda each: each.rank)
        proposed = pack.dispositions.get(category, Disposition.HOLD)
        disposition = proposed if status is Status.FAIL else Disposition.HOLD
    agrees = status is label.status and category is label.category
    summary = summarise(label, lexicon, language) if agrees else rules.summary
    return Answer(
        line=line if raises or codes else NO_LINE,
        status=status,
        category=category,
        severity=severity,
        disposition=disposition,
        summary=bounded(summary, rules.summary),
    )


def deciding_line(label: Label, lines: Sequence[str]) -> int:
    """The number of the line that tells the finding, 0 when none does.

    One with the whole sentence before one with a part of it: other lines may name the same defect.
    """
    if not label.sentence:
        return NO_LINE
    told = [line.partition(" ")[2] for line in lines]
    folded = label.phrase.lower()
    whole = [label.sentence in each for each in told]
    part = [bool(each) and each in label.sentence for each in told]
    named = [folded in each.lower() for each in told]
    for fits in (whole, [a and b for a, b in zip(part, named, strict=True)], named, part):
        if True in fits:
            return fits.index(True) + 1
    return NO_LINE


def summarise(label: Label, lexicon: Lexicon, language: str) -> str:
    """The sentence of a label: the report's own words and no others beside the form."""
    form = lexicon.phrases[language]["summary"][label.told]
    phrase = label.phrase[:1].upper() + label.phrase[1:] if language == "en" else label.phrase
    return str(form.format(Phrase=phrase))


def bounded(summary: str, spare: str) -> str:
    """A whole sentence within the bound."""
    for text in (summary, spare):
        if len(text) <= SUMMARY_CHARS:
            return text
    stop = "。" if spare[-1:] == "。" else "."
    return _cut(spare, SUMMARY_CHARS - 1) + stop


def _shown_severity(label: Label, prompt: str) -> Severity:
    """A critical one can only be known where the prompt names the product."""
    is_shown = label.severity is not Severity.CRITICAL or label.item.lower() in prompt.lower()
    return label.severity if is_shown else Severity.MAJOR


def _cut(text: str, most: int) -> str:
    """At a word's end where there is one."""
    if len(text) <= most:
        return text
    head = text[: most + 1]
    return head.rpartition(" ")[0] if " " in head[most // 2 :] else head[:most]

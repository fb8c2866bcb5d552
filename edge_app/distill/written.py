"""Lines written by people who know the trades, with what each says of the product: what a generator does not think of.

``written/*.tsv`` hold status, category, severity and text, tab separated. They are told in reports of their own and,
the harmless ones, between the lines of generated reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Final

from edge_app.distill.examples import laid_out, read_as, right_answer
from edge_app.distill.facts import Label
from edge_app.distill.lexicon import Lexicon
from edge_app.domain.language import detect_language
from edge_app.domain.report import Language
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Category, Severity, Status
from edge_app.judging.answer import MAX_LINES, NO_LINE, write_answer
from edge_app.judging.compose import MAX_OPEN_CHARS, REPORT_LINE

Pair = tuple[str, str]
_FINDINGS: Final = (0, 0, 0, 0, 1, 1, 1, 1, 2)
_HARMLESS: Final = (0, 1, 2, 3, 4, 6, 9)
_BESIDE: Final = (0, 0, 1, 2, 4)


@dataclass(frozen=True, slots=True)
class Written:
    """One line and what must be concluded when it stands beside an otherwise good report."""

    status: Status
    category: Category
    severity: Severity
    text: str

    @property
    def tongue(self) -> str:
        """``en`` or ``zh``."""
        return "en" if detect_language(self.text) is Language.EN else "zh"

    @property
    def label(self) -> Label:
        """As a generated report would have it."""
        told = "PASS" if self.status is Status.PASS else "FAIL_says"
        return Label(self.status, self.category, self.severity, told, self.text.strip(" .。"), self.text)


@lru_cache(maxsize=1)
def written() -> dict[tuple[str, bool], tuple[Written, ...]]:
    """All lines by tongue and whether they say that something is wrong."""
    found: dict[tuple[str, bool], dict[str, Written]] = {}
    for path in sorted((files(__package__) / "written").iterdir(), key=lambda each: each.name):
        for row in path.read_text(encoding="utf-8").splitlines():
            status, category, severity, text = row.split("\t")
            line = Written(Status(status), Category(category), Severity(severity), text)
            found.setdefault((line.tongue, line.status is not Status.PASS), {})[text] = line
    return {key: tuple(lines.values()) for key, lines in found.items()}


def composed(number: int, lexicon: Lexicon, pack: RulePack) -> Pair:
    """A report of written lines alone; the worst one, of equal ones the first, decides."""
    random = Random(f"written/{number}")  # noqa: S311  not for secrets
    tongue = random.choice(["en", "zh"])
    lines = random.sample(written()[tongue, True], random.choice(_FINDINGS))
    lines += random.sample(written()[tongue, False], max(random.choice(_HARMLESS), 1 - len(lines)))
    random.shuffle(lines)
    good = Written(Status.PASS, Category.NONE, Severity.NONE, "")
    worst = max([good, *lines], key=lambda line: (line.status.rank, line.severity.rank))
    rules, prompt = read_as(laid_out([line.text for line in lines], random), random, pack)
    return prompt, write_answer(right_answer(worst.label, rules, prompt, lexicon, pack))


def interleaved(pair: Pair, random: Random) -> Pair:
    """The same report with harmless lines between its own."""
    head, mark, body = pair[0].partition(f"\n{REPORT_LINE}\n")
    if not mark:
        return pair
    lines = [line.partition(" ")[2] for line in body.split("\n")]
    at = int(pair[1].partition(" ")[0])
    tongue = "zh" if head.startswith("Chinese") else "en"
    for line in random.sample(written()[tongue, False], random.choice(_BESIDE)):
        if len(lines) == MAX_LINES or sum(map(len, lines)) + len(line.text) > MAX_OPEN_CHARS:
            break
        place = random.randint(0, len(lines))
        lines.insert(place, line.text)
        at += at != NO_LINE and place < at
    told = "\n".join(f"{number} {line}" for number, line in enumerate(lines, 1))
    return f"{head}{mark}{told}", f"{at} {pair[1].partition(' ')[2]}"

"""What happened to a product, with the label that follows from it: the truth a report is written from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from edge_app.distill.facts import Label, Row, Story
from edge_app.distill.lexicon import Characteristic, Defect, Lexicon, Product
from edge_app.distill.noise import Noise
from edge_app.domain.verdict import Category, Severity, Status

_PLOTS: Final = {
    "fails": 30, "passes": 24, "value": 9, "hedged": 9, "pending": 7, "fixed_bad": 4, "conceded": 4,
    "contradiction": 4, "gauge": 5, "missing": 4, "conditional": 3, "nothing": 7,
}  # fmt: skip
"""What a report is about, and how often."""
_DIGITS: Final = (0.1, 1, 5)
"""Below each of these tolerances one more digit is written."""
_BY_CLAUSE: Final = 0.5
_MIXED_WORD: Final = 0.4
_MODIFIED: Final = 0.2
_HISTORY: Final = 0.1
_ORDER: Final = 0.06
_GRANTED: Final = 0.6


@dataclass(slots=True)
class Teller:
    """Draws one story."""

    random: Random
    lexicon: Lexicon
    noise: Noise
    language: str
    product: Product

    def tell(self) -> Story:
        """A story of a random plot."""
        plot = self.random.choices([*_PLOTS], [*_PLOTS.values()])[0]
        name = self.noise.spelt(self.random.choice(self.product.names[self._tongue()]))
        story = Story(self.language, self.product, name, Label(Status.PASS))
        getattr(self, f"_{plot}")(story)
        self._surround(story, plot)
        story.label = replace(story.label, item=name)
        return story

    def _fails(self, story: Story) -> None:
        for _ in range(self.random.choices([1, 2, 3], [7, 2, 1])[0]):
            self._add_defect(story, "stands", Status.FAIL)
        self._maybe_rows(story, 0.3)
        self._maybe(story, "good", 0.25)
        self._maybe_absent(story, 0.3)

    def _conceded(self, story: Story) -> None:
        self._add_defect(story, "stands", Status.FAIL)
        granted = self.random.random() < _GRANTED
        self._say(story, "granted" if granted else "asked")
        story.label = replace(story.label, conceded=granted)

    def _fixed_bad(self, story: Story) -> None:
        self._add_defect(story, "fixed_bad", Status.FAIL)
        self._maybe(story, "good", 0.2)

    def _hedged(self, story: Story) -> None:
        self._add_defect(story, "hedged", Status.INDETERMINATE, told="hedged")
        self._maybe_rows(story, 0.3)
        self._maybe(story, "good", 0.4)

    def _pending(self, story: Story) -> None:
        self._add_defect(story, "fixed_pending", Status.INDETERMINATE, told="pending")
        self._maybe_rows(story, 0.2)
        self._maybe(story, "good", 0.3)

    def _passes(self, story: Story) -> None:
        for kind in self.random.sample(["absent", "permitted", "fixed_good", "false_call", "historical"], 2):
            self._mention(story, kind)
        self._maybe_rows(story, 0.4)
        self._say(story, "good")

    def _value(self, story: Story) -> None:
        self._rows(story, out=1)
        self._maybe(story, "good", 0.4)

    def _gauge(self, story: Story) -> None:
        self._rows(story, out=self.random.choice([0, 1]))
        row = story.rows[0]
        sentence = self._say(story, "suspect_gauge")
        story.label = Label(Status.INDETERMINATE, row.category, Severity.MAJOR, "gauge", sentence, sentence)

    def _missing(self, story: Story) -> None:
        self._about_characteristic(story, "missing")
        self._maybe(story, "good", 0.6)

    def _contradiction(self, story: Story) -> None:
        self._about_characteristic(story, "contradiction")

    def _conditional(self, story: Story) -> None:
        self._mention(story, "absent")
        sentence = self._say(story, "conditional")
        story.label = Label(Status.INDETERMINATE, Category.NONE, Severity.NONE, "conditional", sentence, sentence)

    def _nothing(self, story: Story) -> None:
        for kind in self.random.sample(["no_result", "machine", "chatter"], self.random.choice([1, 2])):
            self._say(story, kind)
        story.label = Label(Status.INDETERMINATE, Category.NONE, Severity.NONE, "none")

    def _surround(self, story: Story, plot: str) -> None:
        """What stands in reports beside findings."""
        self._maybe(story, "chatter", 0.25)
        self._maybe(story, "machine", 0.1)
        for _ in range(self.random.choices([0, 1, 2, 3, 5], [4, 3, 2, 1, 0.5])[0]):
            self._say(story, "context")
        if plot != "nothing" and self.random.random() < _HISTORY:
            self._mention(story, "historical")
        if self.random.random() < _ORDER:
            self._say(story, self.random.choice(["accept_order", "reject_order"]))
        if plot not in {"gauge", "conditional"}:
            self.random.shuffle(story.sentences)

    def _about_characteristic(self, story: Story, kind: str) -> None:
        self._maybe_rows(story, 0.5)
        tongue = self._tongue()
        chosen = self._characteristic()
        sentence = self._fill(self.lexicon.phrase(self.random, tongue, kind), tongue, q=chosen.names[tongue])
        story.sentences.append(sentence)
        story.label = Label(Status.INDETERMINATE, chosen.category, Severity.MAJOR, kind, sentence, sentence)

    def _add_defect(self, story: Story, kind: str, status: Status, told: str = "FAIL") -> None:
        """A defect on the product; the worst one becomes the label."""
        tongue = self._tongue()
        defect = self._defect()
        place = self._place(tongue)
        if kind == "stands" and self.random.random() < _BY_CLAUSE:
            phrase = self._fill(self.random.choice(defect.clauses[tongue]), tongue, p=place)
            told, sentence = (
                "FAIL_says",
                self._fill(self.lexicon.phrase(self.random, tongue, "stands_says"), tongue, c=phrase),
            )
        else:
            name = self._name_of(defect, tongue)
            phrase = _joined(name, place, tongue)
            sentence = self._fill(self.lexicon.phrase(self.random, tongue, kind), tongue, d=name, p=place)
        severity = Severity.CRITICAL if story.product.is_safety and defect.safety_raises else defect.severity
        label = Label(status, defect.category, severity, told, phrase, sentence)
        if (status.rank, severity.rank) > (story.label.status.rank, story.label.severity.rank):
            story.label = label
        story.sentences.append(sentence)

    def _mention(self, story: Story, kind: str) -> None:
        """A defect that does not stand."""
        tongue = self._tongue()
        name = self._name_of(self._defect(), tongue)
        template = self.lexicon.phrase(self.random, tongue, kind)
        story.sentences.append(self._fill(template, tongue, d=name, p=self._place(tongue)))

    def _say(self, story: Story, kind: str) -> str:
        tongue = self._tongue()
        sentence = self._fill(self.lexicon.phrase(self.random, tongue, kind), tongue)
        story.sentences.append(sentence)
        return sentence

    def _maybe(self, story: Story, kind: str, probability: float) -> None:
        if self.random.random() < probability:
            self._say(story, kind)

    def _maybe_absent(self, story: Story, probability: float) -> None:
        if self.random.random() < probability:
            self._mention(story, "absent")

    def _maybe_rows(self, story: Story, probability: float) -> None:
        if self.random.random() < probability:
            self._rows(story, out=0)

    def _rows(self, story: Story, out: int) -> None:
        tongue = self._tongue()
        chosen = self.lexicon.characteristics[story.product.domain]
        count = self.random.randint(1, 6)
        made = [self._row(self.random.choice(chosen), tongue, conforms=at >= out) for at in range(count)]
        if out:
            row = made[0]
            phrase = f"{row.name} {row.value}"
            story.label = Label(Status.FAIL, row.category, Severity.MAJOR, "FAIL_value", phrase, phrase)
        self.random.shuffle(made)
        story.rows += made

    def _row(self, characteristic: Characteristic, tongue: str, *, conforms: bool) -> Row:
        nominal, tolerance = characteristic.nominal, characteristic.tolerance
        digits = sum(tolerance < step for step in _DIGITS)
        lower = nominal - tolerance if nominal else 0.0
        share = self.random.uniform(0.05, 0.95) if conforms else self.random.choice([-0.3, -0.1, 1.1, 1.4, 2.0])
        if not conforms and not nominal:
            share = abs(share) + 1.1
        value = lower + (nominal + tolerance - lower) * share
        return Row(
            name=characteristic.names[tongue],
            unit=characteristic.unit,
            lower=f"{lower:.{digits}f}",
            upper=f"{nominal + tolerance:.{digits}f}",
            nominal=f"{nominal:.{digits}f}",
            tolerance=f"{tolerance:.{digits}f}",
            value=f"{value:.{digits}f}",
            conforms=conforms,
            category=characteristic.category,
        )

    def _characteristic(self) -> Characteristic:
        return self.random.choice(self.lexicon.characteristics[self.product.domain])

    def _defect(self) -> Defect:
        return self.lexicon.defects[self.random.choice(self.product.groups)]

    def _name_of(self, defect: Defect, tongue: str) -> str:
        """In mixed reports a word of the other language may stand in the sentence."""
        other = self.language == "mixed" and self.random.random() < _MIXED_WORD
        spoken = {"en": "zh", "zh": "en"}[tongue] if other else tongue
        name = self.noise.spelt(self.random.choice(defect.names[spoken]))
        if self.random.random() > _MODIFIED:
            return name
        modifier = self.lexicon.phrase(self.random, spoken, "modifiers")
        return f"{modifier} {name}" if spoken == "en" else modifier + name

    def _place(self, tongue: str) -> str:
        place = self.random.choice(self.product.parts[tongue])
        return self.noise.numbered(place)

    def _tongue(self) -> str:
        return self.random.choice(["en", "zh"]) if self.language == "mixed" else self.language

    def _fill(self, template: str, tongue: str, **words: str) -> str:
        who = self.random.choice(self.lexicon.phrases[tongue]["names"])
        spare = {
            "p": words.get("p") or self._place(tongue),
            "n": str(self.random.randint(1, 9)),
            "N": str(self.random.randint(10, 9999)),
            "s": self.noise.size(self.lexicon.phrase(self.random, tongue, "sizes")),
            "t": self.noise.day(),
            "who": who,
        }
        shortened = self.noise.shortened(template) if tongue == "en" else template
        return self.noise.cased(shortened.format(**(spare | words)))


def _joined(defect: str, place: str, tongue: str) -> str:
    return f"{defect} at {place}" if tongue == "en" else f"{place}{defect}"

"""What happened to a product, with the label that follows from it: the truth a report is written from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edge_app.distill import strange
from edge_app.distill.facts import Label, Row, Story
from edge_app.distill.lexicon import Characteristic, Defect
from edge_app.distill.noise import Mix
from edge_app.distill.writer import Writer
from edge_app.domain.verdict import Category, Severity, Status

_PLOTS: Final = {
    "fails": 30, "passes": 24, "value": 9, "hedged": 9, "pending": 7, "fixed_bad": 4, "conceded": 4,
    "contradiction": 4, "gauge": 5, "missing": 4, "conditional": 3, "nothing": 7, "lot": 4,
}  # fmt: skip
"""What a report is about, and how often."""
_DIGITS: Final = (0.1, 1, 5)
"""Below each of these tolerances one more digit is written."""
_MENTIONS: Final = ("absent", "permitted", "fixed_good", "false_call", "historical")
"""How a defect is named that does not stand."""
_KINDS: Final = {Mix.HARD: (2, 1, 1, 1, 1), Mix.USUAL: (5, 1, 1, 0.5, 1)}
"""How often each of these."""
_COUNTS: Final[dict[Mix, dict[int, float]]] = {
    Mix.HARD: {0: 5, 1: 3, 2: 2, 4: 1},
    Mix.USUAL: {0: 14, 1: 3, 2: 2, 4: 0.5},
}
"""How many a report, with how often."""
_FINE: Final = ("rest", "rest", "good")
_SCALE: Final = (0.6, 4.0)
"""Products come in sizes."""
_BY_CLAUSE: Final = 0.5
_UNNAMED: Final = 0.4
"""What is denied may be a thing that no list holds."""
_ORDER: Final = 0.06
_GRANTED: Final = 0.6


class Teller(Writer):
    """Draws one story."""

    def tell(self) -> Story:
        """A story of a random plot."""
        plot = self.random.choices([*_PLOTS], [*_PLOTS.values()])[0]
        name = self.noise.written(self.random.choice(self.product.names[self._tongue()]))
        story = Story(self.language, self.product, name, Label(Status.PASS), told=self.told, drawn=self.drawn)
        getattr(self, f"_{plot}")(story)
        self._surround(story, plot)
        self._decide(story)
        story.label = replace(story.label, item=name)
        return story

    @staticmethod
    def _decide(story: Story) -> None:
        """The worst of what stands; of equal ones the first that is told."""
        if story.standing:
            told = sorted(story.standing, key=lambda each: story.sentences.index(each.sentence))
            label = max(told, key=lambda each: (each.status.rank, each.severity.rank))
            story.label = replace(label, conceded=story.label.conceded)

    def _fails(self, story: Story) -> None:
        for _ in range(self.random.choices([1, 2, 3], [7, 2, 1])[0]):
            self._add_defect(story, "stands", Status.FAIL)
        self._maybe_rows(story, 0.3)
        self._maybe(story, self.random.choice(_FINE), 0.25)
        self._maybe_absent(story, 0.3)

    def _conceded(self, story: Story) -> None:
        self._add_defect(story, "stands", Status.FAIL)
        granted = self.random.random() < _GRANTED
        self._say(story, "granted" if granted else "asked")
        story.label = replace(story.label, conceded=granted)

    def _fixed_bad(self, story: Story) -> None:
        self._add_defect(story, "fixed_bad", Status.FAIL)
        self._maybe(story, self.random.choice(_FINE), 0.2)

    def _hedged(self, story: Story) -> None:
        self._add_defect(story, "hedged", Status.INDETERMINATE, told="hedged")
        self._maybe_rows(story, 0.3)
        self._maybe(story, self.random.choice(_FINE), 0.4)

    def _pending(self, story: Story) -> None:
        self._add_defect(story, "fixed_pending", Status.INDETERMINATE, told="pending")
        self._maybe_rows(story, 0.2)
        self._maybe(story, self.random.choice(_FINE), 0.3)

    def _passes(self, story: Story) -> None:
        for kind in self.random.sample(_MENTIONS, 2) if self.noise.mix is Mix.HARD else [self._drawn_mention()]:
            self._mention(story, kind)
        self._maybe_rows(story, 0.4)
        self._say(story, "good")

    def _value(self, story: Story) -> None:
        self._rows(story, out=1)
        self._maybe(story, self.random.choice(_FINE), 0.4)

    def _gauge(self, story: Story) -> None:
        self._rows(story, out=self.random.choice([0, 1]))
        row = story.rows[0]
        sentence = self._say(story, "suspect_gauge")
        story.label = Label(Status.INDETERMINATE, row.category, Severity.MAJOR, "gauge", sentence, sentence)

    def _missing(self, story: Story) -> None:
        self._about_characteristic(story, "missing")
        self._maybe(story, self.random.choice(_FINE), 0.6)

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
        if plot != "nothing":
            self._decoys(story)
        if self.random.random() < _ORDER:
            self._say(story, self.random.choice(["accept_order", "reject_order"]))
        if plot not in {"gauge", "conditional"}:
            self.random.shuffle(story.sentences)

    def _about_characteristic(self, story: Story, kind: str) -> None:
        self._maybe_rows(story, 0.5)
        tongue = self._tongue()
        chosen = self._characteristic()
        sentence = self._tell(kind, tongue, q=chosen.names[tongue])
        story.sentences.append(sentence)
        story.label = Label(Status.INDETERMINATE, chosen.category, Severity.MAJOR, kind, sentence, sentence)

    def _add_defect(self, story: Story, kind: str, status: Status, told: str = "FAIL") -> None:
        """A defect on the product; the worst one becomes the label."""
        tongue = self._tongue()
        defect = self._defect()
        place = self._place(tongue)
        if self.random.random() < _BY_CLAUSE and f"{kind}_says" in self.lexicon.phrases[tongue]:
            phrase = self._clause(defect, tongue, place)
            told = f"{told}_says"
            sentence = self._tell(f"{kind}_says", tongue, c=phrase, p=place)
        else:
            name = self._name_of(defect, tongue)
            phrase = self._draw("joined", tongue, d=name, p=place)
            sentence = self._tell(kind, tongue, d=name, p=place, x=phrase)
        story.standing.append(Label(status, defect.category, self._severity(defect), told, phrase, sentence))
        story.sentences.append(sentence)

    def _severity(self, defect: Defect) -> Severity:
        return Severity.CRITICAL if self.product.is_safety and defect.safety_raises else defect.severity

    def _lot(self, story: Story) -> None:
        """A sample with its count, acceptance and rejection numbers."""
        tongue, defect = self._tongue(), self._defect()
        accept = self.random.choice([0, 0, 1, 2, 3, 5, 7])
        found = max(0, accept + self.random.choice([-2, -1, 0, 1, 2, 4]))
        name = self._name_of(defect, tongue)
        words = {"d": name, "f": str(found), "a": str(accept), "r": str(accept + 1)}
        sentence = self._tell("lot", tongue, **words)
        if found > accept:
            story.standing.append(Label(Status.FAIL, defect.category, self._severity(defect), "FAIL", name, sentence))
        story.sentences.append(sentence)
        self._maybe(story, self.random.choice(_FINE), 0.2)

    def _decoys(self, story: Story) -> None:
        """What sounds like a finding and is none."""
        counts = _COUNTS[self.noise.mix]
        for _ in range(self.random.choices([*counts], [*counts.values()])[0]):
            self._mention(story, self._drawn_mention())

    def _drawn_mention(self) -> str:
        return self.random.choices(_MENTIONS, _KINDS[self.noise.mix])[0]

    def _mention(self, story: Story, kind: str) -> None:
        """A defect that does not stand. What stands is not denied."""
        tongue, defect = self._tongue(), self._defect()
        if kind == "absent" and any(defect.category is label.category for label in story.standing):
            kind = "historical"
        place = self._place(tongue)
        if self.random.random() < _BY_CLAUSE and f"{kind}_says" in self.lexicon.phrases[tongue]:
            story.sentences.append(self._tell(f"{kind}_says", tongue, c=self._clause(defect, tongue, place), p=place))
            return
        is_strange = self.random.random() < self.noise.strange * _UNNAMED
        name = self._noted(strange.name(self.random, tongue)) if is_strange else self._name_of(defect, tongue)
        phrase = self._draw("joined", tongue, d=name, p=place)
        story.sentences.append(self._tell(kind, tongue, d=name, p=place, x=phrase))

    def _say(self, story: Story, kind: str) -> str:
        tongue = self._tongue()
        sentence = self._tell(kind, tongue)
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
        nominal, tolerance = characteristic.nominal * self.random.uniform(*_SCALE), characteristic.tolerance
        digits = sum(tolerance < step for step in _DIGITS)
        nominal = round(nominal, digits)
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

"""Names, places, clauses and sentences as one writer of reports puts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from edge_app.distill import strange
from edge_app.distill.facts import Told
from edge_app.distill.lexicon import Defect, Lexicon, Product
from edge_app.distill.noise import Noise
from edge_app.distill.wording import parse, write

_BY_SIGN: Final = 0.3
_LOCATED: Final = 0.4
_MIXED_WORD: Final = 0.4
_MODIFIED: Final = 0.2


@dataclass(slots=True)
class Writer:
    """Draws the words of one report."""

    random: Random
    lexicon: Lexicon
    noise: Noise
    language: str
    product: Product
    told: list[Told] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    def _clause(self, defect: Defect, tongue: str, place: str) -> str:
        """A clause that tells a defect, or a strange word for one with what gives it away."""
        if self.random.random() < _BY_SIGN:
            sign = self._fill(self.random.choice(defect.signs[tongue]), tongue, p=place)
            return self._draw("unknown", tongue, g=sign, p=place)
        return self.noise.folded(self._fill(self.random.choice(defect.clauses[tongue]), tongue, p=place))

    def _name_of(self, defect: Defect, tongue: str) -> str:
        """In mixed reports a word of the other language may stand in the sentence."""
        other = self.language == "mixed" and self.random.random() < _MIXED_WORD
        spoken = {"en": "zh", "zh": "en"}[tongue] if other else tongue
        name = self._fill(self.random.choice(defect.names[spoken]), spoken)
        if self.random.random() < _MODIFIED:
            modifier = self._fill(self.lexicon.phrase(self.random, spoken, "modifiers"), spoken)
            name = f"{modifier} {name}" if spoken == "en" else modifier + name
        return self.noise.folded(name)

    def _place(self, tongue: str) -> str:
        place = self._fill(self.random.choice(self.product.parts[tongue]), tongue)
        if self.random.random() < self.noise.strange:
            place = strange.name(self.random, tongue)
        if self.random.random() < _LOCATED:
            place = self._fill(self.lexicon.phrase(self.random, tongue, "places"), tongue, b=place)
        return self._noted(self.noise.folded(self.noise.numbered(place)))

    def _noted(self, drawn: str) -> str:
        self.drawn.append(drawn)
        return drawn

    def _tongue(self) -> str:
        return self.random.choice(["en", "zh"]) if self.language == "mixed" else self.language

    def _tell(self, kind: str, tongue: str, **words: str) -> str:
        """A whole sentence, sometimes with an opening and a closing that change nothing."""
        core = sentence = self._fill(self.lexicon.phrase(self.random, tongue, kind), tongue, **words)
        if self.random.random() < self.noise.framed:
            opening = self._fill(self.lexicon.phrase(self.random, tongue, "openings"), tongue)
            sentence = f"{opening} {sentence}" if tongue == "en" else opening + sentence
        if self.random.random() < self.noise.framed:
            sentence += self._fill(self.lexicon.phrase(self.random, tongue, "closings"), tongue)
        sentence = self.noise.cased(sentence).strip()
        self.told.append(Told(sentence, core.strip(), kind, tongue))
        return sentence

    def _draw(self, kind: str, tongue: str, **words: str) -> str:
        return self.noise.folded(self._fill(self.lexicon.phrase(self.random, tongue, kind), tongue, **words))

    def _fill(self, template: str, tongue: str, **words: str) -> str:
        def fill(slot: str) -> str:
            if slot in words:
                return words[slot]
            return self._spare(slot, tongue, words)

        return write(parse(template), self.random, fill, self.noise.written)

    def _spare(self, slot: str, tongue: str, words: dict[str, str]) -> str:
        """What stands in a slot of which nothing was said: something of its kind, or an entry of the list it names."""
        makers: dict[str, Callable[[], str]] = {
            "n": lambda: str(self.random.randint(1, 9)),
            "N": lambda: str(self.random.randint(10, 9999)),
            "p": lambda: self._place(tongue),
            "s": lambda: self.noise.size(self.lexicon.phrase(self.random, tongue, "sizes")),
            "t": self.noise.day,
            "id": lambda: strange.code(self.random),
            "z": lambda: strange.name(self.random, tongue),
            "who": lambda: self._person(tongue),
        }
        if slot in makers:
            return self._noted(makers[slot]())
        return self._fill(self.lexicon.phrase(self.random, tongue, slot), tongue, **words)

    def _person(self, tongue: str) -> str:
        if self.random.random() < self.noise.strange:
            return strange.word(self.random).capitalize() if tongue == "en" else strange.characters(self.random)[:3]
        return self.lexicon.phrase(self.random, tongue, "names")

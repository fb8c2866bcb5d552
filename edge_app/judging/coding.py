"""Category, severity and code of a finding: from the defect term, else the characteristic, else the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from edge_app.domain.report import Measurement, Report
from edge_app.domain.rulepack import CharacteristicRule, Term
from edge_app.domain.units import canonical
from edge_app.domain.verdict import Category, Disposition, Nonconformance, Severity
from edge_app.judging.clauses import Clause
from edge_app.judging.lexicon import Lexicon, fold_text
from edge_app.judging.mentions import Mention
from edge_app.judging.standing import Standing

_HEAD: Final = 400
"""Characters at the start of a report that tell what it is about."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a finding is coded."""

    category: Category
    severity: Severity
    code: str = ""
    disposition: Disposition | None = None
    assumed: bool = False
    """From what the report is about, not from words that name the defect."""


UNKNOWN: Final = Coding(Category.NONE, Severity.MAJOR)
_TELLING: Final = frozenset({Standing.STANDS, Standing.HEDGED, Standing.CONDITIONAL, Standing.PERMITTED})
_LOOKS: Final = frozenset({
    Category.SURFACE, Category.COATING, Category.MOULDING, Category.WELD, Category.CONTAMINATION,
    Category.LABELLING_PACKAGING, Category.DIMENSIONAL, Category.ASSEMBLY,
})  # fmt: skip
"""Categories in which a finding can be a matter of looks only."""
_BY_UNIT: Final = {
    canonical(unit): Coding(category, Severity.MAJOR)
    for category, units in (
        (Category.DIMENSIONAL, "mm cm m um nm in mil °"),
        (Category.ELECTRICAL, "V kV mV A mA uA Ω mΩ kΩ MΩ W mW F uF nF pF H Hz kHz MHz dBm"),
        (Category.MATERIAL, "MPa HRC HRB HB HV ShoreA ShoreD"),
        (Category.ASSEMBLY, "Nm cNm"),
    )
    for unit in units.split()
}
"""Where the name of the characteristic tells nothing."""


@dataclass(slots=True)
class Coder:
    """Codes findings of one report."""

    report: Report
    lexicon: Lexicon
    safety: bool
    """Whether the report is about a safety-related item."""
    mentions: list[Mention] = field(default_factory=list)
    usual: Category = Category.NONE
    """What findings in this kind of report mostly are."""
    _characteristics: dict[str, Coding | None] = field(default_factory=dict)
    _document: Coding | None = None

    def of_term(self, term: Term, clause: Clause) -> Coding:
        """Of a defect that is named."""
        severity = self._raised(term)
        if term.category in _LOOKS and self._is_cosmetic(term, clause):
            severity = Severity.MINOR
        return Coding(term.category, severity, term.code, term.disposition)

    def _is_cosmetic(self, term: Term, clause: Clause) -> bool:
        """Here, or where the same defect is named elsewhere in the report."""
        if "cosmetic" in clause.hits:
            return True
        return any(each.term is term and "cosmetic" in each.clause.hits for each in self.mentions)

    def of_measurement(self, measurement: Measurement) -> Coding:
        """Of a value out of its limits."""
        named = fold_text(measurement.characteristic)
        remark = fold_text(measurement.remark.text) if measurement.remark else ""
        coding = self._by_term(named) or self._by_characteristic(named) or self._by_term(remark)
        if coding is None:
            coding = self._by_unit(measurement)
            about = self.of_document()
            if coding is None or (coding.category is Category.DIMENSIONAL and self._outweighs(about)):
                coding = about if about is not UNKNOWN else Coding(Category.DIMENSIONAL, Severity.MAJOR)
        if self.lexicon.cues["cosmetic"].search(f"{named} {remark}"):
            return replace(coding, severity=Severity.MINOR)
        return coding

    def of_clause(self, clause: Clause, *, papers: bool = True) -> Coding:
        """Of a clause that names no defect; UNKNOWN when nothing tells.

        Without ``papers``, certificates are the gauge's and tell nothing of the product.
        """
        own = [each for each in self.mentions if each.clause is clause and each.standing in _TELLING]
        if own:
            return max((self.of_term(each.term, clause) for each in own), key=lambda each: each.severity.rank)
        for text in (clause.text, clause.label):
            coding = self._by_characteristic(text)
            if coding and (papers or coding.category is not Category.DOCUMENTATION):
                looks = "cosmetic" in clause.hits and coding.category in _LOOKS
                return replace(coding, severity=Severity.MINOR if looks else coding.severity, assumed=True)
        return self.of_document()

    def of_name(self, name: str) -> Coding | None:
        """Of a class or defect that is sampled for."""
        folded = fold_text(name)
        coding = self._by_term(folded) or self._by_characteristic(folded)
        if coding and self.lexicon.cues["cosmetic"].search(folded):
            return replace(coding, severity=Severity.MINOR)
        return coding

    @staticmethod
    def of_finding(finding: Nonconformance) -> Coding:
        """As another finding is coded."""
        return Coding(finding.category, finding.severity, finding.code)

    def of_document(self) -> Coding:
        """What the report as a whole is about: the defects it talks of, else its characteristics."""
        if self._document is None:
            found = self._by_mentions() or self._by_measured() or self._by_head() or self._usual()
            self._document = found if found is UNKNOWN else replace(found, assumed=True)
        return self._document

    def _by_mentions(self) -> Coding | None:
        weighty = [each for each in self.mentions if each.standing not in {Standing.ABSENT, Standing.IGNORED}]
        if not weighty:
            return None
        worst = max(weighty, key=lambda each: self.of_term(each.term, each.clause).severity.rank)
        return self.of_term(worst.term, worst.clause)

    def _by_measured(self) -> Coding | None:
        """What most of the values with limits are about."""
        measured = (each for each in self.report.measurements if each.limits)
        found = [self._by_characteristic(fold_text(each.characteristic)) for each in measured]
        counted = Counter(each for each in found if each)
        return counted.most_common(1)[0][0] if counted else None

    def _usual(self) -> Coding:
        return Coding(self.usual, Severity.MAJOR) if self.usual is not Category.NONE else UNKNOWN

    def _by_head(self) -> Coding | None:
        text = fold_text(self.report.text)
        found = [self.lexicon.characteristics[each[0]] for each in self.lexicon.characteristic_group.find(text)]
        head = [self.lexicon.characteristics[each[0]] for each in self.lexicon.characteristic_group.find(text[:_HEAD])]
        return self._most_frequent(found + head) or self._of_any_term(text)

    def _of_any_term(self, text: str) -> Coding | None:
        terms = [self.lexicon.terms[each[0]] for each in self.lexicon.term_group.find(text)]
        counted = Counter(term.category for term in terms)
        if not counted:
            return None
        category = counted.most_common(1)[0][0]
        term = next(term for term in terms if term.category is category)
        return Coding(category, self._raised(term), term.code)

    def _most_frequent(self, rules: Iterable[CharacteristicRule]) -> Coding | None:
        rules = list(rules)
        counted = Counter(rule.category for rule in rules)
        if not counted:
            return None
        category = counted.most_common(1)[0][0]
        rule = max((rule for rule in rules if rule.category is category), key=lambda each: self._raised(each).rank)
        return Coding(category, self._raised(rule), rule.code)

    def _outweighs(self, about: Coding) -> bool:
        return about.category not in {Category.NONE, Category.DIMENSIONAL, Category.SURFACE}

    def _by_term(self, text: str) -> Coding | None:
        found = self.lexicon.term_group.find(text) if text else []
        terms = [self.lexicon.terms[each[0]] for each in found]
        if not terms:
            return None
        worst = max(terms, key=lambda term: self._raised(term).rank)
        return Coding(worst.category, self._raised(worst), worst.code, worst.disposition)

    def _by_characteristic(self, text: str) -> Coding | None:
        if text not in self._characteristics:
            found = self.lexicon.characteristic_group.find(text) if text else []
            rules = [self.lexicon.characteristics[each[0]] for each in found]
            self._characteristics[text] = self._first_rule(rules)
        return self._characteristics[text]

    def _first_rule(self, rules: list[CharacteristicRule]) -> Coding | None:
        """The last word says what is measured (``weld width``), the others what it is measured on."""
        if not rules:
            return None
        specific = [rule for rule in rules if rule.category is not Category.DIMENSIONAL] or rules
        rule = specific[-1]
        return Coding(rule.category, self._raised(rule), rule.code)

    def _by_unit(self, measurement: Measurement) -> Coding | None:
        unit = measurement.unit or (measurement.limits.unit if measurement.limits else "")
        return _BY_UNIT.get(canonical(unit)) if unit else None

    def _raised(self, rule: Term | CharacteristicRule) -> Severity:
        return Severity.CRITICAL if self.safety and rule.safety_raises else rule.severity

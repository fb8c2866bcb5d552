"""Rule packs: the plant's rules as versioned data.

A pack is a folder in ``rules/`` whose YAML files are merged into one ``RulePack``. Scenario packs
inherit from ``general``: lists of phrases and terms are appended, scalars replaced.
Phrases are case-insensitive regular-expression fragments. English ones are bounded at word
boundaries by the loader; Chinese ones match anywhere.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge_app.domain.verdict import Category, Disposition, Severity, Status


class Frozen(BaseModel):
    """Base of everything that comes from outside: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Phrases(Frozen):
    """The same idea in two languages, as regular-expression fragments."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


class Term(Phrases):
    """Words that name a defect, and what they stand for."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,15}$")]
    category: Category
    severity: Severity = Severity.MAJOR
    """Default; safety-related items raise it to critical where ``safety_raises``."""
    safety_raises: bool = False
    """A crack, short or loss of function: critical on a safety-related item."""
    disposition: Disposition | None = None


class CharacteristicRule(Phrases):
    """Which category a measured characteristic belongs to when it is out of its limits."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,15}$")]
    category: Category
    severity: Severity = Severity.MAJOR
    safety_raises: bool = False
    """A safety function (insulation, earth, alarm threshold): critical when out."""


class Cues(Frozen):
    """Trigger words that change what a clause means."""

    negation: Phrases = Phrases()
    """Before or around a defect term: the defect is not there."""
    absence_count: Phrases = Phrases()
    """After a defect term: ``0 pcs``, ``none``, ``无``."""
    denied: Phrases = Phrases()
    """From the words that deny to the end of what they deny: ``it is not so that …``, ``未见…的现象``."""
    denied_before: Phrases = Phrases()
    """What stands before it is denied: ``…: not the case``, ``…的现象没有``."""
    denied_answer: Phrases = Phrases()
    """At the start of a clause, after a question: ``missing screw? none``, ``有裂纹？没这回事``."""
    positive: Phrases = Phrases()
    """A result that says the product is good."""
    negative: Phrases = Phrases()
    """A result that says the product is bad, without naming a defect."""
    defect_verb: Phrases = Phrases()
    """Physical complaints that no defect term names: ``came away``, ``does not fit``."""
    rest: Phrases = Phrases()
    """Good is only what is left: ``rest fine``, ``其余合格`` speaks of an exception."""
    permitted: Phrases = Phrases()
    """A blemish inside what the drawing, standard or limit sample allows."""
    allowance: Phrases = Phrases()
    """A permission that stands in a clause of its own: ``drawing allows up to``, ``按标准可接收``."""
    not_permitted: Phrases = Phrases()
    """A requirement that excludes it: ``none allowed``, ``不允许``."""
    beyond: Phrases = Phrases()
    """More than is allowed: ``worse than the limit sample``, ``超标准``."""
    corrected: Phrases = Phrases()
    """Rework or repair was done."""
    process: Phrases = Phrases()
    """Tools, programs, settings: putting them right does not correct the parts made before."""
    future: Phrases = Phrases()
    """Rework that is still to come: ``to be``, ``待``."""
    rework_stage: Phrases = Phrases()
    """Names of fields that tell what was done about a finding: ``treatment``, ``处理``."""
    reinspected: Phrases = Phrases()
    """... and inspected again; the result stands beside it: ``re-check``, ``复测``."""
    reinspected_good: Phrases = Phrases()
    """... and inspected again with a good result."""
    reinspected_bad: Phrases = Phrases()
    """... and still bad."""
    pending: Phrases = Phrases()
    """Inspection, measurement or test still to come."""
    hedge: Phrases = Phrases()
    """Perhaps, suspected, cannot tell."""
    resolved: Phrases = Phrases()
    """A doubt voiced before is settled: ``ruled out``, ``排除``."""
    cause: Phrases = Phrases()
    """What follows or precedes is about the cause, not about the finding: ``due to``, ``原因``."""
    conditional: Phrases = Phrases()
    """Depends on something that is still open."""
    hypothetical: Phrases = Phrases()
    """What would be if: a defect named after it was not observed, a result beside it depends on it."""
    suspect_gauge: Phrases = Phrases()
    """The measuring equipment cannot be trusted."""
    gauge: Phrases = Phrases()
    """Measuring equipment."""
    gauge_fault: Phrases = Phrases()
    """What makes equipment doubtful when it stands beside its name: ``dropped``, ``reads high``, ``过期``."""
    reference: Phrases = Phrases()
    """What equipment is checked against: ``set ring``, ``white tile``, ``标准片``."""
    deviation: Phrases = Phrases()
    """Words that make a reference a failed check of the equipment, though a part could be meant elsewhere."""
    gauge_cleared: Phrases = Phrases()
    """... but was checked and found usable."""
    contradiction: Phrases = Phrases()
    """Two valid results disagree."""
    vouched: Phrases = Phrases()
    """Equal sources are vouched for: where their results differ, neither wins."""
    missing: Phrases = Phrases()
    """A result is lost, unreadable or was not taken."""
    unit_doubt: Phrases = Phrases()
    """The unit is not stated or changed."""
    historical: Phrases = Phrases()
    """About another lot or an earlier time, not about this product."""
    current: Phrases = Phrases()
    """About this product again, after something historical: ``this lot``, ``本批``."""
    requirement: Phrases = Phrases()
    """A rule is cited, nothing observed: ``requirement``, ``一律``."""
    test_name: Phrases = Phrases()
    """Right after a defect term: the name of a check (``crack test``), not a finding."""
    present: Phrases = Phrases()
    """In a field named after a defect: it was found (``yes``, ``有``)."""
    false_call: Phrases = Phrases()
    """Flagged by a machine and overruled on review."""
    all_false: Phrases = Phrases()
    """... and all of them were, in the report as a whole."""
    called: Phrases = Phrases()
    """A machine's word for what stands after it: ``AOI flagged``, ``相机报``."""
    reviewed_good: Phrases = Phrases()
    """... and who looked again found it good: ``microscope: ok``, ``复看良品``."""
    looked_for: Phrases = Phrases()
    """What is named after it was looked for or feared; what follows says whether it was there: ``checked for``."""
    settled: Phrases = Phrases()
    """An old matter that is over, told after it: ``closed since``, ``早已结案``."""
    in_rework: Phrases = Phrases()
    """Away to be put right: ``sent to rework``, ``返修中``."""
    concession_granted: Phrases = Phrases()
    concession_pending: Phrases = Phrases()
    supplier: Phrases = Phrases()
    """Purchased goods: a failed report proposes to return them."""
    instruction: Phrases = Phrases()
    """An order to the reader of the report. Never a finding, in either direction."""
    addressee: Phrases = Phrases()
    """Who reads reports by machine. Talked about it is harmless; beside an ``order`` it is spoken to."""
    order: Phrases = Phrases()
    """Asks for a verdict, or not to look: an instruction when an addressee stands beside it."""
    machine: Phrases = Phrases()
    """About equipment, media or process, not about the product."""
    singled_out: Phrases = Phrases()
    """One piece or some of several: ``on cabinet 11``, ``6号件``, ``3 of 20``."""
    product: Phrases = Phrases()
    """Names of what is made and inspected: a report without any may be one of machines alone."""
    machine_report: Phrases = Phrases()
    """In the head of a report: all of it is about equipment, unless a part is named with its defect."""
    mismatch: Phrases = Phrases()
    """Two things that should agree do not, or something that belongs there is absent."""
    problem: Phrases = Phrases()
    """Trouble in words too vague for a finding: nothing passes while such a clause is unexplained."""
    cosmetic: Phrases = Phrases()
    """Appearance only: severity minor."""
    drift: Phrases = Phrases()
    """A trend that is remarked on while values are inside."""


class Match(Frozen):
    """Which reports a pack applies to. The pack with the most hits wins; ``general`` when none."""

    phrases: Phrases = Phrases()
    formats: tuple[str, ...] = ()
    """Report formats that count as a hit: ``qif``."""


class Prompt(Frozen):
    """What the model is told. ``{categories}`` and the like are filled in by ``judging.compose``."""

    system: str = ""
    summary_language: Literal["report", "en", "zh"] = "report"


class PackTest(Frozen):
    """A small report and what the pack must make of it: run by ``edge-app rules test``."""

    name: str
    text: str
    format: str = "text"
    """Suffix of a reader: ``text``, ``csv``, ``json``, ``xml``."""
    status: Status
    category: Category | None = None
    severity: Severity | None = None
    disposition: tuple[Disposition, ...] = ()


class RulePack(Frozen):
    """One effective pack, base included."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: str
    description: str = ""
    inherits: str | None = None
    match: Match = Match()
    category: Category = Category.NONE
    """Of a finding that nothing else tells the category of."""
    terms: tuple[Term, ...] = ()
    characteristics: tuple[CharacteristicRule, ...] = ()
    cues: Cues = Cues()
    safety_items: Phrases = Phrases()
    """Products whose failure may endanger people."""
    dispositions: dict[Category, Disposition] = Field(default_factory=dict)
    """Proposed for a FAIL of that category, unless supplier, concession or the term decides."""
    prompt: Prompt = Prompt()
    tests: tuple[PackTest, ...] = ()
    fingerprint: str = ""
    """SHA-256 over everything above except the tests. Set by the loader."""


class FieldVocabulary(Frozen):
    """Names that people give to header fields and columns, by canonical name.

    Each value is a list of names as written, compared without case, spaces and punctuation.
    """

    header: dict[str, tuple[str, ...]]
    """part_no, serial_no, lot_no, station, operator, time, supplier, quantity, gauge …"""
    column: dict[str, tuple[str, ...]]
    """characteristic, nominal, upper, lower, upper_tolerance, lower_tolerance, specification,
    value, unit, stated, remark, sample_size, accept, reject, found …"""
    stated_pass: tuple[str, ...]
    stated_fail: tuple[str, ...]
    no_value: tuple[str, ...]
    """Cells that mean "no limit" or "no value": ``-``, ``/``, ``n/a``."""
    units: dict[str, tuple[str, ...]]
    """Unit names that pint does not know, by the pint name: ``micrometer: [um, µm, μ, 微米]``."""

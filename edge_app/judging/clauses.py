"""Remarks as clauses: the unit in which a word is negated, hedged or permitted.

A clause ends at a full stop, a semicolon, a line end or a word of contrast; its pieces end at commas.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from edge_app.domain.report import Remark, Report
from edge_app.domain.verdict import Span
from edge_app.judging.lexicon import Hit, Lexicon, fold_text

_CONTRAST: Final = (
    r"(?<![a-z])(?:(?<!nothing )but|however|although|though|whereas|yet(?! *(?:$|[.,;)\n]))|while"
    r"|except(?: that| for)?|apart from)(?![a-z])"
    r"|但是|但|然而|(?<![\u4e00-\u9fff])不过(?!关)|(?<!可能)只是(?![^,。;]{0,4}(?:反光|反射|光|影|灰|尘|镜头|水渍|水印|误报|脏|毛发|纤维|假象))|(?<!已经|经已)另外(?!处)|另[:,]"
    r"|除此之外|(?<=[,，。；;])就是(?![说这那了为])"
    r"|(?<=, )only (?=the|on|one|at|that)"
)
_ABBREVIATION: Final = "".join(
    rf"(?<!\b{each}\.)"
    for each in (
        "no",
        "nr",
        "cal",
        "approx",
        "dia",
        "ca",
        "fig",
        "ref",
        "qty",
        "max",
        "min",
        "pos",
        "vs",
        "e.g",
        "i.e",
        "acc",
        "incl",
        "insp",
        "resp",
        "temp",
        "vis",
        "std",
    )
)
_END: Final = re.compile(
    rf"[。;!?]+|\.(?=\s|$|[\u4e00-\u9fff]){_ABBREVIATION}|\.{_ABBREVIATION}$|\n|(?={_CONTRAST})|\s-{{1,2}}>?\s|→|—+"
)
_FEARED: Final = re.compile(
    r"(?<![a-z])(?:feared|thought|expected|suspected|suspicion|believed|rumou?r|alleged"
    r"|looked like|worried|afraid|assumed)(?![a-z])"
    r"|以为|担心|怀疑|怕(?:是|有)|所谓|看着像|好像"
)
"""What is feared may be told away by what a word of contrast sets against it: they stand in one clause."""
_CELL_END: Final = re.compile(rf"\t|\s[/|]\s|{_END.pattern}")
"""For rows of items: one may speak to the reader or of another lot, the others go on telling of the product."""
_SLASH: Final = re.compile(r"\s/\s")
_ITEMS: Final = 3
"""So many strokes between words part a line into items that are told one by one."""
_STOP: Final = re.compile(r"[.。;!?\n\t]|\s[/|]\s")
_WRAP: Final = re.compile(r"([^\n]{40}[a-z,]) ?\r?\n(?=[a-z]{2}|\([a-z])(?!\w[\w ]{0,24}(?: {2,}|\t|:))")
"""A line break inside a sentence: a long line, and the next one goes on in lower case and is no field of a form."""
_HEADING: Final = re.compile(
    r"\s*[^\d\s.,;:]+(?: [^\d\s.,;:]+){0,2}(?:(?: {2,}|\t)[^\d\s.,;:]+(?: [^\d\s.,;:]+){0,2}){2,}\s*"
)
"""Short names in columns, no number: the head of a table tells nothing that was found."""
_BOX: Final = re.compile(r"[□☐]|\[ \]|\( +\)")
_UNTICKED: Final = re.compile(
    r"(?<![^\s:：,，/□☐])(?:[□☐]|\[ \]|\( +\)) ?[^\s□☐☑■√✓,，。;/()\[\]]{1,14}"
    r"|[^\s□☐☑■√✓:：,，。;/]{1,8}[□☐](?=[\s,，。;/]|$)"
)
_COMMA: Final = re.compile(
    r",(?!\d{3}(?!\d))|、|\(|\)|\[|\]|:(?=\s|[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])"
)
_LONGEST: Final = 600
"""Characters of a clause."""
_WORDS: Final = re.compile(r"[A-Za-z]{4}|[\u4e00-\u9fff]{2}")
_TAKEN_UP: Final = re.compile(
    r"[\s,:\-]*(?:those|they|both|neither|none of (?:those|them)|all of (?:those|them)|it (?:was|had|came|has)"
    r"|that (?:lot|batch|delivery|shipment|one|load|order|was|had|came)|the (?:lot|batch|complaint|old ones?)|with that"
    r"|那(?:批|箱|筐|车|单|些|次|回|炉|几)|该批|都已|均已|均为|已(?:全部|经)?(?:报废|退|回炉|返|隔离|处理|结案|关闭))"
)
"""How a sentence begins that goes on about what the one before it told of."""
_LABEL_CUES: Final = (
    "cause",
    "rework_stage",
    "corrected",
    "instruction",
    "historical",
    "requirement",
    "machine",
    "reinspected",
    "supplier",
)
_WHERE_NEEDED: Final = frozenset({"present", "test_name", "drift"})
"""Cues that are looked for beside a term only."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a remark. ``text`` is folded; offsets of hits are relative to it."""

    text: str
    start: int
    """Offset in the report."""
    label: str
    """Folded label of the remark, empty when it has none."""
    remark: int
    """Index of the remark in the report."""
    sentence: int
    """Number of the sentence in the remark: contrasts and dashes part clauses, not sentences."""
    hits: dict[str, list[Hit]]
    """By cue name, cues that stand in the clause only."""
    label_hits: frozenset[str] = frozenset()
    """Cues that stand in the label."""
    commas: tuple[int, ...] = field(default=())
    """Where the pieces end."""

    def has(self, *cues: str) -> bool:
        """Whether one of ``cues`` stands in the clause or in its label."""
        return any(cue in self.hits or cue in self.label_hits for cue in cues)

    def piece(self, at: int) -> Hit:
        """Start and end of the piece that holds offset ``at``."""
        index = bisect_right(self.commas, at)
        start = self.commas[index - 1] if index else 0
        return start, self.commas[index] if index < len(self.commas) else len(self.text)

    def span(self, report: Report) -> Span:
        """The clause as it stands in the report."""
        raw = report.text[self.start : self.start + len(self.text)]
        lead = len(raw) - len(raw.lstrip(" \t\r\n-+*>,(:"))
        return Span(raw.strip(" \t\r\n-+*>,(:"), self.start + lead)


def holds(clause: Clause, part: Hit, *cues: str) -> bool:
    """Whether words of ``cues`` hold ``part``: ``did not come across`` holds ``did not come``."""
    wholes = (each for cue in cues for each in clause.hits.get(cue, ()))
    return any(start <= part[0] and part[1] <= end for start, end in wholes)


def clauses_of(report: Report, lexicon: Lexicon) -> list[Clause]:
    """All clauses of all remarks, in report order, with the cues in them."""
    labels: dict[str, frozenset[str]] = {}
    made: list[Clause] = []
    remarks = [*report.remarks, *_worded_values(report)]
    for index, remark in sorted(enumerate(remarks), key=lambda each: each[1].span.start):
        label = fold_text(remark.label)
        if label not in labels:
            labels[label] = frozenset(cue for cue in _LABEL_CUES if label and lexicon.cues[cue].search(label))
        made += _clauses(index, remark, label, labels[label], lexicon)
    _extend_history(made)
    return made


def _worded_values(report: Report) -> Iterator[Remark]:
    """Cells that say more than a number (``tripped at 900 V``) and stand in no remark."""
    for measurement in report.measurements:
        text, row = measurement.text, measurement.evidence
        at = row.text.find(text) if _WORDS.search(text) else -1
        start = row.start + at
        covered = any(each.span.start <= start < each.span.end for each in report.remarks)
        if at >= 0 and not covered:
            yield Remark(Span(text, start), measurement.characteristic)


def _extend_history(clauses: list[Clause]) -> None:
    """``Yesterday:`` makes what stands below it history, up to the next heading or word of the present.

    A sentence that takes up what history was told of (``Those were replaced``) is history too.
    """
    past = False
    before: Clause | None = None
    for clause in clauses:
        if "instruction" in clause.hits:
            continue
        if before is not None and _goes_on(before, clause):
            clause.hits.setdefault("historical", [(0, 0)])
        before = clause
        heading = clause.text.rstrip().endswith(":")
        if past and (heading or "current" in clause.hits):
            past = False
        if past:
            clause.hits["historical"] = [(0, 0), *clause.hits.get("historical", ())]
        if heading and "historical" in clause.hits:
            past = True


def _goes_on(before: Clause, clause: Clause) -> bool:
    """Whether ``clause`` takes up something that the clause before it tells as history."""
    near = clause.remark - before.remark <= 1
    told = "historical" in before.hits and near and not before.has("current")
    return told and _TAKEN_UP.match(clause.text) is not None and "current" not in clause.hits


def _clauses(index: int, remark: Remark, label: str, label_hits: frozenset[str], lexicon: Lexicon) -> Iterator[Clause]:
    folded = fold_text(_unwrapped(remark.span.text))
    present = [cue for cue, pattern in lexicon.cues.items() if cue not in _WHERE_NEEDED and pattern.search(folded)]
    sentence, last = 0, 0
    cells = not {"instruction", "addressee"}.isdisjoint(present) or len(_SLASH.findall(folded)) >= _ITEMS
    for start, end in _parts(folded, _CELL_END if cells else _END):
        sentence += _STOP.search(folded, last, start) is not None
        text, last = folded[start:end], end
        hits = {cue: spans for cue in present if (spans := lexicon.hits(cue, text))}
        if "historical" in hits and "current" in hits:
            _drop_denied(hits)
        if _HEADING.fullmatch(text):
            hits = {"requirement": [(0, len(text))]}
        if folded[end : end + 1] == "?":
            hits["question"] = [(len(text), len(text))]
        commas = tuple(comma.end() for comma in _COMMA.finditer(text))
        yield Clause(text, remark.span.start + start, label, index, sentence, hits, label_hits, commas)


def _drop_denied(hits: dict[str, list[Hit]]) -> None:
    """``not of this lot`` names this lot and tells of another."""
    past = hits["historical"]
    kept = [each for each in hits["current"] if not any(start <= each[0] < end for start, end in past)]
    hits["current"] = kept
    if not kept:
        del hits["current"]


def _unwrapped(text: str) -> str:
    """``text`` with blanks for line breaks inside sentences and choices that are not ticked. Offsets stay."""
    joined = _WRAP.sub(lambda found: found[1] + " " * (len(found.group()) - len(found[1])), text)
    return _UNTICKED.sub(lambda found: " " * len(found.group()), joined) if _BOX.search(joined) else joined


def _parts(text: str, ends: re.Pattern[str] = _END) -> Iterator[Hit]:
    """Where the clauses of folded ``text`` start and end, without the marks between them."""
    for start, end in _sentences(text, ends):
        yield from _cut(text, start, end)


def _cut(text: str, start: int, end: int) -> Iterator[Hit]:
    """A clause that never ends is cut at commas: how words bear on each other costs the square of its length."""
    while end - start > _LONGEST:
        comma = max(text.rfind(mark, start, start + _LONGEST) for mark in ",、 ")
        stop = comma + 1 if comma > start else start + _LONGEST
        yield start, stop
        start = stop
    if text[start:end].strip():
        yield start, end


def _sentences(text: str, ends: re.Pattern[str]) -> Iterator[Hit]:
    at = 0
    for mark in ends.finditer(text):
        if not mark.group() and _FEARED.search(text, at, mark.start()):
            continue
        if text[at : mark.start()].strip():
            yield at, mark.start()
            at = mark.end()
        elif mark.end() > mark.start():
            at = mark.end()
    if text[at:].strip():
        yield at, len(text)

"""A plant's reviewed reports as training pairs: the engine's prompt, and the answer that the review found right.

A history is a folder with reports and ``gold.csv``, a row a report as in ``samples``. A tenth of it, chosen by the
hash of the id and so the same one each time, is never trained on: it measures what was learned.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge_app.distill.cases import Case, folder_cases
from edge_app.distill.evaluate import Judged
from edge_app.distill.examples import bounded, deciding_line, right_answer
from edge_app.distill.facts import Label
from edge_app.distill.lexicon import Split, load_lexicon
from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.domain.verdict import Category, Disposition, Severity, Status
from edge_app.errors import ReportError, UsageError
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.answer import NO_LINE, Answer, write_answer
from edge_app.judging.assess import select_pack
from edge_app.judging.compose import REPORT_LINE

GOLD: Final = "gold.csv"
COLUMNS: Final = ("id", "file", "lang", "status", "category", "severity", "dispositions", "evidence")
HELD_OUT: Final = 10
"""One of so many is held out."""
_AS_COLUMNS: Final = f"its columns are {','.join(COLUMNS)}, as in samples/{GOLD}"
_ENDS: Final = " .。!！;；"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class History:
    """Reviewed reports that can be read."""

    trained: tuple[Case, ...]
    held_out: tuple[Case, ...]
    unread: int
    """Reports that the readers refuse: they never reach a model."""


def load_history(folders: Sequence[Path], fields: FieldVocabulary) -> History:
    """Everything that was reviewed, in two parts that share no report. Raises UsageError that names the row."""
    cases = [case for folder in folders for case in _reviewed(folder)]
    apart = {case.content for case in cases if is_held_out(case.id)}
    once = {case.content: replace(case, id=f"{at}-{case.id}") for at, case in enumerate(cases)}  # ids of two folders
    whole = [case for case in once.values() if _is_readable(case, fields)]
    return History(
        tuple(case for case in whole if case.content not in apart),
        tuple(case for case in whole if case.content in apart),
        len(once) - len(whole),
    )


def is_held_out(id_: str) -> bool:
    """Whether a report is kept for measuring."""
    return int(hashlib.sha256(id_.encode()).hexdigest(), 16) % HELD_OUT == 0


def history_pairs(rows: Iterable[Judged], packs: Mapping[str, RulePack]) -> Iterator[Pair]:
    """Prompt and right answer of every report that leaves something to ask."""
    lexicon = load_lexicon(Split.TRAIN)
    for each in rows:
        if each.request is None:
            continue
        pack, prompt = select_pack(each.report, packs), each.request.user
        label = _in_words_shown(_label(each.case), prompt)
        answer = right_answer(label, each.assessment, prompt, lexicon, pack)
        yield prompt, write_answer(_as_reviewed(answer, each.case, each.assessment.summary))


def _label(case: Case) -> Label:
    """As a generated report would have it; the evidence is both the sentence and its words."""
    evidence = " ".join(case.evidence.split())
    told = "PASS" if case.status == Status.PASS else "FAIL_says"
    codes = Status(case.status), Category(case.category), Severity(case.severity)
    return Label(*codes, told, evidence.strip(_ENDS), evidence)


def _in_words_shown(label: Label, prompt: str) -> Label:
    """Evidence may carry signs of the file's format, a line that is shown does not."""
    lines = prompt.partition(f"\n{REPORT_LINE}\n")[2].split("\n")
    number = deciding_line(label, lines)
    line = lines[number - 1].partition(" ")[2].strip(_ENDS) if number != NO_LINE else label.phrase
    return replace(label, phrase=min(label.phrase, line, key=len))


def _as_reviewed(answer: Answer, case: Case, spare: str) -> Answer:
    """With a disposition that the review accepts; what the rules found is told in their words."""
    if answer.line == NO_LINE:
        return answer.model_copy(update={"summary": bounded(spare, spare)})
    if answer.status is not Status.FAIL or answer.disposition in case.dispositions:
        return answer
    return answer.model_copy(update={"disposition": Disposition(case.dispositions[0])})


def _reviewed(folder: Path) -> list[Case]:
    gold = folder / GOLD
    try:
        with gold.open(encoding="utf-8-sig", newline="") as file:
            header = csv.DictReader(file).fieldnames or ()
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise UsageError(f"{gold} has no column {', '.join(missing)}", _AS_COLUMNS)
        cases = folder_cases(gold)
    except UnicodeDecodeError as error:
        raise UsageError(f"{gold} is not UTF-8", "save it as CSV in UTF-8") from error
    except OSError as error:
        raise UsageError(
            f"{error.filename}: {error.strerror}", "a history is a folder with gold.csv and its reports"
        ) from error
    for case in cases:
        _check(gold, case)
    return cases


def _check(gold: Path, case: Case) -> None:
    try:
        _label(case)
        for each in case.dispositions:
            Disposition(each)
    except ValueError as error:
        raise UsageError(f"{gold}: {case.id}: {error}", "the codes are those that `edge-app results` shows") from error


def _is_readable(case: Case, fields: FieldVocabulary) -> bool:
    try:
        read(Source(case.content, case.name, fields))
    except ReportError:
        return False
    return True

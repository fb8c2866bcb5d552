"""From what the rules found to what the model is asked.

Only what the rules found and could not settle goes into the prompt; a clean, measured report composes
no request. The user's part is: the language, a line for each kind of finding with the words of the
report behind the colon, then the open text up to the end, its pieces numbered. Nothing follows the report's words and
each piece of it is one line, so no report can close its part of the prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from edge_app.domain.inference import Request
from edge_app.domain.report import Language, Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Nonconformance, Severity, Span, Status
from edge_app.judging.answer import MAX_LINES, NO_LINE, SUMMARY_CHARS, answer_schema

PROMPT_VERSION: Final = "3"
"""Part of the recipe: raise it whenever the wording or the answer's form changes."""

MAX_SHOWN: Final = 4
"""Findings of one kind that are shown; the others are counted."""
MAX_OPEN_CHARS: Final = 1000
REPORT_LINE: Final = "Report:"
_TAG: Final = re.compile(r"<(?=[|｜/a-zA-Z])")
_MARKS: Final = {
    "{statuses}": " ".join(Status),
    "{categories}": " ".join(Category),
    "{severities}": " ".join(Severity),
    "{dispositions}": " ".join(Disposition),
    "{summary_chars}": str(SUMMARY_CHARS),
    "{no_line}": str(NO_LINE),
}


def compose(
    report: Report,
    assessment: Assessment,
    pack: RulePack,
    *,
    request_id: str,
    max_new_tokens: int,
    deadline_ms: int,
) -> Request | None:
    """The request for one report, or None when the rules settled it."""
    if not assessment.needs_model:
        return None
    return Request(
        id=request_id,
        system=system_text(pack.prompt.system),
        user=user_text(report, assessment, pack),
        schema=answer_schema(),
        max_new_tokens=max_new_tokens,
        deadline_ms=deadline_ms,
    )


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A piece of the report that a model is shown and may point at."""

    text: str
    span: Span
    """The same as it stands in the report."""


@lru_cache(maxsize=64)
def system_text(template: str) -> str:
    """The pack's wording with the lists of codes filled in: the same for all its reports, so it is cached."""
    for mark, words in _MARKS.items():
        template = template.replace(mark, words)
    return template


def user_text(report: Report, assessment: Assessment, pack: RulePack) -> str:
    """What is particular to one report."""
    lines = [_summary_language(report, pack), *_finding_lines(assessment)]
    if opened := open_lines(assessment):
        lines += [REPORT_LINE, *(f"{number} {line.text}" for number, line in enumerate(opened, 1))]
    return "\n".join(lines)


def open_lines(assessment: Assessment) -> tuple[OpenLine, ...]:
    """The open text within the budget, whole pieces in report order, without what the findings show already."""
    shown = "\n".join(_finding_lines(assessment))
    lines: list[OpenLine] = []
    left = MAX_OPEN_CHARS
    for span in assessment.open_text:
        text = _plain(span.text)[:left]
        if not text or text in shown:
            continue
        lines.append(OpenLine(text, span))
        left -= len(text)
        if left <= 0 or len(lines) == MAX_LINES:
            break
    return tuple(lines)


def _finding_lines(assessment: Assessment) -> list[str]:
    return [_group_line(kind, told) for kind, told in _groups(assessment).items()]


def _groups(assessment: Assessment) -> dict[str, list[str]]:
    """Messages of the standing findings by their codes; the verdict of the rules comes first."""
    standing = [finding for finding in assessment.findings if finding.status is not Status.PASS]
    reason = "" if standing or assessment.status is Status.PASS else f" {assessment.reason}"
    groups: dict[str, list[str]] = {_kind(assessment) + reason: []}
    for finding in sorted(standing, key=lambda each: (-each.status.rank, -each.severity.rank)):
        told = groups.setdefault(_kind(finding), [])
        if not _is_open(finding, assessment):
            told.append(_plain(finding.message))
    return groups


def _is_open(finding: Nonconformance, assessment: Assessment) -> bool:
    """Whether its words are left to code and stand in the open text."""
    return finding.is_assumed and any(span.overlaps(finding.evidence) for span in assessment.open_text)


def _kind(found: Nonconformance | Assessment) -> str:
    """Its codes; a category that is only assumed is not told."""
    return f"{found.status} {Category.NONE if found.is_assumed else found.category} {found.severity}"


def _group_line(kind: str, told: list[str]) -> str:
    different = list(dict.fromkeys(told))
    more = [f"+{len(different) - MAX_SHOWN}"] if len(different) > MAX_SHOWN else []
    return f"{kind}: {'; '.join(different[:MAX_SHOWN] + more)}" if told else kind


def _summary_language(report: Report, pack: RulePack) -> str:
    wanted = pack.prompt.summary_language
    if wanted == "report":
        return "English" if report.language is Language.EN else "Chinese"
    return "English" if wanted == "en" else "Chinese"


def _plain(text: str) -> str:
    """One line in which nothing looks like a control token of a chat template."""
    return _TAG.sub("‹", " ".join(text.split()))

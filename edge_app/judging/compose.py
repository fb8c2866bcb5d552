"""From what the rules found to what the model is asked.

Only what the rules found and could not settle goes into the prompt; a clean, measured report composes
no request. The user's part is: the language, a line for each kind of finding with the words of the
report behind the colon, then the open text up to the end. Nothing follows the report's words and each
piece of it is one line, so no report can close its part of the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from edge_app.domain.inference import Request
from edge_app.domain.report import Language, Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Nonconformance, Severity, Status
from edge_app.judging.answer import NO_QUOTE, QUOTE_CHARS, SUMMARY_CHARS, answer_schema

PROMPT_VERSION: Final = "2"
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
    "{quote_chars}": str(QUOTE_CHARS),
    "{summary_chars}": str(SUMMARY_CHARS),
    "{no_quote}": NO_QUOTE,
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


@lru_cache(maxsize=64)
def system_text(template: str) -> str:
    """The pack's wording with the lists of codes filled in: the same for all its reports, so it is cached."""
    for mark, words in _MARKS.items():
        template = template.replace(mark, words)
    return template


def user_text(report: Report, assessment: Assessment, pack: RulePack) -> str:
    """What is particular to one report."""
    groups = _groups(assessment)
    lines = [_summary_language(report, pack), *(_group_line(kind, told) for kind, told in groups.items())]
    shown = "\n".join(lines)
    if opened := [*_open_lines(assessment, shown)]:
        lines += [REPORT_LINE, *opened]
    return "\n".join(lines)


def _groups(assessment: Assessment) -> dict[str, list[str]]:
    """Messages of the standing findings by their codes; the verdict of the rules comes first."""
    standing = [finding for finding in assessment.findings if finding.status is not Status.PASS]
    reason = "" if standing or assessment.status is Status.PASS else f" {assessment.reason}"
    verdict = f"{assessment.status} {assessment.category} {assessment.severity}"
    groups: dict[str, list[str]] = {verdict + reason: []}
    for finding in sorted(standing, key=lambda each: (-each.status.rank, -each.severity.rank)):
        groups.setdefault(_kind(finding), []).append(_plain(finding.message))
    return groups


def _kind(finding: Nonconformance) -> str:
    return f"{finding.status} {finding.category} {finding.severity}"


def _group_line(kind: str, told: list[str]) -> str:
    different = list(dict.fromkeys(told))
    more = [f"+{len(different) - MAX_SHOWN}"] if len(different) > MAX_SHOWN else []
    return f"{kind}: {'; '.join(different[:MAX_SHOWN] + more)}" if told else kind


def _open_lines(assessment: Assessment, shown: str) -> Iterator[str]:
    """Open text within the budget, whole pieces in report order, without what is shown already."""
    left = MAX_OPEN_CHARS
    for span in assessment.open_text:
        line = _plain(span.text)[:left]
        if not line or line in shown:
            continue
        yield line
        left -= len(line)
        if left <= 0:
            return


def _summary_language(report: Report, pack: RulePack) -> str:
    wanted = pack.prompt.summary_language
    if wanted == "report":
        return "English" if report.language is Language.EN else "Chinese"
    return "English" if wanted == "en" else "Chinese"


def _plain(text: str) -> str:
    """One line in which nothing looks like a control token of a chat template."""
    return _TAG.sub("‹", " ".join(text.split()))

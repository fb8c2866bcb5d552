"""How hard a request is, told before it is asked from what the rules know of the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_app.domain.inference import Request
from edge_app.domain.report import Language, Report
from edge_app.domain.verdict import Assessment, Status
from edge_app.precision.history import NO_HISTORY, Counts

_CJK: Final = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_LETTERS_PER_TOKEN: Final = 4
LONG_PROMPT: Final = 400
"""Tokens of the user's part; the system's part is the same for all and is cached."""
LONG_TEXT: Final = 600
"""Characters of free text."""
MANY_FINDINGS: Final = 6
_ENOUGH: Final = 50
"""Answers of a pack before its history tells anything."""
_OFTEN_UNSURE: Final = 0.5
_OFTEN_CHANGED: Final = 0.1


@dataclass(frozen=True, slots=True)
class Question:
    """What makes one request easy or hard."""

    tokens: int
    """Of the user's part, estimated."""
    findings: int
    """That stand or are in doubt."""
    text_chars: int
    """Of the free text that the rules left open."""
    is_mixed: bool
    """Written in two languages."""
    is_safety: bool
    """About a safety-related item."""
    history: Counts = NO_HISTORY
    """Of the same source and rule pack."""


def question_of(report: Report, assessment: Assessment, request: Request, history: Counts) -> Question:
    """Of one composed request."""
    return Question(
        tokens=estimate_tokens(request.user),
        findings=sum(each.status is not Status.PASS for each in assessment.findings),
        text_chars=sum(len(each.text) for each in assessment.open_text),
        is_mixed=report.language is Language.MIXED,
        is_safety=assessment.is_safety,
        history=history,
    )


def estimate_tokens(text: str) -> int:
    """About what a tokenizer would count: a Chinese character is one, four others are one."""
    chinese = len(_CJK.findall(text))
    return chinese + (len(text) - chinese) // _LETTERS_PER_TOKEN


def hardness(question: Question) -> tuple[str, ...]:
    """What makes it hard, one phrase for each reason."""
    return tuple(_reasons(question))


def _reasons(question: Question) -> Iterator[str]:
    if question.is_safety:
        yield "safety-related item"
    if question.is_mixed:
        yield "two languages"
    if question.findings >= MANY_FINDINGS:
        yield f"{question.findings} findings"
    if question.text_chars >= LONG_TEXT:
        yield f"{question.text_chars} characters of free text"
    if question.tokens >= LONG_PROMPT:
        yield f"prompt of about {question.tokens} tokens"


def precedent(history: Counts) -> str:
    """Why such reports are better asked exactly at once, from how they went; or empty."""
    if history.asked < _ENOUGH:
        return ""
    if history.changed >= _OFTEN_CHANGED * history.asked:
        return f"a second look changed {history.changed} of {history.asked} answers"
    if history.second >= _OFTEN_UNSURE * history.asked:
        return f"{history.second} of {history.asked} answers needed a second look"
    return ""

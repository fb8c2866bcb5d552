"""What the model returns: two lines, both bounded.

First the number of the line that decides the case: a quote that is pointed at cannot be copied wrongly and costs
one token. A small model codes better what it has just found, so the codes come after it, then the sentence.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final

from pydantic import Field, ValidationError

from edge_app.domain.rulepack import Frozen
from edge_app.domain.verdict import Category, Disposition, Severity, Status

SUMMARY_CHARS: Final = 100
MAX_LINES: Final = 40
"""Of the report in one prompt."""
NO_LINE: Final = 0
"""Stands where no line decides: the rules' finding does."""

_FORM: Final = re.compile(
    r"(?P<line>0|[1-9]\d{0,3}) (?P<status>\S+) (?P<category>\S+) (?P<severity>\S+) (?P<disposition>\S+)\n"
    r"(?P<summary>\S[^\n]*)"
)


class Answer(Frozen):
    """The fields, in the order in which they are written."""

    line: int = Field(ge=NO_LINE, le=MAX_LINES)
    """Of the prompt's report, from 1."""
    status: Status
    category: Category
    severity: Severity
    disposition: Disposition
    summary: str = Field(min_length=1, max_length=SUMMARY_CHARS)


def read_answer(text: str) -> Answer | None:
    """The answer, or None for anything but exactly the two lines."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    try:
        return Answer.model_validate(form.groupdict())
    except ValidationError:
        return None


def same_codes(text: str, other: str) -> bool:
    """Whether two answers, or their first lines, give the same codes."""
    return text.partition("\n")[0] == other.partition("\n")[0]


def write_answer(answer: Answer) -> str:
    """The two lines as a model would write them."""
    codes = f"{answer.line} {answer.status} {answer.category} {answer.severity} {answer.disposition}"
    return f"{codes}\n{answer.summary}"


@cache
def answer_schema() -> str:
    """JSON schema of ``Answer`` in the closed form that constrained decoding wants: no references.

    One for all prompts, however many lines they show: a new grammar costs a large vocabulary seconds to compile.
    """
    properties: dict[str, Any] = {
        "line": {"type": "string", "enum": [str(number) for number in range(NO_LINE, MAX_LINES + 1)]},
        "status": _words(Status),
        "category": _words(Category),
        "severity": _words(Severity),
        "disposition": _words(Disposition),
        "summary": _text(SUMMARY_CHARS),
    }
    return json.dumps(
        {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    )


def _words(kind: type[Status | Category | Severity | Disposition]) -> dict[str, Any]:
    return {"type": "string", "enum": [member.value for member in kind]}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}

"""What the model returns: three lines, every one bounded.

The words of the report that decide the case come first: a small model codes better what it has just
copied. Then the codes, then the sentence.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from pydantic import Field, ValidationError

from edge_app.domain.rulepack import Frozen
from edge_app.domain.verdict import Category, Disposition, Severity, Status

QUOTE_CHARS: Final = 60
SUMMARY_CHARS: Final = 100
NO_QUOTE: Final = "-"
"""Stands where nothing is quoted: the rules' finding decides as it is."""

_FORM: Final = re.compile(
    r"(?P<quote>\S[^\n]*)\n"
    r"(?P<status>\S+) (?P<category>\S+) (?P<severity>\S+) (?P<disposition>\S+)\n"
    r"(?P<summary>\S[^\n]*)"
)


class Answer(Frozen):
    """The fields, in the order in which they are written."""

    quote: str = Field(min_length=1, max_length=QUOTE_CHARS)
    status: Status
    category: Category
    severity: Severity
    disposition: Disposition
    summary: str = Field(min_length=1, max_length=SUMMARY_CHARS)


def read_answer(text: str) -> Answer | None:
    """The answer, or None for anything but exactly the three lines."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    try:
        return Answer.model_validate(form.groupdict())
    except ValidationError:
        return None


def write_answer(answer: Answer) -> str:
    """The three lines as a model would write them."""
    codes = f"{answer.status} {answer.category} {answer.severity} {answer.disposition}"
    return f"{answer.quote}\n{codes}\n{answer.summary}"


def answer_schema() -> str:
    """JSON schema of ``Answer`` in the closed form that constrained decoding wants: no references."""
    properties: dict[str, Any] = {
        "quote": _text(QUOTE_CHARS),
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

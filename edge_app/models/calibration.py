"""Texts like those the model will read, as the command hands them in, and what they are for.

Weights are fitted to one part; how well that went is measured on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.report import Language
from edge_app.models.tokens import Conversation, Tokens

_HELD_OUT: Final = 3
"""Every third report."""
_TEXT_TOKENS: Final = 400


@dataclass(frozen=True, slots=True)
class ReportText:
    """One report: as it stands, and as the model is asked about it."""

    text: str
    question: Conversation | None
    """None where the rules settle the report, so that no model sees it."""


@dataclass(frozen=True, slots=True)
class TextSet:
    """Reports in a fixed order."""

    reports: tuple[ReportText, ...] = ()

    def calibration(self, tokens: Tokens) -> list[list[int]]:
        """Ids of two thirds of the reports: the question in its chat template, and the bare text."""
        chosen = [each for at, each in enumerate(self.reports) if at % _HELD_OUT]
        texts = [text for each in chosen for text in (*_questions(each, tokens), each.text)]
        return [ids for text in texts if (ids := tokens.encode(text))]

    def held_out(self, tokens: Tokens, languages: Sequence[str] = ()) -> list[list[int]]:
        """Ids of the other third, bare, each cut to 400; only texts in ``languages`` (en, zh) unless there are none.

        In a language that a model does not speak its choices are close to chance, and so is their agreement.
        """
        chosen = [each for each in self.reports[::_HELD_OUT] if not languages or _speaks(each.text, languages)]
        encoded = (tokens.encode(each.text)[:_TEXT_TOKENS] for each in chosen)
        return [ids for ids in encoded if len(ids) > 1]


def _speaks(text: str, languages: Sequence[str]) -> bool:
    language = detect_language(text)
    return {"en", "zh"} <= set(languages) if language is Language.MIXED else language in languages


def _questions(report: ReportText, tokens: Tokens) -> list[str]:
    return [tokens.render(report.question)] if report.question else []

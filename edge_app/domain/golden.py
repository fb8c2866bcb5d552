"""Golden prompts: what a model answers when everything is right."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from edge_app.domain.rulepack import Frozen


class GoldenPrompt(Frozen):
    """One prompt and its greedy continuation, the end of the text not minded."""

    prompt: str
    """Plain text without chat template."""
    input: tuple[int, ...] = Field(min_length=1)
    """Its ids."""
    tokens: tuple[int, ...] = Field(min_length=1)
    sure: int = Field(ge=0)
    """So many of the tokens must come out on every device; the rest may differ."""

    def difference(self, answer: Sequence[int], most: int | None = None) -> str:
        """Where ``answer`` goes another way among the sure tokens, ``most`` of them looked at; or empty."""
        for at, wanted in enumerate(self.tokens[: self.sure][:most]):
            got = answer[at] if at < len(answer) else None
            if got != wanted:
                return f"golden prompt {self.prompt[:40]!r}, token {at + 1}: {got} instead of {wanted}"
        return ""

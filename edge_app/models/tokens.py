"""Text to token ids and back, with the tokenizer that lies beside a prepared model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError
from edge_app.models.telemetry import without_telemetry

Conversation = tuple[str, str]
"""What the system says and what the user asks."""


class Tokens:
    """The converted tokenizer of a model folder."""

    def __init__(self, folder: Path) -> None:
        with without_telemetry():
            import openvino_genai as genai  # noqa: PLC0415  heavy, needed here only

            try:
                self._tokenizer: Any = genai.Tokenizer(str(folder))
            except RuntimeError as error:
                said = " ".join(str(error).split())[-200:]
                raise ModelError(f"the tokenizer does not load: {said}", f"edge-app model verify {folder}") from error

    def encode(self, text: str) -> list[int]:
        """Ids of the text alone: nothing is put before or after it."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).input_ids.data
        return [int(each) for each in ids[0]] if ids.size else []

    def decode(self, ids: Sequence[int]) -> str:
        """The text, special tokens included."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))

    def render(self, conversation: Conversation) -> str:
        """By the model's chat template up to where the answer begins; one after the other where there is none."""
        if not self._tokenizer.chat_template:
            return "\n".join(conversation)
        messages = [
            {"role": role, "content": text} for role, text in zip(("system", "user"), conversation, strict=True)
        ]
        return str(self._tokenizer.apply_chat_template(messages, add_generation_prompt=True))

"""Whether the converted tokenizer cuts text as the model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge_app.models.tokens import Conversation, Tokens

TEXTS: Final = (
    "Weld W-17: undersize throat 2.8 mm (spec. >= 3.5 mm), not re-inspected.",
    "焊缝 W-17:焊脚尺寸 2.8 毫米,低于要求的 3.5 毫米,未复检。",
    "Ra 0.8 µm · Ø25.013 ±0.005 · 20 °C · 1/2″ · ½ · №4",
    "客户 Müller AG 退货:part no. AB-4471/2,数量 100 件,2 NG。",
    "0123456789 1234567.89 1,234 -5e-3 007 ١٢٣",
    "Good 👍🏽 defect 🔧 family 👩‍🏭 flag 🇩🇪",
    "  two  spaces\tand a tab\r\nand\n\n\nlines \n",
    "don't DON'T it's we'll O'Neill's",
    '{"status": "FAIL", "quote": "裂纹 \\"crack\\""}',
    "全角:ABC123,。;!?()「」",
)
CONVERSATION: Final[Conversation] = ("You code inspection reports.", "裂纹 crack 12 mm — 判定?\nAnswer in JSON.")


_UNREADABLE: Final = (ImportError, OSError, ValueError, LookupError, TypeError, AttributeError)
"""What transformers raises: without its files, with others than it expects, and when it is not there."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What is wrong, each named by its text."""

    changed: list[str]
    """Texts that come back otherwise."""
    differing: list[str] | None
    """Texts that transformers cuts otherwise; None when it cannot be asked."""
    why: str = ""
    """It cannot."""


def differences(folder: Path, tokens: Tokens) -> Differences:
    """Compare on texts in both languages, with units, numbers, signs and white space."""
    changed = [_named(text) for text in TEXTS if tokens.decode(tokens.encode(text)) != text]
    try:
        reference = _reference(folder)
    except _UNREADABLE as error:
        return Differences(changed, None, f"transformers: {' '.join(str(error).split())[:200]}")
    differing = [_named(text) for text in TEXTS if tokens.encode(text) != _ids(reference, text)]
    if reference.chat_template and tokens.render(CONVERSATION) != _rendered(reference):
        differing.append("the chat template")
    return Differences(changed, differing)


def _reference(folder: Path) -> Any:
    """The tokenizer of transformers from the same folder: its files were copied there unchanged."""
    import transformers  # noqa: PLC0415  an optional extra

    return transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)


def _ids(reference: Any, text: str) -> list[int]:
    return list(reference(text, add_special_tokens=False)["input_ids"])


def _rendered(reference: Any) -> str:
    messages = [{"role": role, "content": text} for role, text in zip(("system", "user"), CONVERSATION, strict=True)]
    return str(reference.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def _named(text: str) -> str:
    return repr(text[:24])

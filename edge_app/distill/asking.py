"""What a teacher is asked: few-shot turns from ``teacher.yaml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    who: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with a closed list of answers: meaning to the word for it."""

    turns: tuple[Turn, ...]
    options: Mapping[str, str]


@cache
def _table() -> Any:
    return yaml.safe_load((files(__package__) / "teacher.yaml").read_text(encoding="utf-8"))


def retelling(tongue: str, group: str) -> tuple[Turn, ...]:
    """Asks to say a line of a kind in other words."""
    words = _table()[tongue]
    return _turns(f"{words['role']} {words['meaning'][group]}", words["examples"][group])


def question(tongue: str, name: str) -> Question:
    """``state`` or ``category`` of a line."""
    words = _table()[tongue][name]
    options: dict[str, str] = words["options"]
    return Question(_turns(words["question"], [[line, options[key]] for line, key in words["examples"]]), options)


def _turns(system: str, examples: Sequence[Sequence[str]]) -> tuple[Turn, ...]:
    told = [Turn("system", system)]
    for line, answer in examples:
        told += [Turn("user", line), Turn("assistant", answer)]
    return tuple(told)

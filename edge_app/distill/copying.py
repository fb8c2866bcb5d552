"""Pairs that ask for nothing but a line of a report, found by a part of it: its words are copied, never composed."""

from __future__ import annotations

from random import Random
from typing import Final

from edge_app.distill import strange
from edge_app.distill.examples import generate
from edge_app.distill.lexicon import Split

CUE: Final = "Copy"
_MOST: Final = 60
_LINES: Final = (2, 8)
_STRANGE: Final = 0.4
_SIMILAR: Final = 0.4
"""Share of lines that differ from another one in a word only."""


def copy_pair(number: int) -> tuple[str, str]:
    """A prompt with many lines and a cue, and the line (or what follows the cue in it) that is meant."""
    random = Random(f"copy/{number}")  # noqa: S311  not for secrets
    lines = _lines(random)
    line = random.choice(lines)
    start = random.choice([0, 0, random.randrange(len(line))])
    wanted = line[start : start + _MOST].strip()
    cue = wanted[: random.randint(1, max(1, len(wanted) // 2))]
    while sum(cue in each for each in lines) > 1 and cue != wanted:
        cue = wanted[: len(cue) + 1]
    return "\n".join([f"{CUE}: {cue}", *lines]), wanted


def _lines(random: Random) -> list[str]:
    """Told by a report or by nobody, some nearly alike."""
    told = [line for line in generate(f"c{random.random()}", Split.TRAIN).lines if line.strip()]
    tongue = random.choice(["en", "zh"])
    for _ in range(random.randint(*_LINES)):
        roll = random.random()
        if roll < _STRANGE:
            told.append(" ".join(strange.name(random, tongue) for _ in range(random.randint(1, 5))))
        elif roll < _STRANGE + _SIMILAR:
            told.append(_alike(random, random.choice(told), tongue))
    random.shuffle(told)
    return list(dict.fromkeys(" ".join(line.split()) for line in told))


def _alike(random: Random, line: str, tongue: str) -> str:
    words = line.split(" ") if " " in line else list(line)
    words[random.randrange(len(words))] = strange.name(random, tongue)
    return (" " if " " in line else "").join(words)

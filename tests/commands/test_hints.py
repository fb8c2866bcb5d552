"""What a hint tells an operator to run exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer

import edge_app
from edge_app.cli import app

NAMED = re.compile(r"edge-app ([a-z]{2,})(?: ([a-z]+))?")


def hints() -> Iterator[tuple[str, str]]:
    """Second arguments of errors that are raised, with their file."""
    for path in sorted(Path(edge_app.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error") and len(node.args) > 1:
                yield path.name, ast.unparse(node.args[1])


def exists(group: object, words: tuple[str, str]) -> bool:
    commands = getattr(group, "commands", {})
    first, second = words
    below = getattr(commands.get(first), "commands", None)
    return first in commands and (below is None or second in below)


def test_no_command_in_a_hint_lacks_its_argument() -> None:
    bare = re.compile(r"edge-app model (?:pull|prepare|verify|remove)(?: NAME| --|[\"',;`)])")
    assert bare.search("'edge-app model verify'")
    assert [each for each in hints() if bare.search(each[1])] == []


def test_every_command_in_a_hint_exists() -> None:
    root = typer.main.get_command(app)
    named = [(name, words) for name, hint in hints() for words in NAMED.findall(hint)]
    assert len(named) > 10
    assert [each for each in named if not exists(root, each[1])] == []

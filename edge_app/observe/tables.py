"""Tables for people on a terminal. Every value passes ``printable``: a file name cannot move the cursor."""

from __future__ import annotations

import csv
import errno
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from edge_app.observe.logging import printable

_STATUS_STYLE: Final = {"PASS": "green", "FAIL": "bold red", "INDETERMINATE": "yellow"}
_OUTCOME_STYLE: Final = {"rejected": "magenta", "quarantined": "magenta", "duplicate": "dim", "ignored": "dim"}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
"""First characters that a spreadsheet takes for a formula (OWASP ASVS 1.2.10)."""
_PLAIN_WIDTH: Final = 160


def show_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str = "") -> None:
    """Print rows on stdout, a line each; columns that are empty in every row are left out.

    The last column is cut where the width does not suffice: put the longest text there.
    """
    used = [name for name in columns if any(row.get(name) not in (None, "") for row in rows)]
    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in used:
        table.add_column(name.replace("_", " "), no_wrap=name != used[-1])
    for row in rows:
        table.add_row(*(_one_line(row.get(name)) for name in used))
    _console().print(table)


def show_pairs(values: Mapping[str, Any]) -> None:
    """Print one record as ``key  value`` lines."""
    table = Table.grid(padding=(0, 2))
    for key, value in values.items():
        if value not in (None, ""):
            table.add_row(f"[bold]{escape(key)}[/bold]", _cell(value))
    _console().print(table)


def print_json(row: Mapping[str, Any]) -> None:
    """One object, one line. Text that is not valid Unicode comes out escaped."""
    line = json.dumps(row, ensure_ascii=False, default=str)
    sys.stdout.write(line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stdout.flush()


def print_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """CSV with a header; cells that a spreadsheet would run as a formula start with an apostrophe."""
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_safe_cell(row.get(name)) for name in columns])


def _safe_cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + printable(value)
    return printable(value) if isinstance(value, str) else value


def _one_line(value: object) -> Text:
    """A cell that is cut, not folded."""
    text = Text.from_markup(_cell(" ".join(str("" if value is None else value).split())), overflow="ellipsis")
    text.no_wrap = True
    return text


def _cell(value: object) -> str:
    text = printable("" if value is None else str(value))
    style = _STATUS_STYLE.get(text) or _OUTCOME_STYLE.get(text)
    return f"[{style}]{escape(text)}[/{style}]" if style else escape(text)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """As any other output: Rich would end the program with code 1."""
        raise BrokenPipeError(errno.EPIPE, "the reader of the output is gone")


def _console() -> Console:
    """A pipe gets a fixed width, so that a file of the output does not depend on the terminal."""
    return _Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False)

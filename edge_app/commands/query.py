"""``status``, ``results``, ``show``: read-only, also while the daemon runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from edge_app.build import database
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.domain.verdict import Status
from edge_app.errors import UsageError
from edge_app.ledger import queries
from edge_app.observe.tables import print_csv, print_json, show_pairs, show_table

RESULT_COLUMNS = ("id", "status", "category", "severity", "disposition", "decided_by", "file_name", "summary")
DETAIL_COLUMNS = {
    "findings": ("rule", "status", "category", "severity", "code", "doubt", "evidence"),
    "measurements": (
        "part",
        "characteristic",
        "value_as_written",
        "unit",
        "limits_as_written",
        "lower_limit",
        "upper_limit",
        "stated",
        "problem",
        "evidence",
    ),
}
"""What a person wants to see of the details; JSON has every column."""


class Format(StrEnum):
    """Of ``results``."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def status(config: Config = None, state: State = None, json_: Json = False) -> None:
    """What came in, how it ended, what waits."""
    settings = settings_from(config, state)
    summary = queries.summary(database(settings))
    if json_:
        print_json(summary)
        return
    show_pairs({key: value for key, value in summary.items() if not isinstance(value, (dict, list))})
    for name, value in summary.items():
        if isinstance(value, dict) and value:
            show_table([value], list(value), title=name)
        elif isinstance(value, list) and value:
            show_table(value, list(value[0]), title=name)


def results(  # noqa: PLR0913  one parameter an option
    config: Config = None,
    state: State = None,
    since: Annotated[str | None, typer.Option(help="From this UTC time on: 2026-01-31 or 2026-01-31T08:00Z.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only this status.", case_sensitive=False)] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    part: Annotated[str | None, typer.Option(help="Only this part number.")] = None,
    where: Annotated[str | None, typer.Option(help="SQL condition over the columns of v_results.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, newest first.")] = 100,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    json_: Json = False,
) -> None:
    """Query the verdicts."""
    settings = settings_from(config, state)
    rows = queries.results(
        database(settings), since=since, status=status, source=source, part=part, where=where, limit=limit
    )
    show_results(rows, Format.JSON if json_ else format_)


def show_results(rows: list[dict[str, Any]], format_: Format) -> None:
    """Rows of ``v_results`` in one of the formats."""
    if format_ is Format.JSON:
        for row in rows:
            print_json(row)
    elif format_ is Format.CSV:
        print_csv(rows, list(rows[0]) if rows else RESULT_COLUMNS)
    else:
        show_table([_short(row) for row in rows], RESULT_COLUMNS)


def show(
    result_id: Annotated[int, typer.Argument(metavar="ID", help="Column id of `results`.")],
    config: Config = None,
    state: State = None,
    json_: Json = False,
) -> None:
    """One verdict with its evidence, findings, measurements, requests and cost."""
    settings = settings_from(config, state)
    record = queries.show(database(settings), result_id)
    if record is None:
        raise UsageError(f"no result {result_id}", "`edge-app results` lists them")
    if json_:
        print_json(record)
        return
    show_pairs({key: value for key, value in record.items() if not isinstance(value, list)})
    for name, rows in record.items():
        if isinstance(rows, list) and rows:
            show_table(rows, DETAIL_COLUMNS.get(name, tuple(rows[0])), title=f"\n{name}")


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """The last part of the file's path: the whole one is in JSON and CSV."""
    return row | {"file_name": str(row["file_name"]).rsplit("/", 1)[-1]}

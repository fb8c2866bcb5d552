"""``process``: the one-shot batch, its table and its progress bar."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge_app.batch import SOURCE, find_files, process
from edge_app.build import build
from edge_app.clock import Clock
from edge_app.commands.options import Config, Device, Json, Model, Precision, Rules, State, settings_from
from edge_app.domain.arrival import OutcomeKind
from edge_app.errors import UsageError
from edge_app.observe.tables import print_json, show_table
from edge_app.pipeline import Outcome

COLUMNS = ("id", "outcome", "status", "category", "severity", "disposition", "file", "summary")
REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.QUARANTINED, OutcomeKind.WAITING})
EXIT_SOME_REFUSED = 3


def run_batch(  # noqa: PLR0913  one parameter an option
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files and folders.")],
    config: Config = None,
    state: State = None,
    rules: Rules = None,
    pack: Annotated[str | None, typer.Option(help="Rule pack; chosen by content when not given.")] = None,
    model: Model = None,
    device: Device = None,
    precision: Precision = None,
    json_: Json = False,
) -> None:
    """Judge files and folders once; the input files stay where they are."""
    settings = settings_from(
        config,
        state,
        rules=rules,
        model={"name": model, "device": device, "precision": precision},
    )
    outcomes: list[Outcome] = []
    lock = threading.Lock()
    files = find_files(paths)
    if not files:
        raise UsageError("no files to process", "give files, or a folder with files in it")
    chosen = {SOURCE: pack} if pack else None
    with build(settings, Clock(), chosen) as app, _progress(len(files)) as step:

        def emit(outcome: Outcome) -> None:
            with lock:
                outcomes.append(outcome)
                step()
                if json_:
                    print_json(as_row(outcome))

        process(app, files, emit)
    if not json_:
        show_outcomes(outcomes)
    if any(outcome.refused or outcome.kind in REFUSED for outcome in outcomes):
        raise typer.Exit(EXIT_SOME_REFUSED)


def as_row(outcome: Outcome) -> dict[str, Any]:
    """One outcome as it is printed."""
    verdict = outcome.verdict
    row: dict[str, Any] = {
        "file": outcome.name.decode("utf-8", "backslashreplace"),
        "outcome": outcome.kind.value,
        "result": outcome.result_id,
        "reason": outcome.reason or (verdict.reason if verdict else ""),
    }
    if verdict is None:
        return row | {"message": outcome.message}
    return row | {
        "status": verdict.status.value,
        "category": verdict.category.value,
        "severity": verdict.severity.value,
        "disposition": verdict.disposition.value,
        "decided_by": verdict.decided_by.value,
        "conflict": verdict.conflict,
        "summary": verdict.summary,
        "evidence": verdict.evidence.text if verdict.evidence else None,
        "notes": list(verdict.notes),
    }


def show_outcomes(outcomes: list[Outcome]) -> None:
    """The table and the accounting line."""
    rows = [_table_row(outcome) for outcome in sorted(outcomes, key=lambda each: each.name)]
    show_table(rows, COLUMNS)
    kinds = Counter(outcome.kind.value for outcome in outcomes)
    statuses = Counter(outcome.verdict.status.value for outcome in outcomes if outcome.verdict)
    parts = [f"{count} {name}" for name, count in (kinds + statuses).items()]
    typer.echo(f"\n{len(outcomes)} files: {', '.join(parts)}")


def _table_row(outcome: Outcome) -> dict[str, Any]:
    row = as_row(outcome)
    row["id"] = row["result"]
    row["file"] = row["file"].rsplit("/", 1)[-1]
    row["outcome"] = "" if outcome.kind is OutcomeKind.JUDGED else row["outcome"]
    row.setdefault("summary", f"{row['reason']} {row.get('message', '')}".strip())
    return row


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere. Gives the function that advances it."""
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)

"""``model list|pull``: what there is, and fetching it. ``model_make`` adds the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from edge_app.build import models_folder
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.models import fetch
from edge_app.models.catalogue import entry_named
from edge_app.models.store import Listed, list_models
from edge_app.observe.tables import print_json, show_pairs, show_table

app = typer.Typer(no_args_is_help=True, help="Models: list, pull, prepare, verify.")

Name = Annotated[str, typer.Argument(help="Name in `edge-app model list`.")]


@app.command("list")
def list_(config: Config = None, state: State = None, json_: Json = False) -> None:
    """The catalogue, and what of it is prepared here."""
    rows = [_row(listed) for listed in list_models(models_folder(settings_from(config, state)))]
    if json_:
        for row in rows:
            print_json(row)
    else:
        show_table(rows, ("name", "prepared", "MB", "about"))


@app.command()
def pull(name: Name, config: Config = None, state: State = None, json_: Json = False) -> None:
    """Fetch the pinned source of a model and check its hash."""
    folder = models_folder(settings_from(config, state))
    entry = entry_named(name)
    with progress_bar() as progress:
        path = fetch.pull(entry, folder / name / "source", progress)
    done({"name": name, "source": str(path)}, json_)


def _row(listed: Listed) -> dict[str, Any]:
    prepared = ", ".join(listed.precisions) or "-"
    return {"name": listed.name, "prepared": prepared, "MB": round(listed.size / 1e6), "about": listed.about}


def done(row: dict[str, str], json_: bool) -> None:
    """Print what was made."""
    if json_:
        print_json(row)
    else:
        show_pairs(row)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A progress bar on stderr; on anything but a terminal only the steps."""
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda step, share: progress.update(task, description=step, completed=share)

"""``model list|pull|prepare``: from a catalogue name to verified files on disk."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from edge_app.build import models_folder
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.domain.inference import Precision
from edge_app.models import store
from edge_app.observe.tables import print_json, show_table

app = typer.Typer(no_args_is_help=True, help="Models: list, pull, prepare.")

Name = Annotated[str, typer.Argument(help="Name in `edge-app model list`.")]


@app.command("list")
def list_(config: Config = None, state: State = None, json_: Json = False) -> None:
    """The catalogue, and what of it is prepared here."""
    rows = store.list_models(models_folder(settings_from(config, state)))
    if json_:
        for row in rows:
            print_json(row)
    else:
        show_table(rows, list(rows[0]) if rows else [])


@app.command()
def pull(name: Name, config: Config = None, state: State = None, json_: Json = False) -> None:
    """Fetch the pinned source of a model and check its hash."""
    folder = models_folder(settings_from(config, state))
    with _progress(name) as progress:
        path = store.pull(name, folder, progress=progress)
    _done(name, str(path), json_)

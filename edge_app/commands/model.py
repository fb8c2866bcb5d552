"""``model list|pull|remove``: what there is, fetching it, removing it. ``model_make`` adds the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from edge_app.choosing import models_folder
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.domain.inference import Precision
from edge_app.hardware import read_memory
from edge_app.models import pull as pulling
from edge_app.models import store
from edge_app.models.fit import Room
from edge_app.models.store import Listed, list_models
from edge_app.observe.tables import print_json, show_pairs, show_table

_AMOUNT = re.compile(r": [\d,]+ of [\d,]+ MB$")
_SMALL = 10_000_000
"""Bytes."""
app = typer.Typer(no_args_is_help=True, help="Models: list, pull, prepare, distill, verify, advise, remove.")

Name = Annotated[str, typer.Argument(help="Name in `edge-app model list`.")]
Target = Annotated[
    str,
    typer.Argument(
        help=r"Name in `edge-app model list`, org/name\[/file.gguf]\[@revision] on the hub, folder, .gguf, .whl."
    ),
]
Ready = Annotated[
    str | None,
    typer.Option(
        "--precision",
        help="fp16, int8, int4 or source. Default: int8 if it is published, else the source.",
        show_default=False,
    ),
]
Part = Annotated[
    str | None, typer.Option("--precision", help="fp16, int8, int4 or source. Default: all of it.", show_default=False)
]
As = Annotated[str | None, typer.Option("--name", help="Name to keep it under.", show_default=False)]


@app.command("list")
def list_(config: Config = None, state: State = None, json_: Json = False) -> None:
    """The catalogue, and what of it is here."""
    listed = list_models(models_folder(settings_from(config, state)))
    if json_:
        for each in listed:
            print_json(_row(each) | _facts(each))
    else:
        rows = [_row(each) for each in listed]
        show_table([row | {"MB": row["MB"] or "-"} for row in rows], ("name", "here", "MB", "licence", "about"))


@app.command()
def pull(
    target: Target,
    precision: Ready = None,
    name: As = None,
    config: Config = None,
    state: State = None,
    json_: Json = False,
) -> None:
    """Fetch a model, check every file, and put it in its place. What was cut off goes on where it ended."""
    settings = settings_from(config, state)
    folder, memory = models_folder(settings), read_memory()
    room = Room(memory.total, memory.available, settings.model.memory_share)
    with progress_bar() as progress:
        pulled = pulling.pull(target, folder, progress, part=precision, name=name, room=room)
    manifest = pulled.manifest
    row = {
        "name": pulled.name,
        "format": manifest.format,
        "precision": manifest.precision.value if manifest.precision else "-",
        "folder": str(pulled.folder),
        "MB": megabytes(sum(file.size for file in manifest.files.values())),
        "licence": manifest.licence,
        "source": manifest.source,
        "authority": manifest.authority,
    }
    if pulled.left_out:
        row["left_out"] = ", ".join(pulled.left_out)
    if pulled.unproven:
        row["golden"] = f"none, because it was not asked: {pulled.unproven}; free memory and pull it again"
    done(row, json_)


@app.command()
def remove(name: Name, precision: Part = None, config: Config = None, state: State = None, json_: Json = False) -> None:
    """Delete a model, or a part of it, and say what was freed."""
    freed = store.remove(name, models_folder(settings_from(config, state)), precision)
    done({"name": name, "freed_MB": megabytes(freed)}, json_)


def _row(listed: Listed) -> dict[str, Any]:
    here = [*listed.precisions, *([listed.source] if listed.source else [])]
    return {
        "name": listed.name,
        "here": ", ".join(here) or "-",
        "MB": megabytes(listed.size),
        "licence": listed.licence,
        "about": listed.entry.about if listed.entry else "from this folder",
    }


def megabytes(size: int) -> float:
    """Whole ones, of small models with a digit more; what is there is never 0."""
    return round(size / 1e6) if size >= _SMALL else max(round(size / 1e6, 1), 0.1 if size else 0)


def _facts(listed: Listed) -> dict[str, Any]:
    """What the catalogue says beyond the table."""
    if listed.entry is None:
        return {}
    entry, shape = listed.entry, listed.entry.shape
    return {
        "title": entry.title,
        "family": entry.family,
        "languages": list(entry.languages),
        "authority": entry.authority,
        "template": entry.template,
        "parameters": shape.parameters,
        "active_parameters": shape.active_parameters,
        "context": shape.context,
        "weights_MB": {each.value: round(shape.weight_bytes(each) / 1e6) for each in Precision},
        "cache_KB_a_token": round(shape.kv_bytes_per_token() / 1e3, 1),
        "sources": [source.text for source in entry.sources],
    }


def done(row: dict[str, Any], json_: bool) -> None:
    """Print what was made."""
    if json_:
        print_json(row)
    else:
        show_pairs(row)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A progress bar on stderr; on anything but a terminal only the steps."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _steps()
        return
    with Progress(console=console) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda step, share: progress.update(task, description=step, completed=share)


def _steps() -> Callable[[str, float], None]:
    """A line for each; a file that grows is one step."""
    last = ""

    def told(step: str, _share: float) -> None:
        nonlocal last
        step = _AMOUNT.sub("", step)
        if step != last:
            typer.echo(step, err=True)
            last = step

    return told

"""``model prepare|verify``: from a published model to precisions that run here, and proof that they are right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_app.build import models_folder
from edge_app.commands.model import app, done, megabytes, progress_bar
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.commands.text_set import text_set
from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.manifest import read_manifest
from edge_app.models.original import Original, original_at
from edge_app.models.place import SOURCE
from edge_app.models.prepare import prepare as make
from edge_app.models.prepare import wanted
from edge_app.models.recipes import recipes_for
from edge_app.models.store import folders
from edge_app.models.verify import Check, failed, verify_model
from edge_app.observe.tables import print_json, show_table
from edge_app.settings import default_rules

__all__ = ["app"]

Texts = Annotated[
    Path | None,
    typer.Option("--calibration", help="Folder of reports like yours. Default: the samples.", show_default=False),
]


@app.command()
def prepare(  # noqa: PLR0913  one parameter an option
    source: Annotated[str, typer.Argument(help="Name in `model list`, a .gguf file, or a folder with safetensors.")],
    name: Annotated[str | None, typer.Option("--name", help="Of the model. Default: from the source.")] = None,
    precision: Annotated[
        list[Precision] | None, typer.Option("--precision", help="May be given twice. Default: fp16 and int8.")
    ] = None,
    recipe: Annotated[str | None, typer.Option("--recipe", help="How INT8 or INT4 is made.")] = None,
    calibration: Texts = None,
    config: Config = None,
    state: State = None,
    json_: Json = False,
) -> None:
    """Convert a model to OpenVINO. Needs the extra `prepare`, and minutes."""
    settings = settings_from(config, state)
    recipes = recipes_for(precision or [Precision.FP16, Precision.INT8], recipe)
    texts = text_set(calibration, settings.rules or default_rules())
    folder = models_folder(settings)
    with progress_bar() as progress:
        made = make(wanted(source, name, folder), folder, recipes, texts, progress)
    for each in made:
        done(_row(each.folder), json_)


@app.command()
def verify(
    name: Annotated[str, typer.Argument(help="Name of a prepared model, or its folder.")],
    precision: Annotated[Precision | None, typer.Option("--precision", help="Default: all there are.")] = None,
    source: Annotated[
        Path | None, typer.Option("--source", help="The published model, to compare with torch.", show_default=False)
    ] = None,
    calibration: Texts = None,
    config: Config = None,
    state: State = None,
    json_: Json = False,
) -> None:
    """Files, tokenizer, golden prompts, and closeness to torch and to FP16. Exit code 4 when something is wrong."""
    settings = settings_from(config, state)
    places = folders(name, models_folder(settings), precision)
    texts = text_set(calibration, settings.rules or default_rules())
    original = original_at(source) if source else _pulled(places[0])
    rows: list[dict[str, Any]] = []
    wrong: list[Check] = []
    with progress_bar() as progress:
        for place in places:
            for check in verify_model(place, texts, original, progress):
                rows.append(_checked(place.name, check))
                wrong += failed([check])
    for row in rows if json_ else []:
        print_json(row)
    if not json_:
        show_table(rows, ("precision", "check", "result", "found"))
    if wrong:
        raise ModelError(f"{name}: {wrong[0].name}: {wrong[0].found}", f"edge-app model prepare {name}")


def _pulled(place: Path) -> Original | None:
    """The source beside the precisions, where the model was pulled."""
    source = place.parent / SOURCE
    try:
        return original_at(source) if source.is_dir() else None
    except ModelError:
        return None


def _row(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    size = sum(entry.size for entry in manifest.files.values())
    row: dict[str, Any] = {
        "name": manifest.name,
        "precision": folder.name,
        "folder": str(folder),
        "MB": megabytes(size),
    }
    if manifest.making:
        row |= {"recipe": manifest.making.recipe, "seconds": f"{manifest.making.seconds:.0f}"}
        row |= {"peak MB": str(manifest.making.peak_mb)}
    return row


def _checked(precision: str, check: Check) -> dict[str, Any]:
    result = {True: "passed", False: "FAILED", None: "not checked"}[check.passed]
    return {"precision": precision, "check": check.name, "result": result, "found": check.found}

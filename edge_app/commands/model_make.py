"""``model prepare|verify``: from a published model to precisions that run here, and proof that they are right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_app.choosing import models_folder
from edge_app.commands.model import app, done, megabytes, progress_bar
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.commands.text_set import text_set
from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.hardware import read_machine
from edge_app.models.calibration import TextSet
from edge_app.models.config import weight_bytes
from edge_app.models.fit import Room
from edge_app.models.manifest import anew, read_manifest
from edge_app.models.original import Original, original_at
from edge_app.models.prepare import prepare as make
from edge_app.models.prepare import wanted
from edge_app.models.recipes import closer, is_narrow, recipes_for
from edge_app.models.sources import SOURCE
from edge_app.models.store import Prepared, folders
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
        list[Precision] | None, typer.Option("--precision", help="May be given again for each. Default: fp16 and int8.")
    ] = None,
    recipe: Annotated[str | None, typer.Option("--recipe", help="How INT8 or INT4 is made.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Make these precisions even if they are there.")] = False,
    calibration: Texts = None,
    config: Config = None,
    state: State = None,
    json_: Json = False,
) -> None:
    """Convert a model to OpenVINO. Needs the extra `prepare`, and minutes."""
    settings = settings_from(config, state)
    precisions = precision or [Precision.FP16, Precision.INT8]
    recipes = recipes_for(precisions, recipe)
    texts = text_set(calibration, settings.rules or default_rules())
    folder = models_folder(settings)
    with progress_bar() as progress:
        what, anew_ = wanted(source, name, folder), precisions if again else ()
        made = make(what, folder, recipes, texts, progress, again=anew_, room=_room())
    for each in made:
        done(_row(each), json_)


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
    wrong = [each for place in places if (each := _verified(place, texts, original, json_))]
    if wrong:
        raise wrong[0]


def _verified(place: Path, texts: TextSet, original: Original | None, json_: bool) -> ModelError | None:
    """Print the checks of one precision; the first that failed, as the error that it is."""
    rows: list[dict[str, Any]] = []
    wrong: list[Check] = []
    try:
        with progress_bar() as progress:
            for check in verify_model(place, texts, original, progress, _room()):
                rows.append(_checked(place.name, check))
                wrong += failed([check])
                if json_:
                    print_json(rows[-1])
    finally:
        if not json_:
            show_table(rows, ("precision", "check", "result", "found"))
    return ModelError(f"{place}: {wrong[0].name}: {wrong[0].found}", remedy(place, wrong[0])) if wrong else None


def remedy(place: Path, wrong: Check) -> str:
    """What to do about a precision in which this check failed."""
    try:
        manifest = read_manifest(place)
    except ModelError as error:
        return error.hint
    if wrong.about_precision and manifest.precision:
        return closer(manifest.name, manifest.precision, manifest.making.recipe if manifest.making else "")
    return anew(manifest)


def _room() -> Room:
    """All that is free now: nothing else is to run beside."""
    memory = read_machine().memory
    return Room(memory.total, memory.available, share=1.0)


def _pulled(place: Path) -> Original | None:
    """The source beside the precisions, where the model was pulled."""
    source = place.parent / SOURCE
    try:
        return original_at(source) if source.is_dir() else None
    except ModelError:
        return None


def _row(prepared: Prepared) -> dict[str, Any]:
    manifest = read_manifest(prepared.folder)
    row: dict[str, Any] = {
        "name": manifest.name,
        "precision": prepared.precision.value,
        "folder": str(prepared.folder),
        "MB": megabytes(sum(entry.size for entry in manifest.files.values())),
        "source": manifest.source,
        "result": prepared.precision_reason,
    }
    if (making := manifest.making) and prepared.precision_reason == "made":
        row |= {"recipe": making.recipe, "seconds": making.seconds, "peak_MB": making.peak_mb}
    parameters = weight_bytes(prepared.folder.parent / Precision.FP16) // 2
    if is_narrow(prepared.precision, parameters):
        row["note"] = f"int4 is for models of 1B weights and more: edge-app model verify {manifest.name}"
    return row


def _checked(precision: str, check: Check) -> dict[str, Any]:
    result = {True: "passed", False: "FAILED", None: "not checked"}[check.passed]
    return {"precision": precision, "check": check.name, "result": result, "found": check.found}

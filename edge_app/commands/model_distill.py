"""``model distill``: a plant makes its own small model from its reviewed history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_app.choosing import models_folder
from edge_app.commands.model import done, progress_bar
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.distill.own import Made, Order, distill
from edge_app.hardware import read_memory
from edge_app.models.fit import Room
from edge_app.models.order import plain
from edge_app.observe.tables import show_table
from edge_app.settings import default_rules

_COLUMNS = ("system", "reports", "status", "category", "severity", "disposition", "false_accepts", "false_rejects")
_CORPUS = "Folder of the corpus: what is there is used as it is, else it is written. Default: in the state folder."


def distill_(  # noqa: PLR0913  one parameter an option
    history: Annotated[
        list[Path], typer.Option("--history", help="Folder with reports and gold.csv. May be given several times.")
    ],
    name: Annotated[str, typer.Option("--name", help="Of the model.")] = Order.name,
    teacher: Annotated[
        Path | None,
        typer.Option("--teacher", help="Answers that edge_app.distill.teacher wrote (JSON lines).", show_default=False),
    ] = None,
    corpus: Annotated[Path | None, typer.Option("--corpus", help=_CORPUS, show_default=False)] = None,
    hidden: Annotated[
        int, typer.Option("--hidden", help="Width, a multiple of 64; double costs three times. On a GPU: 384.")
    ] = Order.hidden,
    layers: Annotated[int, typer.Option("--layers", help="On a GPU: 6.")] = Order.layers,
    minutes: Annotated[
        float,
        typer.Option(
            "--minutes",
            min=0.0,
            help="Of training from scratch. Two cores need hours for what a data-centre GPU does in minutes.",
        ),
    ] = Order.minutes,
    examples: Annotated[
        int, typer.Option("--examples", min=1, help="Generated reports through reader and rules: 100 a second a core.")
    ] = Order.examples,
    readings: Annotated[
        int, typer.Option("--readings", min=1, help="Generated texts without rules: 1,500 a second a core.")
    ] = Order.readings,
    written: Annotated[
        int, typer.Option("--written", min=1, help="Reports of written lines: 1,700 a second a core.")
    ] = Order.written,
    seed: Annotated[int, typer.Option("--seed", help="The same seed writes the same corpus.")] = Order.seed,
    config: Config = None,
    state: State = None,
    json_: Json = False,
) -> None:
    """Make a small model of your own from reviewed reports. Needs the extra `prepare`.

    With the defaults on two cores: the corpus takes a minute or two, training its --minutes, the rest a minute.
    A tenth of the history is never trained on: it shows rules alone beside rules and model, and decides how far the
    model is trusted.
    """
    settings = settings_from(config, state)
    place = settings.state / "distill" / plain(name)
    order = Order(
        history=tuple(history),
        corpus=corpus or place / "corpus",
        trained=place / "trained",
        models=models_folder(settings),
        rules=settings.rules or default_rules(),
        room=_room(),
        name=name,
        teacher=teacher,
        hidden=hidden,
        layers=layers,
        minutes=minutes,
        examples=examples,
        readings=readings,
        written=written,
        seed=seed,
    )
    with progress_bar() as progress:
        made = distill(order, progress)
    _show(made, order, json_)


def _room() -> Room:
    memory = read_memory()
    return Room(memory.total, memory.available, share=1.0)


def _show(made: Made, order: Order, json_: bool) -> None:
    figures, table = made.log.figures, [{"system": name, **row} for name, row in made.table.items()]
    row: dict[str, Any] = {
        "name": plain(order.name),
        "precisions": ", ".join(each.precision for each in made.prepared),
        "folder": str(order.models / plain(order.name)),
        "trained": str(order.trained),
        "history": len(made.history.trained),
        "history_pairs": made.pairs,
        "held_out": len(made.history.held_out),
        "unread": made.history.unread,
        "device": figures["device"],
        "parameters": figures["parameters"],
        "tokens_per_second": figures["tokens_per_second"],
        "authority": made.authority.name.lower(),
    }
    done(row | ({"held_out_table": table} if json_ else {}), json_)
    if not json_:
        show_table(table, _COLUMNS, title="\nreports held out")

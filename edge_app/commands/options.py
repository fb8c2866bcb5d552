"""Options that every command takes, and what follows from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_app.observe.logging import configure
from edge_app.settings import Settings, load_settings

Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).", show_default=False)]
State = Annotated[
    Path | None,  # whether it can be read is told with what to do, and not by typer
    typer.Option("--state", help="State folder with the database.", show_default=False, readable=False),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Rules = Annotated[Path | None, typer.Option("--rules", help="Folder of rule packs.", show_default=False)]
Model = Annotated[
    str | None, typer.Option("--model", help="Model name or folder; none: rules only.", show_default=False)
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Where the model runs: AUTO (the fastest that is there), CPU, GPU, GPU.0, NPU; "
        "with the extra `prepare` also torch:cpu, torch:cuda, torch:mps.",
        show_default=False,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option("--precision", help="auto, fp16, int8 or int4.", show_default=False),
]


def settings_from(config: Path | None, state: Path | None, **overrides: Any) -> Settings:
    """Read settings and set up logging: the first thing each command does."""
    settings = load_settings(config, {"state": state, **overrides})
    configure(settings.log.format, settings.log.level)
    return settings

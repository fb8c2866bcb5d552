"""``governor``: what the machine allows, why it is slow now, and a shift on a simulated one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_app.build import database, is_in_use
from edge_app.clock import Clock
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.domain.inference import Precision
from edge_app.domain.stance import Reading, Stance
from edge_app.errors import StorageError, UsageError
from edge_app.governing import policy_of
from edge_app.governor.drawing import draw
from edge_app.governor.explain import explain as explained
from edge_app.governor.fake import Profile
from edge_app.governor.sensors import MachineSensors
from edge_app.governor.simulation import Cooling, Load, Simulation
from edge_app.governor.sysfs import KernelFiles
from edge_app.ledger import queries
from edge_app.observe.tables import print_json, show_pairs, show_table
from edge_app.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Keeps the machine cool: what it allows now, and why.")
_COLUMNS = (
    "at",
    "stance",
    "temperature_c",
    "cap_mhz",
    "actual_mhz",
    "precision_ceiling",
    "concurrency",
    "duty",
    "queued",
    "actuator",
    "reason",
)
_NEVER = Stance(None, Precision.FP16, 0, is_paused=False, duty=1.0, reason="off: the governor has decided nothing yet")


@app.command()
def status(
    config: Config = None,
    state: State = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many decisions, newest first.")] = 10,
    json_: Json = False,
) -> None:
    """What the sensors say now, and the last decisions of the service."""
    settings = settings_from(config, state)
    reading, rows = _read(), _decisions(settings, limit)
    if json_:
        print_json({"reading": _pairs(reading), "decisions": rows})
        return
    show_pairs(_pairs(reading))
    show_table(rows, _COLUMNS, title="decisions")


@app.command()
def explain(config: Config = None, state: State = None, json_: Json = False) -> None:
    """Why it is slow now, in one sentence."""
    settings = settings_from(config, state)
    rows, running = _decisions(settings, 1), is_in_use(settings.state)
    stance, reading = (_stance(rows[0]) if rows and running else _NEVER), _read()
    sentence = explained(stance, reading, str(rows[0]["actuator"]) if rows and running else "")
    if not running:
        sentence += f" No edge-app works on {settings.state} now."
    if json_:
        print_json({"sentence": sentence, "running": running, "since": rows[0]["at"] if rows else None})
    else:
        typer.echo(sentence)


@app.command()
def simulate(  # noqa: PLR0913  one parameter an option
    config: Config = None,
    state: State = None,
    driver: Annotated[Profile, typer.Option(help="Which simulated machine.")] = Profile.I915_SLPC,
    ambient: Annotated[float, typer.Option(help="°C around it.", min=-40, max=80)] = 35.0,
    load: Annotated[Load, typer.Option(help="How reports come in.")] = Load.STEADY,
    cooling: Annotated[Cooling, typer.Option(help="Who keeps it cool.")] = Cooling.GOVERNOR,
    hours: Annotated[float, typer.Option(help="Of the shift.", min=0.02, max=100)] = 8.0,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the shift into this SVG file.", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """A shift on a simulated machine, with this machine's settings: the numbers are a model's."""
    settings = settings_from(config, state)
    with tempfile.TemporaryDirectory() as folder:
        shift = Simulation(driver, ambient, load, cooling, Path(folder), policy_of(settings)).run(hours)
    if picture:
        _save(picture, draw(shift))
    if json_:
        print_json(shift.summary())
    else:
        show_pairs(shift.summary())


def _decisions(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """None where no service has run yet."""
    path = database(settings)
    return queries.governor(path, limit) if path.exists() else []


def _read() -> Reading:
    return MachineSensors(KernelFiles()).read(Clock().boottime())


def _pairs(reading: Reading) -> dict[str, Any]:
    return {
        "temperature_c": reading.package_c if reading.package_c is not None else "not measured",
        "limit_c": reading.limit_c,
        "actual_mhz": reading.actual_mhz,
        "max_mhz": reading.max_mhz,
        "throttle_reasons": " ".join(sorted(reading.reasons)),
        "throttle_events": reading.throttles,
        "available_bytes": reading.available_bytes,
        "memory_pressure": reading.pressure,
        "not_read": "; ".join(reading.failures),
    }


def _stance(row: dict[str, Any]) -> Stance:
    return Stance(
        cap_mhz=row["cap_mhz"],
        ceiling=Precision(row["precision_ceiling"]),
        concurrency=row["concurrency"],
        is_paused=bool(row["paused"]),
        duty=row["duty"],
        reason=row["reason"],
    )


def _save(path: Path, text: str) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "name the file: --picture shift.svg")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", "give a file in a folder you may write to") from error

"""``calibrate``: measure this machine and keep the best way to run each model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.status import Status

from edge_app.build import locate_model, only_instance, place
from edge_app.calibrating import Search, workload
from edge_app.clock import Clock
from edge_app.commands.options import Config, Json, Precision, State, settings_from
from edge_app.domain.rulepack import RulePack
from edge_app.engine.probe import probe_devices
from edge_app.errors import ModelError, UsageError
from edge_app.hardware import read_machine
from edge_app.models.tuning import (
    CHOICES,
    Entry,
    Failed,
    Measured,
    Setting,
    Tried,
    read_calibration,
    reason_of,
    write_calibration,
)
from edge_app.observe.tables import print_json, show_table
from edge_app.placing import runtime_version
from edge_app.rulepacks import load_packs
from edge_app.settings import Settings, default_rules

Which = Annotated[
    str | None, typer.Option("--model", help="Which model. Default: the configured one.", show_default=False)
]
Only = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Only this one: CPU, GPU, GPU.0, NPU. AUTO, the default: the CPU and every GPU.",
        show_default=False,
    ),
]
_COLUMNS: Final = ("device", "precision", "setting", "TTFT ms", "ms/token", "tokens/s", "reports/min", "MB", "same", "")


def calibrate(  # noqa: PLR0913  one parameter an option
    config: Config = None,
    state: State = None,
    model: Which = None,
    device: Only = None,
    precision: Precision = None,
    quick: Annotated[bool, typer.Option(help="Fewer settings and requests: about a third of the time.")] = False,
    minutes: Annotated[
        float, typer.Option(help="After this long nothing more is begun; each device gets its part.", min=0.1)
    ] = 20.0,
    json_: Json = False,
) -> None:
    """Find the fastest way to run a model on this machine, in about 20 minutes; `process` and `run` then use it.

    Each device is measured with several settings of the runtime. One that changes the model's choices is not taken,
    however fast. Measure again after a driver update or with another model; stop the service meanwhile.
    """
    settings = settings_from(config, state, model={"name": model, "device": device, "precision": precision})
    with only_instance(settings.state):
        entries = list(_calibrated(settings, quick=quick, minutes=minutes, json_=json_))
    for entry in entries:
        if json_:
            print_json({"kept": entry.model_dump(mode="json")})
        else:
            typer.echo(f"kept for {entry.best.setting.device}: {entry.reason}")


def _calibrated(settings: Settings, *, quick: bool, minutes: float, json_: bool) -> Iterator[Entry]:
    prepared, machine, clock = locate_model(settings), read_machine(), Clock()
    if prepared is None:
        raise UsageError("no model to measure", "give one: --model NAME")
    spec = replace(place(settings, prepared, machine), max_in_flight=settings.model.max_in_flight)
    devices = _devices(settings.model.device)
    end = clock.monotonic() + minutes * 60
    alone, together = workload(
        _pack(settings), spec.max_in_flight, max_new_tokens=settings.model.max_new_tokens, quick=quick
    )
    rows: list[Tried] = []
    for number, device in enumerate(devices):
        left = end - clock.monotonic()
        until = clock.monotonic() + left / (len(devices) - number)
        search = Search(spec, device, until, clock, alone, together)
        rows += _shown(search, quick=quick, json_=json_)
        if search.best is None:
            continue
        entry = Entry(
            fingerprint=prepared.fingerprint,
            driver=machine.driver_mark,
            runtime=runtime_version(),
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            best=search.best,
            reason=reason_of(search.best, search.tried),
            tried=len(search.tried),
        )
        write_calibration(settings.state, read_calibration(settings.state).with_entry(entry))
        yield entry
    if not json_:
        show_table([_row(each) for each in rows], _COLUMNS)
    refused = [each.error for each in rows if isinstance(each, Failed)]
    if len(refused) == len(rows):
        raise ModelError(
            f"nothing could be measured: {refused[0] if refused else 'no device'}", "edge-app model advise"
        )


def _pack(settings: Settings) -> RulePack:
    """The plant's own where it has them: its prompt is what will be answered."""
    packs = load_packs(settings.rules or default_rules())
    return packs.get("general") or next(iter(packs.values()))


def _shown(search: Search, *, quick: bool, json_: bool) -> Iterator[Tried]:
    """The search, told while it goes on."""
    with Status("", console=Console(stderr=True)) as status:
        status.update(f"{search.device}: reference")
        for found in search.run(quick=quick):
            if json_:
                print_json(found.model_dump(mode="json"))
            speed = f"{found.reports_per_min:.1f} reports/min" if isinstance(found, Measured) else "refused"
            status.update(f"{search.device}: {len(search.tried)} settings measured, the last {speed}")
            yield found


def _devices(wanted: str) -> list[str]:
    """What is measured: all that OpenVINO has and that can be tuned, or the one asked for."""
    if wanted != "AUTO":
        return [wanted]
    found = [each.device for each in probe_devices() if each.device.partition(".")[0] in CHOICES]
    if not found:
        raise ModelError("no device to measure", "edge-app model advise")
    return found


def _row(found: Tried) -> dict[str, Any]:
    setting = found.setting
    row: dict[str, Any] = {
        "device": setting.device,
        "precision": found.precision,
        "setting": _words(setting),
    }
    if isinstance(found, Failed):
        return row | {"": found.error}
    return row | {
        "TTFT ms": round(found.ttft_ms),
        "ms/token": round(found.tpot_ms, 1),
        "tokens/s": round(found.tokens_per_s, 1),
        "reports/min": round(found.reports_per_min, 1),
        "MB": round(found.rss_mb),
        "same": round(found.agreement, 3),
    }


def _words(setting: Setting) -> str:
    """Short enough for a table."""
    short = {
        "INFERENCE_PRECISION_HINT": "",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": "group ",
        "KV_CACHE_PRECISION": "cache ",
    }
    parts = [f"{short.get(name, f'{name} ')}{value}" for name, value in setting.properties.items()]
    return ", ".join([*(parts or ["as the runtime chooses"]), f"{setting.max_in_flight} at once"])

"""``calibrate``: measure this machine and keep the best way to run each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.status import Status

from edge_app.build import only_instance
from edge_app.calibrating import Search, workload
from edge_app.choosing import calibration_of, editions, place
from edge_app.clock import Clock
from edge_app.commands.options import Config, Json, Precision, State, settings_from
from edge_app.domain.rulepack import RulePack
from edge_app.engine.probe import probe_devices
from edge_app.errors import ModelError, UsageError
from edge_app.fsinfo import require_durable
from edge_app.hardware import read_machine
from edge_app.models.place import require_space
from edge_app.models.store import Prepared
from edge_app.models.tuning import (
    CHOICES,
    MIN_AGREEMENT,
    Calibration,
    Entry,
    Failed,
    Measured,
    Setting,
    Tried,
    fastest_first,
    reason_of,
    write_calibration,
)
from edge_app.observe.logging import printable
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
_TABLE_BYTES: Final = 1 << 20
"""More than is ever kept."""
_COLUMNS: Final = ("device", "precision", "setting", "TTFT ms", "ms/token", "tokens/s", "reports/min", "MB", "same", "")


def calibrate(  # noqa: PLR0913  one parameter an option
    config: Config = None,
    state: State = None,
    model: Which = None,
    device: Only = None,
    precision: Precision = None,
    quick: Annotated[bool, typer.Option(help="Fewer settings and requests: about a third of the time.")] = False,
    minutes: Annotated[
        float,
        typer.Option(help="After this long nothing more is begun; each device and precision gets its part.", min=0),
    ] = 20.0,
    json_: Json = False,
) -> None:
    """Find the fastest way to run a model on this machine, in about 20 minutes; `process` and `run` then use it.

    Each device and each precision is measured with several settings of the runtime. One that changes the model's
    choices is not taken, however fast. Measure again after a driver update or with another model; stop the service
    meanwhile.
    """
    settings = settings_from(config, state, model={"name": model, "device": device, "precision": precision})
    with only_instance(settings.state):
        require_durable(settings.state, volatile=settings.volatile)
        require_space(settings.state, _TABLE_BYTES, reserve=0)
        entries = _calibrated(settings, quick=quick, minutes=minutes, json_=json_)
    for entry in entries:
        if json_:
            print_json({"kept": entry.model_dump(mode="json")})
        else:
            typer.echo(f"kept for {entry.best.precision} on {entry.best.setting.device}: {entry.reason}")


def _calibrated(settings: Settings, *, quick: bool, minutes: float, json_: bool) -> list[Entry]:
    """Each precision on each device, the most exact first: the others are compared with its answers."""
    if settings.model.name == "none":
        raise UsageError("no model to measure", "give one: --model NAME")
    machine, clock, devices = read_machine(), Clock(), _devices(settings.model.device)
    pairs = [(edition, device) for edition in editions(settings) for device in devices]
    most = settings.model.max_in_flight
    alone, together = workload(_pack(settings), most, max_new_tokens=settings.model.max_new_tokens, quick=quick)
    record = Record(settings.state, machine.compute_mark, calibration_of(settings))
    end = clock.monotonic() + minutes * 60
    reference: tuple[str, ...] = ()
    try:
        for number, (edition, device) in enumerate(pairs):
            left = (end - clock.monotonic()) / (len(pairs) - number)
            try:
                spec = replace(place(settings, edition, machine), max_in_flight=most)
            except ModelError as error:
                record.add(edition, device, [_told(_untried(edition, device, str(error)), json_=json_)], None)
                continue
            search = Search(spec, device, clock.monotonic() + left, clock, alone, together, reference)
            for found in _shown(search, quick=quick):
                _told(found, json_=json_)
            if not search.tried:
                record.rows.append(_told(_untried(edition, device, "the time was up"), json_=json_))
            record.add(edition, device, search.tried, search.best)
            reference = search.reference
    finally:  # what was measured is seen even where it cannot be kept
        if not json_:
            _show(record)
    record.check()
    return record.kept


def _show(record: Record) -> None:
    """The table, then in full what a table cuts."""
    show_table([_row(each) for each in record.rows], _COLUMNS)
    for each in record.rows:
        if isinstance(each, Failed):
            typer.echo(f"{each.precision} on {each.setting.device}, {_words(each.setting)}: {printable(each.error)}")
    for line in conclusions(record.rows, record.kept):
        typer.echo(line)


def conclusions(rows: Sequence[Tried], kept: Sequence[Entry]) -> Iterator[str]:
    """Which precisions were not taken on which device and why, and which one ``auto`` takes from now on."""
    taken = {(each.best.precision, each.best.setting.device) for each in kept}
    best: dict[tuple[str, str], float] = {}
    for each in rows:
        if isinstance(each, Measured) and each.agreement is not None:
            mark = (each.precision, each.setting.device)
            best[mark] = max(best.get(mark, 0.0), each.agreement)
    for (precision, device), agreement in best.items():
        if kept and (precision, device) not in taken and agreement < MIN_AGREEMENT:
            yield f"{precision} on {device} not taken: agreement {agreement:.2f} of the needed {MIN_AGREEMENT}"
    precisions = dict.fromkeys(each.precision for each in rows)
    found = {each: [entry for entry in kept if entry.best.precision == each] for each in precisions}
    if len(precisions) > 1 and (order := fastest_first(found)):
        yield f"auto takes {order[0]} from now on"


@dataclass(slots=True)
class Record:
    """What one run measured; written after each search, so that a run that is cut off keeps what it has."""

    state: Path
    mark: str
    known: Calibration
    rows: list[Tried] = field(default_factory=list)
    kept: list[Entry] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)

    def add(self, edition: Prepared, device: str, tried: list[Tried], best: Measured | None) -> None:
        """Replace what was known of this precision on this device, unless there was no time to choose."""
        self.rows += tried
        if all(each.setting.properties for each in tried):
            return
        self.compared += [edition.precision] if edition.precision not in self.compared else []
        self.known = self.known.without(edition.fingerprint, device)
        if best:
            self.kept.append(self._entry(edition, best, tried))
        self.kept = [each.model_copy(update={"compared": tuple(self.compared)}) for each in self.kept]
        for entry in self.kept:
            self.known = self.known.with_entry(entry)
        write_calibration(self.state, self.known)

    def check(self) -> None:
        """Raises ModelError when nothing could be measured."""
        refused = [each.error for each in self.rows if isinstance(each, Failed)]
        if len(refused) == len(self.rows):
            raise ModelError(f"nothing was measured: {refused[0]}", "edge-app model advise; or give more --minutes")
        if not self.compared:
            raise ModelError("nothing was kept: the time was up before there was a choice", "give more --minutes")

    def _entry(self, edition: Prepared, best: Measured, tried: list[Tried]) -> Entry:
        return Entry(
            fingerprint=edition.fingerprint,
            driver=self.mark,
            runtime=runtime_version(),
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            best=best,
            reason=reason_of(best, tried),
            tried=len(tried),
        )


def _told(found: Tried, *, json_: bool) -> Tried:
    if json_:
        print_json(found.model_dump(mode="json"))
    return found


def _untried(edition: Prepared, device: str, reason: str) -> Failed:
    return Failed(setting=Setting(device=device), precision=edition.precision, error=reason)


def _pack(settings: Settings) -> RulePack:
    """The plant's own where it has them: its prompt is what will be answered."""
    packs = load_packs(settings.rules or default_rules())
    return packs.get("general") or next(iter(packs.values()))


def _shown(search: Search, *, quick: bool) -> Iterator[Tried]:
    """The search, told while it goes on."""
    with Status("", console=Console(stderr=True)) as status:
        what = f"{search.spec.precision} on {search.device}"
        status.update(f"{what}: the first setting")
        for found in search.run(quick=quick):
            speed = f"{found.reports_per_min:.1f} reports/min" if isinstance(found, Measured) else "refused"
            status.update(f"{what}: {len(search.tried)} settings measured, the last {speed}")
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
        return row | {"": "refused, see below"}
    return row | {
        "TTFT ms": round(found.ttft_ms),
        "ms/token": round(found.tpot_ms, 1),
        "tokens/s": round(found.tokens_per_s, 1),
        "reports/min": round(found.reports_per_min, 1),
        "MB": round(found.rss_mb),
        "same": "not measured" if found.agreement is None else round(found.agreement, 3),
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

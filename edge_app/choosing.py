"""Which edition of the configured model is taken, and how it runs here. Settings in, an EngineSpec out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from edge_app.domain.inference import Precision
from edge_app.domain.machine import Machine
from edge_app.engine import EngineSpec
from edge_app.engine.devices import AUTO as ANY_DEVICE
from edge_app.engine.devices import TORCH
from edge_app.engine.probe import DeviceFacts, probe_card, probe_devices
from edge_app.errors import ModelError
from edge_app.models.manifest import NAME, sha256
from edge_app.models.store import AUTO, Prepared, folders, locate
from edge_app.models.tuning import Calibration, Entry, fastest_first, read_calibration
from edge_app.models.unconverted import locate_unconverted
from edge_app.placing import (
    CARD,
    check_fit,
    fit_of,
    fit_together,
    may_take,
    need_bytes,
    runtime_version,
    specify,
    uses_gpu,
)
from edge_app.settings import Settings

_log = structlog.get_logger()
_MEASURED = "auto: the fastest as measured here"


def models_folder(settings: Settings) -> Path:
    """Where prepared models lie."""
    return settings.model.folder or settings.state / "models"


def choose_model(settings: Settings, machine: Machine) -> tuple[Prepared, EngineSpec] | None:
    """The configured model, verified, and how it runs here. None: rules only.

    ``auto`` takes the precision that calibration found to be the fastest of those that fit. Raises ModelError when
    the model is not there, damaged or does not fit.
    """
    if settings.model.name == "none":
        return None
    known, devices = calibration_of(settings), _devices(settings, machine)
    prepared = next(_measured(settings, machine, known, devices), None)
    if prepared is None:
        prepared = locate_model(settings)
        check_fit(settings, prepared, machine, devices)
    return prepared, specify(settings, prepared, machine, entries_of(known, prepared.fingerprint, machine))


@dataclass(frozen=True, slots=True)
class Editions:
    """The configured model in all precisions that may answer here."""

    prepared: tuple[Prepared, ...]
    """The usual one first."""
    specs: Mapping[Precision, EngineSpec]
    needs: Mapping[Precision, int]
    """Bytes; empty where only one may answer."""
    loaded: frozenset[Precision]
    """At the start."""
    speeds: Mapping[Precision, float]
    """Reports a minute, of those that were measured by the same reference."""
    fixed: str
    """Why there is only one; empty where each request chooses."""


def choose_editions(settings: Settings, machine: Machine) -> Editions | None:
    """What ``choose_model`` takes, and under ``auto`` every other precision that fits this machine. None: rules only.

    Together they are loaded when they fit together; INT4 only in the place of another. Raises ModelError as there.
    """
    found = choose_model(settings, machine)
    if found is None:
        return None
    usual, spec = found
    known, devices = calibration_of(settings), _devices(settings, machine)
    others = [each for each in _others(settings, usual) if fit_of(settings, each, machine, devices).fits]
    if not others:
        return Editions((usual,), {usual.precision: spec}, {}, frozenset({usual.precision}), {}, usual.precision_reason)
    measured = {each.precision: entries_of(known, each.fingerprint, machine) for each in (usual, *others)}
    specs = {each.precision: specify(settings, each, machine, measured[each.precision]) for each in others}
    beside = [each for each in others if each.precision is not Precision.INT4]
    fits = bool(beside) and fit_together(settings, [usual, *beside], machine)
    return Editions(
        prepared=(usual, *others),
        specs={usual.precision: spec} | specs,
        needs={each.precision: need_bytes(settings, each) for each in (usual, *others)},
        loaded=frozenset(each.precision for each in ([usual, *beside] if fits else [usual])),
        speeds=_speeds(measured),
        fixed="",
    )


def _others(settings: Settings, usual: Prepared) -> Iterator[Prepared]:
    """The precisions of ``auto`` beside the usual one."""
    if _open_precision(settings):
        for path in folders(settings.model.name, models_folder(settings)):
            if path.name != usual.precision and path != usual.folder:
                yield locate(str(path.absolute()), path)


def _speeds(measured: Mapping[Precision, Sequence[Entry]]) -> dict[Precision, float]:
    """Reports a minute on the device that each takes, where all were compared with each other."""
    if not fastest_first({str(precision): entries for precision, entries in measured.items()}):
        return {}
    return {precision: entries[0].best.reports_per_min for precision, entries in measured.items() if entries}


def locate_model(settings: Settings) -> Prepared:
    """The configured model, verified; of its precisions the configured or the usual one. Raises ModelError."""
    model = settings.model
    if model.device.startswith(TORCH):
        return locate_unconverted(model.name, models_folder(settings), model.precision)
    return locate(model.name, models_folder(settings), model.precision)


def editions(settings: Settings) -> list[Prepared]:
    """Each precision that ``auto`` may take, the most exact first; else the configured one. Raises ModelError."""
    if not _open_precision(settings):
        return [locate_model(settings)]
    return [locate(str(path.absolute()), path) for path in folders(settings.model.name, models_folder(settings))]


def place(settings: Settings, prepared: Prepared, machine: Machine) -> EngineSpec:
    """How a model runs here as nobody measured it. Raises ModelError when it does not fit."""
    check_fit(settings, prepared, machine, _devices(settings, machine))
    return specify(settings, prepared, machine)


def calibration_of(settings: Settings) -> Calibration:
    """What was measured here. A file that cannot be read stops nothing: the model runs as the runtime chooses."""
    try:
        return read_calibration(settings.state)
    except ModelError as error:
        _log.warning("calibration not read", reason=str(error), hint=error.hint)
        return Calibration()


def entries_of(known: Calibration, fingerprint: str, machine: Machine) -> tuple[Entry, ...]:
    """What still holds of a model, the fastest device first. That nothing does any more is logged."""
    found = known.of(fingerprint, machine.compute_mark, runtime_version())
    if not found and any(each.fingerprint == fingerprint for each in known.entries):
        reason = "measured with another processor, GPU driver or OpenVINO"
        _log.warning("calibration not used", reason=reason, hint="edge-app calibrate")
    return found


def _measured(
    settings: Settings, machine: Machine, known: Calibration, devices: Iterable[DeviceFacts]
) -> Iterator[Prepared]:
    """Precisions that fit, in the order of their measured speed; none where they were not all compared."""
    for path in _fastest_first(settings, machine, known):
        prepared = replace(locate(str(path.absolute()), path), precision_reason=_MEASURED)
        if fit_of(settings, prepared, machine, devices).fits:
            yield prepared


def _fastest_first(settings: Settings, machine: Machine, known: Calibration) -> list[Path]:
    """Folders of the precisions, as measured on the devices that may be taken."""
    if not (_open_precision(settings) and known.entries):
        return []
    places = {path.name: path for path in folders(settings.model.name, models_folder(settings))}
    found = {name: _taken(known, path, machine, settings.model.device) for name, path in places.items()}
    measured = {entry.best.setting.device for entries in found.values() for entry in entries}
    if settings.model.device == ANY_DEVICE and uses_gpu(settings, machine) and measured == {"CPU"}:
        return []  # a measured CPU says nothing of the GPU that will be taken
    return [places[name] for name in fastest_first(found)] if len(places) > 1 else []


def _taken(known: Calibration, path: Path, machine: Machine, wanted: str) -> list[Entry]:
    valid = known.of(sha256(path / NAME), machine.compute_mark, runtime_version())
    return [each for each in valid if may_take(wanted, each.best.setting.device)]


def _open_precision(settings: Settings) -> bool:
    return settings.model.precision == AUTO and not settings.model.device.startswith(TORCH)


def _devices(settings: Settings, machine: Machine) -> tuple[DeviceFacts, ...]:
    if settings.model.device.startswith(CARD):
        return probe_card(settings.model.device)
    return probe_devices() if uses_gpu(settings, machine) else ()

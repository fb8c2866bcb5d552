"""A model on this machine: whether it fits, and how it is to run. Values in, an EngineSpec out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Final

import structlog

from edge_app.domain.inference import Precision
from edge_app.domain.machine import INTEL, Gpu, Machine, Memory
from edge_app.engine import CompiledCache, EngineSpec, Tuning
from edge_app.engine.devices import AUTO, TORCH
from edge_app.engine.probe import DeviceFacts
from edge_app.errors import ModelError
from edge_app.models.catalogue import CATALOGUE
from edge_app.models.config import read_shape, weight_bytes
from edge_app.models.fit import MARGIN, Fit, Need, Room, decide, need_of
from edge_app.models.headers import shape_at
from edge_app.models.shape import Shape
from edge_app.models.store import Prepared
from edge_app.models.tuning import Entry
from edge_app.models.unconverted import RUNNABLE
from edge_app.settings import Settings

_log = structlog.get_logger()

CARD: Final = f"{TORCH}cuda"
"""A device with a memory of its own."""


def runtime_version() -> str:
    """Of OpenVINO, without importing it."""
    return version("openvino")


def specify(settings: Settings, prepared: Prepared, machine: Machine, measured: Sequence[Entry] = ()) -> EngineSpec:
    """How the engine is opened; ``measured`` is what calibration found for this model here, the fastest first."""
    model = settings.model
    cache = CompiledCache(settings.state / "compiled", round(model.compiled_gb * 1e9), machine.driver_mark)
    return EngineSpec(
        folder=prepared.folder,
        name=prepared.name,
        fingerprint=prepared.fingerprint,
        precision=prepared.precision,
        device=model.device,
        cpu_fits=_fits_cpu(settings, prepared, machine),
        max_in_flight=in_flight(settings, measured),
        kv_cache_gb=model.kv_cache_gb,
        cache=cache if model.compiled_gb else None,
        tuning=tuple(_tuning(settings, each) for each in measured),
        golden=prepared.golden,
    )


def in_flight(settings: Settings, measured: Sequence[Entry]) -> int:
    """As set, else enough for each device that may be taken; the one that is batches as it was measured to be best."""
    wanted, default = settings.model.device, settings.model.max_in_flight
    found = [setting.max_in_flight for each in measured if may_take(wanted, (setting := each.best.setting).device)]
    if _given_in_flight(settings) or not found:
        return default
    return max(found) if wanted != AUTO else max(default, *found)


def may_take(wanted: str, device: str) -> bool:
    """Whether a model configured for ``wanted`` may come to run on ``device``: ``GPU`` takes ``GPU.0`` too."""
    return wanted in {AUTO, device, device.partition(".")[0]}


def check_fit(settings: Settings, prepared: Prepared, machine: Machine, devices: Iterable[DeviceFacts]) -> Fit:
    """The decision that lets the model be loaded. Raises ModelError when it does not fit, with what would.

    Memory that could not be read is no reason to refuse: it is logged, and the device's own limits count.
    """
    if not machine.memory.total:
        _log.warning("memory not measured", model=prepared.name, hint="make /proc/meminfo readable: ProcSubset=all")
    fit = fit_of(settings, prepared, machine, devices)
    if not fit.fits:
        hint = f"{fit.instead}; free memory, or raise model.memory_share"
        raise ModelError(f"model {prepared.name} in {prepared.precision} does not fit: {fit.reason}", hint)
    return fit


def fit_of(settings: Settings, prepared: Prepared, machine: Machine, devices: Iterable[DeviceFacts]) -> Fit:
    """Whether it fits, else what would."""
    if settings.model.device.startswith(TORCH):
        return _torch_fit(settings, prepared, machine, devices)
    need, shape = _need(settings, prepared)
    return decide(need, room(settings, machine, devices), _others(settings, need, shape))


def _fits_cpu(settings: Settings, prepared: Prepared, machine: Machine) -> bool:
    """An Intel GPU takes its memory where the CPU does; torch computes in 32 bits on a CPU, in main memory."""
    if not settings.model.device.startswith(TORCH):
        return True
    model = settings.model.model_copy(update={"device": f"{TORCH}cpu"})
    return _torch_fit(settings.model_copy(update={"model": model}), prepared, machine, ()).fits


def uses_gpu(settings: Settings, machine: Machine) -> bool:
    """Whether OpenVINO would be given a GPU; then its limits are worth asking for."""
    wanted = settings.model.device
    return wanted == AUTO or wanted.startswith("GPU") if _intel(machine) else False


def cache_bytes(settings: Settings, shape: Shape) -> int:
    """Of the key-value cache: the limit, or what full requests could fill of it."""
    most = settings.model.max_in_flight * shape.context * shape.kv_bytes_per_token()
    return min(settings.model.kv_cache_gb * 2**30, most)


def need_bytes(settings: Settings, prepared: Prepared) -> int:
    """What a model that OpenVINO runs takes here, with its cache and a margin."""
    return _need(settings, prepared)[0].total


def fit_together(settings: Settings, prepared: Sequence[Prepared], machine: Machine) -> bool:
    """Whether these fit at once, each with a cache of its own."""
    needs = [_need(settings, each)[0] for each in prepared]
    largest = max(each.largest for each in needs)
    weights, cache = sum(each.weights for each in needs), sum(each.cache for each in needs)
    weights += MARGIN * (len(needs) - 1)
    together = Need(prepared[0].name, prepared[0].precision, weights, cache, largest)
    return decide(together, room(settings, machine, ())).fits


def _need(settings: Settings, prepared: Prepared) -> tuple[Need, Shape]:
    weights = weight_bytes(prepared.folder)
    parameters = round(weights / {Precision.FP16: 2, Precision.INT8: 1, Precision.INT4: 0.65}[prepared.precision])
    shape = read_shape(prepared.folder, parameters)
    return need_of(prepared.name, prepared.precision, shape, cache_bytes(settings, shape), weights), shape


def _torch_fit(settings: Settings, prepared: Prepared, machine: Machine, devices: Iterable[DeviceFacts]) -> Fit:
    """Held against the device's own memory where it has one. torch runs no smaller precision, only smaller models."""
    shape = shape_at(prepared.folder)
    need = _torch_need(settings, prepared.name, shape, _torch_bytes(settings, prepared, shape))
    if not settings.model.device.startswith(CARD):
        return decide(need, room(settings, machine, ()), _torch_others(settings, shape))
    on_host = decide(replace(need, cache=0), replace(room(settings, machine, ()), share=1.0))
    if not on_host.fits:
        return Fit(False, f"to load it {on_host.reason}", "a smaller model would fit")
    card = next((each.memory for each in devices if each.memory), Memory(0, 0))
    there = Room(card.total, card.available, settings.model.memory_share)
    return decide(need, there, _torch_others(settings, shape))


def _torch_bytes(settings: Settings, prepared: Prepared, shape: Shape) -> int:
    """Of the weights as torch holds them: 32 bits on a CPU; elsewhere as stored, or 16 bits of a GGUF."""
    if settings.model.device == f"{TORCH}cpu":
        return 4 * shape.parameters
    unpacked = not any(prepared.folder.glob("*.safetensors"))
    return 2 * shape.parameters if unpacked else weight_bytes(prepared.folder)


def _torch_need(settings: Settings, name: str, shape: Shape, weights: int) -> Need:
    return need_of(name, Precision.FP16, shape, cache_bytes(settings, shape), weights)


def _torch_others(settings: Settings, shape: Shape) -> list[Need]:
    """Smaller models of the catalogue that are published in a form torch runs."""
    wide = 4 if settings.model.device == f"{TORCH}cpu" else 2
    return [
        _torch_need(settings, entry.name, entry.shape, wide * entry.shape.parameters)
        for entry in CATALOGUE.values()
        if entry.shape.parameters < shape.parameters and not RUNNABLE.isdisjoint(entry.formats)
    ]


def room(settings: Settings, machine: Machine, devices: Iterable[DeviceFacts]) -> Room:
    """What the machine gives, as the settings allow it."""
    gpu = _intel(machine) if uses_gpu(settings, machine) else None
    limits = [each.max_allocation for each in devices if each.device.startswith("GPU") and each.max_allocation]
    return Room(
        total=machine.memory.total,
        available=machine.memory.available,
        share=settings.model.memory_share,
        driver=gpu.driver if gpu else "",
        max_allocation=min(limits, default=None) if gpu else None,
    )


def _others(settings: Settings, need: Need, shape: Shape) -> list[Need]:
    """What could be run instead: the same in fewer bits, every smaller model of the catalogue."""
    smaller = [entry for entry in CATALOGUE.values() if entry.shape.parameters < shape.parameters]
    known = [(need.name, shape), *((entry.name, entry.shape) for entry in smaller)]
    return [
        need_of(name, precision, each, cache_bytes(settings, each))
        for name, each in known
        for precision in Precision
        if (name, precision) != (need.name, need.precision)
    ]


def _intel(machine: Machine) -> Gpu | None:
    return next((gpu for gpu in machine.gpus if gpu.vendor == INTEL and gpu.usable), None)


def _tuning(settings: Settings, entry: Entry) -> Tuning:
    setting = entry.best.setting
    batch = settings.model.max_in_flight if _given_in_flight(settings) else setting.max_in_flight
    return Tuning(setting.device, tuple(sorted(setting.properties.items())), batch)


def _given_in_flight(settings: Settings) -> bool:
    return "max_in_flight" in settings.model.model_fields_set

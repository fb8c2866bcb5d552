"""A model on this machine: whether it fits, and how it is to run. Values in, an EngineSpec out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version

import structlog

from edge_app.domain.inference import Precision
from edge_app.domain.machine import INTEL, Gpu, Machine
from edge_app.engine import CompiledCache, EngineSpec, Tuning
from edge_app.engine.devices import TORCH
from edge_app.engine.probe import DeviceFacts
from edge_app.errors import ModelError
from edge_app.models.catalogue import CATALOGUE
from edge_app.models.config import read_shape, weight_bytes
from edge_app.models.fit import Fit, Need, Room, decide, need_of
from edge_app.models.shape import Shape
from edge_app.models.store import Prepared
from edge_app.models.tuning import Entry
from edge_app.settings import Settings

_log = structlog.get_logger()

_GGUF_EXPANDS = 8
"""torch turns 4-bit GGUF weights into 32 bits."""


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
        max_in_flight=in_flight(settings, measured),
        kv_cache_gb=model.kv_cache_gb,
        cache=cache if model.compiled_gb else None,
        tuning=tuple(_tuning(each) for each in measured),
        golden=prepared.golden,
    )


def in_flight(settings: Settings, measured: Sequence[Entry]) -> int:
    """As set, else as measured for the device that will be taken."""
    wanted = settings.model.device
    fitting = [each.best.setting for each in measured if wanted in {"AUTO", each.best.setting.device}]
    given = "max_in_flight" in settings.model.model_fields_set
    return settings.model.max_in_flight if given or not fitting else fitting[0].max_in_flight


def check_fit(settings: Settings, prepared: Prepared, machine: Machine, devices: Iterable[DeviceFacts]) -> Fit:
    """The decision that lets the model be loaded. Raises ModelError when it does not fit, with what would.

    Memory that could not be read is no reason to refuse: it is logged, and the device's own limits count.
    """
    if not machine.memory.total:
        _log.warning("memory not measured", model=prepared.name, hint="make /proc/meminfo readable: ProcSubset=all")
    need, shape = _need(settings, prepared)
    fit = decide(need, room(settings, machine, devices), _others(settings, need, shape))
    if not fit.fits:
        hint = f"{fit.instead}; free memory, or raise model.memory_share"
        raise ModelError(f"model {prepared.name} in {prepared.precision} does not fit: {fit.reason}", hint)
    return fit


def uses_gpu(settings: Settings, machine: Machine) -> bool:
    """Whether OpenVINO would be given a GPU; then its limits are worth asking for."""
    wanted = settings.model.device
    return wanted == "AUTO" or wanted.startswith("GPU") if _intel(machine) else False


def cache_bytes(settings: Settings, shape: Shape) -> int:
    """Of the key-value cache: the limit, or what full requests could fill of it."""
    most = settings.model.max_in_flight * shape.context * shape.kv_bytes_per_token()
    return min(settings.model.kv_cache_gb * 2**30, most)


def _need(settings: Settings, prepared: Prepared) -> tuple[Need, Shape]:
    weights = weight_bytes(prepared.folder)
    if settings.model.device.startswith(TORCH):
        return _torch_need(settings, prepared, weights)
    parameters = round(weights / {Precision.FP16: 2, Precision.INT8: 1, Precision.INT4: 0.65}[prepared.precision])
    shape = read_shape(prepared.folder, parameters)
    return need_of(prepared.name, prepared.precision, shape, cache_bytes(settings, shape), weights), shape


def _torch_need(settings: Settings, prepared: Prepared, weights: int) -> tuple[Need, Shape]:
    """On a CPU torch computes in 32 bits. A GGUF holds its configuration inside, so the catalogue must tell."""
    expands = _GGUF_EXPANDS if any(prepared.folder.glob("*.gguf")) else 2
    entry = CATALOGUE.get(prepared.name)
    shape = entry.shape if entry else read_shape(prepared.folder, weights // 2)
    return need_of(prepared.name, prepared.precision, shape, cache_bytes(settings, shape), weights * expands), shape


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


def _tuning(entry: Entry) -> Tuning:
    setting = entry.best.setting
    return Tuning(setting.device, tuple(sorted(setting.properties.items())))

"""``model advise``: what this machine is, which models run on it, and what is known of its drivers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import typer

from edge_app.bandwidth import read_bandwidth
from edge_app.choosing import models_folder
from edge_app.commands.options import Config, Json, State, settings_from
from edge_app.domain.inference import Precision
from edge_app.domain.machine import Machine
from edge_app.engine.probe import DeviceFacts, probe_devices
from edge_app.errors import ModelError
from edge_app.hardware import read_machine
from edge_app.models.advise import Advice, advise, best
from edge_app.models.catalogue import CATALOGUE
from edge_app.models.fit import need_of
from edge_app.models.known import concerning, generation_of
from edge_app.models.manifest import NAME, sha256
from edge_app.models.tuning import read_calibration
from edge_app.observe.tables import print_json, show_pairs, show_table
from edge_app.placing import cache_bytes, room, runtime_version
from edge_app.settings import Settings

_COLUMNS = ("model", "precision", "GB", "tokens/s", "basis", "verdict")


def advise_(config: Config = None, state: State = None, json_: Json = False) -> None:
    """Read the machine; say which models run on it, in which precision, at what speed."""
    settings = settings_from(config, state)
    machine, devices, bandwidth = read_machine(), probe_devices(), read_bandwidth()
    advices = list(_advices(settings, machine, devices, bandwidth))
    described, facts = _described(machine, devices, bandwidth), concerning(machine, runtime_version())
    chosen = best(advices)
    if json_:
        print_json({"machine": described, "best": asdict(chosen) if chosen else None})
        for each in advices:
            print_json(asdict(each))
        for fact in facts:
            print_json(fact.model_dump(mode="json", exclude={"when"}))
        return
    show_pairs(described)
    show_table([_row(each) for each in advices], _COLUMNS)
    for fact in facts:
        typer.echo(f"{fact.verdict}: {fact.text}{'; ' + fact.remedy if fact.remedy else ''}")
    typer.echo(f"take: {chosen.name} in {chosen.precision}" if chosen else "no model of the catalogue fits")


def _advices(
    settings: Settings, machine: Machine, devices: tuple[DeviceFacts, ...], bandwidth: float
) -> Iterator[Advice]:
    place = room(settings, machine, devices)
    for entry in CATALOGUE.values():
        for precision in Precision:
            need = need_of(entry.name, precision, entry.shape, cache_bytes(settings, entry.shape))
            measured = _measured(settings, machine, entry.name, precision)
            yield advise(need, entry.shape, place, bandwidth, measured)


def _measured(settings: Settings, machine: Machine, name: str, precision: Precision) -> tuple[float, str] | None:
    """Tokens a second and device from ``calibrate``, for a model that is prepared here."""
    manifest = models_folder(settings) / name / precision / NAME
    if not manifest.is_file():
        return None
    try:
        found = read_calibration(settings.state).of(sha256(manifest), machine.compute_mark, runtime_version())
    except ModelError:
        return None  # advice is given without it; `calibrate` and `run` name the damage
    return (1000 / found[0].best.tpot_ms, found[0].best.setting.device) if found else None


def _described(machine: Machine, devices: tuple[DeviceFacts, ...], bandwidth: float) -> dict[str, Any]:
    memory = machine.memory
    rows: dict[str, Any] = {
        "processor": f"{machine.cpu}, {machine.cores} cores",
        "memory": f"{memory.available / 1e9:.1f} GB available of {memory.total / 1e9:.1f} GB",
        "read bandwidth": f"{bandwidth / 1e9:.1f} GB/s measured",
        "kernel": machine.kernel,
        "openvino": f"{runtime_version()}, devices {', '.join(each.device for each in devices) or 'none'}",
    }
    if machine.compute_versions:
        rows["OpenCL driver"] = ", ".join(machine.compute_versions)
    for gpu in machine.gpus:
        known = generation_of(gpu)
        parts = [known.name if known else f"unknown GPU {gpu.pci_id}", f"driver {gpu.driver or 'none'}"]
        if known and known.bandwidth:
            parts.append(f"memory usually {known.bandwidth[0]} to {known.bandwidth[1]} GB/s")
        rows[gpu.card] = ", ".join(parts)
    return rows


def _row(advice: Advice) -> dict[str, Any]:
    return {
        "model": advice.name,
        "precision": advice.precision.value,
        "GB": round(advice.gb, 1),
        "tokens/s": round(advice.tokens_per_s, 1),
        "basis": advice.basis,
        "verdict": advice.verdict if advice.fits else "does not fit",
    }

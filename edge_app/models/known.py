"""What is known of GPUs, drivers and runtimes, and what of it concerns one machine. The data stand in YAML."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import yaml
from pydantic import TypeAdapter

from edge_app.domain.machine import Gpu, Machine
from edge_app.models.sources import Frozen

_DIGITS: Final = re.compile(r"\d+")
_ABOUT_GPU: Final = {"vendor", "driver", "generation", "generation_driver", "usable", "compute_driver"}
"""Conditions that one and the same GPU must meet."""


class Generation(Frozen):
    """One GPU generation, as far as it is known before anything is measured."""

    name: str
    driver: str
    """The kernel's own choice."""
    openvino: bool
    ids: tuple[str, ...]
    """PCI: ``8086:9a49``."""
    bandwidth: tuple[int, int] | None = None
    """Peak in GB/s with the memory usually fitted: slowest, fastest."""


class When(Frozen):
    """Conditions; what is None always holds."""

    vendor: int | None = None
    driver: str | None = None
    generation: tuple[str, ...] | None = None
    generation_driver: str | None = None
    usable: bool | None = None
    compute_driver: bool | None = None
    compute_from: str | None = None
    compute_below: str | None = None
    """Bounds of the user-space driver hold when each of its installed versions is within them."""
    os: str | None = None
    os_from: str | None = None
    os_below: str | None = None
    kernel_below: str | None = None
    openvino_from: str | None = None
    openvino_below: str | None = None


class Fact(Frozen):
    """A version or combination that is known to be good or bad."""

    verdict: Literal["good", "bad", "note"]
    when: When
    text: str
    remedy: str = ""
    source: str
    date: dt.date


@cache
def generations() -> tuple[Generation, ...]:
    """All that are known."""
    return TypeAdapter(tuple[Generation, ...]).validate_python(_data("gpus.yaml"))


@cache
def facts() -> tuple[Fact, ...]:
    """All that are known."""
    return TypeAdapter(tuple[Fact, ...]).validate_python(_data("known.yaml"))


def generation_of(gpu: Gpu) -> Generation | None:
    """By its PCI id; None for one that is not known."""
    return next((each for each in generations() if gpu.pci_id in each.ids), None)


def concerning(machine: Machine, openvino: str) -> tuple[Fact, ...]:
    """The facts that hold for this machine with this version of OpenVINO: bad ones first."""
    order = ("bad", "note", "good")
    holding = [fact for fact in facts() if _holds(fact.when, machine, openvino)]
    return tuple(sorted(holding, key=lambda fact: order.index(fact.verdict)))


def _holds(when: When, machine: Machine, openvino: str) -> bool:
    if when.model_fields_set & _ABOUT_GPU and not any(_is(when, gpu, machine) for gpu in machine.gpus):
        return False
    return (
        when.os in {None, machine.os_id}
        and _within(machine.os_version, when.os_from, when.os_below)
        and _within(machine.kernel, None, when.kernel_below)
        and _within(openvino, when.openvino_from, when.openvino_below)
        and _within_each(machine.compute_versions, when.compute_from, when.compute_below)
    )


def _is(when: When, gpu: Gpu, machine: Machine) -> bool:
    generation = generation_of(gpu)
    return (
        when.vendor in {None, gpu.vendor}
        and when.driver in {None, gpu.driver}
        and (when.generation is None or (generation is not None and generation.name in when.generation))
        and (when.generation_driver is None or (generation is not None and generation.driver == when.generation_driver))
        and when.usable in {None, gpu.usable}
        and when.compute_driver in {None, bool(machine.compute_driver)}
    )


def _within_each(versions: Sequence[str], start: str | None, end: str | None) -> bool:
    """As ``_within``, for drivers of which one for older GPUs may lie beside one for newer."""
    return all(_within(version, start, end) for version in versions or ("",))


def _within(version: str, start: str | None, end: str | None) -> bool:
    """Whether ``start`` <= version < ``end``; a version that is not known is in no bounded range."""
    if start is None and end is None:
        return True
    numbers = _numbers(version)
    return bool(numbers) and (start is None or numbers >= _numbers(start)) and (end is None or numbers < _numbers(end))


def _numbers(version: str) -> tuple[int, ...]:
    """``6.12.0-1-amd64`` as (6, 12, 0): what stands before the first dash."""
    return tuple(int(each) for each in _DIGITS.findall(version.partition("-")[0]))


def _data(name: str) -> Any:
    return yaml.safe_load(files(__package__).joinpath(name).read_text(encoding="utf-8"))

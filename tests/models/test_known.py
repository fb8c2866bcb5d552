"""GPU generations and known versions: the data are sound, and what concerns a machine is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge_app.domain.machine import Gpu, Machine, Memory
from edge_app.models.known import Fact, When, concerning, facts, generation_of, generations

BASE = Machine("cpu", 4, Memory(16, 8), "6.8.0-45-generic", "ubuntu", "24.04", compute_driver="libigdrcl.so:1:1")
IRIS = Gpu(0x8086, 0x9A49, "i915", "card1", usable=True)
LUNAR = Gpu(0x8086, 0x64A0, "xe", "card0", usable=True)


def texts(machine: Machine, verdict: str = "bad", openvino: str = "2026.4.1") -> list[str]:
    return [fact.text for fact in concerning(machine, openvino) if fact.verdict == verdict]


def test_no_id_stands_for_two_generations() -> None:
    ids = [each for generation in generations() for each in generation.ids]
    assert len(ids) == len(set(ids)) > 60


def machine_for(when: When) -> tuple[Machine, str]:
    """One that meets the conditions, and its OpenVINO."""
    generation = next(
        each
        for each in generations()
        if each.name in (when.generation or (each.name,))
        and when.generation_driver in {None, each.driver}
        and (when.vendor is None or each.ids[0].startswith(f"{when.vendor:04x}:"))
    )
    vendor, device = (int(each, 16) for each in generation.ids[0].split(":"))
    driver = generation.driver if when.driver is None else when.driver
    machine = replace(
        BASE,
        gpus=(Gpu(vendor, device, driver, "card0", usable=when.usable is not False),),
        kernel="0.1" if when.kernel_below else BASE.kernel,
        os_id=when.os or BASE.os_id,
        os_version=when.os_from or BASE.os_version,
        compute_driver="" if when.compute_driver is False else BASE.compute_driver,
    )
    return machine, when.openvino_from or "0.1"


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact.text[:40])
def test_every_fact_holds_somewhere_and_not_everywhere(fact: Fact) -> None:
    assert fact in concerning(*machine_for(fact.when))
    assert fact not in concerning(Machine("cpu", 4, Memory(16, 8), "", "", ""), "0")


def test_facts_name_real_generations_and_say_what_to_do() -> None:
    names = {generation.name for generation in generations()}
    assert all(set(fact.when.generation or ()) <= names for fact in facts())
    assert all(fact.source and fact.text for fact in facts())
    assert all(fact.remedy for fact in facts() if fact.verdict == "bad")


@pytest.mark.parametrize(
    ("gpu", "name"),
    [
        (IRIS, "Tiger Lake, Iris Xe"),
        (LUNAR, "Lunar Lake"),
        (Gpu(0x1002, 0x1681, "amdgpu", "card0", usable=True), "Radeon 680M"),
        (Gpu(0x8086, 0x1234, "i915", "card0", usable=True), None),
    ],
)
def test_generations_by_id(gpu: Gpu, name: str | None) -> None:
    found = generation_of(gpu)
    assert (found.name if found else None) == name


def test_a_sound_machine_has_nothing_bad() -> None:
    assert texts(replace(BASE, gpus=(IRIS,))) == []
    assert any("runs FP16, INT8 and INT4" in text for text in texts(BASE, "good"))


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (replace(BASE, gpus=(LUNAR,)), "needs the xe driver of Linux 6.12"),
        (replace(BASE, gpus=(replace(IRIS, driver="xe"),)), "xe.force_probe"),
        (replace(BASE, gpus=(replace(IRIS, driver=""),)), "no kernel driver"),
        (replace(BASE, gpus=(replace(IRIS, usable=False),)), "may not open the GPU's render node"),
        (replace(BASE, gpus=(IRIS,), compute_driver=""), "without the OpenCL driver"),
        (replace(BASE, kernel="6.5.0-14-generic"), "Ubuntu 24.04 from Linux 6.8"),
        (replace(BASE, gpus=(Gpu(0x1002, 0x15BF, "amdgpu", "card0", usable=True),)), "Intel GPUs only"),
    ],
)
def test_what_is_bad_is_told(machine: Machine, said: str) -> None:
    assert any(said in text for text in texts(machine))


def test_versions_are_compared_as_numbers() -> None:
    lunar = replace(BASE, gpus=(LUNAR,))
    assert texts(replace(lunar, kernel="6.12.0")) == []
    assert texts(replace(lunar, kernel="6.9.99-generic")) != []
    assert texts(BASE, "good", openvino="2026.5.0") == []
    assert texts(replace(lunar, kernel="")) == []

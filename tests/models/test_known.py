"""GPU generations and known versions: the data are sound, and what concerns a machine is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge_app.domain.machine import Gpu, Machine, Memory
from edge_app.models.known import When, concerning, facts, generation_of, generations

BASE = Machine("cpu", 4, Memory(16, 8), "6.8.0-45-generic", "ubuntu", "24.04", compute_driver="libigdrcl.so:1:1")
IRIS = Gpu(0x8086, 0x9A49, "i915", "card1", usable=True)
LUNAR = Gpu(0x8086, 0x64A0, "xe", "card0", usable=True)
ELKHART = Gpu(0x8086, 0x4571, "i915", "card0", usable=True)


def texts(machine: Machine, verdict: str = "bad", openvino: str = "2026.4.1") -> list[str]:
    return [fact.text for fact in concerning(machine, openvino) if fact.verdict == verdict]


def test_no_id_stands_for_two_generations() -> None:
    ids = [each for generation in generations() for each in generation.ids]
    assert len(ids) == len(set(ids)) > 60


def machine_of(when: When) -> tuple[Machine, str]:
    """One on which these conditions hold, and its OpenVINO."""
    ids = {each.name: each for each in generations()}
    wanted = [each for each in ids.values() if when.generation_driver in {None, each.driver}]
    kind = ids[when.generation[0]] if when.generation else wanted[0]
    vendor, device = (int(each, 16) for each in kind.ids[0].split(":"))
    driver = kind.driver if when.driver is None else when.driver
    usable = True if when.usable is None else when.usable
    compute = "" if when.compute_driver is False else "libigdrcl.so:1:1"
    machine = Machine(
        "cpu",
        4,
        Memory(16, 8),
        "1.0" if when.kernel_below else "99.0",
        when.os or "debian",
        when.os_from or "12",
        gpus=(Gpu(when.vendor or vendor, device, driver, "card0", usable=usable),),
        compute_driver=compute,
        compute_versions=(when.compute_from or "1.0",),
    )
    return machine, when.openvino_from or "2026.4"


def test_every_fact_holds_somewhere_and_names_real_generations() -> None:
    for fact in facts():
        machine, openvino = machine_of(fact.when)
        assert fact in concerning(machine, openvino)
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
        (replace(BASE, gpus=(LUNAR,), compute_versions=("24.35.30872.22-1",)), "from the OpenCL driver 24.48"),
        (replace(BASE, gpus=(ELKHART,), compute_versions=("26.09.37435.1-1~24.04",)), "no longer knows this GPU"),
        (replace(BASE, kernel="6.5.0-14-generic"), "Ubuntu 24.04 from Linux 6.8"),
        (replace(BASE, gpus=(Gpu(0x1002, 0x15BF, "amdgpu", "card0", usable=True),)), "Intel GPUs only"),
    ],
)
def test_what_is_bad_is_told(machine: Machine, said: str) -> None:
    assert any(said in text for text in texts(machine))


@pytest.mark.parametrize(
    ("gpu", "versions"),
    [
        (ELKHART, ()),
        (ELKHART, ("24.35.30872.36",)),
        (ELKHART, ("26.09.37435.1-1~24.04", "24.35.30872.36")),
        (LUNAR, ("26.09.37435.1-1~24.04",)),
        (IRIS, ("26.09.37435.1-1~24.04",)),
    ],
)
def test_a_gpu_driver_that_knows_the_gpu_or_is_not_known_is_not_bad(gpu: Gpu, versions: tuple[str, ...]) -> None:
    """The driver for older GPUs may lie beside the one for newer."""
    assert not any("OpenCL driver" in text for text in texts(replace(BASE, gpus=(gpu,), compute_versions=versions)))


def test_versions_are_compared_as_numbers() -> None:
    lunar = replace(BASE, gpus=(LUNAR,))
    assert texts(replace(lunar, kernel="6.12.0")) == []
    assert texts(replace(lunar, kernel="6.9.99-generic")) != []
    assert texts(BASE, "good", openvino="2026.5.0") == []
    assert texts(replace(lunar, kernel="")) == []

"""A request is measured where it ran."""

from __future__ import annotations

from edge_app.domain.energy import NOT_MEASURED, EnergyQuality
from edge_app.domain.inference import Usage
from edge_app.governor.energy import EnergyMeter
from edge_app.governor.fake import Profile
from edge_app.governor.fake.kernel import FakeKernel
from edge_app.governor.meters import Meters

USED = Usage(input_tokens=50, output_tokens=20)


class Hand:
    """A clock that is set."""

    at = 0.0


def machine() -> tuple[Hand, Meters]:
    hand = Hand()
    kernel = FakeKernel(Profile.I915_SLPC, lambda: hand.at)
    meters = Meters(lambda device: EnergyMeter(kernel, device, lambda: hand.at), "GPU")
    for _ in range(20):
        hand.at += 1
        meters.sample()
    return hand, meters


def test_a_model_that_left_the_gpu_is_measured_with_the_package() -> None:
    hand, meters = machine()
    for name, device in (("1", "GPU"), ("2", "CPU")):
        meters.started(name, device)
        hand.at += 5
        qualities = meters.finished(name, USED).quality
        if device == "GPU":
            assert qualities is EnergyQuality.RAPL_UNCORE
        else:  # it has not seen the package idle yet
            assert qualities in {EnergyQuality.RAPL_PACKAGE, EnergyQuality.ESTIMATED}


def test_requests_that_overlap_on_two_devices_end_where_they_began() -> None:
    hand, meters = machine()
    meters.started("gpu", "GPU.0")
    meters.started("cpu", "CPU")
    hand.at += 5
    assert meters.finished("cpu", USED).quality is not EnergyQuality.RAPL_UNCORE
    assert meters.finished("gpu", USED).quality is EnergyQuality.RAPL_UNCORE


def test_what_never_started_is_not_measured() -> None:
    _, meters = machine()
    assert meters.finished("9", USED) == NOT_MEASURED

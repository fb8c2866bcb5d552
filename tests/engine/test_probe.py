"""What is asked of the real runtimes, each in a child."""

from __future__ import annotations

from edge_app.engine.probe import probe_card, probe_devices


def test_the_processor_is_a_device_that_shares_the_machines_memory() -> None:
    (processor,) = [each for each in probe_devices() if each.device == "CPU"]
    assert processor.name
    assert (processor.max_allocation, processor.memory) == (None, None)


def test_a_card_that_is_not_there_tells_nothing() -> None:
    assert probe_card("torch:cuda:9") == ()

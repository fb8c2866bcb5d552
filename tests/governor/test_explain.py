"""One sentence for the operator."""

from __future__ import annotations

from dataclasses import replace

from edge_app.domain.inference import Precision
from edge_app.domain.stance import Reading, Stance
from edge_app.governor.explain import explain

COOL = Stance(None, Precision.FP16, 16, is_paused=False, duty=1.0, reason="cool: all is well")


def test_a_cool_machine_holds_nothing_back() -> None:
    assert (
        explain(COOL, Reading(1.0, package_c=51.4, limit_c=100.0))
        == "Nothing is held back (51 of 100 °C): all is well."
    )


def test_everything_that_is_held_back_is_named_with_its_cause() -> None:
    stance = replace(
        COOL, cap_mhz=650, duty=0.5, is_paused=True, ceiling=Precision.INT8, concurrency=8, reason="critical: too hot"
    )
    reading = Reading(1.0, package_c=97.0, limit_c=100.0, reasons=frozenset({"thermal", "pl1"}))

    assert explain(stance, reading) == (
        "No new request is admitted, the GPU's clock is capped at 650 MHz, the engine works 50% of the time, "
        "precision goes no higher than INT8, at most 8 requests run at a time (97 of 100 °C): too hot, "
        "the firmware throttles for heat (thermal), the firmware holds its power limit (pl1)."
    )


def test_a_cap_that_does_not_stand_is_not_named() -> None:
    sentence = explain(replace(COOL, cap_mhz=650), Reading(1.0), "refused: max_freq: Invalid argument")

    assert "capped" not in sentence
    assert sentence.endswith("could not be turned (refused: max_freq: Invalid argument).")
    assert "capped at 650 MHz" in explain(replace(COOL, cap_mhz=650), Reading(1.0), "applied")


def test_what_is_not_measured_is_said() -> None:
    reading = Reading(1.0, package_c=0.0, failures=("temp1_input: ENODATA",))

    assert "temperature not measured" in explain(COOL, reading)
    assert "not read: temp1_input: ENODATA" in explain(COOL, reading)

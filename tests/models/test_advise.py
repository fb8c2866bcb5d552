"""Which models run where: bound by bandwidth, by memory, by what was measured."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import Precision
from edge_app.models.advise import Advice, advise, best, estimate
from edge_app.models.catalogue import CATALOGUE
from edge_app.models.fit import Room, need_of

GB = 10**9
IRIS_XE = Room(total=16 * GB, available=12 * GB, share=0.6, driver="i915", max_allocation=4_294_959_104)


def advices(room: Room, bandwidth: float) -> list[Advice]:
    return [
        advise(need_of(entry.name, precision, entry.shape, GB), entry.shape, room, bandwidth)
        for entry in CATALOGUE.values()
        for precision in Precision
    ]


def about(name: str, precision: Precision, room: Room = IRIS_XE, bandwidth: float = 60e9) -> Advice:
    return next(each for each in advices(room, bandwidth) if (each.name, each.precision) == (name, precision))


def test_what_was_measured_elsewhere_is_estimated_right() -> None:
    """INT8, 31 GB/s read bandwidth: 63 to 98 ms a token were measured."""
    shape = CATALOGUE["deepseek-r1-distill-qwen-1.5b"].shape
    assert 63 <= 1000 / estimate(shape, Precision.INT8, 31e9) <= 98


def test_only_active_experts_are_read() -> None:
    mixture, dense = (CATALOGUE[name].shape for name in ("deepseek-v2-lite-chat", "deepseek-r1-distill-qwen-14b"))
    assert mixture.parameters > dense.parameters
    assert estimate(mixture, Precision.INT4, 60e9) > 3 * estimate(dense, Precision.INT4, 60e9)


def test_a_seven_b_runs_on_iris_xe_in_int4_and_not_in_fp16() -> None:
    assert about("deepseek-r1-distill-qwen-7b", Precision.INT4).verdict == "good"
    assert "available memory is allowed" in about("deepseek-r1-distill-qwen-7b", Precision.FP16).verdict
    assert about("deepseek-r1-distill-qwen-7b", Precision.INT4, bandwidth=20e9).verdict == "slow"


def test_int4_of_a_small_model_is_not_called_good() -> None:
    assert about("smollm2-135m", Precision.INT4).verdict == "inexact"
    assert about("deepseek-r1-distill-qwen-1.5b", Precision.INT4).verdict == "good"


def test_a_measurement_takes_the_place_of_the_estimate() -> None:
    entry = CATALOGUE["smollm2-135m"]
    need = need_of(entry.name, Precision.INT8, entry.shape, GB)
    found = advise(need, entry.shape, IRIS_XE, 60e9, (3.5, "CPU"))
    assert (found.tokens_per_s, found.basis, found.verdict) == (3.5, "measured on CPU", "slow")
    assert about("smollm2-135m", Precision.INT8).basis == "estimate"


@given(available=st.integers(0, 64), bandwidth=st.integers(1, 200))
def test_the_best_fits_is_fast_enough_and_none_larger_is(available: int, bandwidth: int) -> None:
    found = advices(Room(64 * GB, available * GB, 0.6), bandwidth * 1e9)
    chosen = best(found)
    good = [each for each in found if each.verdict == "good"]
    assert (chosen is None) == (not good)
    if chosen:
        assert chosen.fits
        assert chosen.parameters == max(each.parameters for each in good)

"""fdinfo of GPU clients, in the forms of i915, xe and amdgpu."""

from __future__ import annotations

import pytest

from edge_app.governor.clients import Client, Clients, Engine, client_of

I915 = """pos:\t0
flags:\t02100002
drm-driver:\ti915
drm-pdev:\t0000:00:02.0
drm-client-id:\t7
drm-total-system0:\t1024 KiB
drm-engine-render:\t9288864723 ns
drm-engine-video:\t2035049280 ns
drm-engine-capacity-video:\t2
"""
XE = """drm-driver:\txe
drm-client-id:\t40
drm-pdev:\t0000:00:02.0
drm-cycles-ccs:\t500
drm-total-cycles-ccs:\t2000
drm-engine-capacity-ccs:\t4
"""
OURS: Client = ("0000:00:02.0", "7")


def shares(*looks: dict[Client, dict[str, Engine]]) -> list[float | None]:
    """Looks a second apart."""
    clients = Clients()
    return [clients.share(float(at), look) for at, look in enumerate(looks)]


def test_i915_counts_nanoseconds() -> None:
    assert client_of(I915) == (OURS, {"render": Engine(9288864723), "video": Engine(2035049280, None, 2)})


def test_xe_counts_cycles() -> None:
    assert client_of(XE) == (("0000:00:02.0", "40"), {"ccs": Engine(500, 2000, 4)})


@pytest.mark.parametrize("text", ["", "pos:\t0\nflags:\t02\n", "drm-driver:\ti915\n"])
def test_other_descriptors_are_no_clients(text: str) -> None:
    assert client_of(text) is None


def test_a_client_without_engines_tells_nothing() -> None:
    assert client_of("drm-client-id:\t3\ndrm-engine-render:\tmany ns\ndrm-cycles-rcs:\t-5\n") == (("", "3"), {})


def test_the_busiest_kind_of_engine_counts_and_clients_add_up() -> None:
    other: Client = ("0000:00:02.0", "8")
    before = {OURS: {"render": Engine(0), "compute": Engine(0)}, other: {"compute": Engine(0)}}
    now = {OURS: {"render": Engine(10**8), "compute": Engine(3 * 10**8)}, other: {"compute": Engine(2 * 10**8)}}
    assert shares(before, now) == [None, pytest.approx(0.5)]


def test_cycles_are_shares_of_those_that_passed_on_all_engines_of_a_kind() -> None:
    assert shares({OURS: {"ccs": Engine(500, 2000, 4)}}, {OURS: {"ccs": Engine(1300, 3000, 4)}})[1] == pytest.approx(
        0.2
    )


def test_a_value_that_steps_back_keeps_the_larger() -> None:
    looks = [{OURS: {"render": Engine(busy)}} for busy in (5 * 10**8, 4 * 10**8, 6 * 10**8)]
    assert shares(*looks) == [None, 0.0, pytest.approx(0.1)]


def test_more_than_all_the_time_is_all() -> None:
    assert shares({OURS: {"render": Engine(0)}}, {OURS: {"render": Engine(2 * 10**9)}})[1] == 1.0

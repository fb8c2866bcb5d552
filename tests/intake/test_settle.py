"""When is a file finished: our own looks on a monotonic clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_app.intake.scan import FileKind, Seen
from edge_app.intake.settle import Decision, Settler, Step


def seen(size: int = 10, mtime_ns: int = 0, inode: int = 1) -> Seen:
    return Seen(b"a.csv", size, mtime_ns, inode, 1, FileKind.REPORT)


def steps(*looks: tuple[float, Seen]) -> list[Decision]:
    settler = Settler(settle_s=2, max_settle_s=60)
    return [settler.look(each, now) for now, each in looks]


def test_two_equal_looks_apart_make_it_ready() -> None:
    assert steps((0, seen()), (1.9, seen()), (2, seen())) == [
        Decision(Step.WAITING, "settling"),
        Decision(Step.WAITING, "settling"),
        Decision(Step.READY),
    ]


def test_every_change_starts_the_wait_anew() -> None:
    changing = [(float(second), seen(size=10 + second)) for second in range(100)]

    assert steps(*changing)[1:] == [Decision(Step.WAITING, "still-changing")] * 99


def test_a_replaced_file_is_a_change() -> None:
    assert steps((0, seen()), (2, seen(inode=2)))[-1].step is Step.WAITING
    assert steps((0, seen()), (2, seen(mtime_ns=1)))[-1].step is Step.WAITING


def test_an_old_file_waits_like_a_new_one() -> None:
    """A copier that preserves times, or a share whose clock is wrong."""
    assert steps((0, seen(mtime_ns=-(10**18))))[-1].step is Step.WAITING


def test_an_empty_file_waits_long_and_is_given_up() -> None:
    assert steps((0, seen(size=0)), (59, seen(size=0)), (60, seen(size=0))) == [
        Decision(Step.WAITING, "settling"),
        Decision(Step.WAITING, "empty"),
        Decision(Step.GIVE_UP, "empty"),
    ]


def test_without_settling_time_the_first_look_is_enough() -> None:
    assert Settler(0, 60).look(seen(), 5).step is Step.READY


def test_a_file_that_is_gone_is_forgotten() -> None:
    settler = Settler(2, 60)
    settler.look(seen(), 0)
    settler.keep_only([])

    assert settler.look(seen(), 10).step is Step.WAITING
    settler.forget(b"a.csv")
    assert settler.look(seen(), 20).step is Step.WAITING


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 2)), min_size=1, max_size=30))
def test_ready_means_seen_unchanged_for_the_settling_time(looks: list[tuple[float, int]]) -> None:
    settler = Settler(2, 60)
    now, since, last = 0.0, 0.0, None
    for pause, size in looks:
        now += pause
        if size != last:
            since, last = now, size
        decision = settler.look(seen(size=size), now)
        assert (decision.step is Step.READY) == (now - since >= 2 and size > 0)

"""Children that die, hang, break and are late: real processes, killed for real."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_app.clock import Clock
from edge_app.domain.inference import FinishReason, Precision, Reply, Request
from edge_app.domain.stance import Stance
from edge_app.engine import worker
from edge_app.engine.base import EngineSpec
from edge_app.engine.child import LOAD_LIMIT_S, ChildEngine
from edge_app.engine.scripted import Act, ByUser, Line, Rehearsal
from edge_app.errors import ModelError

WAIT_S = 60
SCRIPT = ByUser(
    (
        ("silence", Line(act=Act.SILENCE)),
        ("hang", Line(act=Act.HANG)),
        ("fault", Line(act=Act.FAULT, error="CL_OUT_OF_RESOURCES")),
    ),
    Line("{}"),
)
SPEC = EngineSpec(Path("/nowhere"), "m", "f", "none", device="CPU", max_in_flight=4)


class SetClock(Clock):
    """Stands still until it is moved."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        type(self).at += seconds


@pytest.fixture
def clock() -> SetClock:
    class Own(SetClock):
        pass

    return Own()


@pytest.fixture
def engine(clock: SetClock) -> Iterator[ChildEngine]:
    with ChildEngine(SPEC, clock, Rehearsal(SCRIPT)) as made:
        yield made


def ask(engine: ChildEngine, what: str = "answer", deadline_ms: int = 60_000) -> Future[Reply]:
    return engine.submit(Request(what, "", what, "{}", 16, deadline_ms))


def pid_of(engine: ChildEngine) -> int:
    pid = engine.pid
    assert pid
    return pid


def answered(engine: ChildEngine) -> bool:
    """Also proves that everything asked before has reached the child."""
    return ask(engine).result(WAIT_S).finish_reason is FinishReason.STOP


def handed_over(engine: ChildEngine, number: int) -> None:
    """Wait until the child has been given this many requests: a deadline in the queue would not show it stuck."""
    while not (engine._life and len(engine._life.sent) >= number):
        os.sched_yield()


def ended(pid: int, act: Callable[[], None]) -> bool:
    """Whether the process ends after ``act``."""
    handle = os.pidfd_open(pid)
    try:
        act()
        return bool(select.select([handle], [], [], WAIT_S)[0])
    finally:
        os.close(handle)


def test_a_killed_child_is_replaced_and_only_what_it_held_is_lost(engine: ChildEngine) -> None:
    held = [ask(engine, "silence") for _ in range(3)]
    assert answered(engine)
    first = pid_of(engine)
    os.kill(first, signal.SIGKILL)
    for future in held:
        reply = future.result(WAIT_S)
        assert (reply.finish_reason, reply.error) == (FinishReason.ERROR, "engine process died (signal 9)")
    assert answered(engine)
    assert pid_of(engine) != first


def test_a_device_error_takes_the_process_and_its_requests(engine: ChildEngine) -> None:
    held = ask(engine, "silence")
    assert answered(engine)
    first = pid_of(engine)
    broken = ask(engine, "fault").result(WAIT_S)
    assert broken.finish_reason is FinishReason.ERROR
    assert "CL_OUT_OF_RESOURCES" in broken.error
    assert held.result(WAIT_S).finish_reason is FinishReason.ERROR
    assert answered(engine)
    assert pid_of(engine) != first


def test_two_failures_in_a_row_latch_it(engine: ChildEngine) -> None:
    with capture_logs() as logged:
        for _ in range(2):
            assert ask(engine, "fault").result(WAIT_S).finish_reason is FinishReason.ERROR
        reply = ask(engine).result(WAIT_S)
    assert reply.finish_reason is FinishReason.ERROR
    assert reply.error == "engine gave up after 2 failures in a row: RuntimeError: CL_OUT_OF_RESOURCES"
    assert engine._life is None
    told = [(each["log_level"], each["event"], each["reason"]) for each in logged if "reason" in each]
    assert [each for each in told if each[1] != "model unproven"] == [
        ("warning", "engine replaced", "RuntimeError: CL_OUT_OF_RESOURCES"),
        ("error", "engine gave up", reply.error),
    ]


@pytest.mark.parametrize(
    ("device", "cpu"),
    [("AUTO", "CPU"), ("GPU", "CPU"), ("GPU.1", "CPU"), ("torch:cuda:1", "torch:cpu"), ("torch:mps", "torch:cpu")],
)
def test_a_gpu_that_fails_twice_is_given_up_for_the_cpu_and_verdicts_say_so(
    clock: SetClock, device: str, cpu: str
) -> None:
    with ChildEngine(replace(SPEC, device=device), clock, Rehearsal(SCRIPT)) as engine, capture_logs() as logged:
        for _ in range(2):
            assert engine.info.device == device
            assert ask(engine, "fault").result(WAIT_S).finish_reason is FinishReason.ERROR
        assert answered(engine)
        assert engine.info.device == cpu
        assert ask(engine, "fault").result(WAIT_S).finish_reason is FinishReason.ERROR
        assert answered(engine)
        assert engine.info.device == cpu
        for _ in range(2):
            assert ask(engine, "fault").result(WAIT_S).finish_reason is FinishReason.ERROR
        assert ask(engine).result(WAIT_S).error.startswith("engine gave up after 2 failures in a row")
    replaced = [each["device"] for each in logged if each["event"] == "engine replaced"]
    assert replaced == [device, cpu, cpu, cpu]


@pytest.mark.parametrize(
    "spec", [replace(SPEC, device="torch:cuda", cpu_fits=False), replace(SPEC, device="torch:cpu")]
)
def test_a_cpu_on_which_the_model_does_not_fit_or_fails_is_not_tried(clock: SetClock, spec: EngineSpec) -> None:
    with ChildEngine(spec, clock, Rehearsal(SCRIPT)) as engine:
        for _ in range(2):
            assert ask(engine, "fault").result(WAIT_S).finish_reason is FinishReason.ERROR
        assert ask(engine).result(WAIT_S).error.startswith("engine gave up after 2 failures in a row")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_file_stays_open_after_a_start_that_failed_or_an_engine_that_closed(clock: SetClock) -> None:
    load = Rehearsal(SCRIPT, Line(act=Act.FAULT, error="device lost"))
    before = open_files()
    for _ in range(3):
        with pytest.raises(ModelError, match="device lost"):
            ChildEngine(SPEC, clock, load)
        ChildEngine(SPEC, clock, Rehearsal(SCRIPT)).close()
    assert open_files() == before


def test_a_cpu_that_was_chosen_is_no_other_device_to_try(clock: SetClock) -> None:
    with ChildEngine(replace(SPEC, device="AUTO"), clock, Rehearsal(SCRIPT)) as engine:
        engine._info = replace(engine.info, device="CPU")
        engine._load = Rehearsal(SCRIPT, Line(act=Act.FAULT, error="device lost"))
        os.kill(pid_of(engine), signal.SIGKILL)
        while not engine._over:
            os.sched_yield()
        assert "after 2 failures" in ask(engine).result(WAIT_S).error


def test_an_answer_between_failures_forgives(engine: ChildEngine) -> None:
    for _ in range(4):
        assert ask(engine, "fault").result(WAIT_S).finish_reason is FinishReason.ERROR
        assert answered(engine)


@pytest.mark.parametrize("how", ["hang", "stop"])
def test_a_stuck_child_is_killed_after_the_deadline(engine: ChildEngine, clock: SetClock, how: str) -> None:
    assert answered(engine)
    first = pid_of(engine)
    if how == "stop":
        os.kill(first, signal.SIGSTOP)
    stuck = ask(engine, "hang", deadline_ms=10_000)
    patient = ask(engine, "silence", deadline_ms=1_000_000)
    handed_over(engine, 2)
    clock.move(10)
    assert stuck.result(WAIT_S).finish_reason is FinishReason.TIMEOUT
    assert not patient.done()

    def pass_the_grace() -> None:
        clock.move(3)

    assert ended(first, pass_the_grace)
    reply = patient.result(WAIT_S)
    assert (reply.finish_reason, reply.error) == (
        FinishReason.TIMEOUT,
        "no progress past the deadline (killed)",
    )
    assert answered(engine)
    assert pid_of(engine) != first


def test_a_slow_request_does_not_cost_its_neighbours_the_child(engine: ChildEngine, clock: SetClock) -> None:
    first = pid_of(engine)
    slow = ask(engine, "silence", deadline_ms=1000)
    clock.move(1)
    assert slow.result(WAIT_S).finish_reason is FinishReason.TIMEOUT
    assert answered(engine)
    clock.move(1000)
    assert answered(engine)
    assert pid_of(engine) == first


def test_a_stopped_child_never_blocks_who_submits(engine: ChildEngine, clock: SetClock) -> None:
    first = pid_of(engine)
    os.kill(first, signal.SIGSTOP)
    big = "x" * 90_000
    futures = [engine.submit(Request(str(at), big, "answer", "{}", 16, 1000)) for at in range(40)]
    handed_over(engine, 1)
    clock.move(1)
    assert {future.result(WAIT_S).finish_reason for future in futures} == {FinishReason.TIMEOUT}
    assert ended(first, lambda: clock.move(3))
    assert answered(engine)


def test_waiting_counts_as_queue_time(engine: ChildEngine, clock: SetClock) -> None:
    held = [ask(engine, "silence") for _ in range(4)]
    waiting = ask(engine, deadline_ms=1_000_000)
    clock.move(60)
    assert {future.result(WAIT_S).finish_reason for future in held} == {FinishReason.TIMEOUT}
    usage = waiting.result(WAIT_S).usage
    assert usage.total_ms == 60_000
    assert usage.queue_ms is not None
    assert 59_000 < usage.queue_ms <= 60_000


def test_ctrl_c_is_the_parents_affair(engine: ChildEngine) -> None:
    held = ask(engine, "silence")
    assert answered(engine)
    first = pid_of(engine)
    os.kill(first, signal.SIGINT)
    assert answered(engine)
    assert not held.done()
    assert pid_of(engine) == first


def test_closing_leaves_no_process(clock: SetClock) -> None:
    engine = ChildEngine(SPEC, clock, Rehearsal(SCRIPT))
    assert ended(pid_of(engine), engine.close)


def test_a_model_that_does_not_load_is_an_error_with_the_reason(clock: SetClock) -> None:
    with pytest.raises(ModelError, match="model m: RuntimeError: no such plugin"):
        ChildEngine(SPEC, clock, Rehearsal(SCRIPT, Line(act=Act.FAULT, error="no such plugin")))


def test_a_child_that_loads_for_ever_is_given_up() -> None:
    class Hurried(SetClock):
        def monotonic(self) -> float:
            self.move(LOAD_LIMIT_S)
            return self.at

    with pytest.raises(ModelError, match="did not load in time"):
        ChildEngine(SPEC, Hurried(), Rehearsal(SCRIPT, Line(act=Act.HANG)))


def test_a_failed_restart_counts(engine: ChildEngine) -> None:
    engine._load = Rehearsal(SCRIPT, Line(act=Act.FAULT, error="device lost"))
    os.kill(pid_of(engine), signal.SIGKILL)
    reply = ask(engine).result(WAIT_S)
    assert reply.finish_reason is FinishReason.ERROR
    assert "device lost" in reply.error or "signal 9" in reply.error
    assert "device lost" in ask(engine).result(WAIT_S).error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_process_that_cannot_be_started_is_told_not_waited_for(clock: SetClock) -> None:
    class Unpicklable(Rehearsal):
        def __reduce__(self) -> tuple[object, ...]:
            raise OSError("no memory for a process")

    with pytest.raises(ModelError, match="no engine process could be started"):
        ChildEngine(SPEC, clock, Unpicklable(SCRIPT))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_supervisor_that_breaks_is_told_not_waited_for(clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def __getattr__(self, _: str) -> None:
            raise ValueError("I/O operation on closed file")

    monkeypatch.setattr("edge_app.engine.child._log", Closed())
    with pytest.raises(ModelError, match="no engine process could be started"):
        ChildEngine(SPEC, clock, Rehearsal(SCRIPT))


PARENT = """
import sys
from edge_app.clock import Clock
from edge_app.engine.base import EngineSpec
from edge_app.engine.child import ChildEngine
from edge_app.engine.scripted import Act, ByUser, Line, Rehearsal
from edge_app.observe.logging import configure
from pathlib import Path

if __name__ == "__main__":
    configure("json", "warning")
    engine = ChildEngine(EngineSpec(Path("/"), "m", "f", "none"), Clock(), Rehearsal(ByUser()))
    print(engine.pid, flush=True)
    sys.stdin.read()
"""


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert ended(child, parent.kill)


def test_no_more_than_allowed_are_handed_over(engine: ChildEngine) -> None:
    engine.heed(Stance(None, Precision.FP16, 1, False, 1.0, "hot"))
    ask(engine, "silence")
    handed_over(engine, 1)
    second = ask(engine)

    with pytest.raises(TimeoutError):
        second.result(0.3)
    engine.heed(Stance(None, Precision.FP16, 2, False, 1.0, "cool"))
    assert second.result(WAIT_S).finish_reason is FinishReason.STOP


def test_a_child_that_took_another_s_place_is_paced_too(engine: ChildEngine) -> None:
    engine.heed(Stance(None, Precision.FP16, 4, False, 0.5, "hot"))
    os.kill(pid_of(engine), signal.SIGKILL)
    assert answered(engine) or answered(engine)

    assert engine._life
    assert engine._life.duty == 0.5


class Steps:
    """Each takes a while by the machine's clock."""

    info = None
    active = True

    def step(self) -> list[tuple[int, Reply]]:
        time.sleep(0.02)
        return []


def test_half_the_time_is_rest() -> None:
    ours, theirs = multiprocessing.Pipe()
    begun = time.monotonic()
    worker._step(theirs, Steps(), 0.5)  # type: ignore[arg-type]

    assert time.monotonic() - begun >= 0.04
    assert ours.recv().step_s >= 0.04

"""What every engine promises, asked of each: scripted, scripted in a child, OpenVINO and torch in a child.

``EDGE_TORCH_DEVICE=torch:cuda`` asks torch on a GPU; OpenVINO need not be installed for that.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.clock import Clock
from edge_app.domain.inference import FinishReason, Precision, Request
from edge_app.domain.stance import Stance
from edge_app.engine import Engine, EngineSpec, open_engine
from edge_app.engine.child import ChildEngine
from edge_app.engine.scripted import Act, ByUser, Line, Rehearsal, ScriptedEngine

FREE = Stance(None, Precision.FP16, 16, False, 1.0, "cool: nothing is held back")
WAIT_S = 60
"""Only a broken engine takes this long."""
ANSWER = json.dumps({"type": "object", "properties": {"status": {"enum": ["PASS", "FAIL"]}}, "required": ["status"]})
LONG = json.dumps({"type": "string", "minLength": 5000, "maxLength": 6000})
LINES = json.dumps(
    {"type": "object", "properties": {"status": {"enum": ["PASS", "FAIL"]}, "text": {"type": "string", "maxLength": 9}},
     "required": ["status", "text"]}
)  # fmt: skip
SCRIPT = ByUser(
    (
        ("lines", Line("PASS\nall good")),
        ("cut", Line("PA", finish_reason=FinishReason.LENGTH)),
        ("endless", Line(act=Act.SILENCE)),
    ),
    Line("PASS"),
)


class SetClock(Clock):
    """Stands still until it is moved."""

    at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        type(self).at += seconds


def asking(what: str, number: int = 1, deadline_ms: int = 60_000) -> Request:
    """``answer``, ``cut`` after four tokens, or ``endless``."""
    schema = {"answer": ANSWER, "lines": LINES}.get(what, LONG)
    tokens = 4 if what == "cut" else 6000
    return Request(f"{what}-{number}", "You judge reports.", what, schema, tokens, deadline_ms)


@pytest.fixture
def clock() -> SetClock:
    class Own(SetClock):
        pass

    return Own()


TORCH = os.environ.get("EDGE_TORCH_DEVICE", "torch:cpu")


@pytest.fixture(params=["scripted", "child", "openvino", TORCH])
def engine(request: pytest.FixtureRequest, clock: SetClock, tmp_path: Path) -> Iterator[Engine]:
    made: Engine
    if request.param == "scripted":
        made = ScriptedEngine(SCRIPT, clock)
    elif request.param == "child":
        made = ChildEngine(EngineSpec(tmp_path, "m", "f", "none"), clock, Rehearsal(SCRIPT))
    elif request.param == "openvino":
        pytest.importorskip("openvino")
        _, folder = request.getfixturevalue("tiny_model")("qwen2")
        made = open_engine(EngineSpec(folder, "tiny", "f" * 64, "fp16", "CPU", 4), clock)
    else:
        pytest.importorskip("llguidance")
        _, folder = request.getfixturevalue("tiny_source")("qwen2")
        made = open_engine(EngineSpec(folder, "tiny", "f" * 64, "fp16", TORCH, 4), clock)
    with made:
        yield made


def test_an_answer_has_the_form_asked_for(engine: Engine) -> None:
    reply = engine.submit(asking("answer")).result(WAIT_S)
    assert reply.finish_reason is FinishReason.STOP
    assert reply.text in {"PASS", "FAIL"}
    assert (reply.request_id, reply.error, reply.reasoning) == ("answer-1", "", "")
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0


def test_it_says_how_sure_it_was_of_a_whole_answer(engine: Engine) -> None:
    whole, again = (engine.submit(asking("answer")).result(WAIT_S) for _ in range(2))
    assert whole.confidence is not None
    assert 0.0 < whole.confidence <= 1.0
    assert again.confidence == pytest.approx(whole.confidence, rel=1e-3)
    assert engine.submit(asking("cut")).result(WAIT_S).confidence is None


def test_codes_only_is_the_first_line_of_the_same_answer(engine: Engine) -> None:
    whole = engine.submit(asking("lines")).result(WAIT_S)
    codes = engine.submit(replace(asking("lines"), codes_only=True)).result(WAIT_S)
    assert whole.text.split("\n")[0] == codes.text
    assert "\n" in whole.text
    assert codes.finish_reason is FinishReason.STOP
    assert codes.usage.output_tokens <= whole.usage.output_tokens
    assert codes.confidence == pytest.approx(whole.confidence, rel=1e-3)


def test_more_than_fit_at_once_are_all_answered_each_its_own(engine: Engine) -> None:
    futures = [engine.submit(asking("answer", number)) for number in range(11)]
    replies = [future.result(WAIT_S) for future in futures]
    assert [reply.request_id for reply in replies] == [f"answer-{number}" for number in range(11)]
    assert {reply.finish_reason for reply in replies} == {FinishReason.STOP}


def test_a_cut_answer_is_a_reply(engine: Engine) -> None:
    reply = engine.submit(asking("cut")).result(WAIT_S)
    assert reply.finish_reason is FinishReason.LENGTH


def test_a_late_answer_is_not_waited_for_and_the_next_comes(engine: Engine, clock: SetClock) -> None:
    late = engine.submit(asking("endless", deadline_ms=5000))
    assert engine.submit(asking("answer")).result(WAIT_S).finish_reason is FinishReason.STOP
    assert not late.done()
    clock.move(5)
    reply = late.result(WAIT_S)
    assert (reply.finish_reason, reply.text, reply.usage.total_ms) == (FinishReason.TIMEOUT, "", 5000.0)
    assert reply.error
    assert engine.submit(asking("answer", 2)).result(WAIT_S).finish_reason is FinishReason.STOP


def test_a_pause_takes_up_nothing_and_its_end_takes_up_what_waited(engine: Engine, clock: SetClock) -> None:
    engine.heed(replace(FREE, is_paused=True))
    late = engine.submit(asking("answer", deadline_ms=5000))
    waiting = engine.submit(asking("answer", 2))
    with pytest.raises(TimeoutError):
        late.result(0.3)
    clock.move(5)
    assert late.result(WAIT_S).finish_reason is FinishReason.TIMEOUT
    engine.heed(FREE)
    assert waiting.result(WAIT_S).finish_reason is FinishReason.STOP


def test_one_at_a_time_answers_all(engine: Engine) -> None:
    engine.heed(replace(FREE, concurrency=1, duty=0.5))
    futures = [engine.submit(asking("answer", number)) for number in range(3)]
    assert {future.result(WAIT_S).finish_reason for future in futures} == {FinishReason.STOP}


def test_what_is_allowed_after_the_end_is_no_error(engine: Engine) -> None:
    engine.close()
    engine.heed(FREE)
    assert engine.submit(asking("answer")).result(0).finish_reason is FinishReason.ERROR


def test_closing_answers_what_is_open_and_what_comes_later(engine: Engine) -> None:
    open_one = engine.submit(asking("endless"))
    engine.close()
    assert open_one.result(0).finish_reason is FinishReason.ERROR
    later = engine.submit(asking("answer")).result(0)
    assert (later.finish_reason, later.error) == (FinishReason.ERROR, "engine closed")
    engine.close()


def test_a_request_cannot_be_cancelled_behind_the_ledgers_back(engine: Engine) -> None:
    future = engine.submit(asking("answer"))
    assert not future.cancel()
    assert future.result(WAIT_S).finish_reason is FinishReason.STOP


def test_many_threads_may_submit(engine: Engine) -> None:
    replies = []

    def ask(number: int) -> None:
        replies.append(engine.submit(asking("answer", number)).result(WAIT_S))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.request_id for reply in replies) == [f"answer-{number}" for number in range(8)]


def test_it_says_what_it_is(engine: Engine) -> None:
    info = engine.info
    assert all((info.provider, info.model, info.fingerprint, info.precision, info.device, info.version))

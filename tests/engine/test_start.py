"""Never ready without having answered: golden prompts, the compiled copy, the warm-up; on OpenVINO's CPU device."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import EngineInfo, FinishReason, Reply, Request, Usage
from edge_app.engine import EngineSpec, StartFacts, open_engine
from edge_app.engine.compiled import Slot
from edge_app.engine.start import start
from edge_app.errors import ModelError

ov = pytest.importorskip("openvino")
torch = pytest.importorskip("torch")
LIMIT = 2**30
Models = Callable[[str], tuple[Any, Path]]


class PlainBatch:
    """The bare model, compiled by OpenVINO with its own cache: on a CPU only this one is ever read back."""

    def __init__(self, folder: Path, compiled: Path | None) -> None:
        core = ov.Core()
        properties = {"CACHE_DIR": str(compiled)} if compiled else {}
        model = core.read_model(folder / "openvino_model.xml")
        self._compiled = core.compile_model(model, "CPU", properties | {"INFERENCE_PRECISION_HINT": "f32"})
        self.info = EngineInfo("openvino", "tiny", "f" * 64, "fp16", "CPU", "1")
        self._open: list[tuple[int, Request]] = []

    @property
    def active(self) -> bool:
        return bool(self._open)

    def add(self, number: int, request: Request) -> None:
        self._open.append((number, request))

    def cancel(self, number: int) -> bool:
        raise NotImplementedError

    def step(self) -> list[tuple[int, Reply]]:
        number, request = self._open.pop()
        return [(number, Reply(request.id, "", FinishReason.LENGTH, Usage(output_tokens=1)))]

    def greedy(self, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        return [self._continue(list(prompt), count) for prompt in prompts]

    def _continue(self, ids: list[int], count: int) -> list[int]:
        infer = self._compiled.create_infer_request()
        made: list[int] = []
        past = 0
        while len(made) < count:
            new = len(ids)
            tensors = {
                "input_ids": np.array([ids]),
                "attention_mask": np.ones((1, past + new), np.int64),
                "position_ids": np.arange(past, past + new)[None],
                "beam_idx": np.zeros(1, np.int32),
            }
            made.append(int(infer.infer(tensors)["logits"][0, -1].argmax()))
            ids, past = made[-1:], past + new
        return made


Golden = tuple[GoldenPrompt, ...]
COUNT = 8


def golden_of(model: Any, prompt: list[int]) -> GoldenPrompt:
    made = model.generate(
        torch.tensor([prompt]), max_new_tokens=COUNT, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    tokens = made[0, len(prompt) :].tolist()
    return GoldenPrompt(prompt=f"p{prompt}", input=tuple(prompt), tokens=tokens, sure=COUNT)


@pytest.fixture
def golden(tiny_model: Models) -> Golden:
    model, _ = tiny_model("qwen2")
    return tuple(golden_of(model, prompt) for prompt in ([3, 4, 5, 6], [70, 71], [9, 200, 13]))


def changed(golden: Golden, which: int, token: int, sure: int = COUNT) -> Golden:
    """With another token in one of the answers."""
    each = golden[which]
    tokens = (*each.tokens[:token], each.tokens[token] ^ 1, *each.tokens[token + 1 :])
    wrong = each.model_copy(update={"tokens": tokens, "sure": sure})
    return (*golden[:which], wrong, *golden[which + 1 :])


@pytest.fixture
def folder(tiny_model: Models, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model("qwen2")[1], tmp_path / "model")


def started(folder: Path, golden: Golden = (), root: Path | None = None, driver: str = "driver 1") -> StartFacts:
    slot = Slot(root, ("model", driver)) if root else None
    _, facts = start(partial(PlainBatch, folder), golden, slot, LIMIT)
    return facts


def blob_in(root: Path) -> Path:
    (blob,) = root.rglob("*.blob")
    blob.chmod(0o600)
    return blob


def spec_of(folder: Path, golden: Golden = ()) -> EngineSpec:
    return EngineSpec(folder, "tiny", "f" * 64, "fp16", "CPU", 4, golden=golden)


def test_a_model_that_answers_as_prepared_is_ready(folder: Path, golden: Golden) -> None:
    with capture_logs() as logs, open_engine(spec_of(folder, golden)) as engine:
        assert (engine.facts.golden, engine.facts.cache, engine.discarded) == (3, "off", 0)
        assert engine.facts.warm_up_s > 0
    assert [(each["event"], each.get("golden")) for each in logs] == [("engine ready", 3)]


def test_a_model_that_nothing_proves_says_so(folder: Path, golden: Golden) -> None:
    """Without golden prompts, or where no token of them is sure."""
    unsure = tuple(each.model_copy(update={"sure": 0}) for each in golden)
    for prompts in ((), unsure):
        with capture_logs() as logs, open_engine(spec_of(folder, prompts)) as engine:
            assert engine.facts.golden == 0
        assert [(each["log_level"], each["event"]) for each in logs[:1]] == [("warning", "model unproven")]


def test_a_model_that_answers_otherwise_is_refused_with_names(folder: Path, golden: Golden) -> None:
    with pytest.raises(ModelError, match=r"tiny in fp16 on CPU .* golden prompt 'p\[70, 71\]', token 3: \d+ instead"):
        open_engine(spec_of(folder, changed(golden, 1, 2)))


def test_only_sure_tokens_are_compared(folder: Path, golden: Golden) -> None:
    assert started(folder, changed(golden, 1, 2, sure=2)).golden == 3


def test_a_model_that_generates_nothing_is_not_ready(folder: Path) -> None:
    class Mute(PlainBatch):
        def step(self) -> list[tuple[int, Reply]]:
            ((number, reply),) = super().step()
            return [(number, replace(reply, finish_reason=FinishReason.ERROR, usage=Usage(), error="cache exhausted"))]

    with pytest.raises(ModelError, match="tiny on CPU generates nothing: cache exhausted"):
        start(partial(Mute, folder), (), None)


def test_what_will_be_asked_warms_it_up(folder: Path) -> None:
    asked = []

    class Listening(PlainBatch):
        def add(self, number: int, request: Request) -> None:
            asked.append(request)
            super().add(number, request)

    wanted = Request("r", "system", "user", "{}", 500, 1)
    start(partial(Listening, folder), (), None, warm_up=wanted)
    assert asked == [replace(wanted, max_new_tokens=8)]


def test_the_second_start_takes_the_compiled_copy_and_a_new_driver_does_not(
    folder: Path, golden: Golden, tmp_path: Path
) -> None:
    root = tmp_path / "compiled"
    seen = [started(folder, golden, root, driver) for driver in ("driver 1", "driver 1", "driver 2", "driver 1")]
    assert [facts.cache for facts in seen] == ["new", "hit", "new", "hit"]
    assert [facts.discarded for facts in seen] == [()] * 4


def test_a_flipped_byte_in_the_compiled_copy_is_found_named_and_made_good(
    folder: Path, golden: Golden, tmp_path: Path
) -> None:
    root = tmp_path / "compiled"
    started(folder, golden, root)
    blob = blob_in(root)
    good = blob.read_bytes()
    blob.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
    facts = started(folder, golden, root)
    assert (facts.discarded, facts.cache) == ((f"{blob} has changed",), "new")
    assert started(folder, golden, root).cache == "hit"


def test_a_compiled_copy_that_answers_wrongly_is_compiled_once_more(
    folder: Path, golden: Golden, tiny_model: Models, tmp_path: Path
) -> None:
    """Another model's copy in the place of this one's, and sealed: whole by hash, wrong by answer."""
    root, foreign = tmp_path / "compiled", tmp_path / "foreign"
    started(folder, golden, root)
    started(tiny_model("llama")[1], (), foreign)
    own = blob_in(root)
    slot = Slot(root, ("model", "driver 1"))
    slot.discard()
    shutil.copy2(blob_in(foreign), own)
    slot.seal()
    facts = started(folder, golden, root)
    assert facts.cache == "new"
    assert len(facts.discarded) == 1
    assert "does not answer as it did when it was prepared" in facts.discarded[0]
    assert started(folder, golden, root).cache == "hit"


def test_a_model_that_answers_wrongly_when_compiled_again_is_refused(
    folder: Path, golden: Golden, tmp_path: Path
) -> None:
    root = tmp_path / "compiled"
    started(folder, golden, root)
    made = []

    def make(compiled: Path | None) -> PlainBatch:
        made.append(compiled)
        return PlainBatch(folder, compiled)

    with pytest.raises(ModelError, match=r"golden prompt 'p\[3, 4, 5, 6\]', token 1"):
        start(make, changed(golden, 0, 0), Slot(root, ("model", "driver 1")), LIMIT)
    assert len(made) == 2


class Broken(PlainBatch):
    """A driver that takes the compiled copy and then fails in a way that is no ModelError."""

    def __init__(self, folder: Path, compiled: Path | None, where: str) -> None:
        self._where = where if compiled and any(compiled.glob("*.blob")) else ""
        self._fail("load")
        super().__init__(folder, compiled)

    def _fail(self, where: str) -> None:
        if where == self._where:
            raise RuntimeError("CL_OUT_OF_RESOURCES")

    def greedy(self, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        self._fail("golden")
        return super().greedy(prompts, count)

    def step(self) -> list[tuple[int, Reply]]:
        self._fail("warm-up")
        return super().step()


@pytest.mark.parametrize("where", ["load", "golden", "warm-up"])
def test_a_compiled_copy_that_breaks_the_driver_is_compiled_once_more(
    folder: Path, golden: Golden, tmp_path: Path, where: str
) -> None:
    root = tmp_path / "compiled"
    started(folder, golden, root)
    slot = Slot(root, ("model", "driver 1"))
    _, facts = start(partial(Broken, folder, where=where), golden, slot, LIMIT)
    assert facts.cache == "new"
    assert facts.discarded == (f"{slot.folder}: CL_OUT_OF_RESOURCES",)
    assert started(folder, golden, root).cache == "hit"


def test_a_driver_that_breaks_without_a_copy_is_not_tried_again(golden: Golden, tmp_path: Path) -> None:
    made = []

    def make(compiled: Path | None) -> PlainBatch:
        made.append(compiled)
        raise RuntimeError("CL_OUT_OF_RESOURCES")

    with pytest.raises(RuntimeError, match="CL_OUT_OF_RESOURCES"):
        start(make, golden, Slot(tmp_path, ("model",)), LIMIT)
    assert len(made) == 1


def _killed_at_load(root: Path) -> None:
    def make(_: Path | None) -> PlainBatch:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    start(make, (), Slot(root, ("model", "driver 1")), LIMIT)


def test_a_compiled_copy_that_kills_the_process_is_not_believed_again(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "compiled"
    started(folder, (), root)
    child = multiprocessing.get_context("spawn").Process(target=_killed_at_load, args=(root,))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    facts = started(folder, (), root)
    assert (facts.cache, [each.rpartition(" was ")[2] for each in facts.discarded]) == ("new", ["never completed"])


def test_a_full_disk_costs_the_copy_not_the_start(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Slot) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Slot, "seal", full)
    assert started(folder, (), tmp_path / "compiled").cache == "new"
    monkeypatch.undo()
    facts = started(folder, (), tmp_path / "compiled")
    assert [reason.rpartition(" was ")[2] for reason in facts.discarded] == ["never completed"]

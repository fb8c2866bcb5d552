"""The search on a real engine with a tiny model, and how answers are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from edge_app.calibrating import Search, agreement, workload
from edge_app.clock import Clock
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Category, Disposition, Severity, Status
from edge_app.engine import EngineSpec
from edge_app.judging.answer import Answer, answer_schema, write_answer
from edge_app.judging.compose import REPORT_LINE, system_text
from edge_app.models.tuning import EXACT, Failed, Measured, Setting, reason_of
from edge_app.rulepacks import load_packs

CUT, WHOLE = 16, 700
"""Tokens of an answer of the tiny model, each a byte."""
RULES = Path(__file__).resolve().parents[1] / "rules"


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return load_packs(RULES)["general"]


def answer(status: Status, severity: Severity, summary: str = "x", line: int = 0) -> str:
    return write_answer(
        Answer(
            line=line,
            status=status,
            category=Category.NONE,
            severity=severity,
            disposition=Disposition.HOLD,
            summary=summary,
        )
    )


PASSED, FAILED = answer(Status.PASS, Severity.NONE), answer(Status.FAIL, Severity.MAJOR)


def test_agreement_counts_choices_not_words() -> None:
    reference = [PASSED, FAILED]
    assert agreement(reference, reference) == 1.0
    reworded = answer(Status.PASS, Severity.NONE, "other words", 1)
    assert agreement([reworded, answer(Status.FAIL, Severity.MINOR)], reference) == 0.875


def test_without_answers_that_can_be_read_agreement_is_not_measured() -> None:
    assert agreement([], []) is None
    assert agreement(["garbage"] * 10, ["cut off"] * 10) is None
    assert agreement([PASSED, FAILED, FAILED], [PASSED, "cut", "off"]) is None


def test_opposite_verdicts_disagree() -> None:
    assert agreement([FAILED], [PASSED]) == 0.5


@pytest.mark.parametrize("cut", [PASSED[:9], "", '{"status": "PASS"}', PASSED + "\nmore"])
def test_an_answer_that_cannot_be_read_agrees_in_nothing(cut: str) -> None:
    assert agreement([cut, FAILED], [PASSED, FAILED]) == 0.5
    assert agreement([cut], [PASSED]) == 0.0
    assert agreement([PASSED, FAILED], [cut, FAILED]) == 1.0


Make = Callable[[int], Search]


@pytest.fixture
def make(tiny_model: Callable[[str], tuple[Any, Path]], pack: RulePack) -> Make:
    """A search whose answers may have so many tokens."""

    def search(tokens: int) -> Search:
        _, folder = tiny_model("qwen2")
        spec = EngineSpec(folder, "tiny", "f" * 64, "fp16", "CPU", 4)
        alone, together = workload(pack, 4, max_new_tokens=tokens, quick=True)
        clock = Clock()
        return Search(spec, "CPU", clock.monotonic() + 600, clock, alone, together)

    return search


@pytest.fixture
def search(make: Make) -> Search:
    return make(WHOLE)


def test_the_reference_is_measured_first_and_the_best_is_one_of_those_tried(search: Search) -> None:
    found = list(islice(search.run(quick=True), 4))
    first = found[0]
    assert isinstance(first, Measured)
    assert (first.setting.properties, first.agreement) == (EXACT["CPU"], 1.0)
    assert search.best in search.tried
    assert all(each.rss_mb > 20 and each.tokens_per_s > 0 for each in found if isinstance(each, Measured))
    assert len({each.setting.model_dump_json() for each in found}) == 4


def test_what_the_device_refuses_is_tried_and_told(search: Search) -> None:
    found = search.attempt(Setting(device="CPU", properties={"NO_SUCH_PROPERTY": "1"}, max_in_flight=4))
    assert isinstance(found, Failed)
    assert "tiny" in found.error
    assert search.best is None


def test_answers_that_are_cut_are_no_reference(make: Make) -> None:
    search = make(CUT)
    found = list(search.run(quick=True))
    assert [each.setting.properties for each in found] == [EXACT["CPU"], {}]
    assert [each.agreement for each in found if isinstance(each, Measured)] == [None, None]
    assert search.best is found[1]
    assert search.best
    assert "agreement not measured" in reason_of(search.best, found)


def test_a_refused_reference_is_not_replaced_by_the_next_setting(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXACT, "CPU", {"NO_SUCH_PROPERTY": "1"})
    search = make(WHOLE)
    found = list(search.run(quick=True))
    assert [type(each) for each in found] == [Failed, Measured]
    assert search.best is found[1]
    assert search.best
    assert (search.best.setting.properties, search.best.agreement, search.reference) == ({}, None, ())


def test_a_reference_that_is_given_is_compared_with_and_not_made_again(search: Search) -> None:
    search.reference = tuple(FAILED for _ in (*search.alone, *search.together))
    first = next(search.run(quick=True))
    assert isinstance(first, Measured)
    assert (first.setting.properties, search.reference[0]) == ({}, FAILED)
    assert first.agreement is not None
    assert first.agreement < 1


def test_torch_has_no_properties_to_try(make: Make, tiny_source: Callable[[str], tuple[Any, Path]]) -> None:
    pytest.importorskip("llguidance")
    search = make(CUT)
    _, folder = tiny_source("llama")
    search.spec, search.device = replace(search.spec, folder=folder), "torch:cpu"
    (found,) = search.run(quick=True)
    assert isinstance(found, Measured)
    assert (found.setting, search.best) == (Setting(device="torch:cpu", max_in_flight=4), found)


def test_time_that_is_up_begins_nothing(search: Search) -> None:
    search.until = 0.0
    assert (list(search.run(quick=True)), search.best) == ([], None)


def test_the_exact_setting_alone_is_no_choice(make: Make) -> None:
    search = make(CUT)
    search.attempt(Setting(device="CPU", properties=EXACT["CPU"], max_in_flight=4))
    assert search.best is None


def test_requests_are_all_different(search: Search) -> None:
    users = [request.user for request in (*search.alone, *search.together)]
    assert len(users) == len(set(users))


def test_requests_have_the_form_of_the_pipelines_own(pack: RulePack) -> None:
    alone, together = workload(pack, 4, max_new_tokens=99, quick=False)
    assert (len(alone), len(together)) == (4, 8)
    for request in (*alone, *together):
        language, rules, mark, remark = request.user.split("\n")
        assert (language in {"English", "Chinese"}, mark, bool(remark)) == (True, REPORT_LINE, True)
        assert rules.startswith("INDETERMINATE none none")
        assert (request.system, request.schema) == (system_text(pack.prompt.system), answer_schema())
        assert request.max_new_tokens == 99
    assert {request.user.split("\n")[0] for request in together} == {"English", "Chinese"}

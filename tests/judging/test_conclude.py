"""The model may raise with a line of the report that it points at; it never lowers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.inference import FinishReason, Reply, Usage
from edge_app.domain.report import Language, Report
from edge_app.domain.verdict import Assessment, Category, DecidedBy, Disposition, Severity, Span, Status
from edge_app.judging.conclude import Authority, conclude

TEXT = "Housing 12: bore 8.62 (8.5 ±0.1). Handle came off when pulled."
REPORT = Report(text=TEXT, format="text", encoding="utf-8", language=Language.EN)
PASSED = Assessment(
    status=Status.PASS,
    category=Category.NONE,
    severity=Severity.NONE,
    disposition=Disposition.ACCEPT,
    findings=(),
    summary="All results conform.",
    evidence=None,
    conflict=False,
    reason="all conform",
    open_text=(Span("Handle came off when pulled.", 34),),
    unread=(Span("Handle came off when pulled.", 34),),
)
FAILED = replace(
    PASSED,
    status=Status.FAIL,
    category=Category.DIMENSIONAL,
    severity=Severity.MAJOR,
    disposition=Disposition.REWORK,
    summary="Bore 8.62 is above 8.6.",
    open_text=(),
    unread=(),
)
FORM = "{line} {status} {category} {severity} {disposition}\n{summary}"
GOOD = {
    "status": "FAIL",
    "category": "assembly",
    "severity": "critical",
    "disposition": "rework",
    "line": "1",
    "summary": "The handle came off.",
}


def reply(
    answer: dict[str, str] | str, finish: FinishReason = FinishReason.STOP, confidence: float | None = None
) -> Reply:
    text = answer if isinstance(answer, str) else FORM.format(**answer)
    return Reply("1", text, finish, Usage(), confidence=confidence)


def test_a_line_of_the_report_raises() -> None:
    verdict = conclude(REPORT, PASSED, reply(GOOD), Authority.RAISE)
    assert (verdict.status, verdict.category, verdict.decided_by) == (Status.FAIL, Category.ASSEMBLY, DecidedBy.MODEL)
    assert verdict.evidence == Span("Handle came off when pulled.", TEXT.index("Handle"))


@pytest.mark.parametrize(
    "change",
    [{"line": "0"}, {"line": "2"}, {"line": "x"}, {"line": "-1"}, {"category": "none"}, {"status": "PASS"}],
)
def test_what_does_not_raise(change: dict[str, str]) -> None:
    verdict = conclude(REPORT, PASSED, reply(GOOD | change), Authority.RAISE)
    assert verdict.status is Status.PASS
    assert verdict.decided_by is not DecidedBy.MODEL


@pytest.mark.parametrize(
    ("confidence", "status"), [(None, Status.PASS), (0.89, Status.PASS), (0.9, Status.FAIL), (1.0, Status.FAIL)]
)
def test_only_a_sure_model_raises(confidence: float | None, status: Status) -> None:
    verdict = conclude(REPORT, PASSED, reply(GOOD, confidence=confidence), Authority.RAISE, 0.9)
    assert verdict.status is status
    expected = () if status is Status.FAIL else (f"model does not raise: confidence {confidence or 0:.2f} < 0.9",)
    assert verdict.notes == expected


def test_what_is_not_sure_is_trusted_as_code_is() -> None:
    for rules in (ASSUMED, UNNAMED, FAILED, PASSED):
        unsure = conclude(REPORT, rules, reply(GOOD, confidence=0.5), Authority.RAISE, 0.9)
        assert replace(unsure, notes=()) == conclude(REPORT, rules, reply(GOOD), Authority.CODE)


def test_what_the_rules_have_read_does_not_raise() -> None:
    read = replace(PASSED, unread=())
    assert conclude(REPORT, read, reply(GOOD), Authority.RAISE).status is Status.PASS


ASSUMED = replace(FAILED, is_assumed=True, open_text=PASSED.open_text)
UNNAMED = replace(FAILED, category=Category.NONE, open_text=PASSED.open_text)


@pytest.mark.parametrize(
    ("rules", "authority", "category"),
    [
        (UNNAMED, Authority.EXPLAIN, Category.NONE),
        (UNNAMED, Authority.CODE, Category.ASSEMBLY),
        (ASSUMED, Authority.CODE, Category.DIMENSIONAL),
        (ASSUMED, Authority.RAISE, Category.ASSEMBLY),
        (FAILED, Authority.RAISE, Category.DIMENSIONAL),
    ],
)
def test_what_no_word_names_is_coded_by_a_model_that_may(
    rules: Assessment, authority: Authority, category: Category
) -> None:
    verdict = conclude(REPORT, rules, reply(GOOD), authority)
    assert (verdict.status, verdict.category) == (Status.FAIL, category)


@pytest.mark.parametrize("summary", ["The handle came off after 30 pulls.", "把手脱落。", "The handle came of"])
def test_a_raised_verdict_says_no_more_than_its_quote(summary: str) -> None:
    verdict = conclude(REPORT, PASSED, reply(GOOD | {"summary": summary}), Authority.RAISE)
    assert verdict.status is Status.FAIL
    assert verdict.summary == verdict.findings[-1].message == "Handle came off when pulled."


@pytest.mark.parametrize("authority", [Authority.EXPLAIN, Authority.CODE])
def test_less_authority_never_changes_the_status(authority: Authority) -> None:
    assert conclude(REPORT, PASSED, reply(GOOD), authority).status is Status.PASS


@pytest.mark.parametrize("finish", [FinishReason.LENGTH, FinishReason.TIMEOUT, FinishReason.ERROR])
def test_an_answer_that_did_not_end_is_noted_and_not_used(finish: FinishReason) -> None:
    verdict = conclude(REPORT, PASSED, reply(GOOD, finish), Authority.RAISE)
    assert (verdict.status, verdict.notes) == (Status.PASS, (f"model answer not used: {finish.value}",))


@pytest.mark.parametrize("text", ["", "{}", FORM.format(**GOOD) + "\n", FORM.format(**GOOD | {"status": "GOOD"})])
def test_an_invalid_answer_is_noted(text: str) -> None:
    assert conclude(REPORT, FAILED, reply(text), Authority.RAISE).notes == ("model answer not used: invalid",)


def test_the_wording_is_taken_only_when_it_agrees() -> None:
    says = GOOD | {"category": "dimensional", "severity": "major", "summary": "The bore is 8.62, too wide."}
    assert conclude(REPORT, FAILED, reply(says), Authority.EXPLAIN).summary == "The bore is 8.62, too wide."
    assert conclude(REPORT, FAILED, reply(GOOD), Authority.EXPLAIN).summary == FAILED.summary


def test_a_number_that_the_report_does_not_hold_is_not_said() -> None:
    says = GOOD | {"category": "dimensional", "summary": "The bore is 9.99 wide."}
    assert conclude(REPORT, FAILED, reply(says), Authority.EXPLAIN).summary == FAILED.summary


answers = st.fixed_dictionaries(
    {
        "status": st.sampled_from([each.value for each in Status]),
        "category": st.sampled_from([each.value for each in Category]),
        "severity": st.sampled_from([each.value for each in Severity]),
        "disposition": st.sampled_from([each.value for each in Disposition]),
        "line": st.one_of(st.just("1"), st.text(max_size=3)),
        "summary": st.text(max_size=110),
    },
)


@given(
    answers,
    st.sampled_from(list(Authority)),
    st.sampled_from([PASSED, FAILED, replace(PASSED, status=Status.INDETERMINATE, disposition=Disposition.HOLD)]),
)
def test_no_answer_makes_a_verdict_more_lenient(
    answer: dict[str, str],
    authority: Authority,
    rules: Assessment,
) -> None:
    verdict = conclude(REPORT, rules, reply(answer), authority)
    assert verdict.status.rank >= rules.status.rank
    assert verdict.severity.rank >= rules.severity.rank
    if verdict.status is not Status.PASS:
        assert verdict.disposition is not Disposition.ACCEPT

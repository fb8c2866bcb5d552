"""What the model is asked, and when it is not."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.report import Language, Report
from edge_app.domain.rulepack import Prompt, RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Nonconformance, Severity, Span, Status
from edge_app.judging.compose import MAX_OPEN_CHARS, Answer, answer_schema, compose

PACK = RulePack(name="general", version="1.0.0", title="General", prompt=Prompt(system="You code findings."))


def assessment(text: str, status: Status = Status.INDETERMINATE, *, open_text: bool = True) -> Assessment:
    span = Span(text, 0)
    finding = Nonconformance("term/crack", status, Category.CRACK, Severity.MAJOR, span, "crack: " + text)
    return Assessment(
        status=status,
        category=Category.CRACK,
        severity=Severity.MAJOR,
        disposition=Disposition.HOLD,
        findings=(finding,),
        summary="Crack.",
        evidence=span,
        conflict=False,
        reason="term",
        open_text=(span,) if open_text else (),
    )


def request_for(text: str, language: Language = Language.EN) -> str:
    report = Report(text=text, format="text", encoding="utf-8", language=language)
    request = compose(report, assessment(text), PACK, request_id="1", max_new_tokens=64, deadline_ms=1000)
    assert request is not None
    return request.user


def test_a_clean_report_costs_no_tokens() -> None:
    report = Report(text="OK", format="text", encoding="utf-8", language=Language.EN)
    clean = assessment("OK", Status.PASS, open_text=False)
    assert compose(report, clean, PACK, request_id="1", max_new_tokens=64, deadline_ms=1000) is None


def test_the_summary_language_follows_the_report() -> None:
    assert "Summary language: Chinese" in request_for("疑似裂纹", Language.ZH)
    assert "Summary language: English" in request_for("maybe a crack")


@given(st.text(min_size=1, max_size=3000))
def test_no_report_can_close_its_own_delimiters(text: str) -> None:
    lines = request_for("x" + text).split("\n")
    mark = lines[2].split("marks ")[1].split(",")[0] if "marks " in lines[2] else ""
    assert mark
    assert [line for line in lines if line == mark] == [mark, mark]


@given(st.text(min_size=1, max_size=9000))
def test_the_prompt_is_bounded(text: str) -> None:
    assert len(request_for("x" + text)) < MAX_OPEN_CHARS + len(text) + 1000
    assert sum(map(len, request_for("y" * 9000).split("\n")[4:-2])) <= MAX_OPEN_CHARS


def test_the_schema_and_the_answer_agree() -> None:
    schema = json.loads(answer_schema())
    assert set(schema["required"]) == set(Answer.model_fields)
    assert all("enum" in each or "maxLength" in each for each in schema["properties"].values())

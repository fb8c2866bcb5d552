"""Texts for fitting and texts for measuring are never the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.commands.text_set import default_samples, text_set
from edge_app.errors import UsageError
from edge_app.models.calibration import ReportText, TextSet
from edge_app.models.export import write_tokenizer
from edge_app.models.tokens import Tokens
from edge_app.settings import default_rules
from tests.models.tiny import byte_tokenizer


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    folder = tmp_path_factory.mktemp("model")
    write_tokenizer(byte_tokenizer(tmp_path_factory.mktemp("tokenizer")), folder)
    return Tokens(folder)


def test_two_thirds_are_for_fitting_and_one_for_measuring(tokens: Tokens) -> None:
    reports = [ReportText(f"report {at}", ("Be short.", f"What of {at}?")) for at in range(6)]
    texts = TextSet(tuple(reports))
    fitting = [tokens.decode(ids) for ids in texts.calibration(tokens)]
    measuring = [tokens.decode(ids) for ids in texts.held_out(tokens)]
    assert measuring == ["report 0", "report 3"]
    assert fitting[:2] == ["<|system|>Be short.<|end|><|user|>What of 1?<|end|><|assistant|>", "report 1"]
    assert len(fitting) == 8
    assert not any("0" in text or "3" in text for text in fitting)


def test_a_model_is_measured_in_the_languages_it_speaks(tokens: Tokens) -> None:
    texts = TextSet(tuple(ReportText(text, None) for text in ("bore is fine", "-", "-", "孔径没有问题", "-", "-")))
    told = [
        [tokens.decode(ids) for ids in texts.held_out(tokens, names)] for names in (("en",), ("zh",), ("en", "zh"), ())
    ]
    assert told == [
        ["bore is fine"],
        ["孔径没有问题"],
        ["bore is fine", "孔径没有问题"],
        ["bore is fine", "孔径没有问题"],
    ]


def test_the_samples_are_asked_about_as_the_pipeline_asks(tokens: Tokens) -> None:
    texts = text_set(None, default_rules())
    asked = [each.question for each in texts.reports if each.question]
    assert default_samples().is_dir()
    assert len(texts.reports) > 80
    assert len(asked) > 40
    assert all(user.split("\n")[0] in {"English", "Chinese"} for _, user in asked)
    assert len(texts.held_out(tokens)) == (len(texts.reports) + 2) // 3


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\x01\x02")
    with pytest.raises(UsageError, match="no readable report"):
        text_set(tmp_path, default_rules())

"""The converted tokenizer cuts text and renders conversations as the published one does."""

from __future__ import annotations

import json
import lzma
import os
import shutil
from pathlib import Path

import pytest

from edge_app.models.export import write_tokenizer
from edge_app.models.tokenizing import TEXTS, Differences, differences
from edge_app.models.tokens import Tokens
from tests.models.tiny import byte_tokenizer

SHARED = Path(os.environ.get("EDGE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
REAL = SHARED / "data" / "deepseek-r1-distill-qwen-tokenizer"


@pytest.fixture(scope="module")
def deepseek(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tokenizer of DeepSeek-R1-Distill-Qwen, converted."""
    transformers = pytest.importorskip("transformers")
    if not REAL.is_dir():
        pytest.skip(f"no {REAL}")
    published, folder = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("converted")
    (published / "tokenizer.json").write_bytes(lzma.decompress((REAL / "tokenizer.json.xz").read_bytes()))
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(REAL / name, published)
    write_tokenizer(transformers.AutoTokenizer.from_pretrained(published), folder)
    return folder


def test_the_real_deepseek_tokenizer_and_template_are_kept(deepseek: Path) -> None:
    found = differences(deepseek, Tokens(deepseek))
    assert found == Differences(changed=[], differing=[])
    rendered = Tokens(deepseek).render(("Be short.", "裂纹?"))
    assert "裂纹?" in rendered
    assert rendered.endswith("<｜Assistant｜>")
    assert len(TEXTS) >= 10


def test_a_byte_tokenizer_brings_every_text_back(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    write_tokenizer(byte_tokenizer(tmp_path), folder)
    assert differences(folder, Tokens(folder)) == Differences(changed=[], differing=[])


def test_another_tokenizer_than_the_converted_one_is_noticed(deepseek: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(deepseek, folder)
    text = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    text["model"]["merges"] = text["model"]["merges"][:1000]
    (folder / "tokenizer.json").write_text(json.dumps(text), encoding="utf-8")
    (folder / "chat_template.jinja").write_text("{{ messages[0]['content'] }}", encoding="utf-8")
    found = differences(folder, Tokens(folder))
    assert found.changed == []
    assert found.differing is not None
    assert "the chat template" in found.differing
    assert len(found.differing) > 5

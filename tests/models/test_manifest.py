"""A model that is not exactly what was prepared is refused, with the file named."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.manifest import NAME, Making, Manifest, describe, read_manifest, verify, write_manifest


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "openvino_model.bin").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "config.json").write_text("{}")
    manifest = Manifest(
        name="m",
        precision=Precision.FP16,
        authority="explain",
        licence="Apache-2.0",
        languages=("en",),
        source="here",
        tools={},
        files=describe(tmp_path),
    )
    write_manifest(tmp_path, manifest)
    return tmp_path


def test_fingerprint_is_stable_and_covers_the_files(model: Path) -> None:
    first = verify(model)
    assert len(first) == 64
    assert verify(model) == first


@pytest.mark.parametrize("at", [0, 5000, 10239])
def test_a_changed_byte_is_refused(model: Path, at: int) -> None:
    path = model / "openvino_model.bin"
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"openvino_model\.bin has changed"):
        verify(model)


def test_a_truncated_file_is_refused(model: Path) -> None:
    with (model / "openvino_model.bin").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ModelError, match=r"openvino_model\.bin has changed"):
        verify(model)


def test_a_missing_file_is_refused(model: Path) -> None:
    (model / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json: No such file"):
        verify(model)


def test_a_file_that_was_not_prepared_is_refused(model: Path) -> None:
    (model / "generation_config.json").write_text('{"temperature": 9}')
    with pytest.raises(ModelError, match=r"generation_config\.json is not in the manifest"):
        verify(model)


@pytest.mark.parametrize(
    "manifest",
    ["", "{", "[]", '{"version": 2}', '{"version": 1, "files": {"../../etc/passwd": {"size":1,"sha256":""}}}'],
)
def test_a_damaged_manifest_is_refused(model: Path, manifest: str) -> None:
    (model / NAME).write_text(manifest)
    with pytest.raises(ModelError, match=NAME):
        verify(model)


def test_names_that_leave_the_folder_are_refused(model: Path) -> None:
    text = (model / NAME).read_text()
    (model / NAME).write_text(text.replace('"config.json"', '"../config.json"'))
    with pytest.raises(ModelError, match=NAME):
        verify(model)


@pytest.mark.parametrize(
    ("source", "making", "hint"),
    [
        ("x.gguf sha256:1", Making(seconds=1, peak_mb=1), "edge-app model prepare m --precision fp16 --again"),
        ("hub:acme/Tiny@c0ffee", None, "edge-app model pull acme/Tiny@c0ffee --name m"),
        ("file:stick", None, "pull the folder or file again that it came from: stick"),
    ],
)
def test_what_is_damaged_is_replaced_from_where_it_came(
    model: Path, source: str, making: Making | None, hint: str
) -> None:
    facts = {"source": source, "making": making}
    write_manifest(model, read_manifest(model).model_copy(update=facts))
    (model / "config.json").write_text("[]")
    with pytest.raises(ModelError, match="has changed") as refused:
        verify(model)
    assert refused.value.hint.startswith(hint)


def test_a_folder_without_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no manifest\.json") as refused:
        verify(tmp_path)
    assert refused.value.exit_code == 4
    assert "pull or prepare it again" in refused.value.hint

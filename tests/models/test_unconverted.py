"""A model as downloaded is found by name and by path, whole, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.choosing import locate_model
from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models.golden import Golden, write_golden
from edge_app.models.manifest import Making, Manifest, describe, verify, write_manifest
from edge_app.models.unconverted import locate_unconverted
from edge_app.settings import load_settings


def put(place: Path, model_format: str = "safetensors", origin: str | None = None) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.safetensors").write_bytes(b"weights")
    precision = Precision.INT8 if model_format == "openvino" else None
    manifest = Manifest.model_validate(
        {
            "name": "tiny",
            "format": model_format,
            "precision": precision,
            "authority": "code",
            "licence": "MIT",
            "languages": ["en"],
            "source": "test",
            "making": Making(origin=origin, seconds=1, peak_mb=1) if origin else None,
            "tools": {},
            "files": describe(place),
        }
    )
    write_manifest(place, manifest)
    return place


def test_by_name_and_by_path_it_is_the_same(tmp_path: Path) -> None:
    place = put(tmp_path / "models/tiny/source")
    by_name = locate_unconverted("tiny", tmp_path / "models")
    assert (by_name.folder, by_name.name, by_name.authority) == (place, "tiny", "code")
    assert locate_unconverted(str(place), tmp_path) == by_name
    assert locate_unconverted(str(place.parent), tmp_path) == by_name


def test_only_the_precision_that_was_published_can_be_had(tmp_path: Path) -> None:
    put(tmp_path / "models/tiny/source")
    with pytest.raises(UsageError, match="torch runs a model as it was downloaded, not in int8") as refused:
        locate_unconverted("tiny", tmp_path / "models", "int8")
    assert "auto" in refused.value.hint


def test_the_configured_precision_reaches_the_check(tmp_path: Path) -> None:
    put(tmp_path / "models/tiny/source")
    model = {"name": "tiny", "device": "torch:cpu", "precision": "int4"}
    with pytest.raises(UsageError, match="not in int4"):
        locate_model(load_settings(None, {"state": tmp_path, "model": model}))


def test_a_folder_in_the_working_directory_hides_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put(tmp_path / "models/tiny/source")
    (tmp_path / "tiny").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate_unconverted("tiny", tmp_path / "models").folder == place


def test_what_is_missing_changed_or_converted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="model smollm2-135m has no source") as refused:
        locate_unconverted("smollm2-135m", tmp_path)
    assert refused.value.hint == "edge-app model pull smollm2-135m --precision source"
    with pytest.raises(UsageError, match="no model is called 'tiny'"):
        locate_unconverted("tiny", tmp_path)
    with pytest.raises(ModelError, match="holds openvino, which torch does not run"):
        locate_unconverted(str(put(tmp_path / "ready", "openvino")), tmp_path)
    place = put(tmp_path / "tiny/source")
    (place / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(ModelError, match=r"model\.safetensors has changed"):
        locate_unconverted("tiny", tmp_path)


def test_the_fp16_made_of_it_proves_it_too(tmp_path: Path) -> None:
    place = put(tmp_path / "tiny/source")
    assert locate_unconverted("tiny", tmp_path).golden == ()
    golden = Golden(prompts=(GoldenPrompt(prompt="孔", input=(1,), tokens=(2,), sure=1),))
    (place.parent / "fp16").mkdir()
    write_golden(place.parent / "fp16", golden)
    put(place.parent / "fp16", "openvino", origin=verify(place))
    assert locate_unconverted("tiny", tmp_path).golden == golden.prompts
    put(place.parent / "fp16", "openvino", origin="another")
    assert locate_unconverted("tiny", tmp_path).golden == ()

"""What is on disk, by name or by path, and never in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models import catalogue
from edge_app.models.manifest import Manifest, describe, write_manifest
from edge_app.models.store import folders, list_models, locate


def model(models: Path, precision: Precision) -> Path:
    """A folder that looks like a model."""
    folder = models / "tiny" / precision
    folder.mkdir(parents=True)
    (folder / "openvino_model.bin").write_bytes(b"weights")
    manifest = Manifest(
        name="tiny",
        precision=precision,
        authority="code",
        licence="MIT",
        languages=("en",),
        source="here",
        tools={},
        files=describe(folder),
    )
    write_manifest(folder, manifest)
    return folder


def test_the_best_precision_is_found_by_name_and_each_by_path(tmp_path: Path) -> None:
    places = {precision: model(tmp_path, precision) for precision in Precision}
    best = locate("tiny", tmp_path)
    assert (best.precision, best.precision_reason) == (Precision.INT8, "auto: best of fp16, int8, int4")
    assert locate("tiny", tmp_path, "fp16").fingerprint != best.fingerprint
    assert locate(str(places[Precision.INT4]), Path("/nowhere")).name == "tiny"
    assert folders("tiny", tmp_path) == list(places.values())
    assert folders("tiny", tmp_path, Precision.INT4) == [places[Precision.INT4]]
    assert folders(str(places[Precision.INT8]), Path("/nowhere")) == [places[Precision.INT8]]


def test_asking_for_what_is_not_there_says_what_is(tmp_path: Path) -> None:
    place = model(tmp_path, Precision.FP16)
    with pytest.raises(ModelError, match="no int8, only fp16"):
        locate("tiny", tmp_path, "int8")
    with pytest.raises(ModelError, match="is fp16, not int8"):
        locate(str(place), tmp_path, "int8")
    with pytest.raises(ModelError, match="model other is not in") as refused:
        locate("other", tmp_path)
    assert refused.value.hint == "edge-app model prepare other"
    with pytest.raises(ModelError, match="model other is not in"):
        folders("other", tmp_path)


def test_a_torn_folder_is_no_model(tmp_path: Path) -> None:
    (model(tmp_path, Precision.FP16) / "manifest.json").unlink()
    assert [each for each in list_models(tmp_path) if each.precisions] == []


def test_the_catalogue_is_listed_with_what_is_on_disk(tmp_path: Path) -> None:
    listed = list_models(tmp_path / "none")
    assert [each.name for each in listed] == list(catalogue.CATALOGUE)
    assert all(each.precisions == () and each.size == 0 and each.about for each in listed)

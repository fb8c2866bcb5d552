"""What is on disk, by name or by path, and never in part."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models import catalogue
from edge_app.models.manifest import Manifest, describe, write_manifest
from edge_app.models.place import alone
from edge_app.models.store import folders, list_models, locate, remove


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
    for look in (locate, folders):
        with pytest.raises(ModelError, match="model smollm2-135m is not in") as refused:
            look("smollm2-135m", tmp_path)
        assert "model prepare smollm2-135m" in refused.value.hint


def test_a_name_that_nothing_is_known_of_is_a_matter_of_usage(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()  # what a pull that failed leaves behind
    for look in (locate, folders):
        with pytest.raises(UsageError, match="no model is called 'other'") as refused:
            look("other", tmp_path)
        assert "edge-app model list" in refused.value.hint
        with pytest.raises(UsageError, match=r"there is no folder \./other"):
            look("./other", tmp_path)


def test_a_folder_in_the_working_directory_hides_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = model(tmp_path / "models", Precision.FP16)
    (tmp_path / "tiny").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate("tiny", tmp_path / "models").folder == place
    with pytest.raises(ModelError, match="tiny holds no model"):
        locate("tiny", tmp_path / "other")
    with pytest.raises(ModelError, match=r"tiny holds no model"):
        locate("./tiny", tmp_path / "models")


def test_a_torn_folder_is_no_model(tmp_path: Path) -> None:
    place = model(tmp_path, Precision.FP16)
    (place / "manifest.json").unlink()
    (place / "openvino_model.xml").touch()
    for name, hint in ((str(place.parent), "model remove tiny --precision fp16"), (str(place), f"model pull {place}")):
        with pytest.raises(ModelError, match=r"fp16 lies there without its manifest\.json") as refused:
            locate(name, tmp_path)
        assert hint in refused.value.hint
    assert [each for each in list_models(tmp_path) if each.precisions] == []


def test_the_catalogue_is_listed_with_what_is_on_disk(tmp_path: Path) -> None:
    listed = list_models(tmp_path / "none")
    assert [each.name for each in listed] == list(catalogue.CATALOGUE)
    assert all(each.precisions == () and each.source is None and each.size == 0 for each in listed)
    place = model(tmp_path, Precision.FP16)
    source = Manifest.model_validate_json((place / "manifest.json").read_bytes())
    shutil.copytree(place, tmp_path / "tiny" / "source")
    write_manifest(tmp_path / "tiny" / "source", source.model_copy(update={"precision": None, "format": "gguf"}))
    own = list_models(tmp_path)[-1]
    assert (own.name, own.precisions, own.source, own.entry, own.licence) == (
        "tiny",
        (Precision.FP16,),
        "gguf",
        None,
        "MIT",
    )
    assert own.size == sum(path.stat().st_size for path in (tmp_path / "tiny").rglob("*") if path.is_file())
    with pytest.raises(ModelError, match="holds gguf") as refused:
        locate(str(tmp_path / "tiny" / "source"), tmp_path)
    assert "model prepare" in refused.value.hint


def test_what_is_removed_is_gone_and_counted(tmp_path: Path) -> None:
    places = [model(tmp_path, precision) for precision in (Precision.FP16, Precision.INT8)]
    sizes = [sum(path.stat().st_size for path in place.iterdir()) for place in places]
    assert remove("tiny", tmp_path, "int8") == sizes[1]
    assert locate("tiny", tmp_path).precision is Precision.FP16
    assert remove("tiny", tmp_path) == sizes[0]
    assert not (tmp_path / "tiny").exists()


def test_removing_what_is_not_there_or_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    models = tmp_path / "models"
    for name in ("tiny", "..", "../else", "."):
        with pytest.raises(UsageError, match="no model"):
            remove(name, models)
    model(models, Precision.INT8)
    with pytest.raises(UsageError, match="has no fp16"):
        remove("tiny", models, "fp16")
    with pytest.raises(UsageError, match="no part"):
        remove("tiny", models, "../else")
    with alone(models / "tiny"), pytest.raises(UsageError, match="another process"):
        remove("tiny", models)
    assert locate("tiny", models).precision is Precision.INT8

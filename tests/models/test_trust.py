"""What was measured is written where the pipeline reads it, and nothing has to be made again for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.manifest import NAME, Making, Manifest, describe, read_manifest, sha256, verify, write_manifest
from edge_app.models.trust import trust


def edition(home: Path, precision: Precision, origin: str) -> Path:
    place = home / precision
    place.mkdir(parents=True)
    (place / "openvino_model.bin").write_bytes(precision.encode())
    manifest = Manifest(
        name="own",
        precision=precision,
        authority="explain",
        licence="unknown",
        languages=(),
        source="",
        tools={},
        making=Making(origin=origin, seconds=1.0, peak_mb=1),
        files=describe(place),
    )
    write_manifest(place, manifest)
    return place


def test_all_that_was_made_of_it_follows(tmp_path: Path) -> None:
    fp16 = edition(tmp_path, Precision.FP16, "weights")
    int8 = edition(tmp_path, Precision.INT8, sha256(fp16 / NAME))
    int4 = edition(tmp_path, Precision.INT4, "another")
    trust(tmp_path, "code")
    assert [read_manifest(place).authority for place in (fp16, int8, int4)] == ["code", "code", "explain"]
    making = read_manifest(int8).making
    assert making is not None
    assert making.origin == sha256(fp16 / NAME)
    for place in (fp16, int8):
        verify(place)


def test_without_fp16_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        trust(tmp_path, "code")

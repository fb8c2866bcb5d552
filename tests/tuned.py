"""A model's folder with its manifest, and what a calibration found: for tests that need one and do not care which."""

from __future__ import annotations

from pathlib import Path

from edge_app.models.manifest import Manifest, describe, write_manifest
from edge_app.models.tuning import Measured, Setting


def manifested(place: Path, precision: str) -> Path:
    """Describe the files in ``place`` as the model ``tiny``."""
    manifest = {
        "name": "tiny",
        "format": "openvino",
        "precision": precision,
        "authority": "code",
        "licence": "MIT",
        "languages": ["en"],
        "source": "test",
        "tools": {},
        "files": describe(place),
    }
    write_manifest(place, Manifest.model_validate(manifest))
    return place


def measured(setting: Setting, precision: str, *, speed: float = 1, tpot_ms: float = 1) -> Measured:
    """``speed``: reports a minute."""
    return Measured(
        setting=setting,
        precision=precision,
        ttft_ms=1,
        tpot_ms=tpot_ms,
        tokens_per_s=1,
        reports_per_min=speed,
        rss_mb=1,
        load_s=1,
        agreement=1,
    )

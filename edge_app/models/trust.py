"""How far a model is trusted, written down once it has been measured."""

from __future__ import annotations

from pathlib import Path

from edge_app.domain.inference import Precision
from edge_app.models.catalogue import Authority
from edge_app.models.manifest import NAME, read_manifest, sha256, write_manifest
from edge_app.models.place import alone


def trust(home: Path, authority: Authority) -> None:
    """Let the manifests below ``home`` say so: of FP16, then of what was made of it, which names its fingerprint.

    Raises ModelError when there is no FP16.
    """
    with alone(home):
        source = home / Precision.FP16
        before = sha256(source / NAME) if (source / NAME).is_file() else ""
        write_manifest(source, read_manifest(source).model_copy(update={"authority": authority}))
        after = sha256(source / NAME)
        for place in (home / each for each in Precision if each is not Precision.FP16):
            if (place / NAME).is_file():
                _follow(place, authority, before, after)


def _follow(place: Path, authority: Authority, before: str, after: str) -> None:
    manifest = read_manifest(place)
    making = manifest.making
    if making and making.origin == before:
        making = making.model_copy(update={"origin": after})
        write_manifest(place, manifest.model_copy(update={"authority": authority, "making": making}))

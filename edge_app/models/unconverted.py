"""A model as it was downloaded, for the engine that runs it without conversion."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge_app.domain.golden import GoldenPrompt
from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models.catalogue import known
from edge_app.models.golden import read_golden
from edge_app.models.manifest import NAME, read_manifest, verify
from edge_app.models.sources import SOURCE
from edge_app.models.store import AUTO, Prepared, home_of

RUNNABLE: Final = frozenset({"safetensors", "gguf"})


def locate_unconverted(name_or_dir: str, folder: Path, precision: str = AUTO) -> Prepared:
    """Safetensors or GGUF by catalogue name or by path, verified file by file.

    Raises ModelError, and UsageError for an unknown name, and when a precision is asked for: nothing is converted here.
    """
    if precision != AUTO:
        raise UsageError(f"torch runs a model as it was downloaded, not in {precision}", "set model.precision to auto")
    home = home_of(name_or_dir, folder)
    place = home if (home / NAME).is_file() else home / SOURCE
    source = " --precision source" if known(name_or_dir) else ""
    if not (place / NAME).is_file():
        raise ModelError(f"model {name_or_dir} has no source in {home}", f"edge-app model pull {name_or_dir}{source}")
    manifest = read_manifest(place)
    if manifest.format not in RUNNABLE:
        hint = f"edge-app model pull {manifest.name}" + (" --precision source" if known(manifest.name) else "")
        raise ModelError(f"{place} holds {manifest.format}, which torch does not run", hint)
    mark = verify(place)
    golden = _golden_beside(place, mark)
    return Prepared(place, mark, manifest.name, Precision.FP16, "as downloaded", manifest.authority, golden)


def _golden_beside(place: Path, mark: str) -> tuple[GoldenPrompt, ...]:
    """Those of the FP16 that was prepared from this very source; () without one.

    They hold in torch's types too: in SmolLM2-135M every sure token led by 3.5 or more, and bfloat16 moved that lead
    by 0.3, float16 by 0.04, float32 by nothing.
    """
    fp16 = place.parent / Precision.FP16
    try:
        making = read_manifest(fp16).making
        golden = read_golden(fp16) if making and making.origin == mark else None
    except ModelError:
        return ()  # the engine says that nothing proves the model
    return golden.prompts if golden else ()

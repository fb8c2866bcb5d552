"""From what a training run wrote to what the engine reads.

``python -m edge_app.distill.export TRAINED OUT`` writes ``OUT/fp16`` and ``OUT/int8``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.domain.inference import Precision
from edge_app.models.compress import compress
from edge_app.models.export import export_model
from edge_app.models.recipes import recipe_named


def export_student(trained: Path, out: Path) -> None:
    """Weights and tokenizer in ``trained`` as OpenVINO FP16 and INT8 folders."""
    import transformers  # noqa: PLC0415  extra `prepare`

    model = transformers.AutoModelForCausalLM.from_pretrained(trained, dtype="float32")
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(trained)
    folders = {precision: out / precision for precision in (Precision.FP16, Precision.INT8)}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    export_model(model, tokenizer, folders[Precision.FP16])
    compress(folders[Precision.FP16], folders[Precision.INT8], recipe_named("int8"))


def main() -> None:
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    export_student(options.trained, options.out)


if __name__ == "__main__":
    main()

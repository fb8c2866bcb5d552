"""A model as its publisher ships it, read by transformers: safetensors or GGUF, as data and never run.

No pickle is opened, no code that a model brings along is imported, and nothing is fetched: transformers
knows the families itself. It and torch are imported inside the functions: the line PC runs without them.
"""

from __future__ import annotations

import struct
import threading
from pathlib import Path
from typing import Any, Final

from edge_app.errors import ModelError, not_installed

GGUF: Final = ".gguf"


def read_weights(path: Path, dtype: str) -> tuple[Any, Any]:
    """Model and tokenizer of transformers from a ``.gguf`` file or a folder, weights as ``float16`` or ``float32``.

    ``auto``: weights as the folder's files hold them. Peak memory: the weights in that type once, for a GGUF with
    the largest tensor in f32 beside them. Raises UsageError without the ``prepare`` extra, ModelError when the
    files cannot be read.
    """
    transformers = _transformers()
    place: dict[str, Any] = {"pretrained_model_name_or_path": str(path)}
    options: dict[str, Any] = {"use_safetensors": True}
    if path.suffix == GGUF:
        place = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
        # Unpacked by numpy: the packed way fetches compiled kernels from the hub.
        options = {"quantization_config": transformers.GgufConfig(dequantize=True)}
    place |= {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(**place)
        model = transformers.AutoModelForCausalLM.from_pretrained(**place, **options, dtype=dtype)
    except unreadable() as error:
        said = " ".join(str(error).split())[:300]
        raise ModelError(f"{path.name}: {said}", "get the files again, or another format of them") from error
    return model.eval(), tokenizer


def unreadable() -> tuple[type[Exception], ...]:
    """What the readers of a torn or foreign file raise."""
    from safetensors import SafetensorError  # noqa: PLC0415  an optional extra

    return SafetensorError, struct.error, OSError, ValueError, LookupError, ArithmeticError, RuntimeError


def _transformers() -> Any:
    try:
        import torch  # noqa: F401, PLC0415  an optional extra; transformers alone loads without it and fails later
        import tqdm  # noqa: PLC0415  comes with transformers
        import transformers  # noqa: PLC0415
    except ImportError as error:
        raise not_installed(error.name, "prepare") from error
    # Its own lock is a semaphore of the system, which an engine that is killed leaves behind.
    tqdm.tqdm.set_lock(threading.RLock())
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers

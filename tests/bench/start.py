"""How fast a model starts, and what memory it takes: ``python tests/bench/start.py MODEL_FOLDER``, CPU.

Prints one JSON object. ``cold``: nothing of the model in the page cache; ``warm``: all of it. ``first_token_ms``:
of the first request after READY. ``compiled``: the bare model by OpenVINO's own cache, which on a CPU is read back
only without paged attention. Memory in MB after a request, with weights mapped and copied.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_app.domain.inference import Request
from edge_app.engine import ChildEngine, EngineSpec, Tuning, open_engine
from edge_app.judging.answer import answer_schema
from edge_app.models.golden import read_golden
from edge_app.models.manifest import NAME, read_manifest
from edge_app.observe.logging import configure

TEXT = "Weld 4: a crack of 3 mm beside the toe, ground out by the operator, not inspected again. " * 12
ASK = Request("start", "You judge inspection reports.", TEXT, answer_schema(), 24, 600_000)


def drop_pages(folder: Path) -> None:
    """Have the kernel forget the files."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def memory_mb(pid: int | None) -> dict[str, int]:
    """Resident: all, own pages, pages of files."""
    lines = (line.partition(":") for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines())
    wanted = {"VmRSS": "rss", "RssAnon": "own", "RssFile": "mapped"}
    return {wanted[name]: int(value.split()[0]) // 1024 for name, _, value in lines if name in wanted}


def start(spec: EngineSpec) -> tuple[dict[str, Any], ChildEngine]:
    """Open and ask once."""
    begun = time.monotonic()
    engine = open_engine(spec)
    ready = time.monotonic()
    usage = engine.submit(ASK).result().usage
    facts = {
        "ready_s": round(ready - begun, 2),
        "load_s": round(engine.facts.load_s, 2),
        "warm_up_s": round(engine.facts.warm_up_s, 2),
        "golden": engine.facts.golden,
        "prompt_tokens": usage.input_tokens,
        "first_token_ms": round(usage.ttft_ms or 0),
        "memory_mb": memory_mb(engine.pid),
    }
    return facts, engine


def compiled(folder: Path) -> dict[str, Any]:
    """Seconds to compile the bare model, and to read it back."""
    import openvino as ov  # noqa: PLC0415  heavy; reports to its maker unless CI is set

    with tempfile.TemporaryDirectory() as cache:
        rows = []
        for _ in range(2):
            core = ov.Core()
            model = core.read_model(folder / "openvino_model.xml")
            begun = time.monotonic()
            made = core.compile_model(model, "CPU", {"CACHE_DIR": cache})
            rows.append((round(time.monotonic() - begun, 2), bool(made.get_property("LOADED_FROM_CACHE"))))
        size = sum(path.stat().st_size for path in Path(cache).iterdir())
    return {"compile_s": rows[0][0], "cached_s": rows[1][0], "from_cache": rows[1][1], "blob_mb": round(size / 1e6)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    configure("json", "warning")
    os.environ["CI"] = "true"
    warm = replace(ASK, user="Ready?")
    name = read_manifest(folder).name if (folder / NAME).is_file() else folder.name
    golden = read_golden(folder)
    prompts = golden.prompts if golden else ()
    spec = EngineSpec(folder, name, "0" * 64, folder.name, "CPU", golden=prompts, warm_up=warm)
    copied = replace(spec, tuning=(Tuning("CPU", (("ENABLE_MMAP", "NO"),)),))
    result: dict[str, Any] = {"model": name, "precision": folder.name}
    result["weights_mb"] = round((folder / "openvino_model.bin").stat().st_size / 1e6)
    drop_pages(folder)
    for label, each in (("cold", spec), ("warm", spec), ("copied", copied)):
        result[label], engine = start(each)
        engine.close()
    result["compiled"] = compiled(folder)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()

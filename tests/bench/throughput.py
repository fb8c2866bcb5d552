"""Reports a second and peak memory, rules only: 2,000 files made from the samples, judged by the command."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = 2000


def make_reports(folder: Path, count: int) -> None:
    """Copies of the samples under new names: the name is part of a report's identity."""
    samples = sorted(path for path in (ROOT / "samples").glob("*/*") if path.is_file())
    for number in range(count):
        sample = samples[number % len(samples)]
        shutil.copy(sample, folder / f"{number:05d}-{sample.name}")


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, state = Path(scratch) / "in", Path(scratch) / "state"
        folder.mkdir()
        make_reports(folder, FILES)
        start = time.monotonic()
        command = [sys.executable, "-m", "edge_app", "process", str(folder), "--state", str(state), "--model", "none"]
        subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        seconds = time.monotonic() - start
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    row = {"files": FILES, "seconds": round(seconds, 2), "reports_per_s": round(FILES / seconds, 1)}
    sys.stdout.write(json.dumps(row | {"peak_rss_mb": round(peak_mb)}) + "\n")


if __name__ == "__main__":
    main()

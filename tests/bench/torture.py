"""kill -9 at random moments while 200 files are judged: nothing lost, nothing twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.throughput import ROOT, make_reports

FILES = 200
KILLS = 20


def main() -> None:
    """Print one JSON object; exit code 1 when a file was lost or judged twice."""
    dice = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    with tempfile.TemporaryDirectory() as scratch:
        folder, state = Path(scratch) / "in", Path(scratch) / "state"
        folder.mkdir()
        config = Path(scratch) / "edge.toml"
        config.write_text(f'max_attempts = 20\n[[source]]\nname = "a"\nfolder = "{folder}"\nsettle_s = 0.0\n')
        command = [sys.executable, "-m", "edge_app", "run", "--config", str(config), "--state", str(state)]
        for kill in range(KILLS):
            make_reports(folder, FILES * (kill + 1) // KILLS)
            daemon = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.4, 2.0))
            daemon.kill()
            daemon.wait()
        daemon = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        query = [sys.executable, "-m", "edge_app", "results", "--state", str(state), "--limit", "9999", "--json"]
        for _ in range(60):
            time.sleep(1)
            done = subprocess.run(query, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.stdout.count("\n") >= FILES:
                break
        daemon.terminate()
        daemon.wait()
        names = [json.loads(line)["file_name"] for line in done.stdout.splitlines()]
    row = {"files": FILES, "kills": KILLS, "lost": FILES - len(set(names)), "twice": len(names) - len(set(names))}
    sys.stdout.write(json.dumps(row) + "\n")
    sys.exit(bool(row["lost"] or row["twice"]))


if __name__ == "__main__":
    main()

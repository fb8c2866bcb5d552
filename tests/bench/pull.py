"""A pull from a loopback hub, broken at 20 random bytes: killed, cut off, hash wrong, disk full.

What is there after each must be either nothing that looks like a model, or the whole model. Prints one JSON object.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.models.hub_server import Fault, HubServer, safetensors, sha256

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "acme/Tiny-Chat"
SIZE = 64 << 20
KILLS = 20
CUTS = 20


def main() -> None:
    """Exit code 1 when a final state was wrong."""
    dice = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    weights = safetensors(SIZE)
    files = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}", "model.safetensors": weights}
    with HubServer() as hub, tempfile.TemporaryDirectory() as scratch:
        hub.publish(REPOSITORY, files)
        row = {
            "file_MB": round(len(weights) / 1e6, 1),
            "undisturbed": undisturbed(hub, Path(scratch) / "plain", weights),
            "killed": killed(hub, Path(scratch) / "killed", weights, dice),
            "cut_off": cut_off(hub, Path(scratch) / "cut", weights, dice),
            "hash_wrong": hash_wrong(hub, Path(scratch) / "wrong", weights, dice),
            "disk_full": disk_full(hub, Path(scratch) / "disk", weights, dice),
        }
    sys.stdout.write(json.dumps(row) + "\n")
    sys.exit(not all(part.get("right", True) for part in row.values() if isinstance(part, dict)))


def undisturbed(hub: HubServer, state: Path, weights: bytes) -> dict[str, Any]:
    start = time.monotonic()
    done = arrives(hub, state)
    return {"right": done and whole(state, weights), "seconds": round(time.monotonic() - start, 1)}


def killed(hub: HubServer, state: Path, weights: bytes, dice: random.Random) -> dict[str, Any]:
    """SIGKILL when the hub has sent a random byte; ascending, so that each pull gets further than the last."""
    hub.asked.clear()
    looked_complete = 0
    for at in sorted(dice.sample(range(1, len(weights)), KILLS)):
        child = pull(hub, state)
        hub.faults = [Fault(at, child.kill)]
        child.communicate()
        looked_complete += len(visible(state))
    last = arrives(hub, state)
    starts = [asked.start for asked in hub.asked]
    return {
        "kills": KILLS,
        "looked_complete": looked_complete,
        "right": last and whole(state, weights) and not looked_complete and starts == sorted(starts),
        "resumed": sum(start > 0 for start in starts),
        "sent_over_size": round(sum(asked.served for asked in hub.asked) / len(weights), 3),
    }


def cut_off(hub: HubServer, state: Path, weights: bytes, dice: random.Random) -> dict[str, Any]:
    """The hub closes the connection at random bytes; one pull carries on through all of them."""
    hub.asked.clear()
    cuts = sorted(dice.sample(range(1, len(weights)), CUTS))
    hub.faults = [Fault(at) for at in cuts]
    last = arrives(hub, state)
    starts = [asked.start for asked in hub.asked]
    return {
        "cuts": CUTS,
        "right": last and whole(state, weights) and starts == [0, *cuts],
        "sent_over_size": round(sum(asked.served for asked in hub.asked) / len(weights), 3),
    }


def hash_wrong(hub: HubServer, state: Path, weights: bytes, dice: random.Random) -> dict[str, Any]:
    """One flipped bit at a random byte, then the true file."""
    mark, right = sha256(weights), 0
    for _ in range(3):
        torn = bytearray(weights)
        torn[dice.randrange(len(torn))] ^= 1 << dice.randrange(8)
        hub.served[mark] = bytes(torn)
        child = pull(hub, state)
        said = child.communicate()[1]
        right += child.returncode == 4 and "hash differs" in said and not visible(state)
    hub.served.clear()
    last = arrives(hub, state)
    return {"flips": 3, "refused": right, "right": right == 3 and last and whole(state, weights)}


def disk_full(hub: HubServer, state: Path, weights: bytes, dice: random.Random) -> dict[str, Any]:
    """Too small from the start, and filled by somebody else at a random byte. Needs root for the tmpfs."""
    with tmpfs(state, 96 << 20) as mounted:
        if not mounted:
            return {"skipped": "no tmpfs without root"}
        early = told(hub, state, "are needed")
    with tmpfs(state, 160 << 20) as mounted:
        right = 0
        for _ in range(3):
            hub.faults = [Fault(dice.randrange(1, len(weights)), filling(state / "other"))]
            right += told(hub, state, "is full") and not visible(state)
            (state / "other").unlink()
        held = sum(path.stat().st_size for path in state.rglob("*") if path.is_file())
        last = arrives(hub, state)
        done = last and whole(state, weights)
    return {"told_before": early, "told_midway": right, "bytes_kept": held, "right": early and right == 3 and done}


def pull(hub: HubServer, state: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "edge_app", "model", "pull", REPOSITORY, "--state", str(state), "--json"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=hub.environment(), stdout=subprocess.DEVNULL, stderr=pipe, text=True)


def arrives(hub: HubServer, state: Path) -> bool:
    child = pull(hub, state)
    child.communicate()
    return child.returncode == 0


def told(hub: HubServer, state: Path, words: str) -> bool:
    child = pull(hub, state)
    said = child.communicate()[1]
    return child.returncode == 4 and words in said and "hint:" in said


def visible(state: Path) -> list[Path]:
    """What a reader of the models folder would take for a model."""
    return list(state.glob("models/*/[!.]*"))


def whole(state: Path, weights: bytes) -> bool:
    path = state / "models" / "tiny-chat" / "source" / "model.safetensors"
    return path.is_file() and path.read_bytes() == weights and not list(path.parents[1].glob(".part-*"))


def filling(path: Path) -> Callable[[], None]:
    def fill() -> None:
        with path.open("wb", buffering=0) as file, suppress(OSError):
            while shutil.disk_usage(path.parent).free:
                file.write(bytes(1 << 16))

    return fill


@contextmanager
def tmpfs(folder: Path, size: int) -> Iterator[bool]:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


if __name__ == "__main__":
    main()

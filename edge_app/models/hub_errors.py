"""What the network and the hub answer, in the words of the operator, with what to do."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from edge_app.errors import EdgeAppError, ModelError, UsageError

ELSEWHERE: Final = "or pull it on another machine and copy the folder: edge-app model pull FOLDER"
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_GATED: Final = (
    "{repository} is given only to who has accepted its licence",
    "accept it at {endpoint}/{repository} and set HF_TOKEN",
)
_NO_REVISION: Final = ("{repository} has no such revision", "leave out @REVISION for the newest")
_NO_REPOSITORY: Final = ("{endpoint} has no {repository}, or it is private", "check the name; if private, set HF_TOKEN")
_NO_FILE: Final = ("{repository}: a file that was listed is gone", "pull again")
_FORBIDDEN: Final = frozenset({401, 403})
_PROXY_AUTHENTICATION: Final = 407
_BUSY: Final = 429
_SERVER: Final = 500


def check_environment(endpoint: str) -> None:
    """Before anything is asked: variables that nothing could be reached with. Raises UsageError."""
    if not re.match(r"https?://[^/]", endpoint):
        hint = "HF_ENDPOINT=https://HOST, or unset it for the public hub"
        raise UsageError(f"HF_ENDPOINT must begin with https://, and it is {endpoint!r}", hint)
    if certificates := os.environ.get("SSL_CERT_FILE"):
        try:
            ssl.create_default_context(cafile=certificates)
        except OSError as error:  # SSLError is one
            said = "holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
            hint = "set it to a file with the plant's certificates in PEM, or unset it"
            raise UsageError(f"SSL_CERT_FILE {certificates}: {said}", hint) from error


@contextmanager
def explained(endpoint: str, repository: str) -> Iterator[None]:
    """Turn what ``huggingface_hub`` and its HTTP client raise into ModelError or UsageError."""
    import httpx2  # noqa: PLC0415  an optional extra
    from huggingface_hub import errors  # noqa: PLC0415

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelError("offline mode: the hub is not asked", f"unset HF_HUB_OFFLINE, {ELSEWHERE}") from error
    except errors.HFValidationError as error:
        raise UsageError(f"{repository!r} is no repository name", "give org/name") from error
    except errors.HfHubHTTPError as error:
        raise _answered(error, errors, endpoint, repository) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _unreachable(error, httpx2, endpoint) from error
    except ValueError as error:  # no JSON where the hub answers JSON
        message = f"what {endpoint} answers is not a hub's answer"
        raise ModelError(message, "a login page or proxy may stand in between; check HF_ENDPOINT") from error


def _answered(error: Any, errors: Any, endpoint: str, repository: str) -> EdgeAppError:
    for kind, as_, message, hint in (
        (errors.GatedRepoError, ModelError, *_GATED),
        (errors.RevisionNotFoundError, UsageError, *_NO_REVISION),
        (errors.RepositoryNotFoundError, ModelError, *_NO_REPOSITORY),
        (errors.RemoteEntryNotFoundError, ModelError, *_NO_FILE),
    ):
        if isinstance(error, kind):
            place = {"endpoint": endpoint, "repository": repository}
            return as_(message.format(**place), hint.format(**place))
    status = error.response.status_code
    if status == _PROXY_AUTHENTICATION:
        return _proxy(error)
    if status in _FORBIDDEN:
        return ModelError(f"{endpoint} refuses access to {repository} ({status})", "check HF_TOKEN and its rights")
    if status == _BUSY or status >= _SERVER:
        return ModelError(f"{endpoint} cannot answer now ({status})", "pull again later: it goes on where it ended")
    return ModelError(f"{endpoint} answers {status} for {repository}", "check the name and HF_ENDPOINT")


def _unreachable(error: Exception, httpx: Any, endpoint: str) -> EdgeAppError:
    if isinstance(error, httpx.ProxyError):
        return _proxy(error)
    if any(isinstance(each, ssl.SSLError) for each in _chain(error)):
        hint = "if a proxy re-signs traffic, set SSL_CERT_FILE to the plant's certificates; check the clock"
        return ModelError(f"the certificate of {endpoint} is not trusted", hint)
    said = str(error) or type(error).__name__
    if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return ModelError(f"the download broke off: {said}", "pull again: it goes on where it ended")
    if proxy := _proxy_host():
        message = f"{endpoint} is not reached through the proxy {proxy}: {said}"
        return ModelError(message, f"check the proxy, {ELSEWHERE}")
    hint = f"check the network; behind a proxy set HTTPS_PROXY, {ELSEWHERE}"
    return ModelError(f"{endpoint} is not reached: {said}", hint)


def _proxy(error: Exception) -> ModelError:
    said = (str(error).splitlines() or [""])[0]
    return ModelError(f"the proxy {_proxy_host()} refuses: {said}", f"check HTTPS_PROXY and its password, {ELSEWHERE}")


def _proxy_host() -> str:
    """Without user and password."""
    value = next((os.environ[name] for name in _PROXIES if os.environ.get(name)), "")
    parts = urlsplit(value if "//" in value else f"//{value}")
    return f"{parts.hostname}:{parts.port}" if parts.hostname and parts.port else parts.hostname or ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

"""Errors that know their exit code and the operator's next step. Translated once, in ``cli``."""

from __future__ import annotations


class EdgeAppError(Exception):
    """Root of the errors that are expected to happen. ``hint`` is what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(EdgeAppError):
    """Wrong arguments, settings or rule packs."""

    exit_code = 2


def not_installed(package: str | None, extra: str) -> UsageError:
    """The package of an optional ``extra`` is missing."""
    hint = f"pip install 'edge-app[{extra}]'; in a checkout of the source: pip install -e '.[{extra}]'"
    return UsageError(f"{package} is not installed", hint)


class ReportError(EdgeAppError):
    """One file cannot be judged; the others go on. ``reason`` is stable, such as ``json-duplicate-key``."""

    exit_code = 3

    def __init__(self, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason


class IncompleteReportError(ReportError):
    """The file ends in the middle: it may still be being written."""


class ModelError(EdgeAppError):
    """Model files or device missing, damaged or refused."""

    exit_code = 4


class StorageError(EdgeAppError):
    """State folder or database cannot be used."""

    exit_code = 5


class AuditError(EdgeAppError):
    """The audit chain does not verify."""

    exit_code = 6

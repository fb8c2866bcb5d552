"""Settings: TOML file, ``EDGE_…`` environment, command line; the later wins. Unknown keys are errors.

Only the rim and what wires see this module (``build``, ``placing``, ``service``); all else receives plain values.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from edge_app.domain.inference import RAISE_CONFIDENCE
from edge_app.errors import UsageError

DEFAULT_PATTERNS = ("*.csv", "*.tsv", "*.txt", "*.json", "*.jsonl", "*.ndjson", "*.xml", "*.qif", "*.md", "*.log")
CONFIG_FILE = Path("/etc/edge-app/edge-app.toml")


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceSettings(_Group):
    """A watched folder."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    folder: Path
    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    """Shell patterns of file names, compared without case."""
    recursive: bool = False
    settle_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    """A file is taken when two looks this far apart saw the same size and times."""
    max_settle_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """An incomplete file is given up (quarantined) after this long without a change."""
    scan_s: Annotated[float, Field(gt=0, le=3600)] = 5.0
    """Scan at least this often; hints from the file system only shorten the wait."""
    pack: str | None = None
    """Rule pack for all reports of this source; chosen by match rules when absent."""
    archive: Path | None = None
    """Where judged files are moved. None: they stay where they are."""
    sentinel: str | None = None
    """A file that must exist in the folder: tells an empty share from an unmounted one."""


def _device(name: str) -> str:
    if not re.fullmatch(r"AUTO|CPU|GPU(\.\d)?|NPU|torch:(cpu|mps|cuda(:\d)?)", name):
        known = "AUTO, CPU, GPU, GPU.0, NPU, torch:cpu, torch:cuda, torch:cuda:0 or torch:mps"
        raise PydanticCustomError("device", "{name} is not one of {known}", {"name": repr(name), "known": known})
    return name


class ModelSettings(_Group):
    """The language model and the device it runs on."""

    name: str = "none"
    """Catalogue name, folder with an OpenVINO model, or ``none``: rules only."""
    folder: Path | None = None
    """Where models are kept. Default: ``models`` in the state folder."""
    device: Annotated[str, AfterValidator(_device)] = "AUTO"
    """``torch:`` for GPUs that OpenVINO does not drive: AMD, Apple, NVIDIA."""
    precision: Literal["auto", "fp16", "int8", "int4"] = "auto"
    max_in_flight: Annotated[int, Field(ge=1, le=256)] = 16
    """Requests handed to the engine at a time; it batches them."""
    max_new_tokens: Annotated[int, Field(ge=16, le=8192)] = 256
    deadline_s: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """An answer that takes longer is not waited for: the rules' verdict stands."""
    raise_confidence: Annotated[float, Field(ge=0, le=1)] = RAISE_CONFIDENCE
    """What an answer needs to make a verdict stricter: the probability that the model gave to its codes."""
    kv_cache_gb: Annotated[int, Field(ge=1, le=64)] = 1
    memory_share: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Of the available memory; a model that needs more is refused before it is loaded."""
    compiled_gb: Annotated[float, Field(ge=0, le=1000)] = 20.0
    """Compiled models kept for GPU and NPU; beyond it those not used for longest are removed. 0: none."""


class GovernorSettings(_Group):
    """Keeps the machine cool while a model runs on its GPU."""

    enabled: Literal["auto", "on", "off"] = "auto"
    """auto: when a model runs on a GPU."""
    write: bool = True
    """Turn the GPU's clock. Without it the engine rests between steps instead."""
    margin_c: Annotated[float, Field(ge=5, le=40)] = 12.0
    """Hot begins this far below the package's limit: the clock falls."""
    band_c: Annotated[float, Field(ge=2, le=30)] = 8.0
    """Cool begins this far below hot: the clock may rise."""
    critical_c: Annotated[float, Field(ge=1, le=20)] = 4.0
    """This far below the limit no request is admitted. Less than ``margin_c``."""
    floor_share: Annotated[float, Field(ge=0.2, le=1)] = 0.5
    """The lowest clock, of the highest one."""
    economy_share: Annotated[float, Field(ge=0.2, le=1)] = 0.65
    """The clock while nothing waits, of the highest one. 1: no such saving."""
    cpu_preference: Literal["", "balance_performance", "balance_power", "power"] = ""
    """Energy preference of the CPU while the GPU is capped. Empty: left alone."""
    tick_s: Annotated[float, Field(ge=0.2, le=5)] = 1.0
    """How often it looks."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.critical_c >= self.margin_c:
            raise PydanticCustomError("order", "critical_c must be less than margin_c")
        return self


class LogSettings(_Group):
    """Logs go to stderr."""

    format: Literal["auto", "console", "json"] = "auto"
    """auto: console on a terminal, JSON otherwise."""
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="EDGE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    state: Path = Path("/var/lib/edge-app")
    """Database, spool, quarantine, models. On a local disk."""
    rules: Path | None = None
    """Folder of rule packs. Default: the packs that came with the program."""
    code_pages: tuple[str, ...] = ("gb18030", "cp1252")
    """Tried in order for files that are neither marked nor UTF-8; put the plant's own first."""
    volatile: bool = False
    """Allow a state folder in memory. Results do not survive a restart."""
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """A file that took the program down this often is quarantined."""
    source: tuple[SourceSettings, ...] = ()
    model: ModelSettings = ModelSettings()
    governor: GovernorSettings = GovernorSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  signature of pydantic-settings
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(config: Path | None, overrides: dict[str, Any]) -> Settings:
    """Read settings; ``overrides`` come from the command line and win (nested dicts, None = not given).

    Raises UsageError that names the key.
    """
    _refuse_unknown_variables()
    path = config or CONFIG_FILE
    try:
        found = path.is_file()
        if config and not found:
            raise UsageError(f"no settings file {path}", "pass --config FILE")
        return _read(path if found else None, overrides)
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise UsageError(f"setting {where}: {detail['msg']}", f"correct the key; {__file__} lists all") from error
    except SettingsError as error:
        raise UsageError(f"environment: {error}", "lists and groups are given as JSON: EDGE_SOURCE='[{…}]'") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "the settings file is UTF-8 TOML") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "check the file and its owner, or pass --config FILE") from error


def _read(path: Path | None, overrides: dict[str, Any]) -> Settings:
    class Configured(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return Configured(**_given(overrides))


def default_rules() -> Path:
    """The rule packs that came with the program: beside a checkout, or installed under the prefix."""
    checkout = Path(__file__).resolve().parents[1] / "rules"
    return checkout if (checkout / "general").is_dir() else Path(sys.prefix) / "share" / "edge-app" / "rules"


def _refuse_unknown_variables() -> None:
    """A misspelt EDGE_ variable would otherwise be ignored in silence."""
    for name in os.environ:
        top = name.removeprefix("EDGE_").split("__")[0].lower()
        if name.startswith("EDGE_") and top not in Settings.model_fields and name not in _OTHER_VARIABLES:
            known = ", ".join(sorted(Settings.model_fields))
            raise UsageError(f"environment: {name} is not a setting", f"known after EDGE_: {known}")


_OTHER_VARIABLES = frozenset({"EDGE_SHARED", "EDGE_TEST_MODELS", "EDGE_TORCH_DEVICE"})
"""Used by the tests."""


def _given(overrides: dict[str, Any]) -> dict[str, Any]:
    """Only what was given on the command line: None means not given."""
    nested = {key: _given(value) if isinstance(value, dict) else value for key, value in overrides.items()}
    return {key: value for key, value in nested.items() if value is not None}

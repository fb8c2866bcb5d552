"""The models that are known by name: what they are, where they come from, what they are trusted with.

The data stands in ``catalogue.yaml``.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import Field, TypeAdapter

from edge_app.domain.inference import Precision
from edge_app.errors import UsageError
from edge_app.models.shape import Shape
from edge_app.models.sources import Format, Frozen, HubFile, HubRepository, PackagedFile, Source

Authority = Literal["explain", "code", "raise"]
"""explain: its summary is used. code: its category, severity, disposition where rules have none, too.
raise: it may make a verdict stricter, with a quote. Each contains those before it."""

Family = Literal["llama", "qwen2", "deepseek_v2", "deepseek_v3"]
"""Architecture: ``model_type`` in its config.json."""

Template = Literal["r1-think", "chatml", "deepseek-chat", "deepseek-instruct"]
"""How the chat template behaves. r1-think: opens ``<think>`` itself, so the answer starts inside it; a system
text stands before the first question without a tag. chatml: roles between ``<|im_start|>`` and ``<|im_end|>``.
deepseek-chat: ``User:`` and ``Assistant:``. deepseek-instruct: ``### Instruction:`` and ``### Response:``."""


class Entry(Frozen):
    """A model with a name."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    title: str
    """The publisher's name; accepted in its place."""
    about: str
    family: Family
    licence: str
    """SPDX expression."""
    languages: tuple[str, ...]
    authority: Authority
    template: Template
    shape: Shape
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    """The preferred one of its kind first."""

    def ready(self, precision: Precision) -> HubRepository | None:
        """Where this precision can be had as OpenVINO IR."""
        repositories = (source for source in self.sources if isinstance(source, HubRepository))
        return next((each for each in repositories if each.precision is precision), None)

    @property
    def convertible(self) -> HubRepository | HubFile | PackagedFile:
        """What ``prepare`` starts from. Raises UsageError when only ready IR is known."""
        for source in self.sources:
            if source.format != "openvino":
                return source
        raise UsageError(f"no source to convert {self.name} from is known", "pull a ready precision: --precision")

    @property
    def names(self) -> frozenset[str]:
        """What it is called, and the repositories that it is published in; in small letters."""
        on_hub = [each.repository for each in self.sources if not isinstance(each, PackagedFile)]
        return frozenset(each.casefold() for each in (self.name, self.title, *on_hub))

    @property
    def formats(self) -> tuple[Format | None, ...]:
        """Of its sources."""
        return tuple(source.format for source in self.sources)


def load(data: Any) -> dict[str, Entry]:
    """Entries by name. Raises pydantic's ValidationError."""
    entries = TypeAdapter(tuple[Entry, ...]).validate_python(data)
    return {entry.name: entry for entry in entries}


CATALOGUE: Final = load(yaml.safe_load(files(__package__).joinpath("catalogue.yaml").read_text(encoding="utf-8")))


def known(name: str) -> Entry | None:
    """The entry with this name or title, or that is published in this repository; whatever the case."""
    wanted = name.casefold()
    return next((each for each in CATALOGUE.values() if wanted in each.names), None)


def entry_named(name: str) -> Entry:
    """The catalogue entry. Raises UsageError that lists the known names."""
    entry = known(name)
    if entry is None or "/" in name:
        raise UsageError(f"no model {name!r} in the catalogue", f"known: {', '.join(CATALOGUE)}")
    return entry

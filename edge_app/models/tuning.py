"""What was measured on this machine, and which of it is best. ``calibration.json`` in the state folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from edge_app.errors import ModelError, StorageError
from edge_app.models.place import flush
from edge_app.models.sources import Frozen, damage

NAME: Final = "calibration.json"
MIN_AGREEMENT: Final = 0.95
"""With the reference's choices; a setting below it is not taken, however fast."""
_BETTER: Final = 1.03
"""A setting must be this much faster than a plainer one: less is noise."""
CHOICES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "CPU": {
        "INFERENCE_PRECISION_HINT": ("f32", "bf16", "f16"),
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": ("0", "32", "128"),
        "KV_CACHE_PRECISION": ("u8", "f16"),
    },
    "GPU": {
        "INFERENCE_PRECISION_HINT": ("f16", "f32"),
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": ("0", "32", "128"),
        "KV_CACHE_PRECISION": ("u8", "f16"),
    },
}
"""Values to try by device and property. What a device refuses counts as tried."""
_EXACT: Final = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
EXACT: Final[dict[str, dict[str, str]]] = {
    "CPU": _EXACT | {"KV_CACHE_PRECISION": "f32"},
    "GPU": _EXACT | {"KV_CACHE_PRECISION": "f16"},
}
"""The exact setting by device, which others are compared with; of a device that is not named, its own choice."""


class Setting(Frozen):
    """One way to run a model."""

    device: str
    properties: dict[str, str] = Field(default_factory=dict)
    """Of the runtime; what is absent is the runtime's own choice."""
    max_in_flight: int = 16

    def with_property(self, name: str, value: str) -> Setting:
        """The same but for one property."""
        return self.model_copy(update={"properties": self.properties | {name: value}})


class Measured(Frozen):
    """What a setting gave."""

    setting: Setting
    precision: str
    ttft_ms: float
    """Time to the first token of one request alone."""
    tpot_ms: float
    """Time of each further token, alone."""
    tokens_per_s: float
    """With ``max_in_flight`` requests at once."""
    reports_per_min: float
    rss_mb: float
    load_s: float
    agreement: Annotated[float | None, Field(ge=0, le=1)]
    """Share of the choices from closed lists that are the reference's. None: not measured, there is no reference."""

    @property
    def faithful(self) -> bool:
        """Whether it may be taken: as true as the reference, or as the runtime runs it when nobody chooses."""
        return not self.setting.properties if self.agreement is None else self.agreement >= MIN_AGREEMENT


class Failed(Frozen):
    """A setting that could not be measured."""

    setting: Setting
    precision: str
    error: str


Tried = Measured | Failed


class Entry(Frozen):
    """The best of one model on one device."""

    fingerprint: str
    """SHA-256 of the model's manifest."""
    driver: str
    """Identity of processor, GPU and its computing driver."""
    runtime: str
    """Version of OpenVINO."""
    measured_at: str
    best: Measured
    reason: str
    tried: int
    compared: tuple[str, ...] = ()
    """Precisions that were measured with it, by the same reference."""


class Calibration(Frozen):
    """The whole file."""

    version: Literal[1] = 1
    entries: tuple[Entry, ...] = ()

    def of(self, fingerprint: str, driver: str, runtime: str) -> tuple[Entry, ...]:
        """What still holds for a model here, the fastest device first."""
        mark = (fingerprint, driver, runtime)
        valid = (each for each in self.entries if (each.fingerprint, each.driver, each.runtime) == mark)
        return tuple(sorted(valid, key=lambda each: -each.best.reports_per_min))

    def with_entry(self, entry: Entry) -> Calibration:
        """In the place of what was known of the same model and device."""
        others = self.without(entry.fingerprint, entry.best.setting.device)
        return Calibration(entries=(*others.entries, entry))

    def without(self, fingerprint: str, device: str) -> Calibration:
        """What is known of other models and devices."""
        same = (fingerprint, device)
        return Calibration(
            entries=tuple(each for each in self.entries if (each.fingerprint, each.best.setting.device) != same)
        )


def read_calibration(state: Path) -> Calibration:
    """What was measured; nothing without the file. Raises ModelError when it cannot be read."""
    path = state / NAME
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Calibration()
    except PermissionError:
        raise
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path}: {damage(error)}", "edge-app calibrate measures again and replaces it") from error


def write_calibration(state: Path, calibration: Calibration) -> None:
    """Replace the file, on the disk too: after a power cut it is the old one or the new one, whole.

    Raises StorageError.
    """
    draft = state / f".{NAME}"
    try:
        draft.write_text(calibration.model_dump_json(indent=1) + "\n", encoding="utf-8")
        flush(draft)
        draft.replace(state / NAME)
        flush(state)
    except OSError as error:
        draft.unlink(missing_ok=True)
        hint = "free space on the disk of the state folder, then measure again"
        raise StorageError(f"{state / NAME} cannot be written: {error.strerror}", hint) from error


def fastest_first(found: Mapping[str, Sequence[Entry]]) -> list[str]:
    """Precisions of one model in the order of their measured speed. None unless all were compared with each other.

    ``found``: what was measured of each precision that is there, the fastest device first; empty where no setting
    of it could be taken.
    """
    best = {precision: entries[0] for precision, entries in found.items() if entries}
    if not all(found.keys() <= set(entry.compared) for entry in best.values()):
        return []
    return sorted(best, key=lambda precision: -best[precision].best.reports_per_min)


def plan(device: str, max_in_flight: Sequence[int], *, quick: bool = False) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Steps of the search: a property (or ``max_in_flight``) and the values to try, the most telling first.

    Each step starts from the best of those before: a dozen measurements instead of every combination.
    """
    for name, values in CHOICES.get(device, {}).items():
        if not quick or name != "KV_CACHE_PRECISION":
            yield name, values
    if not quick:
        yield "max_in_flight", tuple(str(number) for number in max_in_flight)


def neighbours(best: Setting, name: str, values: Iterable[str]) -> Iterator[Setting]:
    """``best`` with each other value of one property."""
    for value in values:
        if name == "max_in_flight":
            if int(value) != best.max_in_flight:
                yield best.model_copy(update={"max_in_flight": int(value)})
        elif best.properties.get(name) != value:
            yield best.with_property(name, value)


def better(best: Measured | None, other: Tried) -> bool:
    """Whether ``other`` takes the place of ``best``: as true, and faster by more than noise."""
    if isinstance(other, Failed) or not other.faithful:
        return False
    return best is None or other.reports_per_min > best.reports_per_min * _BETTER


def reason_of(best: Measured, tried: Sequence[Tried]) -> str:
    """For people: why this setting."""
    measured = [each for each in tried if isinstance(each, Measured)]
    untrue = sum(not each.faithful for each in measured)
    slowest = min(each.reports_per_min for each in measured)
    gain = best.reports_per_min / slowest
    agreement = "not measured" if best.agreement is None else f"{best.agreement:.2f}"
    parts = [f"fastest of {len(measured)} settings, {gain:.1f} times the slowest, agreement {agreement}"]
    limit = "not measured" if best.agreement is None else f"below {MIN_AGREEMENT}"
    parts += [f"{untrue} not taken: agreement {limit}"] if untrue else []
    return "; ".join(parts)

"""Rule packs from disk: load ``rules/``, merge with the base, validate, fingerprint.

A pack is a folder; its ``*.yaml`` files are merged key by key, so a plant may split a long pack.
``words`` holds lists of words that phrases name in braces: ``{reviewer}`` stands for any of them.
``rules/fields.yaml`` holds the names of columns and header fields.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.errors import UsageError

_WORDS: Final = "words"
_NAMED: Final = re.compile(r"\{([a-z_]+)\}")
"""Not the number of times that a regular expression repeats something."""


def load_packs(root: Path) -> dict[str, RulePack]:
    """All packs under ``root`` by name, each merged with the pack it inherits from.

    Raises UsageError that names file and key when a pack is not valid.
    """
    raw = {folder.name: _read_folder(folder) for folder in _folders(root)}
    if not raw:
        message = f"no rule packs in {root}"
        raise UsageError(message, "pass --rules DIR with one folder a pack")
    return {name: _effective(name, raw) for name in raw}


def problems(root: Path) -> list[str]:
    """Everything that is wrong in ``root``, one line a problem, empty when all is well."""
    found: list[str] = []
    raw: dict[str, dict[str, Any]] = {}
    for folder in _folders(root):
        try:
            raw[folder.name] = _read_folder(folder)
        except UsageError as error:
            found.append(str(error))
    for name in raw:
        try:
            _effective(name, raw)
        except UsageError as error:
            cause = error.__cause__
            found += _all(f"rules/{name}", cause) if isinstance(cause, ValidationError) else [str(error)]
    try:
        load_fields(root)
    except UsageError as error:
        cause = error.__cause__
        found += _all(str(root / "fields.yaml"), cause) if isinstance(cause, ValidationError) else [str(error)]
    return found


def load_fields(root: Path) -> FieldVocabulary:
    """The vocabulary of field names, ``root/fields.yaml``."""
    path = root / "fields.yaml"
    try:
        return FieldVocabulary.model_validate(_read_yaml(path))
    except ValidationError as error:
        raise UsageError(
            f"{path}: {_first(error)}", "correct the file; `edge-app rules check` tells all errors"
        ) from error


def fingerprint(value: Any) -> str:
    """SHA-256 of a JSON-serialisable value in canonical form."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(each for each in root.iterdir() if each.is_dir())
    except OSError as error:
        raise UsageError(f"rules {root}: {error.strerror}", "pass --rules DIR with one folder a pack") from error


def _effective(name: str, raw: dict[str, dict[str, Any]]) -> RulePack:
    data = raw[name]
    base = data.get("inherits")
    if base is not None:
        if base not in raw or raw[base].get("inherits"):
            raise UsageError(f"rules/{name}: inherits unknown or derived pack {base!r}", "inherit from `general`")
        data = _merge(raw[base], data)
    data = _spelled_out(name, data)
    try:
        pack = RulePack.model_validate(data)
    except ValidationError as error:
        raise UsageError(
            f"rules/{name}: {_first(error)}", "correct the pack; `edge-app rules check` tells all errors"
        ) from error
    if pack.name != name:
        raise UsageError(f"rules/{name}: the pack calls itself {pack.name!r}", "name the folder as the pack")
    print_of = fingerprint(pack.model_dump(mode="json", exclude={"tests", "fingerprint"}))
    return pack.model_copy(update={"fingerprint": print_of})


def _spelled_out(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """``data`` with words in the place of their names. A list of words may name lists before it."""
    spelled: dict[str, str] = {}
    for word, listed in data.get(_WORDS, {}).items():
        spelled[word] = "(?:" + "|".join(_write(name, listed, spelled)) + ")"
    rest = {key: value for key, value in data.items() if key != _WORDS}
    return {**rest, "cues": _write(name, rest["cues"], spelled)} if "cues" in rest else rest


def _write(name: str, value: Any, spelled: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _write(name, each, spelled) for key, each in value.items()}
    if isinstance(value, list):
        return [_write(name, each, spelled) for each in value]
    try:
        return _NAMED.sub(lambda found: spelled[found[1]], value) if isinstance(value, str) else value
    except KeyError as error:
        message = f"rules/{name}: a phrase names the words {error}, which are not listed"
        raise UsageError(message, f"list them under `{_WORDS}:`, before other words that name them") from error


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Lists are appended, mappings merged, scalars replaced. Tests and match rules are not inherited."""
    merged = {key: value for key, value in base.items() if key not in {"tests", "match", "description"}}
    for key, value in own.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            merged[key] = value + old
        else:
            merged[key] = value
    return merged


def _read_folder(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yaml")):
        _join(data, _read_yaml(path), path)
    return data


def _join(data: dict[str, Any], part: dict[str, Any], path: Path) -> None:
    """Take ``part`` into ``data``: mappings key by key; a key that both give a value is an error."""
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(data.get(key), dict):
            _join(data[key], value, path)
        elif key in data:
            raise UsageError(f"{path}: {key!r} stands in two files of the pack", "keep it in one")
        else:
            data[key] = value


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: {error}", "the rule packs are UTF-8 YAML files") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path}: not a mapping", "a rule file starts with `key:` lines")
    return data


def _first(error: ValidationError) -> str:
    return _all("", error)[0].removeprefix(": ")


def _all(where: str, error: ValidationError) -> list[str]:
    return [f"{where}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors()]

"""Who may import whom, read from the source: the dependency direction of the design."""

from __future__ import annotations

import ast
from pathlib import Path

import edge_app

ROOT = Path(edge_app.__file__).parent

CORE = {"domain", "clock", "errors", "fsinfo", "hardware", "weights"}
EDGES = {"intake", "engine", "ledger", "models", "observe", "governor"}
ALLOWED = {
    "__init__": set[str](),
    "__main__": {"cli"},
    "errors": set[str](),
    "clock": set[str](),
    "fsinfo": {"errors"},
    "hardware": {"domain"},
    "bandwidth": set[str](),
    "weights": {"errors"},
    "domain": {"domain"},
    "judging": {"judging", "domain"},
    "rulepacks": {"domain", "errors"},
    "settings": {"domain", "errors"},
    **{edge: {edge, *CORE} for edge in EDGES},
    "calibrating": {"judging", "engine", "models", *CORE},
    "placing": {"engine", "models", "settings", *CORE},
    "precision": {"precision", "judging", *CORE},
    "advising": {"precision", "judging", "engine", *CORE},
    "keeping": {"advising", "precision", "engine", *CORE},
    "pipeline": {"advising", "judging", "intake", "ledger", *CORE},
    "workers": {"pipeline", "ledger", *CORE},
    "choosing": {"placing", "settings", "engine", "models", *CORE},
    "governing": {"governor", "settings", "engine", "ledger", *CORE},
    "build": {
        "",
        "advising",
        "choosing",
        "governing",
        "keeping",
        "pipeline",
        "precision",
        "placing",
        "judging",
        "rulepacks",
        "settings",
        *EDGES,
        *CORE,
    },
    "holding": {"build", "governor"},
    "batch": {"build", "holding", "pipeline", "workers", "intake", *CORE},
    "inbox": {"intake", "ledger", *CORE},
    "service": {"build", "holding", "inbox", "intake", "notify", "pipeline", "settings", "workers", *CORE},
    "notify": set[str](),
    "distill": {"distill", "judging", "rulepacks", "intake", "engine", "models", *CORE},
}
RIM = {"cli", "commands"}
"""May import everything."""


def imports_of(path: Path) -> set[str]:
    """Second-level names of ``edge_app`` that a module imports; '' for the package itself."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "edge_app":
            parts = node.module.split(".")
            names |= {parts[1]} if len(parts) > 1 else {_owner(alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("edge_app.")}
    return names


def _owner(name: str) -> str:
    return name if (ROOT / name).exists() or (ROOT / f"{name}.py").exists() else ""


def unit_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def test_dependencies_point_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name or 'edge_app'}"
        for path in sorted(ROOT.rglob("*.py"))
        if (unit := unit_of(path)) not in RIM
        for name in imports_of(path)
        if name not in ALLOWED.get(unit, set())
    ]
    assert wrong == []


def test_every_unit_is_in_the_table() -> None:
    assert {unit_of(path) for path in ROOT.rglob("*.py")} - RIM - ALLOWED.keys() == set()


def test_only_the_ledger_and_its_queries_know_sqlite() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("import sqlite3", "pysqlite3", "sqlite_utils"))
    }
    assert {name.split("/")[0] for name in users} <= {"ledger"}


def test_only_the_engine_and_the_models_know_openvino_torch_and_the_hub() -> None:
    heavy = ("openvino", "openvino_genai", "torch", "transformers", "nncf", "huggingface_hub", "httpx2")
    users = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [module or ""]
            if any(name.split(".")[0] in heavy for name in names):
                users.add(unit_of(path))
    assert users <= {"engine", "models", "distill", "weights"}


def test_top_level_folders_are_fixed() -> None:
    folders = {each.name for each in ROOT.parent.iterdir() if each.is_dir() and not each.name.startswith((".", "_"))}
    generated = {name for name in folders if name in {"build", "dist"} or name.endswith(".egg-info")}
    assert folders - generated == {"edge_app", "rules", "tests", "systemd", "samples"}

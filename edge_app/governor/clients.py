"""How long our own processes kept the GPU busy: fdinfo of their descriptors of the render node.

Two descriptors of one client count the same time; a client is known by its device and number. Values may step back:
the larger stays. Source: drm-usage-stats.rst of the kernel.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_app.governor.look import Look

_PAIR: Final = re.compile(r"^drm-([a-z0-9-]+):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_NS: Final = re.compile(r"(\d{1,20}) ns")
_COUNT: Final = re.compile(r"\d{1,20}")

Client = tuple[str, str]
"""PCI address and client number."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One kind of engine as a client used it: ``busy`` in ns, or in cycles of which ``total`` passed meanwhile."""

    busy: int
    total: int | None = None
    capacity: int = 1


def client_of(text: str) -> tuple[Client, dict[str, Engine]] | None:
    """What one descriptor says; None when it is not a GPU's."""
    pairs = dict(_PAIR.findall(text))
    if "client-id" not in pairs:
        return None
    engines = {}
    for key, value in pairs.items():
        kind, _, name = key.partition("-")
        size = _number(pairs.get(f"engine-capacity-{name}", "")) or 1
        if kind == "engine" and (match := _NS.fullmatch(value)):
            engines[name] = Engine(int(match[1]), None, size)
        elif kind == "cycles" and (busy := _number(value)) is not None:
            engines[name] = Engine(busy, _number(pairs.get(f"total-cycles-{name}", "")) or 0, size)
    return (pairs.get("pdev", ""), pairs["client-id"]), engines


def _number(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None


@dataclass(slots=True)
class Clients:
    """What our clients used up to the last look."""

    at: float | None = None
    used: dict[tuple[Client, str], Engine] = field(default_factory=dict)

    def share(self, at: float, now: dict[Client, dict[str, Engine]]) -> float | None:
        """Share of the time since then in which the busiest kind of engine worked for us. None at the first look."""
        seconds = None if self.at is None else at - self.at
        flat = {(client, name): engine for client, engines in now.items() for name, engine in engines.items()}
        shares: dict[str, float] = defaultdict(float)
        for key, engine in flat.items():
            before = self.used.get(key)
            if before and before.busy > engine.busy:
                flat[key] = before
            elif before and seconds:
                shares[key[1]] += _share(before, engine, seconds)
        self.at, self.used = at, flat
        return min(1.0, max(shares.values(), default=0.0)) if seconds and seconds > 0 else None


def _share(before: Engine, now: Engine, seconds: float) -> float:
    if now.total is None:
        return (now.busy - before.busy) / (seconds * 1e9 * now.capacity)
    passed = now.total - (before.total or 0)
    return (now.busy - before.busy) / (passed * now.capacity) if passed > 0 else 0.0


def read_clients(look: Look, paths: Iterable[str]) -> dict[Client, dict[str, Engine]]:
    """By client; of two descriptors of one, the last counts. A descriptor that was closed is no failure."""
    found: dict[Client, dict[str, Engine]] = {}
    for path in paths:
        try:
            text = look.kernel.read_text(path)
        except OSError:
            continue
        if client := client_of(text):
            found[client[0]] = client[1]
    return found

"""Why it is slow now, in one sentence."""

from __future__ import annotations

from dataclasses import replace

from edge_app.domain.inference import Precision
from edge_app.domain.stance import Reading, Stance
from edge_app.governor.heat import THERMAL, temperature_of
from edge_app.governor.ports import Outcome


def explain(stance: Stance, reading: Reading, outcome: str = "") -> str:
    """One sentence for the operator: what is held back, and for which measured cause.

    ``outcome``: of the last write to the clock, as told; empty: none was tried.
    """
    is_turned = outcome.partition(":")[0] in {"", Outcome.APPLIED}
    held = ", ".join(_held(stance if is_turned else replace(stance, cap_mhz=None)))
    why = ", ".join([stance.reason.partition(":")[2].strip() or stance.reason, *_causes(reading)])
    if not is_turned:
        why += f", the GPU's clock could not be turned ({outcome})"
    return f"{held or 'Nothing is held back'} ({_heat(reading)}): {why}."


def _held(stance: Stance) -> list[str]:
    held = []
    if stance.is_paused:
        held.append("No new request is admitted")
    if stance.cap_mhz is not None:
        held.append(f"the GPU's clock is capped at {stance.cap_mhz} MHz")
    if stance.duty < 1:
        held.append(f"the engine works {stance.duty:.0%} of the time")
    if stance.ceiling is not Precision.FP16:
        held.append(f"precision goes no higher than {stance.ceiling.upper()}")
        held.append(f"at most {stance.concurrency} requests run at a time")
    return [each[0].upper() + each[1:] if number == 0 else each for number, each in enumerate(held)]


def _heat(reading: Reading) -> str:
    celsius = temperature_of(reading)
    if celsius is None:
        return "temperature not measured"
    limit = f" of {reading.limit_c:.0f}" if reading.limit_c is not None else ""
    return f"{celsius:.0f}{limit} °C"


def _causes(reading: Reading) -> list[str]:
    """What the hardware itself holds back, and what could not be read."""
    causes = []
    if heat := sorted(reading.reasons & THERMAL):
        causes.append(f"the firmware throttles for heat ({', '.join(heat)})")
    if power := sorted(reading.reasons - THERMAL):
        causes.append(f"the firmware holds its power limit ({', '.join(power)})")
    if reading.failures:
        causes.append(f"not read: {'; '.join(reading.failures)}")
    return causes

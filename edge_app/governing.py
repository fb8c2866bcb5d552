"""The governor of a running program: settings in, a loop that is wired to engine, ledger and machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import structlog

from edge_app.clock import Clock
from edge_app.domain.inference import Precision
from edge_app.engine.pool import Pool
from edge_app.governor.actuator import GpuClock
from edge_app.governor.loop import Governor, Told
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Actuator, Applied, Limits, Outcome
from edge_app.governor.restore import Restored, restore
from edge_app.governor.sensors import MachineSensors
from edge_app.governor.sysfs import KernelFiles, SysFs
from edge_app.ledger.store import Ledger
from edge_app.settings import Settings

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NeverWritten:
    """An Actuator for a plant that does not want its GPU's clock turned. What an earlier run left is restored."""

    clock: Actuator

    def limits(self) -> Limits | None:
        """See ``Actuator``."""
        limits = self.clock.limits()
        return replace(limits, is_writable=False) if limits else None

    def apply(self, cap_mhz: int | None) -> Applied:  # noqa: ARG002  signature of Actuator
        """See ``Actuator``."""
        return Applied(Outcome.REFUSED, "governor.write is off")

    def let_go(self) -> Applied:
        """See ``Actuator``."""
        return self.clock.let_go()

    def restore(self) -> Applied:
        """See ``Actuator``."""
        return self.clock.restore()


def give_back(settings: Settings, kernel: SysFs | None = None) -> None:
    """Undo what a killed run left capped: without a service manager nobody else has, be there a governor or not."""
    preferred = bool(settings.governor.cpu_preference)
    given = restore(kernel or KernelFiles(), settings.state, with_preferences=preferred)
    if given != Restored(()):
        _log.info("governor.given_back", said=given.said, failed=[str(error) for error in given.errors])


def is_wanted(settings: Settings, pool: Pool) -> bool:
    """Whether there is something to keep cool: a model on a GPU, unless the settings say otherwise."""
    on_gpu = any(engine.info.device.startswith("GPU") for engine in pool.engines)
    return settings.governor.enabled == "on" or (settings.governor.enabled == "auto" and on_gpu)


def policy_of(settings: Settings, concurrency: int | None = None) -> Policy:
    """The plant's choices as the law reads them."""
    chosen = settings.governor
    return Policy(
        margin_c=chosen.margin_c,
        band_c=chosen.band_c,
        critical_c=chosen.critical_c,
        floor_share=chosen.floor_share,
        economy_share=chosen.economy_share,
        ceiling=Precision.FP16,
        concurrency=concurrency or settings.model.max_in_flight,
    )


def governor_of(settings: Settings, pool: Pool, ledger: Ledger, clock: Clock, kernel: SysFs | None = None) -> Governor:
    """Not yet running: enter it. It tells the engines first, then the ledger."""
    kernel = kernel or KernelFiles()
    concurrency = max(spec.max_in_flight for spec in pool.specs.values())
    turned: Actuator = GpuClock(kernel, settings.state, settings.governor.cpu_preference)
    governor = Governor(
        policy_of(settings, concurrency),
        MachineSensors(kernel, lambda: _processes(pool)),
        turned if settings.governor.write else NeverWritten(turned),
        clock.boottime,
        lambda: max(0, ledger.pending() - concurrency),
        settings.governor.tick_s,
    )
    governor.listen(lambda told: pool.heed(told.stance), may_block=True)
    governor.listen(_recorded(ledger), may_block=True)
    return governor


def _recorded(ledger: Ledger) -> Callable[[Told], None]:
    def keep(told: Told) -> None:
        stance = told.stance
        _log.info(
            "governor.stance",
            reason=stance.reason,
            cap_mhz=stance.cap_mhz,
            duty=stance.duty,
            paused=stance.is_paused,
            temperature_c=told.reading.package_c,
        )
        ledger.record_stance(stance, told.reading, told.outcome)

    return keep


def _processes(pool: Pool) -> Iterator[str]:
    """Whose use of the GPU is ours: each engine's own process."""
    yield "self"
    yield from (str(engine.pid) for engine in pool.engines if engine.pid is not None)

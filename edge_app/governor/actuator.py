"""Holds the GPU's clock under a cap, and remembers what it was before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import structlog

from edge_app.governor.cards import Bounds, Card, Gt, find_card, read_bounds, read_mhz, read_range
from edge_app.governor.originals import Originals, boot_id, discard, load, save
from edge_app.governor.ports import Applied, Limits, Outcome
from edge_app.governor.preference import put_preferences, read_preferences
from edge_app.governor.restore import original_bounds, restore
from edge_app.governor.sysfs import SysFs
from edge_app.governor.writing import DONE, failed, is_final, patient, put, worst

_log = structlog.get_logger()


def _refusal(call: Callable[[], None]) -> str:
    """Why it failed; empty when it did not."""
    try:
        call()
    except OSError as error:
        return str(error)
    return ""


@dataclass
class GpuClock:
    """See ``Actuator``. Every GT is capped, each inside its own range: they share the package's heat.

    What is written is a multiple of 50 MHz or what was found; never above what was found.
    """

    kernel: SysFs
    state: Path
    """Folder of the originals."""
    preference: str = ""
    """Written as the CPU's energy preference while a cap holds; empty: left alone."""
    sleep: Callable[[float], None] = time.sleep
    _kept: Originals | None = None
    """As they lie on disk; None while the GPU is as it was found."""
    _written: Mapping[str, Bounds] = field(default_factory=dict)
    _was_there: bool = False
    _is_writable: bool = True
    _is_over: bool = False
    _is_aside_noted: bool = False

    def limits(self) -> Limits | None:
        """See ``Actuator``."""
        card = self._find()
        if card is None:
            return None
        first = card.gts[0]
        try:
            fused = patient(partial(read_range, self.kernel, first), self.sleep)
            own = self._recalled(card)[0].bounds[first.name].max
        except OSError as error:
            self._note([error])
            return None
        self._is_writable = self._is_writable or self._may_write(first)
        return Limits(fused.lowest, fused.highest, fused.efficient, own, self._is_writable)

    def apply(self, cap_mhz: int | None) -> Applied:
        """See ``Actuator``."""
        if self._is_over:
            return Applied(Outcome.REFUSED, "the GPU was given back")
        card = self._find()
        if card is None:
            return Applied(Outcome.LOST if self._was_there else Outcome.ABSENT, "no GPU whose clock can be turned")
        try:
            return self._apply(card, cap_mhz)
        except OSError as error:
            return self._note([error])

    def let_go(self) -> Applied:
        """See ``Actuator``."""
        card = self._find()
        if self._is_over or card is None or self._kept is None or not self._kept.belong_to(card):
            return DONE
        try:
            self._kept = replace(self._kept, bounds={gt.name: self._left(gt, self._kept) for gt in card.gts})
            save(self._kept, self.state)
        except OSError as error:
            return self._note([error])
        return self.apply(None)

    def restore(self) -> Applied:
        """See ``Actuator``."""
        self._is_over = True
        return self._note(list(restore(self.kernel, self.state, self.sleep, self._kept, with_preferences=True).errors))

    def _apply(self, card: Card, cap: int | None) -> Applied:
        found, is_kept = self._recalled(card)
        wanted = {gt: self._wanted(gt, found.bounds[gt.name], cap) for gt in card.gts}
        is_capped = any(bounds != found.bounds[gt.name] for gt, bounds in wanted.items())
        if not is_capped and not is_kept:
            return DONE
        if not is_kept and (cause := _refusal(partial(save, found, self.state))):
            return Applied(Outcome.REFUSED, f"not capped: the originals cannot be kept: {cause}")
        self._kept = found
        errors = [error for gt, bounds in wanted.items() for error in put(self.kernel, gt, bounds, self.sleep)]
        self._written = {} if errors else {gt.name: bounds for gt, bounds in wanted.items()}
        aside = put_preferences(self.kernel, self._preferences(found, is_capped=is_capped))
        self._note_aside(aside)
        if not (is_capped or errors or aside or _refusal(partial(discard, self.state))):
            self._kept = None
        return self._note(errors)

    def _left(self, gt: Gt, kept: Originals) -> Bounds:
        """What is original now that somebody else has set a part of it."""
        now = patient(partial(read_bounds, self.kernel, gt), self.sleep)
        return kept.bounds.get(gt.name, now).left(self._written.get(gt.name, now), now)

    def _wanted(self, gt: Gt, found: Bounds, cap: int | None) -> Bounds:
        if cap is None:
            return found
        return found.under(patient(partial(read_range, self.kernel, gt), self.sleep).nearest(cap))

    def _preferences(self, found: Originals, *, is_capped: bool) -> Mapping[str, str]:
        return dict.fromkeys(found.preferences, self.preference) if is_capped and self.preference else found.preferences

    def _recalled(self, card: Card) -> tuple[Originals, bool]:
        """What was set before us, and whether that lies on disk: then it, and not what stands now, is the truth."""
        if self._kept and self._kept.belong_to(card) and all(gt.name in self._kept.bounds for gt in card.gts):
            return self._kept, True
        boot = boot_id(self.kernel)
        try:
            kept = load(self.state)
        except ValueError:  # something was changed, nobody knows from what
            kept = Originals(boot, card.driver, card.device, {})
        is_kept = kept is not None and not kept.outlived(boot) and kept.belong_to(card)
        read = partial(original_bounds, kept=kept) if kept and is_kept else read_bounds
        bounds = {gt.name: patient(partial(read, self.kernel, gt), self.sleep) for gt in card.gts}
        preferences = kept.preferences if kept and is_kept else read_preferences(self.kernel) if self.preference else {}
        return Originals(boot, card.driver, card.device, bounds, preferences), is_kept

    def _find(self) -> Card | None:
        """Looked for anew each time: after a reload it may come back under another number."""
        card = find_card(self.kernel)
        if card is None or not card.gts:
            return None
        self._was_there = True
        return card

    def _may_write(self, gt: Gt) -> bool:
        """Whether a permission has come, as after a driver's return: what stands is written once more."""
        path = gt.path(gt.layout.max)
        try:
            self.kernel.write_text(path, str(read_mhz(self.kernel, path)))
        except OSError as error:
            return not is_final(error)
        return True

    def _note_aside(self, errors: list[OSError]) -> None:
        """A processor that refuses undoes no cap: it is logged, once."""
        if errors and not self._is_aside_noted:
            _log.warning("governor.preference_refused", causes=[str(error) for error in errors])
        self._is_aside_noted = self._is_aside_noted or bool(errors)

    def _note(self, errors: list[OSError]) -> Applied:
        self._is_writable = not any(is_final(error) for error in errors) and (self._is_writable or not errors)
        return worst([failed(error) for error in errors])

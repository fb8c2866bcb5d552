"""Moves the bounds of one GT's clock: the order that drivers accept, their refusals, and whether it holds."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from edge_app.governor.cards import TOLERANCE_MHZ, Bounds, Gt, read_bounds, read_range
from edge_app.governor.ports import Applied, Outcome
from edge_app.governor.sysfs import SysFs

T = TypeVar("T")

_PATIENCE: Final = (0.1, 0.1, 0.1)
"""Seconds between attempts while a GT is reset (EAGAIN)."""
_KINDS: Final = {
    errno.EAGAIN: Outcome.BUSY,
    **dict.fromkeys((errno.EIO, errno.ECANCELED, errno.ENODEV, errno.ENOENT, errno.ENXIO), Outcome.LOST),
}
_CAUSES: Final = {
    errno.EROFS: "the unit has ProtectKernelTunables=yes without a ReadWritePaths= for the GPU's folder",
    errno.EACCES: "the file's group is not the service's: ExecStartPre= with edge_app.governor.grant has not run, "
    "or the driver made the file anew (systemctl start edge-app-grant)",
    errno.EPERM: "the kernel does not allow it, as under lockdown: no unit setting helps",
}
"""Refusals for good, and what causes them."""
_ORDER: Final = (Outcome.APPLIED, Outcome.ABSENT, Outcome.BUSY, Outcome.REFUSED, Outcome.LOST)
DONE: Final = Applied(Outcome.APPLIED)


def failed(error: OSError) -> Applied:
    """What a refusal of the kernel means."""
    cause = _CAUSES.get(error.errno or 0)
    kind = _KINDS.get(error.errno or 0, Outcome.REFUSED)
    return Applied(kind, f"{error.filename or ''}: {error.strerror}" + (f": {cause}" if cause else ""))


def is_final(error: OSError) -> bool:
    """Whether trying again is pointless until somebody changes a permission."""
    return error.errno in _CAUSES


def worst(results: list[Applied]) -> Applied:
    """The one to act on; what all say is told."""
    if not results:
        return DONE
    kind = max((each.outcome for each in results), key=_ORDER.index)
    return Applied(kind, "; ".join(dict.fromkeys(each.detail for each in results if each.detail)))


def plan(gt: Gt, now: Bounds, wanted: Bounds) -> list[tuple[str, int]]:
    """What to write, in order: min never stands above max on the way, and what stands already is left alone.

    i915 refuses a max below min; xe takes it and then does not cap at all.
    """
    low, *high = _pairs(gt, now, wanted)
    steps = [low, *high] if wanted.min < now.min else [*high, low]
    return [(path, mhz) for path, before, mhz in steps if mhz != before]


def put(kernel: SysFs, gt: Gt, wanted: Bounds, sleep: Callable[[float], None]) -> list[OSError]:
    """Write ``wanted``, inside the fused range, and read it back. Returns what failed; one failure stops no other."""
    errors = _put_once(kernel, gt, wanted, sleep)
    if any(error.errno == errno.EINVAL for error in errors):  # the range or min has moved under us
        errors = _put_once(kernel, gt, wanted, sleep)
    return errors


def _put_once(kernel: SysFs, gt: Gt, wanted: Bounds, sleep: Callable[[float], None]) -> list[OSError]:
    errors: list[OSError] = []
    try:
        safe = wanted.inside(patient(partial(read_range, kernel, gt), sleep))
        for path, mhz in plan(gt, patient(partial(read_bounds, kernel, gt), sleep), safe):
            errors += _write(kernel, path, mhz, sleep)
        return errors or _deviations(gt, patient(partial(read_bounds, kernel, gt), sleep), safe)
    except OSError as error:
        return [*errors, error]


def _write(kernel: SysFs, path: str, mhz: int, sleep: Callable[[float], None]) -> list[OSError]:
    try:
        patient(partial(kernel.write_text, path, str(mhz)), sleep)
    except OSError as error:
        return [OSError(error.errno, error.strerror, path)]
    return []


def _deviations(gt: Gt, now: Bounds, wanted: Bounds) -> list[OSError]:
    return [
        OSError(errno.EBUSY, f"reads back {seen} MHz after {mhz} was written", path)
        for path, seen, mhz in _pairs(gt, now, wanted)
        if abs(seen - mhz) > TOLERANCE_MHZ
    ]


def _pairs(gt: Gt, now: Bounds, wanted: Bounds) -> list[tuple[str, int, int]]:
    """Path, what it holds, what it shall hold: min, max, boost."""
    pairs = [(gt.layout.min, now.min, wanted.min), (gt.layout.max, now.max, wanted.max)]
    if now.boost is not None and wanted.boost is not None:
        pairs.append((gt.layout.boost, now.boost, wanted.boost))
    return [(gt.path(name), seen, mhz) for name, seen, mhz in pairs]


def patient(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Try again while the GPU is in the middle of a reset. Raises the last OSError."""
    for pause in _PATIENCE:
        try:
            return call()
        except BlockingIOError:
            sleep(pause)
    return call()

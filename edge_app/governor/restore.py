"""Gives the GPU back as it was found: at a stop, and by ``ExecStopPost=`` after a crash or kill -9.

Run as root: ``python -I -m edge_app.governor.restore --state DIR``. Exit code 1: something is not as it was.
"""

from __future__ import annotations

import argparse
import errno
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge_app.governor.cards import Bounds, Card, Gt, default_bounds, find_card, read_range
from edge_app.governor.originals import Originals, boot_id, discard, load
from edge_app.governor.preference import put_preferences
from edge_app.governor.sysfs import KernelFiles, SysFs
from edge_app.governor.writing import patient, put


@dataclass(frozen=True, slots=True)
class Restored:
    """``said``: one line for each GT, none when nothing had been changed; ``errors``: what is not as it was."""

    said: tuple[str, ...]
    errors: tuple[OSError, ...] = ()


def restore(
    kernel: SysFs,
    state: Path,
    sleep: Callable[[float], None] = time.sleep,
    kept: Originals | None = None,
    *,
    with_preferences: bool = False,
) -> Restored:
    """Write the originals back, one failure stopping no other, and drop their file when all are. Never raises OSError.

    ``kept``: as the caller remembers them; else as they lie on disk. A damaged file means that something was changed:
    then the driver's defaults are written. ``with_preferences``: the CPU's too; the file is the service's, so that root
    takes them from it only where the plant wants them turned.
    """
    card, boot = find_card(kernel), boot_id(kernel)
    try:
        kept = kept or load(state)
    except ValueError:
        kept = Originals(boot, card.driver if card else "", card.device if card else "", {})
    if kept is None:
        return Restored(())
    if kept.outlived(boot) or (card and not kept.belong_to(card)):
        return _finish(Restored(("kernel or driver was started anew: nothing is left to give back",)), state)
    if card is None or not card.gts:
        return Restored((), (OSError(errno.ENODEV, "the GPU is not there"),))
    done = _give_back(kernel, card, kept, sleep)
    return _finish(
        Restored(done.said, (*done.errors, *_put_preferences(kernel, kept, allowed=with_preferences))), state
    )


def original_bounds(kernel: SysFs, gt: Gt, kept: Originals) -> Bounds:
    """As kept, where that is possible at all, else the driver's defaults. Raises OSError."""
    fused = read_range(kernel, gt)
    found = kept.bounds.get(gt.name)
    if found is None or not found.are_in(fused) or (found.boost is None) != (not gt.layout.boost):
        return default_bounds(kernel, gt, fused)
    return found


def _give_back(kernel: SysFs, card: Card, kept: Originals, sleep: Callable[[float], None]) -> Restored:
    said: list[str] = []
    errors: list[OSError] = []
    for gt in card.gts:
        try:
            wanted = patient(partial(original_bounds, kernel, gt, kept), sleep)
        except OSError as error:
            errors.append(error)
            continue
        failures = put(kernel, gt, wanted, sleep)
        errors += failures
        if not failures:
            said.append(f"{card.name} {gt.name}: min {wanted.min}, max {wanted.max}, boost {wanted.boost or '-'} MHz")
    return Restored(tuple(said), tuple(errors))


def _put_preferences(kernel: SysFs, kept: Originals, *, allowed: bool) -> list[OSError]:
    if kept.preferences and not allowed:
        return [OSError(errno.EPERM, "the CPU's energy preference is given back with --cpu-preference only")]
    return put_preferences(kernel, kept.preferences)


def _finish(done: Restored, state: Path) -> Restored:
    if done.errors:
        return done
    try:
        discard(state)
    except OSError as error:
        return Restored(done.said, (error,))
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    """The program: says what it did, one line for each GT."""
    parser = argparse.ArgumentParser(prog="restore", description="Gives the GPU's clock back as it was found.")
    parser.add_argument("--state", type=Path, required=True, help="the service's state folder")
    parser.add_argument("--root", type=Path, default=Path("/"), help="where /sys and /proc lie")
    parser.add_argument("--cpu-preference", action="store_true", help="also the CPU's energy preference")
    options = parser.parse_args(arguments)
    done = restore(KernelFiles(options.root), options.state, with_preferences=options.cpu_preference)
    said = done.said or (() if done.errors else ("nothing was changed",))
    sys.stdout.writelines(f"{line}\n" for line in said)
    sys.stderr.writelines(f"not given back: {error.filename or ''}: {error.strerror}\n" for error in done.errors)
    return 1 if done.errors else 0


if __name__ == "__main__":
    sys.exit(main())

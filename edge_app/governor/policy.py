"""What the law goes by. Temperatures in °C, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_app.domain.inference import Precision

HOT_LOOKS: Final = 2
"""Looks in a row at which it is hot before a step down: one may be a spike."""
VERY_HOT_C: Final = 5.0
"""This far above hot the clock falls by two steps."""
CRITICAL_LOOKS: Final = 3
LOST_LOOKS: Final = 3
"""Looks in a row without a temperature before it counts as lost."""
BLIND_PAUSE_S: Final = 300.0
"""Paused without a temperature for this long: work goes on at the floor with the least duty, or it never would."""
LEAST_LIMIT_C: Final = 60.0
MOST_C: Final = 130.0
"""No package has a limit below the one, no sensor that works reads above the other."""
DWELL_S: Final = 10.0
"""The package answers to a new clock only after seconds: no second step before."""
COOL_S: Final = 30.0
"""Cool for this long before a step up."""
CLEAR_S: Final = 60.0
"""No thermal reason for this long before a step up."""
RESUME_S: Final = 60.0
"""Cool for this long before requests are admitted again."""
TAKEN_BACK_S: Final = 300.0
"""A step up that had to be taken back within this time was one too many ..."""
LATCH_S: Final = 300.0
"""... and is not tried again for this long, twice as long each further time ..."""
LONGEST_LATCH_S: Final = 2400.0
COOLER_C: Final = 3.0
"""... unless the package is cooler by this than it was when it was tried."""
MOST_CHANGES: Final = 6
"""Of the cap in any minute."""
MOST_CHANGES_UP: Final = 3
"""Once so many changes were made in a minute the clock does not rise: the others are kept for the way down."""
DEMAND: Final = 0.2
"""A GPU less busy than this needs no higher clock."""
GAP_S: Final = 30.0
"""Looks further apart than this: the machine slept."""
FOREIGN_LOOKS: Final = 2
"""Looks in a row at which the cap reads back as another one: someone else sets the clock."""
FAILED_WRITES: Final = 3
"""In a row: the cap does not stand, and pauses between steps take over until a write works ..."""
FORGIVEN_S: Final = 600.0
"""... or none was tried for this long, as it was cool."""
HANDS_OFF_S: Final = 600.0
LEAST_DUTY: Final = 0.1
SAFE_DUTY: Final = 0.7
"""Without a temperature and without a cap."""
STRAINED_S: Final = 180.0
"""At the floor for this long: less precision and fewer requests at a time. Either reloads or refills something."""
EASED_S: Final = 600.0
"""Off the floor for this long: one level back."""
QUEUE_S: Final = 5.0
"""Reports wait for this long: the clock may rise to what the temperature allows."""
QUIET_S: Final = 120.0
"""Nothing waited for this long: the economical clock does."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the plant may choose."""

    margin_c: float = 12.0
    """Hot begins this far below the package's limit."""
    band_c: float = 8.0
    """Cool begins this far below hot."""
    critical_c: float = 4.0
    """This far below the limit no request is admitted."""
    assumed_limit_c: float = 95.0
    """Of a package that does not tell its own, as AMD's do not."""
    floor_share: float = 0.5
    """The lowest cap, of the GPU's highest clock."""
    safe_share: float = 0.7
    """The cap without a temperature."""
    economy_share: float = 0.65
    """The cap while nothing waits. 1: no such cap."""
    ceiling: Precision = Precision.FP16
    concurrency: int = 16
    """Requests in flight on a cool machine."""

"""``edge-app`` on a mounted machine: ``python -m tests.governor.service ROOT run --config FILE``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from unittest.mock import patch

if __name__ == "__main__":  # an engine's process imports this file too
    from edge_app.cli import main
    from edge_app.governor.sysfs import KernelFiles

    with patch("edge_app.governing.KernelFiles", partial(KernelFiles, Path(sys.argv.pop(1)))):
        main()

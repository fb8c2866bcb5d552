"""The mounted model, met by real processes through the real kernel."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.governor.mounted import happen

MAX = "sys/class/drm/card1/gt/gt0/rps_max_freq_mhz"
ENERGY = "sys/class/powercap/intel-rapl:0/energy_uj"
GROUP = 990
NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


def shell(root: Path, line: str, *before: str) -> str:
    """What a shell in the mount says."""
    done = subprocess.run([*before, "sh", "-c", line], cwd=root, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def service(*groups: int) -> tuple[str, ...]:
    """Another user, with these groups."""
    listed = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", *listed)


def test_a_shell_meets_the_driver(mount: Path) -> None:
    assert shell(mount, f"echo 1200 > {MAX} && cat {MAX}") == "1200"
    assert "Invalid argument" in shell(mount, f"/bin/echo 5000 > {MAX}")
    assert shell(mount, f"cat {MAX}") == "1200"


def test_no_file_is_made_moved_or_removed(mount: Path) -> None:
    with pytest.raises(PermissionError):
        (mount / "sys/class/drm/card1/new").touch()
    with pytest.raises(PermissionError):
        (mount / MAX).rename(mount / f"{MAX}.old")
    with pytest.raises(PermissionError):
        (mount / MAX).unlink()


def test_root_too_cannot_write_what_has_no_store(mount: Path) -> None:
    with pytest.raises(PermissionError):
        os.open(mount / "sys/class/drm/card1/gt/gt0/rps_act_freq_mhz", os.O_WRONLY)


@as_root
def test_a_group_is_let_in_by_the_kernels_own_check(mount: Path) -> None:
    assert "Permission denied" in shell(mount, f"cat {ENERGY}", *service(GROUP))
    assert "Permission denied" in shell(mount, f"echo 900 > {MAX}", *service(GROUP))
    for name, mode in ((ENERGY, 0o440), (MAX, 0o664)):
        os.chown(mount / name, -1, GROUP)
        (mount / name).chmod(mode)
    assert stat.S_IMODE((mount / MAX).stat().st_mode) == 0o664
    assert shell(mount, f"cat {ENERGY}", *service(GROUP)).isdecimal()
    assert shell(mount, f"echo 900 > {MAX} && cat {MAX}", *service(GROUP)) == "900"
    assert "Permission denied" in shell(mount, f"cat {ENERGY}", *service())


def test_things_happen_to_the_machine(mount: Path) -> None:
    happen(mount, "foreign max_mhz=700")
    assert (mount / MAX).read_text() == "700\n"
    happen(mount, "read_only 1")
    with pytest.raises(OSError, match="Read-only file system"):
        os.open(mount / MAX, os.O_WRONLY)
    happen(mount, "read_only 0")
    happen(mount, "fault 61 *temp1_input")
    with pytest.raises(OSError, match="No data available"):
        (mount / "sys/class/hwmon/hwmon4/temp1_input").read_text()
    happen(mount, "heal")
    happen(mount, "gpu is_dead 1")
    handle = os.open(mount / MAX, os.O_WRONLY)
    with pytest.raises(OSError, match="Input/output error"):
        os.write(handle, b"900")
    os.close(handle)
    happen(mount, "unbind")
    assert not (mount / MAX).exists()
    happen(mount, "bind")
    assert (mount / MAX).read_text() == "1400\n"
    with pytest.raises(OSError, match="Invalid argument"):
        happen(mount, "explode")


def test_energy_is_counted_while_it_works(mount: Path) -> None:
    before = int((mount / ENERGY).read_text())
    happen(mount, "demand 1.0")
    while (now := int((mount / ENERGY).read_text())) == before:
        pass
    assert now > before

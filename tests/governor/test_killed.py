"""kill -9 in the middle of a capped run: a real process, a real file system, the helpers as systemd runs them.

As root the service runs as another user, whom only the grant lets write.
"""

from __future__ import annotations

import grp
import os
import pwd
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_app.governor.fake import Profile
from edge_app.governor.originals import NAME
from tests.governor.machines import DRIVEN, Machine, on_disk
from tests.governor.mounted import mounted

SOURCE = Path(__file__).resolve().parents[2]
SERVICE = """
import grp, os, pwd, sys, time
from pathlib import Path
from edge_app.governor.actuator import GpuClock
from edge_app.governor.sysfs import KernelFiles
if os.geteuid() == 0:  # what is imported may lie where another user cannot reach
    os.setgroups([])
    os.setgid(grp.getgrnam(sys.argv[5]).gr_gid)
    os.setuid(pwd.getpwnam(sys.argv[4]).pw_uid)
clock = GpuClock(KernelFiles(Path(sys.argv[1])), Path(sys.argv[2]))
print(clock.apply(int(sys.argv[3])), flush=True)
time.sleep(60)
"""
APPLIED = "Applied(outcome=<Outcome.APPLIED: 'applied'>, detail='')\n"
IS_ROOT = os.geteuid() == 0
USER, GROUP = ("nobody", "daemon") if IS_ROOT else ("", grp.getgrgid(os.getgid()).gr_name)


@pytest.fixture(params=DRIVEN)
def machine(request: pytest.FixtureRequest, places: tuple[Path, Path]) -> Iterator[Machine]:
    with mounted(Profile(request.param), places[0]) as folder:
        yield on_disk(Profile(request.param), folder)


@pytest.fixture
def places() -> Iterator[tuple[Path, Path]]:
    """Mount point and state folder, where another user can reach them."""
    with tempfile.TemporaryDirectory() as folder:
        root, state = Path(folder) / "root", Path(folder) / "state"
        root.mkdir()
        state.mkdir()
        if IS_ROOT:
            Path(folder).chmod(0o755)
            os.chown(state, pwd.getpwnam(USER).pw_uid, grp.getgrnam(GROUP).gr_gid)
        yield root, state


def helper(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """As the unit's ``+`` lines: with full privileges."""
    command = [sys.executable, "-m", f"edge_app.governor.{name}", *map(str, arguments)]
    return subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)


def start(root: Path, state: Path, cap: int) -> tuple[subprocess.Popen[str], str]:
    """The service, without privileges, and what it says of its first cap."""
    command = [sys.executable, "-c", SERVICE, str(root), str(state), str(cap), USER, GROUP]
    process = subprocess.Popen(command, cwd=SOURCE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 20)
    return process, process.stdout.readline() if ready else ""


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()


def test_the_helper_gives_back_what_a_killed_service_left(machine: Machine, places: tuple[Path, Path]) -> None:
    root, state = places
    machine.happen("foreign min_mhz=500 max_mhz=1200 boost_mhz=1250")
    found = machine.bounds()
    if IS_ROOT:
        process, said = start(root, state, 800)
        kill(process)
        assert "edge_app.governor.grant has not run" in said
        assert machine.bounds() == found
    granted = helper("grant", "--group", GROUP, "--root", root)
    assert granted.returncode == 0

    process, said = start(root, state, 450)
    assert said == APPLIED
    capped = machine.bounds()
    assert {bounds.max for bounds in capped.values()} == {450}
    kill(process)
    assert machine.bounds() == capped
    assert (state / NAME).exists()

    restored = helper("restore", "--state", state, "--root", root)
    assert restored.returncode == 0
    assert machine.bounds() == found
    assert list(state.iterdir()) == []


def test_a_service_that_starts_again_knows_the_originals(machine: Machine, places: tuple[Path, Path]) -> None:
    root, state = places
    found = machine.bounds()
    helper("grant", "--group", GROUP, "--root", root)
    for cap in (700, 600):  # nobody gives back in between
        process, said = start(root, state, cap)
        assert said == APPLIED
        kill(process)
    assert helper("restore", "--state", state, "--root", root).returncode == 0
    assert machine.bounds() == found


def test_the_helper_tells_what_it_could_not_give_back(machine: Machine, places: tuple[Path, Path]) -> None:
    root, state = places
    found = machine.bounds()
    helper("grant", "--group", GROUP, "--root", root)
    process, _ = start(root, state, 700)
    kill(process)
    machine.happen("fault 5 *max_freq*")
    failed = helper("restore", "--state", state, "--root", root)
    assert failed.returncode == 1
    assert "not given back: " in failed.stderr
    assert "max_freq" in failed.stderr
    machine.happen("heal")
    assert helper("restore", "--state", state, "--root", root).returncode == 0
    assert machine.bounds() == found


def test_the_whole_service_is_killed_while_heat_holds_its_clock_down(
    places: tuple[Path, Path], tmp_path: Path, tiny_ir: Callable[[str], dict[str, bytes]]
) -> None:
    root, state = places
    for name in ("model", "reports"):
        (tmp_path / name).mkdir()
    for name, content in tiny_ir("fp16").items():
        (tmp_path / "model" / name).write_bytes(content)
    config = tmp_path / "edge-app.toml"
    config.write_text(
        f'state = "{state}"\n[[source]]\nname = "line"\nfolder = "{tmp_path}/reports"\n'
        '[model]\nname = "model"\ndevice = "CPU"\n[governor]\nenabled = "on"\n'
    )
    pull = [sys.executable, "-m", "edge_app", "model", "pull", str(tmp_path / "model"), "--state", str(state)]
    subprocess.run(pull, cwd=SOURCE, check=True, capture_output=True)
    with mounted(Profile.I915_SLPC, root, ambient_c=85) as folder:
        machine = on_disk(Profile.I915_SLPC, folder)
        machine.happen("demand 1")
        found = machine.bounds()
        run = [sys.executable, "-m", "tests.governor.service", str(root), "run", "--config", str(config)]
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(run, cwd=SOURCE, stdout=log, stderr=log)
        until = time.monotonic() + 120
        while machine.bounds() == found and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        capped = machine.bounds()
        process.kill()
        assert process.wait(10) == -signal.SIGKILL, (tmp_path / "log").read_text()
        assert capped["gt0"].max < found["gt0"].max, (tmp_path / "log").read_text()
        restored = helper("restore", "--state", state, "--root", root)
        assert (restored.returncode, machine.bounds()) == (0, found)

"""The units keep what the program depends on."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.governor.cards import find_card
from edge_app.governor.fake import FakeKernel, Profile

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "systemd"
UNIT = FOLDER / "edge-app.service"
GRANT = FOLDER / "edge-app-grant.service"
EXPOSURE = {UNIT: 6, GRANT: 12}
"""At most, in tenths, of what systemd-analyze counts. Only more walls make it less."""


def values(name: str, unit: Path = UNIT) -> list[str]:
    """Of each line with this setting, in order."""
    lines = (line.partition("=") for line in unit.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [value for key, _, value in lines if key == name]


def value(name: str, unit: Path = UNIT) -> str:
    """Of a setting that is there once; empty when it is not."""
    found = values(name, unit)
    assert len(found) < 2
    return found[0] if found else ""


def test_memory_can_be_read_under_the_unit() -> None:
    assert value("ProcSubset") in {"", "all"}


def test_a_first_compilation_is_waited_for() -> None:
    assert value("Type") == "notify"
    assert int(value("TimeoutStartSec")) >= 600


def test_models_can_be_compiled_and_the_gpu_is_seen() -> None:
    assert values("MemoryDenyWriteExecute") + values("PrivateDevices") == []
    assert "render" in value("SupplementaryGroups").split()
    assert {"char-drm rw", "char-accel rw"} <= set(values("DeviceAllow"))


@pytest.mark.parametrize("profile", [Profile.I915_MTL, Profile.XE_LNL])
def test_the_bounds_of_the_integrated_gpu_are_writable_in_a_read_only_sys(profile: Profile) -> None:
    card = find_card(FakeKernel(profile, lambda: 0.0))
    assert card is not None
    assert value("ProtectKernelTunables") == "yes"
    assert values("ReadWritePaths") == [f"-/{card.device}"]  # - : a PC without one starts too


def test_the_grant_never_stops_a_start_and_the_restore_always_runs() -> None:
    assert value("ExecStartPre").startswith("-+/")
    assert value("ExecStopPost").startswith("+/")


def test_root_runs_nothing_that_the_service_could_have_placed() -> None:
    for command in (value("ExecStartPre"), value("ExecStopPost"), value("ExecStart", GRANT)):
        assert re.match(r"[-+]*/opt/edge-app/bin/python -I -m edge_app\.governor\.(grant|restore) ", command)
    assert values("EnvironmentFile") + values("Environment") == []


def test_what_was_saved_is_looked_for_where_it_is_saved() -> None:
    assert value("ExecStopPost").endswith(f"--state %S/{value('StateDirectory')}")
    assert f'state = "/var/lib/{value("StateDirectory")}"' in (FOLDER / "edge-app.toml").read_text(encoding="utf-8")


def test_the_grant_goes_to_the_services_group() -> None:
    for command in (value("ExecStartPre"), value("ExecStart", GRANT)):
        assert command.endswith(f"--group {value('User')}")


@pytest.mark.parametrize("command", [value("ExecStartPre"), value("ExecStopPost"), value("ExecStart", GRANT)])
def test_the_helpers_take_what_the_units_give_them(command: str, tmp_path: Path) -> None:
    arguments = command.replace("%S", str(tmp_path)).replace("-I ", "").split()[1:]
    root = ["--root", str(tmp_path)]
    done = subprocess.run([sys.executable, *arguments, *root], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if "restore" in command else 1), done.stderr  # here is no such group
    assert "usage" not in done.stderr


def test_the_rules_start_a_unit_that_is_there() -> None:
    text = (FOLDER / "90-edge-app.rules").read_text(encoding="utf-8")
    assert set(re.findall(r"SYSTEMD_WANTS}\+=\"([^\"]+)\"", text)) == {GRANT.name}
    assert "RUN" not in "".join(line for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in (UNIT, GRANT):
        text = re.sub(r"/opt/edge-app/bin/[a-z-]+", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(tmp_path / unit.name) for unit in (UNIT, GRANT)]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", EXPOSURE, ids=lambda unit: unit.stem)
def test_exposure_does_not_grow(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE[unit]}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

"""The command ``edge-app``: parses, wires, translates errors to exit codes once."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Annotated, Any

import structlog
import typer
from typer.core import TyperGroup

from edge_app import __version__
from edge_app.build import build
from edge_app.clock import Clock
from edge_app.commands import calibrate, governor, model_advise, model_distill, model_make, query, rules
from edge_app.commands.options import Config, Device, Model, Precision, Rules, State, settings_from
from edge_app.commands.process import run_batch
from edge_app.errors import EdgeAppError, StorageError
from edge_app.notify import of_this_process
from edge_app.observe.logging import printable
from edge_app.service import Service

_TERMINATED = 128 + signal.SIGTERM

_COMMAND = re.compile(r"\bedge-app (?:(?:model|rules|governor) )?[a-z]+\b")


class OutputClosedError(Exception):
    """The reader of our output went away."""


class _Commands(TyperGroup):
    """Typer would end a broken pipe with code 1 before ``main`` sees it."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command and write out what it printed. Raises OutputClosedError."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError as error:
            raise OutputClosedError from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Judges inspection reports on a line PC: rules decide, a local model explains, SQLite keeps the record.",
)
app.command("process", rich_help_panel="Judge")(run_batch)
app.command(rich_help_panel="Query")(query.status)
app.command(rich_help_panel="Query")(query.results)
app.command(rich_help_panel="Query")(query.show)
app.command(rich_help_panel="Machine")(calibrate.calibrate)
app.add_typer(rules.app, name="rules")
app.add_typer(governor.app, name="governor")
model_make.app.command("advise")(model_advise.advise_)
model_make.app.command("distill")(model_distill.distill_)
app.add_typer(model_make.app, name="model")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"edge-app {__version__}")
        raise typer.Exit


@app.callback()
def common(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Options before the command."""


@app.command(rich_help_panel="Judge")
def run(
    config: Config = None,
    state: State = None,
    rules_folder: Rules = None,
    model_name: Model = None,
    device: Device = None,
    precision: Precision = None,
) -> None:
    """The daemon: watch the configured sources until SIGTERM."""
    settings = settings_from(
        config,
        state,
        rules=rules_folder,
        model={"name": model_name, "device": device, "precision": precision},
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clock = Clock()
    with build(settings, clock) as parts:
        Service(parts, of_this_process()).run(stop)


def main() -> None:
    """Entry point of the console script."""
    # No bars of libraries among our own and in the log; read when tqdm is imported, in the engine's process too.
    os.environ.setdefault("TQDM_DISABLE", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # what is open is closed, the GPU given back
    try:
        app()
    except EdgeAppError as error:
        _explain(error)
        sys.exit(error.exit_code)
    except PermissionError as error:
        refused = closed(error)
        _explain(refused)
        sys.exit(refused.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except OutputClosedError as error:
        _end_without_reader(error)
    except Exception:  # noqa: BLE001  the rim: logged with its traceback, exit code 1
        structlog.get_logger().exception("unexpected")
        sys.exit(1)


def _end_without_reader(error: OutputClosedError) -> None:
    """Not an error of ours, when it was our output's pipe and not another one's."""
    output = select.poll()
    output.register(sys.stdout, 0)
    if not output.poll(0):
        structlog.get_logger().error("unexpected", exc_info=error)
        sys.exit(1)
    # What is still buffered goes nowhere, or the interpreter's last flush would fail.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def closed(error: PermissionError) -> StorageError:
    """Wherever it was met: most often in the state folder, which is closed to all but its owner."""
    hint = "run as the owner of that folder; of the state folder: sudo -u edge-app"
    return StorageError(f"{error.filename} cannot be read: {error.strerror}", hint)


def with_state(hint: str, arguments: Sequence[str]) -> str:
    """The commands of a hint with the ``--state`` that was given, so that they run as printed."""
    given = _given_state(arguments)
    option = f" --state {shlex.quote(given)}" if given else ""
    return _COMMAND.sub(lambda match: match[0] + option, hint)


def _given_state(arguments: Sequence[str]) -> str:
    for at, each in enumerate(arguments):
        if each.startswith("--state="):
            return each.removeprefix("--state=")
        if each == "--state":
            return arguments[at + 1] if at + 1 < len(arguments) else ""
    return ""


def _explain(error: EdgeAppError) -> None:
    sys.stderr.write(f"error: {printable(str(error))}\n")
    if error.hint:
        sys.stderr.write(f"hint:  {printable(with_state(error.hint, sys.argv[1:]))}\n")

"""The command line: `python scripts/cli.py COMMAND [OPTIONS]`; `--help` lists the commands."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from warehouse.project import UserError
from warehouse.signals import Signals

# Each command is a function of the module `commands` in its package. It is imported only when it
# is called: what one command needs, another may have to do without.
COMMANDS = {
    "build": "publish",
    "release": "publish",
    "cases": "cases",
    "export": "export",
    "site": "pages",
    "serve": "pages",
    "images": "pages",
    "postgres": "servers",
    "spark": "servers",
    "superset": "servers",
    "sql": "warehouse",
    "scaffold": "warehouse",
    "review": "warehouse",
    "key": "keying",
    "verify-source": "verification",
    "mutate": "verification",
    "bench": "verification",
    "bench-scale": "verification",
}


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        module = import_module(f"{COMMANDS[name]}.commands")
        command: click.Command = getattr(module, name.replace("-", "_"))
        return command


@click.group(cls=Commands)
def commands() -> None:
    """Build, publish and check the Sentencing Warehouse."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    return run(commands, arguments, arguments[0] if arguments else "cli")


def run(command: click.Command, arguments: Sequence[str], name: str) -> int:
    """Run a command and return its exit status.

    A command returns its own exit status. An error that the user can put right is one line on
    standard error, `<name>: <what is wrong>`, and exit status 2. A signal that ends the command is
    one line and exit status 128 + its number.
    """
    prog_name = "cli" if command is commands else name
    Signals.install()
    try:
        return command.main(list(arguments), prog_name=prog_name, standalone_mode=False) or 0
    except click.ClickException as error:
        message = f"{error.format_message().rstrip('.')} (see --help)"
    except UserError as error:
        message = str(error)
    except PermissionError as error:
        message = f"cannot use {error.filename}: {error.strerror}"
    except (Exception, KeyboardInterrupt) as error:
        is_interrupted = isinstance(error, (KeyboardInterrupt, click.Abort))
        if not (Signals.received or is_interrupted):
            raise
        left = error.__cause__ or error  # click turns KeyboardInterrupt into Abort
        kept = f"; {left}" if isinstance(left, KeyboardInterrupt) and str(left) else ""
        sys.stderr.write(f"{name}: interrupted{kept}\n")
        return 128 + (Signals.received or signal.SIGINT)
    sys.stderr.write(f"{name}: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())

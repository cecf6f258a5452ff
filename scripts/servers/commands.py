"""The commands of servers."""

from __future__ import annotations

from importlib import import_module

import click

MODULES = {"postgres": "postgres", "superset": "superset"}
OPTIONS = {"ignore_unknown_options": True, "help_option_names": []}


def _command(name: str) -> click.Command:
    @click.command(name, context_settings=OPTIONS)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> int:
        return int(import_module(f"servers.{MODULES[name]}").main(list(arguments)))

    return command


postgres = _command("postgres")
superset = _command("superset")

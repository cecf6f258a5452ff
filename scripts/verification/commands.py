"""The commands of verification."""

from __future__ import annotations

from importlib import import_module

import click

MODULES = {"verify_source": "source", "mutate": "mutate", "bench": "bench"}
OPTIONS = {"ignore_unknown_options": True, "help_option_names": []}


def _command(name: str) -> click.Command:
    @click.command(name, context_settings=OPTIONS)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> int:
        return int(import_module(f"verification.{MODULES[name]}").main(list(arguments)))

    return command


verify_source = _command("verify_source")
mutate = _command("mutate")
bench = _command("bench")

"""The commands of publish."""

from __future__ import annotations

from importlib import import_module

import click

MODULES = {"build": "build", "release": "release"}
OPTIONS = {"ignore_unknown_options": True, "help_option_names": []}


def _command(name: str) -> click.Command:
    @click.command(name, context_settings=OPTIONS)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> int:
        return int(import_module(f"publish.{MODULES[name]}").main(list(arguments)))

    return command


build = _command("build")
release = _command("release")

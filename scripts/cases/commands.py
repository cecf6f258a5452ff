"""The command `cases`: read case files once, then build with them."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from warehouse.project import PROJECT, UserError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--years", default="", help="Fiscal years to use (default: all that are there).")
@click.option("--output", type=click.Path(path_type=Path), default=PROJECT / "build")
@click.option("--site", is_flag=True, help="Make the report pages too.")
@click.pass_context
def cases(context: click.Context, folder: Path, years: str, output: Path, site: bool) -> int:
    """Read the case files of a folder, then build and publish with what is computed from them."""
    from cases.cache import FILES, ROWS, read_all
    from publish.commands import build

    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("cases").setLevel(logging.INFO)
    try:
        wanted = {int(year) for year in years.replace(",", " ").split()}
    except ValueError as error:
        raise UserError(f"--years is {years}: expected fiscal years, such as 2019") from error
    listed, rows = read_all(folder, wanted, PROJECT)
    os.environ |= {FILES: str(listed), ROWS: rows}
    status: int = context.invoke(build, output=output, site=site)
    return status

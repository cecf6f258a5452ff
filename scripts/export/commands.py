"""The command `export`."""

from __future__ import annotations

from pathlib import Path

import click

from export import marts as exports
from warehouse.project import PROJECT

BUILD = PROJECT / "build"
A_PATH = click.Path(path_type=Path)


class Listing(click.Command):
    """A command whose repeatable options take several values: `--marts A B`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write `--marts A B` as `--marts A --marts B`, and parse that."""
        lists = {o for p in self.params if getattr(p, "multiple", False) for o in p.opts}
        written: list[str] = []
        option = ""
        for argument in args:
            if argument.startswith("-"):
                option = argument
            elif option in lists and written[-1] != option:
                written.append(option)
            written.append(argument)
        return super().parse_args(ctx, written)


@click.command("export", cls=Listing)
@click.option(
    "--warehouse",
    type=A_PATH,
    default=BUILD / "warehouse.duckdb",
    help="DuckDB file to read (default: build/warehouse.duckdb)",
)
@click.option(
    "--output",
    type=A_PATH,
    default=BUILD / "exports",
    help="folder to make or replace (default: build/exports)",
)
@click.option(
    "--manifest",
    type=A_PATH,
    help="manifest of the dbt run that built the warehouse (default: manifest.json beside it)",
)
@click.option(
    "--formats",
    multiple=True,
    default=exports.FORMATS,
    metavar="FORMAT...",
    help=f"any of {', '.join(exports.FORMATS)} (default: all)",
)
@click.option(
    "--marts", multiple=True, metavar="MART...", help="names of marts to export (default: all)"
)
@click.option("--standards", is_flag=True, help="write SDMX and the metadata of CSVW too")
@click.pass_context
def export(
    context: click.Context,
    warehouse: Path,
    output: Path,
    manifest: Path | None,
    formats: tuple[str, ...],
    marts: tuple[str, ...],
    standards: bool,
) -> None:
    """Export the marts of the warehouse: files, a workbook and a data package."""
    manifest = manifest or warehouse.with_name("manifest.json")
    rows = exports.export(warehouse, output, manifest, formats, marts or None, standards)
    total = f"{len(rows)} marts, {sum(rows.values()):,} rows"
    click.echo(f"{context.info_name}: {total} -> {output}", err=True)

"""The commands of pages. Each imports what it needs when it is called."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from warehouse.project import PROJECT, UserError

BUILD = PROJECT / "build"
HOST = "127.0.0.1"  # this machine alone
WIDTH = 680  # of the README's charts, in pixels

FILE = click.Path(path_type=Path)
warehouse_option = click.option(
    "--warehouse", type=FILE, default=BUILD / "warehouse.duckdb", help="DuckDB file to read"
)


@click.command()
@warehouse_option
@click.option("--output", type=FILE, default=BUILD / "site", help="folder to make or replace")
def site(warehouse: Path, output: Path) -> None:
    """Make the report pages: a static web site that shows, cites and hands out the marts."""
    from pages.site import DOCUMENTATION, make_site

    sizes = make_site(warehouse, output)
    if not (output / DOCUMENTATION).is_file():
        click.echo("site: without dbt's documentation: make docs makes it", err=True)
    click.echo(f"site: {len(sizes)} pages, {sum(sizes.values()):,} bytes -> {output}", err=True)


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the files of a site, which listens already."""
    if not (folder / "index.html").is_file():
        raise UserError(f"there is no site in {folder}: run make site first")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except (OSError, OverflowError) as error:
        raise UserError(
            f"cannot listen on port {port} ({error}): name another with PORT=<number>"
        ) from error


@click.command()
@click.option("--site", "folder", type=FILE, default=BUILD / "site", help="default: build/site")
@click.option("--port", type=int, default=8000, help="default: 8000; 0 takes a free one")
def serve(folder: Path, port: int) -> None:
    """Show the report pages on this machine: http://127.0.0.1:8000 until interrupted."""
    with server(folder, port) as listening:
        click.echo(f"serve: http://{HOST}:{listening.server_port} (end it with Ctrl+C)", err=True)
        with suppress(KeyboardInterrupt):
            listening.serve_forever()


@click.command()
@warehouse_option
@click.option("--output", type=FILE, default=PROJECT / "docs" / "images")
def images(warehouse: Path, output: Path) -> None:
    """Draw the charts that the README shows, in light mode and with a ground: docs/images/."""
    from pages.charts import svg
    from pages.data import Data
    from pages.subjects import overview_charts
    from warehouse.database import connect_read_only

    output.mkdir(parents=True, exist_ok=True)
    with connect_read_only(warehouse) as connection:
        for chart in overview_charts(Data(connection)):
            path = output / f"{chart['title'].lower().replace(' ', '_')}.svg"
            drawn = svg(chart["chart"], f"{chart['title']}. {chart['message']}", WIDTH)
            path.write_text(drawn, encoding="utf-8", newline="\n")
            click.echo(f"images: {path}", err=True)

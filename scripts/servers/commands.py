"""The commands that publish the warehouse on PostgreSQL and show it in Superset."""

from __future__ import annotations

from pathlib import Path

import click

from warehouse.project import PROJECT


@click.command()
@click.option("--unit-tests", is_flag=True, help="Run dbt's unit tests too.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 86_400),
    default=60,
    show_default=True,
    help="Seconds to wait for another build, and for readers of a table that has to be replaced.",
)
def postgres(unit_tests: bool, wait: float) -> int:
    """Build the warehouse on PostgreSQL, test it there, and publish all of it or nothing.

    Exit status 0: published, 1: the build failed, 2: bad input.
    """
    from publish.commands import set_up, show_failure
    from servers.postgres import build_and_publish
    from warehouse.dbt import BuildFailedError

    set_up(wait)
    try:
        lines = build_and_publish(unit_tests=unit_tests, wait=wait)
    except BuildFailedError as error:
        return show_failure(error, "; what is published is as it was")
    click.echo("\n".join(lines))
    return 0


@click.command()
@click.option("--remote", default="", help="Address of the cluster, sc://host:port.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=PROJECT / "build",
    help="Folder (default: build/).",
)
@click.option("--unit-tests", is_flag=True, help="Run dbt's unit tests too.")
@click.option(
    "--no-compare", is_flag=True, help="Do not build on DuckDB too, where that is too much for it."
)
def spark(remote: str, output: Path, unit_tests: bool, no_compare: bool) -> int:
    """Build the warehouse on a Spark cluster, compare it with DuckDB's, and publish it or nothing.

    Exit status 0: published, 1: the build failed, 2: bad input or no cluster.
    """
    from publish.build import Places, build
    from publish.commands import set_up, show_failure
    from servers.spark import builder
    from warehouse.dbt import BuildFailedError

    set_up(0)
    make = builder(remote, compare=not no_compare)
    try:
        lines = build(Places(output.resolve()), unit_tests=unit_tests, build_warehouse=make)
    except BuildFailedError as error:
        return show_failure(error, "; what is published is as it was")
    click.echo("\n".join(lines))
    return 0


@click.command()
@click.option("--warehouse", type=click.Path(path_type=Path), required=True, help="File to show.")
@click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=PROJECT / ".work" / "superset",
    help="Folder of Superset's own data (default: .work/superset).",
)
@click.option("--reset-password", is_flag=True, help="Give the administrator a new password.")
def superset(warehouse: Path, port: int, home: Path, reset_password: bool) -> None:
    """Start Apache Superset on the warehouse, read-only, for this machine alone."""
    from servers.superset import start

    start(warehouse, home, port, reset_password=reset_password)

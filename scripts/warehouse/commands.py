"""The commands of the warehouse."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb

from warehouse.project import PROJECT


@click.command()
@click.option("--project", type=Path, default=PROJECT, help="Folder of the project.")
def review(project: Path) -> int:
    """Enter the checksums of the reference seeds, which says that their changes have been read."""
    from warehouse.sheets import enter_checksums

    for row in enter_checksums(project):
        click.echo(f"{row['seed_name']}: {row['checksum']}")
    return 0


@click.command()
@click.argument("warehouse", type=click.Path(path_type=Path))
@click.argument("query", default="")
def sql(warehouse: Path, query: str) -> int:
    """Answer a query, or the queries that are typed in, each ended by a semicolon.

    The SQL can only read the warehouse: it reaches no file, no command, and no environment.
    """
    from warehouse.database import connect_read_only

    with connect_read_only(warehouse, sandbox=True) as connection:
        if query:
            return _answer(connection, query)
        statuses = [_answer(connection, statements) for statements in _typed()]
        # At a prompt, an error has been seen and says nothing about the session.
        return 0 if sys.stdin.isatty() else max(statuses)


def _answer(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Print the answer of each statement; an error is a line, and exit status 1."""
    try:
        for statement in connection.extract_statements(query):
            if answer := connection.sql(statement.query):
                answer.show(max_width=shutil.get_terminal_size((1000, 0)).columns, max_rows=40)
    except duckdb.Error as error:
        click.echo(error, err=True)
        return 1
    return 0


def _typed() -> Iterator[str]:
    """Give what is typed in, up to each line that ends with a semicolon."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 # lines can be edited and called back

    lines: list[str] = []
    with contextlib.suppress(EOFError):
        while True:
            prompt = ("......> " if lines else "select> ") if sys.stdin.isatty() else ""
            lines.append(input(prompt))
            if lines[-1].rstrip().endswith(";"):
                yield "\n".join(lines)
                lines = []
    yield "\n".join(lines)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not as it would be.")
@click.option("--project", type=Path, default=PROJECT, help="Folder of the project.")
def scaffold(check: bool, project: Path) -> int:
    """Write the views of the exhibits, which follow from the seeds."""
    from warehouse import scaffold as scaffolding

    files = scaffolding.scaffold(project)
    if check:
        changed = list(scaffolding.differences(project, files))
        for name in changed:
            click.echo(f"{name} is not what follows from the seeds: run make scaffold", err=True)
        return 1 if changed else 0
    for name in scaffolding.write(project, files):
        click.echo(name)
    return 0

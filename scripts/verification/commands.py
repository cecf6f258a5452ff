"""The commands of verification."""

from __future__ import annotations

import difflib
import logging
import tempfile
import time
from importlib import import_module
from pathlib import Path

import click

from warehouse.project import PROJECT, UserError


@click.command()
@click.argument("source", type=Path, required=False)
@click.option("--project", type=Path, default=PROJECT, help="Folder of the project.")
def verify_source(source: Path | None, project: Path) -> int:
    """Compare the sheets with the document SOURCE that they were keyed from, both ways.

    Exit status 0: all verified, 1: faults, 2: bad input.
    """
    from verification.source import read_report, verify

    if source is None:
        raise UserError("nothing is verified without the document: give SOURCE=<file>")
    verified = verify(read_report(project, source))
    for fault in (*verified.forth, *verified.back):
        click.echo(str(fault), err=True)
    click.echo("\n".join(verified.summary))
    return 1 if verified.forth or verified.back else 0


@click.command()
@click.option("--source", type=Path, help="The document that the sheets were keyed from.")
@click.option("--check", is_flag=True, help="Write nothing; fail if docs/mutation.md differs.")
@click.option(
    "--processes", type=click.IntRange(1), default=2, show_default=True, help="Processes to use."
)
def mutate(source: Path | None, check: bool, processes: int) -> int:
    """Make every keying error in the sheets, and write what the build catches to docs/mutation.md.

    Exit status 0: done, 1: with --check, the page differs; a survivor has no reason, 2: bad input.
    """
    from publish.build import Places, build
    from verification import mutate as mutation
    from verification.engine import Build
    from warehouse.dbt import BuildFailedError

    if source is None:
        raise UserError("the document is needed, too: give SOURCE=<file>")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder).resolve() / "build")
        try:
            build(places)
        except BuildFailedError as error:
            raise UserError(f"the build to mutate fails: {error}") from error
        built = Build(PROJECT, places.manifest, places.target / "run_results.json")
        started = time.monotonic()
        outcomes = mutation.try_all(built, source.resolve(), processes)
        seconds = time.monotonic() - started
    tests, both = mutation.totals(outcomes)
    click.echo(
        f"{len(outcomes)} mutants in {seconds:.1f} s, {len(outcomes) / seconds:.1f} a second"
    )
    click.echo(f"caught by relations and structure {tests}, with the document {both}")
    text = mutation.report(outcomes, mutation.read_reasons(PROJECT))
    page = PROJECT / mutation.REPORT
    before = page.read_text(encoding="utf-8")
    if check and before != text:
        lines = difflib.unified_diff(
            before.splitlines(), text.splitlines(), "before", "now", n=0, lineterm=""
        )
        click.echo(f"{mutation.REPORT} is not what the checks catch now:", err=True)
        click.echo("\n".join(lines), err=True)
        return 1
    page.write_text(text, encoding="utf-8")
    missing = mutation.unexplained(text)
    if missing:
        click.echo(f"these survivors have no reason in {mutation.REASONS}:", err=True)
        click.echo("\n".join(missing), err=True)
    return 1 if missing else 0


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> int:
    """Measure what a build costs."""
    return int(import_module("verification.bench").main(list(arguments)))

"""The commands of verification."""

from __future__ import annotations

import difflib
import logging
import tempfile
import time
from pathlib import Path

import click

from warehouse.project import PROJECT, UserError


@click.command()
@click.argument("source", type=Path, required=False)
@click.option("--project", type=Path, default=PROJECT, help="Folder of the project.")
def verify_source(source: Path | None, project: Path) -> int:
    """Compare the seeds with the document SOURCE that they were keyed from, both ways.

    SOURCE can be a folder with the documents of all reports.

    Exit status 0: all verified, 1: faults, 2: bad input.
    """
    from verification.source import read_reports, verify

    if source is None:
        raise UserError("nothing is verified without the document: give SOURCE=<file or folder>")
    verified = [verify(report) for report in read_reports(project, source)]
    for each in verified:
        for fault in each.faults:
            click.echo(str(fault), err=True)
        click.echo("\n".join(each.summary))
    return 1 if any(each.faults for each in verified) else 0


@click.command()
@click.option("--source", type=Path, help="Folder of the documents that were keyed from.")
@click.option("--check", is_flag=True, help="Write nothing; fail if docs/mutation/ differs.")
@click.option("--whole", is_flag=True, help="Try every error, not a sample; write nothing.")
@click.option(
    "--processes", type=click.IntRange(1), default=2, show_default=True, help="Processes to use."
)
def mutate(source: Path | None, check: bool, whole: bool, processes: int) -> int:
    """Make single keying errors in the seeds, and write what is caught to docs/mutation/.

    Exit status 0: done, 1: with --check, the page differs; a survivor has no reason, 2: bad input.
    """
    from publish.build import Places, build
    from verification import mutate as mutation
    from verification.engine import Build
    from warehouse.dbt import BuildFailedError

    if source is None:
        raise UserError("the documents are needed, too: give SOURCE=<folder>")
    if not source.is_dir():
        raise UserError(f"{source} is no folder with the documents of all reports")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder).resolve() / "build")
        try:
            build(places)
        except BuildFailedError as error:
            raise UserError(f"the build to mutate fails: {error}") from error
        built = Build(PROJECT, places.manifest, places.target / "run_results.json")
        started = time.monotonic()
        outcomes = mutation.try_all(built, source.resolve(), processes, whole=whole)
        seconds = time.monotonic() - started
    relations, keyings, all_three = mutation.totals(outcomes)
    click.echo(
        f"{len(outcomes)} mutants in {seconds:.1f} s, {len(outcomes) / seconds:.1f} a second"
    )
    click.echo(
        f"caught by relations and structure {relations}, with what is kept {keyings},"
        f" with the document {all_three}"
    )
    if whole:
        click.echo("\n".join(map(str, (o.mutant for o in outcomes if not (o.test or o.source)))))
        return 0
    pages = mutation.pages(outcomes, mutation.read_reasons(PROJECT))
    pages_folder = PROJECT / mutation.FOLDER
    before = {path.name: path.read_text(encoding="utf-8") for path in pages_folder.glob("*.md")}
    if check and before != pages:
        click.echo(f"{mutation.FOLDER} is not what the checks catch now:", err=True)
        for name in sorted({*before, *pages}):
            texts = (before.get(name, "").splitlines(), pages.get(name, "").splitlines())
            lines = difflib.unified_diff(*texts, f"{name} before", "now", n=0, lineterm="")
            click.echo("\n".join(lines), err=True)
        return 1
    for name in before.keys() - pages.keys():
        (pages_folder / name).unlink()
    for name, text in pages.items():
        (pages_folder / name).write_text(text, encoding="utf-8")
    missing = mutation.unexplained(pages.values())
    if missing:
        click.echo(f"these survivors have no reason in {mutation.REASONS}:", err=True)
        click.echo("\n".join(missing), err=True)
    return 1 if missing else 0


@click.command()
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Runs to count.")
@click.option(
    "--reports", type=click.IntRange(1), help="Measure builds with so many reports more instead."
)
def bench(runs: int, reports: int | None) -> int:
    """Measure a build against dbt's floor, bare DuckDB and bare copies; or with more reports."""
    from verification import bench, bench_reports

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name).resolve()
        lines = bench_reports.measure(folder, reports) if reports else []
        click.echo("\n".join(lines or bench.report(bench.measure(folder, runs))))
    return 0


@click.command()
@click.option("--sizes", default="", help="Numbers of observations, with commas between them.")
@click.option(
    "--memory", type=float, default=4.5, show_default=True, help="Limit of DuckDB, in GB."
)
@click.option(
    "--cases", type=click.Path(path_type=Path), help="Measure case files made of this extract."
)
def bench_scale(sizes: str, memory: float, cases: Path | None) -> int:
    """Measure models and tests on up to ten million observations, against SQL written by hand."""
    from verification.bench_scale import SIZES, measure

    try:
        chosen = sorted({int(size) for size in sizes.split(",") if size}) or SIZES
    except ValueError as error:
        raise UserError(f"--sizes is {sizes}: expected whole numbers, such as 10000") from error
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        lines = measure(Path(folder).resolve(), chosen, memory)
        if cases:
            from verification import bench_cases

            lines = bench_cases.measure(Path(folder).resolve(), cases, max(chosen))
        for line in lines:
            click.echo(line)
    return 0

"""The commands of the warehouse."""

from __future__ import annotations

from pathlib import Path

import click

from warehouse.project import PROJECT


@click.command()
@click.option("--project", type=Path, default=PROJECT, help="Folder of the project.")
def review(project: Path) -> int:
    """Enter the checksums of the reference seeds, which says that their changes have been read."""
    from warehouse.sheets import CHECKSUMS, checksums, read_csv, write_rows

    path = project / "seeds" / "reference" / "reviewed.csv"
    before = {row["seed_name"]: row["checksum"] for row in read_csv(path)}
    rows = checksums(project)
    with path.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, CHECKSUMS, rows)
    for row in rows:
        if before.get(row["seed_name"]) != row["checksum"]:
            click.echo(f"{row['seed_name']}: {row['checksum']}")
    return 0


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

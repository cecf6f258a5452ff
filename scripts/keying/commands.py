"""The command that drafts the sheets of a report."""

from __future__ import annotations

import re
import shutil
from dataclasses import asdict
from pathlib import Path

import click

from warehouse.project import PROJECT, UserError, sha256
from warehouse.seed_files import IS_DRAFT, UNREVIEWED, check_seed_files
from warehouse.sheets import Sheet, read_csv, read_sheet, write_csv


@click.command()
@click.argument("source", required=False)
@click.argument("report", required=False)
@click.option("--like", "old", default="", help="Report whose sheets this one starts from.")
@click.option("--project", type=Path, default=PROJECT, help="Folder of the project.")
def key(source: str | None, report: str | None, old: str, project: Path) -> int:
    """Draft the sheets of REPORT from the document SOURCE; of sheets there, say what is left."""
    from keying.draft import draft, like, reference_rows
    from keying.guesses import Guesses
    from keying.left import left
    from keying.reading import read_text
    from keying.statements import find_numbers
    from verification.document import read_document

    if not source or not report:
        raise UserError("give the document and the report: SOURCE=<file> REPORT=<id>")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", report) or report == "reference":
        raise UserError(f'"{report}" is no code of a report: lower-case words with _ between')
    for wrong in check_seed_files(project):
        if not wrong.endswith(IS_DRAFT):
            raise UserError(wrong)
    folder = project / "seeds" / report
    sheets = list(map(read_sheet, sorted(folder.glob("raw_*__*.csv"))))
    kept = list(map(read_sheet, sorted((project / "seeds" / old).glob("raw_*__*.csv"))))
    if folder.exists() and (old or not sheets):
        raise UserError(f"{folder} is there already, and is not written over")
    if old and not kept:
        raise UserError(f"{project / 'seeds' / old} has no sheets to start from")
    document = read_document(read_text(Path(source)))
    guesses = Guesses(project, report)
    if not sheets:
        numbers = list(find_numbers(document, guesses))
        drafted = draft(document, numbers, guesses, folder)
        if not drafted:
            raise UserError(f"{source} has no number")
        sheets = [like(each, drafted, folder) for each in kept] or drafted
        reported = {"report_id": report, "source_sha256": sha256(Path(source))}
        tables: list[tuple[str, dict[str, str]]] = [
            ("numbers", asdict(number)) for number in numbers
        ]
        tables += [("reports", {**reported, "title": document.blocks[0].text})]
        tables += reference_rows(document, sheets, project, old)
        beside = _write(project, sheets, tables)
        click.echo(f"drafted {', '.join(each.path.name for each in sheets)} in {folder}")
        click.echo(f"beside them, rows for seeds/reference and the words around numbers: {beside}")
    click.echo(f"{report}: left to do")
    click.echo("\n".join(left(project, sheets, document, guesses)) or "- nothing in the sheets")
    return 0


def _write(project: Path, sheets: list[Sheet], tables: list[tuple[str, dict[str, str]]]) -> Path:
    """Write sheets to their folder, which is not there, and other tables to a folder of work."""
    folder = sheets[0].path.parent
    work = project / ".work" / "keying" / folder.name
    shutil.rmtree(work, ignore_errors=True)
    (work / "sheets").mkdir(parents=True)
    for sheet in sheets:
        write_csv(work / "sheets" / sheet.path.name, sheet.rows, sheet.columns)
    for name in dict.fromkeys(name for name, _ in tables):
        rows = [
            {n: c.strip() for n, c in cells.items()} for table, cells in tables if table == name
        ]
        seed = project / "seeds" / "reference" / f"{name}.csv"
        columns = tuple(read_csv(seed)[0] if seed.exists() else rows[0])
        filled = ({**dict.fromkeys(columns, UNREVIEWED), **row} for row in rows)
        write_csv(work / f"{name}.csv", filled, columns)
    (work / "sheets").rename(folder)  # all of them at once
    return work

"""Write what follows from the seeds: the `rpt_` views, which give each exhibit back as printed.

A new exhibit is a sheet and rows of the reference seeds; its view, the description of its columns
and the exposure that names it are written from them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import jinja2

from warehouse.project import UserError
from warehouse.sheets import Sheet, read_csv, read_sheet, sheet_paths

TEMPLATES = Path(__file__).parent / "templates"
VIEW = "-- Written by `make scaffold` from the seeds: edit those.\n{{{{ report_{}() }}}}\n"


def scaffold(project: Path) -> dict[Path, str]:
    """Return the text of every file that follows from the seeds.

    Raises:
        UserError: an exhibit has no sheet, a sheet no exhibit, or an exhibit no report.

    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, undefined=jinja2.StrictUndefined,
        variable_start_string="<<", variable_end_string=">>",
    )  # fmt: skip
    folder = project / "models" / "marts" / "reports"
    exhibits = read_exhibits(project)
    files = {}
    for row, sheet in exhibits:
        kind = "comparisons" if row["exhibit_type"] == "comparisons" else "exhibit"
        files[folder / f"rpt_{_name(sheet)}.sql"] = VIEW.format(kind)
    described = [{**row, **_described(row, sheet)} for row, sheet in exhibits]
    text = environment.get_template("reports.yml.jinja").render(exhibits=described)
    files[folder / "_reports__models.yml"] = text
    return files


def read_exhibits(project: Path) -> list[tuple[dict[str, str], Sheet]]:
    """Read the exhibits of all reports, in the order of `exhibits.csv`: its row, and the sheet.

    Raises:
        UserError: an exhibit has no sheet, a sheet no exhibit, or an exhibit no report.

    """
    reference = project / "seeds" / "reference"
    reports = {row["report_id"] for row in read_csv(reference / "reports.csv")}
    sheets = {sheet.exhibit_id: sheet for sheet in map(read_sheet, sheet_paths(project))}
    exhibits = []
    for row in read_csv(reference / "exhibits.csv"):
        exhibit_id = row["exhibit_id"]
        if row["report_id"] not in reports or not exhibit_id.startswith(f"{row['report_id']}."):
            raise UserError(f"exhibits.csv: {exhibit_id} is of no report in reports.csv")
        if exhibit_id not in sheets:
            raise UserError(f"exhibits.csv: {exhibit_id} has no sheet seeds/{_path(exhibit_id)}")
        exhibits.append((row, sheets.pop(exhibit_id)))
    for sheet in sheets.values():
        raise UserError(f"{sheet.path.name} is of no exhibit in exhibits.csv")
    return exhibits


def differences(project: Path, files: dict[Path, str]) -> Iterator[str]:
    """Name the files that differ from what is given, and views that no exhibit has."""
    folder = project / "models" / "marts" / "reports"
    written = {path for pattern in ("rpt_*.sql", "_*.yml") for path in folder.glob(pattern)}
    for path in sorted(files.keys() | written):
        text = path.read_text(encoding="utf-8") if path.exists() else None
        if text != files.get(path):
            yield path.relative_to(project).as_posix()


def write(project: Path, files: dict[Path, str]) -> list[str]:
    """Write the files that differ and remove the others; return their names."""
    changed = list(differences(project, files))
    for name in changed:
        path = project / name
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8", newline="")
        else:
            path.unlink()
    return changed


def _name(sheet: Sheet) -> str:
    return sheet.exhibit_id.replace(".", "__")


def _path(exhibit_id: str) -> str:
    report_id, _, name = exhibit_id.partition(".")
    return f"{report_id}/raw_{report_id}__{name}.csv"


def _described(row: dict[str, str], sheet: Sheet) -> dict[str, object]:
    """Return what the description of a view says: its name, its title, its columns."""
    number = row["exhibit_number"]
    title = (
        f"{row['exhibit_type'].capitalize()} {number}, {row['title']}" if number else row["title"]
    )
    columns = [
        ("row_number", "row_number"),
        ("row_label", sheet.label),
        ("fiscal_year", "fiscal_year"),
    ]
    of_comparison = ("left_printed_value", "comparator", "right_printed_value")
    columns += [(name, name) for name in of_comparison if row["exhibit_type"] == "comparisons"]
    columns += [("printed_value", name) for name in sheet.numbers]
    closing = ("printed_unit", "wording", "locator", "footnote")
    columns += [(name, name) for name in closing if name != "printed_unit" or name in sheet.columns]
    texts = [f"*{of}" if of == name else f"{{<<: *{of}, name: {name}}}" for of, name in columns]
    # A line ends between two columns, and not within one.
    lines = textwrap.wrap(", ".join(text.replace(" ", "~") for text in texts), 112)
    listed = "\n       ".join(lines).replace("~", " ")
    return {"name": _name(sheet), "titled": title, "columns": listed}

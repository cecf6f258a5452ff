"""Write what follows from the seeds: the staging models, the `rpt_` views, and their YAML.

A new exhibit is a raw seed and rows of the reference seeds. Everything else about it is said there
already, so it is written from them and not by hand: the seed's columns, which are the frame of
every raw seed (row number, label, fiscal year, wording, heading, paragraph, footnote) around the
exhibit's own columns of printed numbers; and the exhibit's title and provenance in
`seeds/reference/exhibits.csv` and `reports.csv`.
"""

from __future__ import annotations

import argparse
import csv
import logging
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from warehouse.project import PROJECT, UserError

logger = logging.getLogger("scaffold")

NOTE = "Written by `make scaffold` from the seeds: edit those."
OPENING = ("row_number", "", "fiscal_year")  # the second is the row label, under its own name
CLOSING = ("wording", "heading", "paragraph", "footnote")
COMPARISON = ("compared_exhibit", "compared_column", "left_row", "comparator", "right_row")

# Descriptions of columns of raw seeds; of others it is that they are as printed.
DESCRIPTIONS = {
    "row_number": "Row of the exhibit, counted from 1.",
    "row_label": "Label of the row, or the statement in short.",
    "fiscal_year": "Fiscal year as printed.",
    "printed_value": "The number as printed.",
    "printed_unit": "The unit as printed beside the number.",
    "percent": "Percentage as printed.",
    "n": "Number of offenders as printed.",
    "wording": "The document's words for the number.",
    "heading": "Heading in the document that the number stands under.",
    "paragraph": "Paragraph below that heading, counted from 1; empty for a table.",
    "footnote": "Footnote mark as printed.",
    "compared_exhibit": "Exhibit that the compared numbers stand in.",
    "compared_column": "Column that the compared numbers stand in.",
    "left_row": "Row label of the number that the comparison is about.",
    "comparator": "How the left number relates to the right one.",
    "right_row": "Row label of the number compared with; empty where that is all others.",
}
STAGED = [
    "observation_id",
    "exhibit_id",
    "fiscal_year",
    "population_id",
    "classification_id",
    "category_id",
    "measure_id",
    "reference_fiscal_year",
    "reference_category_id",
    "printed_value",
    "printed_unit",
    "obs_value",
    "decimals",
    "value_low",
    "value_high",
    "wording",
    "row_number",
    "row_label",
    "column_name",
    "locator",
    "footnote",
]
STAGED_COMPARISON = {
    "comparison_id": "Code of the comparison: exhibit and row.",
    "exhibit_id": "",
    "fiscal_year": "",
    "compared_exhibit_id": DESCRIPTIONS["compared_exhibit"],
    "compared_column_name": DESCRIPTIONS["compared_column"],
    "left_row_label": DESCRIPTIONS["left_row"],
    "comparator": DESCRIPTIONS["comparator"],
    "right_row_label": DESCRIPTIONS["right_row"],
    "printed_value": "",
    "printed_unit": "",
    "stated_difference": "The difference in base units; empty where the text states none.",
    "stated_unit": "Base units in one unit of the stated difference.",
    "wording": "",
    "row_number": "",
    "row_label": "",
    "locator": "",
    "footnote": "",
}
REPORTED_COMPARISON = {
    "row_number": "integer",
    "row_label": "string",
    "fiscal_year": "integer",
    "left_printed_value": "string",
    "comparator": "string",
    "right_printed_value": "string",
    "printed_value": "string",
    "printed_unit": "string",
    "wording": "string",
    "locator": "string",
    "footnote": "string",
}
REPORTED_COMPARISON_TEXT = {
    "left_printed_value": "The number that the comparison is about, as printed.",
    "right_printed_value": "The number it is compared with, as printed.",
    "comparator": "How the left number relates to the right one.",
    "wording": "The document's words for the comparison.",
}
SHARED = {*STAGED, "locator"}  # columns with a docs block in models/_columns.md


@dataclass(frozen=True)
class Exhibit:
    """An exhibit as the seeds describe it."""

    report_id: str
    name: str
    title: str
    publisher: str
    published: str
    license: str
    keyed_on: str
    keyed_from: str
    columns: tuple[str, ...]
    caption: str

    @property
    def exhibit_id(self) -> str:
        """The exhibit's code."""
        return f"{self.report_id}.{self.name}"

    @property
    def seed(self) -> str:
        """Name of the raw seed."""
        return f"raw_{self.report_id}__{self.name}"

    @property
    def is_table(self) -> bool:
        """Whether it is a printed table, whose rows are its places."""
        return self.caption.startswith("Table")

    @property
    def is_comparisons(self) -> bool:
        """Whether its rows are comparisons between numbers."""
        return set(COMPARISON) <= set(self.columns)

    @property
    def label(self) -> str:
        """The column of row labels."""
        return self.columns[1]

    @property
    def unit(self) -> str | None:
        """The column of printed units, if there is one."""
        return "printed_unit" if "printed_unit" in self.columns else None

    @property
    def values(self) -> list[str]:
        """The columns of printed numbers."""
        own = self.columns[len(OPENING) : -len(CLOSING)]
        return [name for name in own if name != "printed_unit" and name not in COMPARISON]


def read_exhibits(project: Path) -> list[Exhibit]:
    """Read the exhibits of all reports, in the order of `exhibits.csv`.

    Raises:
        UserError: an exhibit has no seed, a seed no exhibit, or a seed lacks the frame.

    """
    seeds = project / "seeds"
    reports = {row["report_id"]: row for row in read_csv(seeds / "reference" / "reports.csv")}
    exhibits = []
    for row in read_csv(seeds / "reference" / "exhibits.csv"):
        report_id, name = row["exhibit_id"].split(".", 1)
        if report_id not in reports or report_id != row["report_id"]:
            raise UserError(f"exhibits.csv: {row['exhibit_id']} is of no report in reports.csv")
        path = seeds / report_id / f"raw_{report_id}__{name}.csv"
        if not path.is_file():
            raise UserError(f"exhibits.csv has {row['exhibit_id']}, but there is no {path}")
        with path.open(encoding="utf-8", newline="") as file:
            columns = tuple(next(csv.reader(file), ()))
        _check_frame(path, columns)
        report = reports[report_id]
        digits = 10 if report["publication_date_precision"] == "day" else 7
        exhibits.append(
            Exhibit(
                report_id=report_id,
                name=name,
                title=_titled(row),
                publisher=report["publisher"],
                published=report["publication_date"][:digits],
                license=report["license"],
                keyed_on=row["keyed_on"],
                keyed_from=row["keyed_from"],
                columns=columns,
                caption=_caption(row),
            )
        )
    known = {exhibit.seed for exhibit in exhibits}
    for path in sorted(seeds.glob("*/raw_*.csv")):
        if path.stem not in known:
            raise UserError(f"{path.name} is of no exhibit in exhibits.csv")
    return exhibits


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read the rows of a seed, all cells as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _caption(row: dict[str, str]) -> str:
    """Give the beginning of a printed caption, such as `Figure 10. `; empty for text."""
    kind = row["exhibit_type"].capitalize()
    return f"{kind} {row['exhibit_number']}. " if row["exhibit_number"] else ""


def _titled(row: dict[str, str]) -> str:
    kind = row["exhibit_type"].capitalize()
    return (
        f"{kind} {row['exhibit_number']}, {row['title']}" if row["exhibit_number"] else row["title"]
    )


def _check_frame(path: Path, columns: tuple[str, ...]) -> None:
    opening, closing = columns[: len(OPENING)], columns[-len(CLOSING) :]
    framed = len(columns) > len(OPENING) + len(CLOSING) and closing == CLOSING
    if not framed or (opening[0], opening[2]) != (OPENING[0], OPENING[2]):
        raise UserError(
            f"{path.name}: the columns must be row_number, <the row label>, fiscal_year,"
            f" <the printed numbers>, {', '.join(CLOSING)}"
        )


def scaffold(project: Path) -> dict[Path, str]:
    """Write nothing, but give every file that follows from the seeds, with its text."""
    exhibits = read_exhibits(project)
    files: dict[Path, str] = {}
    models = project / "models"
    for report_id in dict.fromkeys(exhibit.report_id for exhibit in exhibits):
        own = [exhibit for exhibit in exhibits if exhibit.report_id == report_id]
        staging = models / "staging" / report_id
        reports = models / "marts" / "reports"
        files[project / "seeds" / report_id / f"_{report_id}__seeds.yml"] = _seeds_yaml(own)
        files[staging / f"_{report_id}__staging.yml"] = _staging_yaml(own)
        files[reports / f"_{report_id}__reports.yml"] = _reports_yaml(own)
        for exhibit in own:
            files |= {staging / f"{name}.sql": text for name, text in _staging(exhibit).items()}
            files[reports / f"rpt_{report_id}__{exhibit.name}.sql"] = _report(exhibit)
    staged = [name for e in exhibits for name in _staging(e) if not name.endswith("__comparisons")]
    compared = [name for e in exhibits for name in _staging(e) if name.endswith("__comparisons")]
    files[models / "marts" / "reports" / "_reports__exposures.yml"] = _exposures_yaml(exhibits)
    intermediate = models / "intermediate"
    files[intermediate / "int_observations__staged.sql"] = _union(staged)
    files[intermediate / "int_comparisons__staged.sql"] = _union(compared)
    return files


def _union(models: list[str]) -> str:
    return f"-- {NOTE}\n" + "union all\n".join(
        f"select * from {{{{ ref('{model}') }}}}\n" for model in models
    )


def _call(macro: str, *, seed: str | None, exhibit_id: str, **arguments: object) -> str:
    lines = [f"    seed=ref('{seed}'),"] if seed else []
    lines += [f"    exhibit_id='{exhibit_id}',"]
    lines += [f"    {name}={value!r}," for name, value in arguments.items() if value]
    return f"-- {NOTE}\n{{{{ {macro}(\n" + "\n".join(lines) + "\n) }}\n"


def _staging(exhibit: Exhibit) -> dict[str, str]:
    """Staging models of an exhibit: name -> text."""
    prefix, exhibit_id = f"stg_{exhibit.report_id}__", exhibit.exhibit_id
    label = None if exhibit.label == "row_label" else exhibit.label
    cells = _call(
        "stage_exhibit",
        seed=exhibit.seed,
        exhibit_id=exhibit_id,
        value_columns=exhibit.values,
        label_column=label,
        unit_column=exhibit.unit,
    )
    if not exhibit.is_comparisons:
        return {prefix + exhibit.name: cells}
    compared = _call("stage_comparisons", seed=exhibit.seed, exhibit_id=exhibit_id)
    return {prefix + "stated_differences": cells, prefix + "comparisons": compared}


def _report(exhibit: Exhibit) -> str:
    label = None if exhibit.label == "row_label" else exhibit.label
    if exhibit.is_comparisons:
        return _call("report_comparisons", seed=None, exhibit_id=exhibit.exhibit_id)
    return _call(
        "report_exhibit",
        seed=None,
        exhibit_id=exhibit.exhibit_id,
        value_columns=exhibit.values,
        label_column=label,
        unit_column=exhibit.unit,
    )


def _text(text: str, indent: int, key: str = "description") -> list[str]:
    """YAML lines of a text, folded."""
    width = 88 - indent - 2
    lines = textwrap.wrap(text, width)
    return [" " * indent + f"{key}: >-"] + [" " * (indent + 2) + line for line in lines]


def _column(name: str, description: str, data_type: str | None = None) -> list[str]:
    lines = [f"      - name: {name}"]
    lines += [f"        data_type: {data_type}"] if data_type else []
    if description:
        return lines + _text(description, 8)
    return [*lines, f"        description: \"{{{{ doc('{name}') }}}}\""]


def _described(name: str) -> str:
    return DESCRIPTIONS.get(name, f"{name.replace('_', ' ').capitalize()} as printed.")


def _test(test: str, name: str, description: str, arguments: list[str]) -> list[str]:
    lines = [f"      - {test}:", f"          name: {name}"]
    return [*lines, *_text(description, 10), "          arguments:", *arguments]


def _file(kind: str, blocks: list[list[str]]) -> str:
    head = f"# {NOTE}\n\nversion: 2\n\n{kind}:\n"
    return head + "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _seeds_yaml(exhibits: list[Exhibit]) -> str:
    return _file("seeds", [_seed_yaml(exhibit) for exhibit in exhibits])


def _seed_yaml(exhibit: Exhibit) -> list[str]:
    lines = [f"  - name: {exhibit.seed}"]
    lines += _text(f"{exhibit.title}. Cells are text exactly as printed.", 4)
    lines += ["    config:", "      meta:", f"        report_id: {exhibit.report_id}"]
    lines += [
        f"        exhibit_id: {exhibit.exhibit_id}",
        f"        publisher: {exhibit.publisher}",
    ]
    lines += [f'        published: "{exhibit.published}"', f"        license: {exhibit.license}"]
    lines += [f'        keyed_on: "{exhibit.keyed_on}"']
    lines += _text(f"by hand from {exhibit.keyed_from}", 8, "keyed")
    lines += ["      column_types:", *[f"        {name}: text" for name in exhibit.columns]]
    cells = [f"            value_columns: [{', '.join(exhibit.values)}]"]
    if exhibit.label != "row_label":
        cells.append(f"            label_column: {exhibit.label}")
    lines.append("    data_tests:")
    lines += _test(
        "readable_cells",
        f"{exhibit.seed}__cells_are_readable",
        "Every cell is a number as printed.",
        cells,
    )
    lines.append("    columns:")
    for name in exhibit.columns:
        lines += _column(name, _described(name))
    return lines


def _staging_yaml(exhibits: list[Exhibit]) -> str:
    blocks = []
    for exhibit in exhibits:
        for name in _staging(exhibit):
            compared = name.endswith("__comparisons")
            kind = "comparison" if compared else "number"
            key = "comparison_id" if compared else "observation_id"
            block = [f"  - name: {name}"]
            block += _text(
                f"One row per {kind} of {exhibit.exhibit_id}, typed and coded. Primary key: {key}.",
                4,
            )
            if compared:
                block.append("    columns:")
                for column, text in STAGED_COMPARISON.items():
                    block += _column(column, text)
            elif blocks:
                block.append("    columns: *staged_columns")
            else:
                block.append("    columns: &staged_columns")
                for column in STAGED:
                    block += _column(column, "")
            blocks.append(block)
    return _file("models", blocks)


def _reports_yaml(exhibits: list[Exhibit]) -> str:
    return _file("models", [_report_yaml(exhibit) for exhibit in exhibits])


def _report_yaml(exhibit: Exhibit) -> list[str]:
    name = f"rpt_{exhibit.report_id}__{exhibit.name}"
    if exhibit.is_comparisons:
        columns = [
            (column, REPORTED_COMPARISON_TEXT.get(column, ""), data_type)
            for column, data_type in REPORTED_COMPARISON.items()
        ]
        mirrored = ["row_number", "row_label", "fiscal_year", "comparator"]
        mirrored += ["printed_value", "printed_unit", "wording", "footnote"]
    else:
        printed = [*exhibit.values, *([exhibit.unit] if exhibit.unit else [])]
        columns = [("row_number", "", "integer")]
        columns += [
            (exhibit.label, "" if exhibit.label in SHARED else "Row label as printed.", "string")
        ]
        columns += [("fiscal_year", "", "integer")]
        columns += [(c, "" if c in SHARED else _described(c), "string") for c in printed]
        columns += [(c, "", "string") for c in ("wording", "locator", "footnote")]
        mirrored = ["row_number", exhibit.label, "fiscal_year", *printed, "wording", "footnote"]
    lines = [f"  - name: {name}"]
    lines += _text(f"{exhibit.title}, as printed: one row per printed row.", 4)
    lines += ["    config:", "      meta:", "        grain: [row_number]", "    data_tests:"]
    lines += _test(
        "unique_key",
        f"{name}__primary_key",
        "Primary key.",
        ["            columns: [row_number]"],
    )
    lines += _test(
        "mirrors",
        f"{name}__mirrors_the_seed",
        "Cell for cell what was keyed from the print.",
        [
            f"            of: ref('{exhibit.seed}')",
            "            columns:",
            *[f"              - {column}" for column in mirrored],
        ],
    )
    lines.append("    columns:")
    for column, text, data_type in columns:
        lines += _column(column, text, data_type)
    return lines


def _exposures_yaml(exhibits: list[Exhibit]) -> str:
    lines = ["  - name: exhibits_as_printed", "    label: Exhibits as printed"]
    lines += ["    type: application", "    maturity: high"]
    lines += _text("The exhibits as printed, in the exported files and on the report pages.", 4)
    lines += ["    owner: {name: Sentencing Warehouse}", "    depends_on:"]
    lines += [f"      - ref('rpt_{exhibit.report_id}__{exhibit.name}')" for exhibit in exhibits]
    return _file("exposures", [lines])


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 0: done, 1: --check found a difference, 2: bad input."""
    parser = argparse.ArgumentParser(prog="scaffold", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    parser.add_argument("--project", type=Path, default=PROJECT, help="folder of the project")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        files = scaffold(options.project)
    except (UserError, OSError) as error:
        logger.error("scaffold: %s", error)
        return 2
    changed = [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        logger.info(
            "%s %s",
            "differs from the seeds:" if options.check else "wrote",
            path.relative_to(options.project),
        )
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    return 1 if changed and options.check else 0

"""Make the report pages: a static web site that shows, cites and hands out the marts.

The numbers come from the marts, what the dictionary says from the dbt manifest, and the files to
download are those of the export. The text is in templates/, each in one place. The site needs no
JavaScript and no server, asks nothing of other sites, and the same input gives the same bytes.
Layout of the output folder:

    index.html  <topic>.html  numbers.html  exhibits.html  checks.html  dictionary.html
    style.css  data/ (the exports)  dbt/index.html (dbt's documentation)  SHA256SUMS
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2

from export.marts import PACKAGE
from export.tables import with_columns
from export.workbook import WORKBOOK
from pages import text
from pages.charts import STYLE_SHEET
from pages.checks import check_tables
from pages.data import TEMPLATES, Data, seed_of, tally
from pages.dictionary import dictionary, read_models
from pages.numbers import key_figures, number_tables
from pages.tables import Cell, Table
from pages.topic_charts import by_length, change, length_of
from pages.topics import KEY_FIGURES, OBSERVATIONS, topic_page
from publish.folder import CHECKSUMS, files_below, listed, refuse_others, replaced_folder
from warehouse.build_id import check_build_id
from warehouse.database import connect_read_only
from warehouse.manifest import Mart, read_marts
from warehouse.project import UserError, sha256

GENERATOR = "Sentencing Warehouse make_site"
DOCUMENTATION = "dbt/index.html"
DOWNLOADS = "data"
DATA_PAGES = {
    "numbers.html": "All numbers",
    "exhibits.html": "Exhibits as printed",
    "checks.html": "Checks",
    "dictionary.html": "Data dictionary",
}


def make_site(
    warehouse: Path,
    output: Path,
    manifest: Path,
    exports: Path,
    documentation: Path | None = None,
) -> dict[str, int]:
    """Make the site, whole or not at all, and return the size of each page in bytes.

    Args:
        warehouse: the DuckDB file, read only.
        output: the folder to make or replace; a folder with anything but a site is refused.
        manifest: the manifest of the dbt run that built the warehouse.
        exports: the export of the same build, which is copied.
        documentation: dbt's documentation as one page, which is copied; None leaves it out.

    Raises:
        UserError: warehouse, manifest, exports or documentation are missing or do not fit one
            another, or the output folder cannot be replaced.

    """
    # The folder first: under its lock, no build replaces what is read here.
    with (
        replaced_folder(output, _check_is_site) as folder,
        connect_read_only(warehouse) as connection,
    ):
        marts = with_columns(connection, read_marts(manifest))
        _check_exports(exports, marts)
        if documentation is not None and not documentation.is_file():
            raise UserError(f"there is no documentation {documentation}: run make docs first")
        files = [manifest, exports / PACKAGE, *([documentation] if documentation else [])]
        build_id = check_build_id(connection, *files)
        pages = _pages(
            Data(connection), marts, read_models(manifest), build_id, bool(documentation)
        )
        for name, page in pages.items():
            (folder / name).write_text(page, encoding="utf-8", newline="\n")
        shutil.copyfile(STYLE_SHEET, folder / STYLE_SHEET.name)
        shutil.copytree(exports, folder / DOWNLOADS, copy_function=shutil.copyfile)
        if documentation is not None:
            (folder / DOCUMENTATION).parent.mkdir()
            shutil.copyfile(documentation, folder / DOCUMENTATION)
        lines = [f"{sha256(folder / path)}  {path}\n" for path in files_below(folder)]
        (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return {name: len(page.encode()) for name, page in pages.items()}


def _pages(
    data: Data,
    marts: Sequence[Mart],
    models: dict[str, dict[str, Any]],
    build_id: str,
    has_documentation: bool,
) -> dict[str, str]:
    """Return each page by the name of its file."""
    templates = _templates()
    topics = [
        topic_page(data, name, condition, templates.get_template(f"topics/{name}.html").module)
        for name, condition in OBSERVATIONS.items()
    ]
    contexts: dict[str, dict[str, Any]] = {
        "index.html": {"topics": topics, "key_figures": key_figures(data, KEY_FIGURES)},
        "numbers.html": {"tables": number_tables(data)},
        "exhibits.html": {"exhibits": list(_exhibits(data, marts))},
        "checks.html": check_tables(data),
        "dictionary.html": {"marts": dictionary(data, marts, models)},
    }
    contexts |= {topic["file"]: {"topic": topic} for topic in topics}
    lineage = {
        mart.name: f"{DOCUMENTATION}#!/model/{models[mart.name]['unique_id']}" for mart in marts
    }
    named = {"index.html": "Overview"} | {topic["file"]: topic["title"] for topic in topics}
    own = {**DATA_PAGES, DOCUMENTATION: "dbt"} if has_documentation else DATA_PAGES
    shared = {
        "generator": GENERATOR,
        "navigation": {"Topics": named, "Data": own},
        "reports": list(data.reports.values()),
        "build_id": build_id,
        "workbook": WORKBOOK,
        "number_count": len(data.observations),
        "checks": tally(data.checks),
        "discrepancies": data.discrepancies,
        "documentation": DOCUMENTATION if has_documentation else None,
        "lineage": lineage,
    }
    return {
        file: templates.get_template("topic.html" if "topic" in context else file).render(
            page=file, **shared, **context
        )
        for file, context in contexts.items()
    }


def _templates() -> jinja2.Environment:
    """Return the templates, which fail on a name that they are not given."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = (*text.FILTERS, by_length, change, length_of)
    templates.filters |= {function.__name__: function for function in filters}
    templates.globals["show"] = templates.get_template("macros.html").module
    return templates


def _exhibits(data: Data, marts: Sequence[Mart]) -> Iterator[dict[str, Any]]:
    """Yield each exhibit as the mart of its name gives it back."""
    by_name = {mart.name: mart for mart in marts}
    for exhibit_id, exhibit in data.exhibits.items():
        if mart := by_name.get(f"rpt_{exhibit_id.replace('.', '__')}"):
            names = [column.name for column in mart.columns if column.name != "row_number"]
            rows = data.query(f"select * from {mart.relation} order by row_number")
            table = Table(
                exhibit_id.replace(".", "-"),
                f"{exhibit['name']}, as printed",
                {name: name.replace("_", " ").capitalize() for name in names},
                [[Cell("" if row[n] is None else str(row[n])) for n in names] for row in rows],
                mart=mart.name,
            )
            yield {**exhibit, "table": table, "seed": seed_of(exhibit_id)}


def _check_exports(exports: Path, marts: Sequence[Mart]) -> None:
    """Refuse an export that lacks a file that the pages link to."""
    if not exports.is_dir():
        raise UserError(f"there is no folder of exports {exports}: run make build first")
    needed = [WORKBOOK, PACKAGE, CHECKSUMS]
    needed += [f"{kind}/{mart.name}.{kind}" for mart in marts for kind in ("csv", "parquet")]
    for path in needed:
        if not (exports / path).is_file():
            raise UserError(f"the exports {exports} lack {path}: run make build again")


def _check_is_site(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a site."""
    try:
        is_site = GENERATOR in (folder / "index.html").read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, ValueError):
        is_site = False
    refuse_others(folder, "a site", files_below(folder), listed(folder) if is_site else set())

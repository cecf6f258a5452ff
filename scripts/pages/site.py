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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from export.marts import CHECKSUMS, PACKAGE, WORKBOOK, files_below, with_columns
from pages import text
from pages.charts import STYLE_SHEET
from pages.checks import check_tables
from pages.data import TEMPLATES, Data, tally
from pages.dictionary import Model, dictionary, read_models
from pages.exhibits import printed_exhibits
from pages.numbers import number_tables
from pages.overview import key_figures
from pages.topic_charts import by_length
from pages.topic_pages import text_of, topic_page
from pages.topics import TOPICS
from publish.folder import replaced_folder
from warehouse.database import connect_read_only
from warehouse.manifest import Mart, read_marts
from warehouse.project import UserError, sha256

GENERATOR = "Sentencing Warehouse make_site"
DOCUMENTATION = "dbt/index.html"
DOWNLOADS = "data"


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
        data = Data(connection)
        pages = _pages(data, marts, read_models(manifest), documentation is not None)
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
    data: Data, marts: Sequence[Mart], models: dict[str, Model], has_documentation: bool
) -> dict[str, str]:
    """Return each page by the name of its file."""
    templates = _templates()
    topics = [topic_page(data, topic, text_of(topic, templates)) for topic in TOPICS]
    contexts: dict[str, dict[str, Any]] = {
        "index.html": {"topics": topics, "key_figures": key_figures(data)},
        "numbers.html": {"tables": number_tables(data)},
        "exhibits.html": {"exhibits": printed_exhibits(data, marts)},
        "checks.html": check_tables(data),
        "dictionary.html": {"marts": dictionary(data, marts, models)},
    }
    contexts |= {topic["file"]: {"topic": topic} for topic in topics}
    own = [
        ("numbers.html", "All numbers"),
        ("exhibits.html", "Exhibits as printed"),
        ("checks.html", "Checks"),
        ("dictionary.html", "Data dictionary"),
    ]
    named = [("index.html", "Overview"), *((topic["file"], topic["title"]) for topic in topics)]
    lineage = {}
    if has_documentation:
        own.append((DOCUMENTATION, "dbt"))
        lineage = {
            mart.name: f"{DOCUMENTATION}#!/model/{models[mart.name].unique_id}" for mart in marts
        }
    shared = {
        "generator": GENERATOR,
        "navigation": [("Topics", named), ("Data", own)],
        "reports": list(data.reports.values()),
        "release_line": _release_line(data),
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


def _release_line(data: Data) -> str:
    """Name the release that a warehouse is, or say that it is none."""
    found = data.query(
        "select table_name from duckdb_tables()"
        " where schema_name = 'release' and table_name = 'about'"
    )
    if not found:
        return "Not a release."
    return f"Release {data.query('select release_id from release.about')[0]['release_id']}."


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
    names = ["number", "signed", "more_or_less", "listed", "counted", "sentence"]
    names += ["uncapitalized", "squeezed"]
    templates.filters |= {name: getattr(text, name) for name in names}
    templates.filters["by_length"] = by_length
    return templates


def _check_exports(exports: Path, marts: Sequence[Mart]) -> None:
    """Check that an export has the files that the pages link to.

    Raises:
        UserError: there is no such folder, or it lacks a file.

    """
    if not exports.is_dir():
        raise UserError(f"there is no folder of exports {exports}: run make build first")
    needed = [WORKBOOK, PACKAGE, CHECKSUMS]
    needed += [f"{kind}/{mart.name}.{kind}" for mart in marts for kind in ("csv", "parquet")]
    for path in needed:
        if not (exports / path).is_file():
            raise UserError(f"the exports {exports} lack {path}: run make build again")


def _check_is_site(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a site.

    Raises:
        UserError: there is no list of checksums, or there are files that it does not list.

    """
    refusal = f"{folder} holds files that are not of a site"
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        is_site = GENERATOR in (folder / "index.html").read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        is_site = False
    if not is_site:
        raise UserError(f"{refusal}: name an empty or a new folder")
    listed = {CHECKSUMS, *(line.partition("  ")[2] for line in lines)}
    others = [path for path in files_below(folder) if path not in listed]
    if others:
        raise UserError(f"{refusal}, such as {others[0]}: move them, or name another folder")

"""Make the report pages: a static web site that shows, cites and hands out the marts.

The numbers come from the marts, what the dictionary says from the dbt manifest, and the files to
download are those of the export. The text is in templates/ and, about single classifications and
populations, in content/. The pages can be read without JavaScript and without a server, ask nothing
of other sites, and the same input gives the same bytes. Layout of the output folder:

    index.html  numbers.html  implied.html  recomputed.html  checks.html  dictionary.html
    reports/<report_id>.html  populations/<population_id>.html   charts and tables
    numbers/<report_id>.html  cite/<report_id>.html              place in print, checks; citations
    numbers.js  search.js  style.css                             what numbers.html searches
    data.json  sitemap.xml                                       for portals and search engines
    data/ (the exports)  dbt/index.html (dbt's documentation)  SHA256SUMS
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from export.marts import PACKAGE
from export.tables import with_columns
from export.workbook import WORKBOOK
from pages.charts import STYLE_SHEET, templates
from pages.checks import check_tables, rule_table
from pages.data import TEMPLATES, Data, grouped, seed_of, tally
from pages.dictionary import dictionary, read_models
from pages.implied import bounds_by_group
from pages.numbers import number_tables, search_index
from pages.recomputed import recomputed
from pages.subjects import overview_charts, population_page, report_page
from pages.tables import Cell, Table
from publish.folder import CHECKSUMS, files_below, listed, refuse_others, replaced_folder
from standards.about import About, read_about
from standards.addresses import addresses
from standards.web import json_ld, write_for_portals
from warehouse.database import connect_read_only
from warehouse.manifest import Mart, check_build_id, read_marts
from warehouse.project import UserError, sha256

GENERATOR = "Sentencing Warehouse make_site"
DOCUMENTATION = "dbt/index.html"
DOWNLOADS = "data"
SCRIPT = "search.js"
NAVIGATION = {
    "index.html": "Overview",
    "numbers.html": "All numbers",
    "implied.html": "What the print implies",
    "recomputed.html": "Recomputed from case files",
    "checks.html": "Checks",
    "dictionary.html": "Data dictionary",
}
# Templates name files from the root of the site; a page in a folder goes up first.
LOCAL = re.compile(r'\b(href|src|action)="(?!#|[a-z]+:)')


def make_site(warehouse: Path, output: Path) -> dict[str, int]:
    """Make the site, whole or not at all, and return the size of each page in bytes.

    Args:
        warehouse: the DuckDB file, read only. Beside it are what the same build left:
            manifest.json, exports/ and, if it was asked for, docs/index.html; the last two are
            copied.
        output: the folder to make or replace; a folder with anything but a site is refused.

    Raises:
        UserError: warehouse, manifest or exports are missing, or they and the documentation do
            not fit one another, or the output folder cannot be replaced.

    """
    manifest, exports = warehouse.with_name("manifest.json"), warehouse.with_name("exports")
    documentation = warehouse.with_name("docs") / "index.html"
    has_documentation = documentation.is_file()
    # The folder first: under its lock, no build replaces what is read here.
    with (
        replaced_folder(output, _check_is_site) as folder,
        connect_read_only(warehouse) as connection,
    ):
        marts = with_columns(connection, read_marts(manifest))
        needed = {WORKBOOK, PACKAGE, CHECKSUMS}
        needed |= {f"{kind}/{mart.name}.{kind}" for mart in marts for kind in ("csv", "parquet")}
        for path in sorted(needed.difference(files_below(exports))):
            raise UserError(f"the exports {exports} lack {path}: run make build again")
        files = [manifest, exports / PACKAGE, *[documentation] * has_documentation]
        build_id = check_build_id(connection, *files)
        data = Data(connection)
        about = read_about(connection, manifest)
        pages = _pages(data, about, marts, read_models(manifest), build_id, has_documentation)
        write_for_portals(folder, about, marts, pages)
        index = search_index(data)
        (folder / "numbers.js").write_text(index, encoding="utf-8", newline="\n")
        for name, page in pages.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(page, encoding="utf-8", newline="\n")
        for name in (STYLE_SHEET.name, SCRIPT):
            shutil.copyfile(TEMPLATES / name, folder / name)
        shutil.copytree(exports, folder / DOWNLOADS, copy_function=shutil.copyfile)
        if has_documentation:
            (folder / DOCUMENTATION).parent.mkdir()
            shutil.copyfile(documentation, folder / DOCUMENTATION)
        lines = [f"{sha256(folder / path)}  {path}\n" for path in files_below(folder)]
        (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return {name: len(page.encode()) for name, page in pages.items()}


def _pages(
    data: Data,
    about: About,
    marts: Sequence[Mart],
    models: dict[str, dict[str, str]],
    build_id: str,
    has_documentation: bool,
) -> dict[str, str]:
    """Return each page by the name of its file."""
    shared = {
        "generator": GENERATOR,
        "navigation": NAVIGATION | ({DOCUMENTATION: "dbt"} if has_documentation else {}),
        "reports": list(data.reports.values()),
        "build_id": build_id,
        "version": about.version,
        "number_count": len(data.observations),
        "workbook": WORKBOOK,
        "all_checks": tally(data.checks),
        "all_discrepancies": data.discrepancies,
        "documentation": DOCUMENTATION if has_documentation else None,
        "lineage": {
            mart.name: f"{DOCUMENTATION}#!/model/{models[mart.name]['unique_id']}" for mart in marts
        },
    }
    pages = {}
    for file, template, context in _contexts(data, about, marts, models):
        shared["dataset"] = json_ld(about, file, marts)
        page = templates().get_template(template).render(page=file, **shared, **context)
        pages[file] = page if "/" not in file else LOCAL.sub(r'\1="../', page)
    return pages


def _contexts(
    data: Data, about: About, marts: Sequence[Mart], models: dict[str, dict[str, str]]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the file of each page, its template, and what it shows by itself."""
    printed = (row for row in data.observations.values() if row["obs_status"] == "published")
    counts = Counter(row["report_id"] for row in printed)
    overview = {"charts": overview_charts(data), "counts": counts}
    yield "index.html", "index.html", overview | {"populations": data.populations.values()}
    yield "numbers.html", "numbers.html", {}
    yield "checks.html", "checks.html", {"rule_table": rule_table(data), "rules": data.rules}
    yield "implied.html", "implied.html", {"groups": list(bounds_by_group(data))}
    yield "recomputed.html", "recomputed.html", recomputed(data)
    yield "dictionary.html", "dictionary.html", {"marts": list(dictionary(data, marts, models))}
    exhibits = grouped(_exhibits(data, marts), "report_id")
    for name, report in data.reports.items():
        yield f"reports/{name}.html", "subject.html", {"subject": report_page(data, name)}
        tables = {"tables": number_tables(data, name), "exhibits": exhibits.get(name, [])}
        tables |= {"checks": check_tables(data, name), "report": report}
        yield f"numbers/{name}.html", "report_numbers.html", tables
        numbers = addresses(data, about, name)
        yield f"cite/{name}.html", "cite.html", {"numbers": numbers, "report": report}
    for name in data.populations:
        yield f"populations/{name}.html", "subject.html", {"subject": population_page(data, name)}


def _exhibits(data: Data, marts: Sequence[Mart]) -> Iterator[dict[str, Any]]:
    """Yield each exhibit as the mart of its name gives it back."""
    by_name = {mart.name: mart for mart in marts}
    for exhibit_id, exhibit in data.exhibits.items():
        if mart := by_name.get(f"rpt_{exhibit_id.replace('.', '__')}"):
            names = [column.name for column in mart.columns if column.name != "row_number"]
            rows = data.query(f"select * from {mart.relation} order by row_number")
            names = [name for name in names if any(row[name] is not None for row in rows)]
            table = Table(
                exhibit_id.replace(".", "-"),
                f"{exhibit['name']}, as printed",
                {name: name.replace("_", " ").capitalize() for name in names},
                [[Cell("" if row[n] is None else str(row[n])) for n in names] for row in rows],
                mart=mart.name,
            )
            yield {**exhibit, "table": table, "seed": seed_of(exhibit_id)}


def _check_is_site(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a site."""
    try:
        is_site = GENERATOR in (folder / "index.html").read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, ValueError):
        is_site = False
    refuse_others(folder, "a site", files_below(folder), listed(folder) if is_site else set())

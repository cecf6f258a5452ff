"""Make the report pages: a static web site that shows, cites and hands out the marts.

The numbers come from the marts, what the dictionary and the lineage say from the dbt manifest, and
the files to download are those of the export. The text is in pages/, each in one place. The site
needs no JavaScript and no server, asks nothing of other sites, and the same input gives the same
bytes. Layout of the output folder:

    index.html  <topic>.html  numbers.html  exhibits.html  checks.html  dictionary.html
    lineage.html  style.css  data/ (the exports)  dbt/index.html (dbt's documentation)  SHA256SUMS
"""

from __future__ import annotations

import argparse
import logging
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pages import charts as site_charts
from publish.folder import replaced_folder
from warehouse.database import connect_read_only
from warehouse.manifest import read_marts
from warehouse.project import PROJECT
from export.marts import CHECKSUMS, PACKAGE, WORKBOOK, files_below, with_columns
from pages.lineage import Project
from pages.content import DOCUMENTATION, GENERATOR, Site
from warehouse.manifest import Mart
from warehouse.project import UserError, sha256

log = logging.getLogger("make_site")

DATA = "data"


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
    with connect_read_only(warehouse) as connection:
        marts = with_columns(connection, read_marts(manifest))
        check_exports(exports, marts)
        if documentation is not None and not documentation.is_file():
            raise UserError(f"there is no documentation {documentation}: run make docs first")
        with replaced_folder(output, check_is_site) as folder:
            pages = Site(connection, marts, Project(manifest), documentation is not None).pages()
            for name, text in pages.items():
                (folder / name).write_text(text, encoding="utf-8", newline="\n")
            shutil.copyfile(site_charts.STYLE_SHEET, folder / site_charts.STYLE_SHEET.name)
            shutil.copytree(exports, folder / DATA, copy_function=shutil.copyfile)
            if documentation is not None:
                (folder / DOCUMENTATION).parent.mkdir()
                shutil.copyfile(documentation, folder / DOCUMENTATION)
            lines = [f"{sha256(folder / path)}  {path}\n" for path in files_below(folder)]
            (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return {name: len(text.encode()) for name, text in pages.items()}


def check_exports(exports: Path, marts: Sequence[Mart]) -> None:
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


def check_is_site(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a site.

    Raises:
        UserError: there is no list of checksums, or there are files that it does not list.

    """
    refusal = f"{folder} holds files that are not of a site"
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        is_site = GENERATOR in (folder / "index.html").read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        lines, is_site = [], False
    if not is_site:
        raise UserError(f"{refusal}: name an empty or a new folder")
    listed = {CHECKSUMS, *(line.partition("  ")[2] for line in lines)}
    others = [path for path in files_below(folder) if path not in listed]
    if others:
        raise UserError(f"{refusal}, such as {others[0]}: move them, or name another folder")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 after an error of the user."""
    logging.basicConfig(level=logging.INFO, format="make_site: %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    build = PROJECT / "build"
    parser = argparse.ArgumentParser(prog="make_site", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--warehouse", type=Path, default=build / "warehouse.duckdb", help="DuckDB file to read"
    )
    parser.add_argument(
        "--output", type=Path, default=build / "site", help="folder to make or replace"
    )
    parser.add_argument("--manifest", type=Path, help="default: manifest.json beside the warehouse")
    parser.add_argument("--exports", type=Path, help="default: exports beside the warehouse")
    parser.add_argument(
        "--documentation",
        type=Path,
        help="dbt's documentation as one page (default: docs/index.html beside the warehouse)",
    )
    options = parser.parse_args(arguments)
    beside = options.warehouse.parent
    documentation = options.documentation
    if documentation is None and (beside / "docs" / "index.html").is_file():
        documentation = beside / "docs" / "index.html"
    try:
        sizes = make_site(
            options.warehouse,
            options.output,
            options.manifest or beside / "manifest.json",
            options.exports or beside / "exports",
            documentation,
        )
    except UserError as error:
        log.error("%s", error)
        return 2
    except KeyboardInterrupt:
        log.error("interrupted; the previous site is unchanged")
        return 128 + signal.SIGINT
    if documentation is None:
        log.info("without dbt's documentation: make docs makes it")
    log.info("%d pages, %s bytes -> %s", len(sizes), f"{sum(sizes.values()):,}", options.output)
    return 0

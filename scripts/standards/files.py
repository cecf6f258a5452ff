"""All standards that are files of an export: SDMX, the metadata of CSVW, CITATION.cff."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from standards.about import read_about
from standards.citation import citation_file
from standards.csvw import write_csvw
from standards.cube import FACT, read_cube
from standards.sdmx import write_sdmx
from warehouse.manifest import Mart


def write_standards(
    connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart], manifest: Path, folder: Path
) -> None:
    """Write the files into the folder of an export, and log how long that takes."""
    started = time.monotonic()
    about = read_about(connection, manifest)
    fact = next(mart for mart in marts if mart.name == FACT)
    write_sdmx(read_cube(connection, fact, about.version), folder / "sdmx", about.modified)
    tables = [mart for mart in marts if (folder / "csv" / f"{mart.name}.csv").exists()]
    write_csvw(tables, folder / "csv", about)
    (folder / "CITATION.cff").write_text(citation_file(about), encoding="utf-8", newline="\n")
    logging.getLogger("build").info("the standards took %.2f s", time.monotonic() - started)

"""What was read from case files, kept in `.work/cases/` for the builds that use it.

<key>-<fiscal year>.parquet   the rows of a file, of one fiscal year
<key>.csv                     written last: the years that the file has, and their numbers
used-<key>.csv                the files that a build uses, loaded as raw.case_files
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import polars as pl

from cases.reading import read
from cases.sources import CaseFile, check_years, find, key, variables
from warehouse.database import text
from warehouse.project import UserError
from warehouse.sheets import CASE_FILES, read_csv, write_csv

logger = logging.getLogger("cases")

# The environment variables that give a build its case files: the list, and the rows as SQL.
FILES, ROWS = "CASE_FILES", "CASE_ROWS"

Row = dict[str, str]


def read_all(folder: Path, wanted: set[int], project: Path) -> tuple[Path, str]:
    """Read the case files of a folder, those that were read before from what was kept.

    Args:
        folder: where the files are.
        wanted: fiscal years to use, all that are there if none is named.
        project: the folder of the project.

    Returns:
        The list of the files used, and their rows as a list of SQL.

    Raises:
        UserError: a file is missing, there twice, or cannot be read.

    """
    kept = project / ".work" / "cases"
    kept.mkdir(parents=True, exist_ok=True)
    rows: dict[int, Row] = {}
    for file in find(folder, project):
        if file.fiscal_year is None or not wanted or file.fiscal_year in wanted:
            for row in _read_once(file, kept, project):
                before = rows.setdefault(int(row["fiscal_year"]), row)
                if before is not row:
                    raise UserError(
                        f"{before['file_name']} and {row['file_name']} both have cases of fiscal"
                        f" year {row['fiscal_year']}: leave one"
                    )
    used = [rows[year] for year in check_years(list(rows), wanted)]
    digest = hashlib.sha256(repr(used).encode()).hexdigest()[:12]
    listed = kept / f"used-{digest}.csv"
    write_csv(listed, used, CASE_FILES)
    paths = [text(str(kept / row["kept_as"])) for row in used]
    return listed, f"[{', '.join(paths)}]"


def _read_once(file: CaseFile, kept: Path, project: Path) -> list[Row]:
    content, name = key(file, project)
    index = kept / f"{name}.csv"
    if index.exists():
        found = read_csv(index)
        if all((kept / row["kept_as"]).exists() for row in found):
            return found
    logger.info("reading %s", file.path.name)
    wanted = variables(project, file.fiscal_year)
    frames = list(read(file, wanted))
    cases = pl.concat(frames) if frames else pl.DataFrame()
    if cases.is_empty():
        raise UserError(f"{file.path.name} has no cases")
    if file.fiscal_year:
        cases = cases.insert_column(0, pl.lit(file.fiscal_year, pl.Int32).alias("fiscal_year"))
    found = []
    for [year], part in sorted(cases.partition_by("fiscal_year", as_dict=True).items()):
        row = {
            "fiscal_year": str(year),
            "file_name": file.path.name,
            "form": file.form,
            "sha256": content,
            "case_count": str(len(part)),
            "kept_as": f"{name}-{year}.parquet",
        }
        work = kept / f"{row['kept_as']}.{os.getpid()}"
        part.write_parquet(work)
        work.replace(kept / row["kept_as"])
        found.append(row)
    work = index.with_suffix(f".{os.getpid()}")
    write_csv(work, found)
    work.replace(index)
    return found

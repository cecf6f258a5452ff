"""Measure the reading of case files, and the models of case files at ten million cases."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from cases.generate import csv_lines, multiplied, write
from cases.reading import read
from cases.sources import CaseFile, variables
from publish.build import build_with_dbt
from warehouse.project import PROJECT

# Written by hand: the same counts and sums, without what hides small cells.
BY_HAND = """
select fiscal_year, offense, district, race, gender, citizenship, education, conviction,
    sentence_type, age_years, count(*), count(age_years), sum(age_years),
    sum(case when sentence_months > 470 then 470 else sentence_months end),
    sum(coalesce(least(sentence_months, 470), case when sentence_type in (0, 3, 4) then 0 end)),
    sum(guideline_minimum_months), sum(guideline_maximum_months)
from read_parquet(?)
group by grouping sets ((fiscal_year, offense), (fiscal_year, offense, district),
    (fiscal_year, offense, race), (fiscal_year, offense, gender),
    (fiscal_year, offense, citizenship), (fiscal_year, offense, education),
    (fiscal_year, offense, conviction), (fiscal_year, offense, sentence_type),
    (fiscal_year, offense, age_years))
"""


def measure(folder: Path, extract: Path, cases: int) -> Iterator[str]:
    """Yield a line for each measurement: a wide file of 20,000 rows, then models at `cases`."""
    rows = pl.read_parquet(extract)
    path = write(folder / "opafy19nid_csv.zip", csv_lines(rows.head(20_000), 22_149))
    started = time.monotonic()
    subprocess.run(["unzip", "-p", path], stdout=subprocess.DEVNULL, check=True)
    yield f"wide CSV: unzip -p alone {time.monotonic() - started:.2f} s"
    started = time.monotonic()
    wanted = variables(PROJECT, 2019)
    count = sum(len(batch) for batch in read(CaseFile(path, "csv", 2019), wanted))
    yield f"wide CSV: {count} rows read in {time.monotonic() - started:.2f} s"
    made, many = folder / "made.parquet", folder / "many.parquet"
    multiplied(rows, cases).write_parquet(made)
    typed = read(CaseFile(made, "parquet", None), variables(PROJECT, None))
    pl.concat(typed).write_parquet(many)
    with duckdb.connect() as connection:
        started = time.monotonic()
        connection.execute(BY_HAND, [str(many)]).fetchall()
        yield f"{cases} cases: by hand {time.monotonic() - started:.2f} s"
    os.environ["CASE_ROWS"] = f"['{many}']"
    results = build_with_dbt(folder / "w.duckdb", folder / "target", unit_tests=False, docs=False)
    for result in results:
        if result.node.name in ("int_case_cells", "fct_reconciliations"):
            yield f"{cases} cases: {result.node.name} {result.execution_time:.2f} s"

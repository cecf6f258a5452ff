"""What all metadata says of the data: title, version, dates, license, address, and its reports."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from export.package import DESCRIPTION, LICENSE
from export.workbook import TITLE
from standards.version import version_in
from warehouse.database import named_rows

LICENSE_URL = "https://www.usa.gov/government-works"
REPORTS = """
select
    reports.*, cast(min(starts_on) as varchar) as starts_on,
    cast(max(ends_on) as varchar) as ends_on, list(distinct measure_id) as measure_ids,
    -- Days and months that the print does not give are left out: 2021-10, or 2024.
    left(cast(publication_date as varchar), case publication_date_precision
        when 'year' then 4 when 'month' then 7 else 10 end) as published
from marts.dim_reports as reports
inner join marts.fct_observations as observations using (report_id)
inner join marts.dim_fiscal_years as years using (fiscal_year)
group by all
order by publication_date, report_id
"""
MEASURES = "select measure_id, label, unit from marts.dim_measures order by 1"


@dataclass(frozen=True)
class About:
    """The facts, each from its home; `url` ends with a slash."""

    version: str
    modified: datetime.date
    url: str
    owner: str
    email: str
    reports: Sequence[dict[str, Any]]
    measures: Sequence[dict[str, Any]]
    title: str = TITLE
    description: str = DESCRIPTION

    def license_of(self, report: dict[str, Any]) -> str:
        """Return the address of a license, or its name where it has none here."""
        return LICENSE_URL if report["license"] == LICENSE["title"] else str(report["license"])


def read_about(connection: duckdb.DuckDBPyConnection, manifest: Path) -> About:
    """Read the facts from a warehouse and, of the pages, from the exposure in its manifest.

    The day of the data is the day on which the newest exhibit was keyed: it is the same in every
    build of the same data.
    """
    exposures = json.loads(manifest.read_bytes())["exposures"].values()
    pages = next(exposure for exposure in exposures if exposure["name"] == "pages")
    [[modified]] = connection.execute("select max(keyed_on) from marts.dim_exhibits").fetchall()
    return About(
        version=version_in(connection),
        modified=modified,
        url=f"{pages['url'].rstrip('/')}/",
        owner=pages["owner"]["name"],
        email=pages["owner"]["email"],
        reports=named_rows(connection.execute(REPORTS)),
        measures=named_rows(connection.execute(MEASURES)),
    )


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and programs alike."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")

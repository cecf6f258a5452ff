"""What portals and search engines read: JSON-LD on each page, DCAT-US 3, the sitemap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from xml.sax.saxutils import escape

from export.package import MEDIA_TYPES
from export.workbook import WORKBOOK
from standards.about import About, write_json
from warehouse.manifest import Mart

CATALOG, SITEMAP = "data.json", "sitemap.xml"
DCAT_US = (
    "https://raw.githubusercontent.com/DOI-DO/dcat-us/refs/heads/main/context/dcat-us-3.0.jsonld"
)
SITEMAP_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
Report = dict[str, Any]


def json_ld(about: About, page: str, marts: Sequence[Mart]) -> dict[str, Any]:
    """Return the dataset that a page shows in the words of schema.org: a report's, or all."""
    name = PurePosixPath(page).stem
    report = next((row for row in about.reports if row["report_id"] == name), None)
    reports = [report] if report else about.reports
    measures = {name for each in reports for name in each["measure_ids"]}
    owner = {"@type": "Organization", "name": about.owner, "url": about.url}
    based_on = [
        {
            "@type": "Report",
            "name": each["title"],
            "url": each["landing_url"],
            "datePublished": each["published"],
            "publisher": {"@type": "Organization", "name": each["publisher"]},
        }
        for each in reports
    ]
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "identifier": _identifier(about, report),
        "name": _name(about, report),
        "description": about.description,
        "url": f"{about.url}{page}",
        "version": about.version,
        "dateModified": about.modified.isoformat(),
        "isAccessibleForFree": True,
        "license": about.license_of(reports[0]),
        "creator": owner,
        "temporalCoverage": "/".join(_covered(reports)),
        "includedInDataCatalog": {"@type": "DataCatalog", "name": about.title, "url": about.url},
        "citation": [f"{r['publisher']}, {r['title']} ({r['published']})" for r in reports],
        "isBasedOn": based_on,
        "variableMeasured": [
            {"@type": "PropertyValue", "name": row["label"], "unitText": row["unit"]}
            for row in about.measures
            if row["measure_id"] in measures
        ],
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": url}
            for kind, url in _downloads(about, report, marts)
        ],
    }


def write_for_portals(
    folder: Path, about: About, marts: Sequence[Mart], pages: Iterable[str]
) -> None:
    """Write the catalog of DCAT-US 3, of the dataset of each report and of all, and the sitemap."""
    catalog = {
        "@context": DCAT_US,
        "@type": "Catalog",
        "title": about.title,
        "description": about.description,
        "publisher": {"@type": "Organization", "name": about.owner},
        "conformsTo": {"@type": "Standard", "title": "DCAT-US 3.0"},
        "dataset": [_dataset(about, report, marts) for report in (None, *about.reports)],
    }
    write_json(folder / CATALOG, catalog)
    day = f"<lastmod>{about.modified.isoformat()}</lastmod>"
    lines = [f"<url><loc>{escape(about.url + page)}</loc>{day}</url>" for page in pages]
    opening = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAP_SCHEMA}">'
    text = "\n".join([opening, *lines, "</urlset>", ""])
    (folder / SITEMAP).write_text(text, encoding="utf-8", newline="\n")


def _dataset(about: About, report: Report | None, marts: Sequence[Mart]) -> dict[str, Any]:
    """Return a dataset in the words of DCAT-US."""
    reports = [report] if report else about.reports
    first, last = _covered(reports)
    return {
        "@type": "Dataset",
        "identifier": _identifier(about, report),
        "title": _name(about, report),
        "description": about.description,
        "publisher": {"@type": "Organization", "name": about.owner},
        "contactPoint": [{"@type": "Kind", "fn": about.owner, "hasEmail": f"mailto:{about.email}"}],
        "version": about.version,
        "modified": about.modified.isoformat(),
        "accessRights": "public",
        "license": about.license_of(reports[0]),
        "temporal": [{"@type": "PeriodOfTime", "startDate": first, "endDate": last}],
        "landingPage": {"@type": "Document", "title": about.title, "accessURL": about.url},
        "distribution": [
            {"@type": "Distribution", "title": url, "downloadURL": url, "mediaType": kind}
            for kind, url in _downloads(about, report, marts)
        ],
    }


def _identifier(about: About, report: Report | None) -> str:
    return f"{about.url}#{report['report_id'] if report else 'dataset'}"


def _name(about: About, report: Report | None) -> str:
    return f"{report['title']} ({report['published']}): statistics" if report else about.title


def _covered(reports: Sequence[Report]) -> tuple[str, str]:
    return min(r["starts_on"] for r in reports), max(r["ends_on"] for r in reports)


def _downloads(about: About, report: Report | None, marts: Sequence[Mart]) -> list[tuple[str, str]]:
    """Return media type and address of the files: those of the exhibits of a report, or of all."""
    prefix = f"rpt_{report['report_id']}__" if report else "fct_observations"
    files = [(MEDIA_TYPES["xlsx"], f"{about.url}data/{WORKBOOK}")]
    for mart in marts:
        if mart.name.startswith(prefix):
            for kind in ("csv", "parquet"):
                files.append((MEDIA_TYPES[kind], f"{about.url}data/{kind}/{mart.name}.{kind}"))
    return files

"""Citations: CITATION.cff of the data, and BibTeX and APA of a single number."""

from __future__ import annotations

import re
from typing import Any

import yaml

from standards.about import LICENSE_URL, About

LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {sign: f"\\{sign}" for sign in "&%$#_{}"}


def citation_file(about: About) -> str:
    """Return CITATION.cff: the data, and the reports that they are from as references."""
    references = [
        {
            "type": "report",
            "title": report["title"],
            "authors": [{"name": report["publisher"]}],
            "year": int(report["published"][:4]),
            "url": report["landing_url"],
        }
        for report in about.reports
    ]
    content = {
        "cff-version": "1.2.0",
        "message": "Cite a number by its own address, and the report that prints it.",
        "type": "dataset",
        "title": about.title,
        "abstract": about.description,
        "authors": [{"name": about.owner}],
        "version": about.version,
        "date-released": about.modified.isoformat(),
        "license-url": LICENSE_URL,
        "url": about.url,
        "references": references,
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def bibtex(about: About, report: dict[str, Any], key: str, place: str, address: str) -> str:
    """Return a BibTeX entry for a number: the report, the place in it, and its address here."""
    fields = {
        "author": f"{{{_latex(report['publisher'])}}}",
        "title": f"{{{_latex(report['title'])}}}",
        "year": report["published"][:4],
        "note": _latex(f"{place}. Data: {about.owner}, version {about.version}"),
        "url": address,
    }
    lines = ",\n".join(f"  {name} = {{{text}}}" for name, text in fields.items())
    return f"@misc{{{key},\n{lines}\n}}"


def apa(about: About, report: dict[str, Any], place: str, address: str) -> str:
    """Return a citation of a number in the form of the APA."""
    author = f"{report['publisher']}.".replace("..", ".")
    year = report["published"][:4]
    return (
        f"{author} ({year}). {report['title']} ({place}). {about.owner} "
        f"(Version {about.version}) [Data set]. {address}"
    )


def _latex(text: str) -> str:
    """Write a text so that LaTeX shows it literally."""
    return re.sub(r"[\\~^&%$#_{}]", lambda found: LATEX[found[0]], text)

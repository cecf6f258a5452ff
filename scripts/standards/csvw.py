"""CSV on the Web: what each CSV file says of itself, in `<file>-metadata.json` beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from export.tables import base_type
from standards.about import About, write_json
from warehouse.manifest import Mart

CONTEXT = ["http://www.w3.org/ns/csvw", {"@language": "en"}]
DATA_TYPES = {"varchar": "string", "bigint": "long"}  # the others have the same name


def write_csvw(marts: Sequence[Mart], folder: Path, about: About) -> None:
    """Describe each CSV file in a folder: an empty field is a null, as everywhere in CSVW."""
    for mart in marts:
        columns = [
            {
                "name": column.name,
                "titles": column.name,
                "dc:description": column.description,
                "datatype": DATA_TYPES.get(kind := base_type(column.data_type), kind),
                "required": column.is_required,
            }
            for column in mart.columns
        ]
        schema: dict[str, Any] = {"columns": columns}
        if mart.primary_key:
            schema["primaryKey"] = list(mart.primary_key)
        content = {
            "@context": CONTEXT,
            "url": f"{mart.name}.csv",
            "dc:title": mart.name,
            "dc:description": mart.description,
            "dc:license": {"@id": about.license_of(about.reports[0])},
            "schema:version": about.version,
            "tableSchema": schema,
        }
        write_json(folder / f"{mart.name}.csv-metadata.json", content)

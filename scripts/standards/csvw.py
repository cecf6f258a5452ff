"""CSV on the Web: what each CSV file says of itself, in `<file>-metadata.json` beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from export.tables import base_type
from standards.about import write_json
from warehouse.manifest import Mart

CONTEXT = ["http://www.w3.org/ns/csvw", {"@language": "en"}]
DATA_TYPES = {"varchar": "string", "bigint": "long"}  # the others have the same name


def write_csvw(marts: Sequence[Mart], folder: Path, shared: dict[str, Any]) -> None:
    """Describe each CSV file in a folder; `csv-metadata.json` describes them together.

    Only a group of tables has foreign keys: they lead from one to another. One that can be
    null is left out: its validators take a null for a broken reference.
    """
    here = [mart for mart in marts if (folder / f"{mart.name}.csv").exists()]
    names = {mart.name for mart in here}
    tables = []
    for mart in here:
        table = _table(mart)
        write_json(
            folder / f"{mart.name}.csv-metadata.json", {"@context": CONTEXT, **shared, **table}
        )
        required = {column.name for column in mart.columns if column.is_required}
        keys = [
            {
                "columnReference": list(key.columns),
                "reference": {
                    "resource": f"{key.to}.csv",
                    "columnReference": list(key.to_columns),
                },
            }
            for key in mart.foreign_keys
            if key.to in names and required.issuperset(key.columns)
        ]
        tables.append(table | {"tableSchema": table["tableSchema"] | {"foreignKeys": keys}})
    if tables:
        write_json(folder / "csv-metadata.json", {"@context": CONTEXT, **shared, "tables": tables})


def _table(mart: Mart) -> dict[str, Any]:
    """Describe the file of a mart. An empty field is a null, as everywhere in CSVW."""
    columns = [
        {
            "name": column.name,
            "titles": column.name,
            "dc:description": column.description,
            "datatype": DATA_TYPES.get(base_type(column.data_type), base_type(column.data_type)),
            "required": column.is_required,
        }
        for column in mart.columns
    ]
    schema: dict[str, Any] = {"columns": columns}
    if mart.primary_key:
        schema["primaryKey"] = list(mart.primary_key)
    return {
        "url": f"{mart.name}.csv",
        "dc:title": mart.name,
        "dc:description": mart.description,
        "tableSchema": schema,
    }

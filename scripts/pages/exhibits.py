"""The page of the exhibits as printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.data import Data, seed_of
from pages.tables import Cell, Table
from warehouse.manifest import Mart


def printed_exhibits(data: Data, marts: Sequence[Mart]) -> list[dict[str, Any]]:
    """Return each exhibit as the mart of its name gives it back."""
    by_name = {mart.name: mart for mart in marts}
    shown = []
    for exhibit_id, exhibit in data.exhibits.items():
        mart = by_name.get(f"rpt_{exhibit_id.replace('.', '__')}")
        if mart is None:
            continue
        names = [column.name for column in mart.columns if column.name != "row_number"]
        table = Table(
            exhibit_id.replace(".", "-"),
            f"{exhibit['name']}, as printed",
            {name: name.replace("_", " ").capitalize() for name in names},
            [
                [Cell("" if row[name] is None else str(row[name])) for name in names]
                for row in data.query(f"select * from {mart.relation} order by row_number")
            ],
            mart=mart.name,
        )
        shown.append({**exhibit, "table": table, "seed": seed_of(exhibit_id)})
    return shown

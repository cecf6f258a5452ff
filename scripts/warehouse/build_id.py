"""The build id: the name of a build's content, which stands in everything that the build makes.

The warehouse has it in `release.about`, manifest and data package have it as `build_id`, and each
page, dbt's too, has it in a meta element. Whatever reads two of them checks that it is the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.manifest import Mart
from warehouse.project import UserError

IN_FILE = re.compile(rb'"build[-_]id"(?:: | content=)"([0-9a-f]{12})"')


def build_id_of(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> str:
    """Return the build id that the content of a warehouse gives: 12 hexadecimal digits.

    It follows from the rows of all marts, in any order, and from what the manifest says about them:
    the same data and descriptions give the same id, at any time and on any machine.
    """
    digest = hashlib.sha256()
    for mart in marts:
        rows = connection.execute(
            "select count(*), sum(md5_number_lower(cast(one_row as varchar)))"
            f" from {mart.relation} as one_row"
        ).fetchall()
        digest.update(repr((mart, rows)).encode())
    return digest.hexdigest()[:12]


def check_build_id(connection: duckdb.DuckDBPyConnection, *files: Path) -> str:
    """Return the build id that stands in a warehouse, and in each of the files that go with it.

    Raises:
        UserError: a file is of another build, or of none.

    """
    try:
        [[build_id]] = connection.execute("select build_id from release.about").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException, ValueError) as error:
        raise UserError("the warehouse does not say which build it is: build it anew") from error
    for file in files:
        found = IN_FILE.search(file.read_bytes())
        if not found or found[1].decode() != build_id:
            other = f"build {found[1].decode()}" if found else "no build"
            raise UserError(
                f"{file} is of {other}, the warehouse of build {build_id}: run make build again"
            )
    return str(build_id)

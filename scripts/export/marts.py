"""Export the marts: CSV, Parquet, JSON, one Excel workbook, and a Frictionless Data Package.

Which marts there are, their descriptions and their keys come from the dbt manifest; columns, types
and values from the warehouse. The same warehouse and manifest give the same bytes. Layout of the
output folder:

    csv/<mart>.csv  parquet/<mart>.parquet  json/<mart>.json  sentencing_warehouse.xlsx
    datapackage.json  SHA256SUMS
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import hashlib
import json
import logging
import re
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from publish.folder import replaced_folder
from warehouse.database import connect_read_only, quoted
from warehouse.manifest import read_marts
from warehouse.project import PROJECT, Parser, sha256
from warehouse.manifest import Column, ForeignKey, Mart
from warehouse.project import UserError

log = logging.getLogger("export_marts")

# The first of these that is exported is the one that datapackage.json points at: the plainest, then
# what the frictionless library can check.
FORMATS = ("csv", "xlsx", "json", "parquet")

PACKAGE = "datapackage.json"
CHECKSUMS = "SHA256SUMS"
WORKBOOK = "sentencing_warehouse.xlsx"
PACKAGE_NAME = "sentencing-warehouse"
TITLE = "Statistics printed by the U.S. Sentencing Commission"
DESCRIPTION = (
    "Aggregate statistics from reports of the U.S. Sentencing Commission as relational tables: "
    "counts of offenders, percentages (0 to 100) and mean sentences in months. Text columns keep "
    "numbers as printed. In CSV only an empty field is a null: words such as None are categories, "
    "so read with pandas as keep_default_na=False, na_values=['']."
)
LICENSE = {"name": "other-pd", "title": "U.S. government work"}
PROFILES = "https://datapackage.org/profiles/2.0"

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# DuckDB type (without its arguments) -> Table Schema type.
FIELD_TYPES = {
    "varchar": "string",
    "integer": "integer",
    "bigint": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
}

EXCEL_ROWS = 1_048_575  # below the header
EXCEL_TEXT = 32_767  # characters a cell
EXCEL_DIGITS = 15  # that a number keeps
SHEET_NAME = 31  # characters
FETCHED_ROWS = 10_000  # rows in memory at a time
MEASURED_ROWS = 200  # rows that the width of a column is taken from
EPOCH = datetime.datetime(2000, 1, 1)  # "created" of the workbook: the same in every run


def export(
    warehouse: Path,
    output: Path,
    manifest: Path,
    formats: Sequence[str] = FORMATS,
    marts: Sequence[str] | None = None,
) -> dict[str, int]:
    """Export marts to a folder, whole or not at all, and return the number of rows of each.

    Args:
        warehouse: the DuckDB file, read only.
        output: the folder to make or replace; a folder with anything but an export is refused.
        manifest: the manifest of the dbt run that built the warehouse.
        formats: any of FORMATS.
        marts: names of marts; all where None.

    Raises:
        UserError: unknown format or mart, no usable warehouse or manifest, warehouse and manifest
            that do not belong together, a folder that cannot be replaced, a mart too large for
            Excel.

    """
    chosen_formats = _chosen(formats, FORMATS, "format")
    described = {mart.name: mart for mart in read_marts(manifest)}
    names = _chosen(marts if marts is not None else list(described), list(described), "mart")
    with connect_read_only(warehouse) as connection:
        complete = with_columns(connection, list(described.values()))
        chosen = [mart for mart in complete if mart.name in names]
        with replaced_folder(output, check_is_export) as folder:
            rows = materialise(connection, chosen)
            if "xlsx" in chosen_formats:
                check_fits_excel(rows)
            for mart in chosen:
                write_files(connection, mart, folder, chosen_formats)
            # Sheet names come from all marts, so that they do not depend on which are exported.
            sheets = sheet_names([mart.name for mart in complete])
            if "xlsx" in chosen_formats:
                write_workbook(connection, chosen, rows, sheets, folder / WORKBOOK)
            checksums = {path: sha256(folder / path) for path in files_below(folder)}
            package = data_package(connection, chosen, sheets, folder, chosen_formats[0], checksums)
            text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
            (folder / PACKAGE).write_text(text, encoding="utf-8", newline="\n")
            checksums[PACKAGE] = sha256(folder / PACKAGE)
            lines = [f"{checksums[path]}  {path}\n" for path in sorted(checksums)]
            (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return rows


def _chosen(wanted: Iterable[str], known: Sequence[str], what: str) -> list[str]:
    """Return the wanted names, each once, in the order of the known ones."""
    wanted = list(wanted)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UserError(f"unknown {what} {unknown[0]!r}: choose from {', '.join(known)}")
    if not wanted:
        raise UserError(f"no {what} to export: choose from {', '.join(known)}")
    return [name for name in known if name in wanted]


def check_is_export(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an export.

    Raises:
        UserError: there is no list of checksums, or there are files that it does not list.

    """
    refusal = f"{folder} holds files that are not of an export"
    try:
        package = json.loads((folder / PACKAGE).read_bytes())
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError) as error:
        raise UserError(f"{refusal}: name an empty or a new folder") from error
    if not isinstance(package, dict) or package.get("name") != PACKAGE_NAME:
        raise UserError(f"{refusal}: name an empty or a new folder")
    listed = {CHECKSUMS, *(line.partition("  ")[2] for line in lines)}
    others = [path for path in files_below(folder) if path not in listed]
    if others:
        raise UserError(f"{refusal}, such as {others[0]}: move them, or name another folder")


def files_below(folder: Path) -> list[str]:
    """Return all paths below a folder that are not folders, relative to it, sorted."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found)


# Marts in the warehouse


def with_columns(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> list[Mart]:
    """Give all marts of a manifest the columns of the warehouse, in its order and with its types.

    Raises:
        UserError: the warehouse lacks one of the marts or has others, a mart has other columns
            than its manifest declares, or a column has a type that cannot be exported.

    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and not internal"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = data_type.lower()
    schemas = {mart.schema for mart in marts}
    in_warehouse = {key for key in found if key[0] in schemas}
    in_manifest = {(mart.schema, mart.name) for mart in marts}
    hint = "warehouse and manifest are not of the same build: run the build again"
    for _, name in sorted(in_manifest - in_warehouse):
        raise UserError(f"the warehouse has no mart {name}, the manifest has: {hint}")
    for _, name in sorted(in_warehouse - in_manifest):
        raise UserError(f"the manifest has no mart {name}, the warehouse has: {hint}")
    return [_with_columns(mart, found[mart.schema, mart.name], hint) for mart in marts]


def _with_columns(mart: Mart, types: dict[str, str], hint: str) -> Mart:
    declared = {column.name: column for column in mart.columns}
    different = sorted(set(declared).symmetric_difference(types)) if declared else []
    keys = {*mart.primary_key, *(name for key in mart.foreign_keys for name in key.columns)}
    different += sorted(keys.difference(types))
    if different:
        raise UserError(f"the columns of {mart.name} differ in {', '.join(different)}: {hint}")
    for name, data_type in types.items():
        if _base_type(data_type) not in FIELD_TYPES:
            raise UserError(
                f"{mart.name}.{name} is of type {data_type}, which has no place in the exports: "
                f"cast it to one of {', '.join(FIELD_TYPES)} in its model"
            )
    columns = [
        replace(declared.get(name, Column(name, data_type, "")), data_type=data_type)
        for name, data_type in types.items()
    ]
    return replace(mart, columns=tuple(columns))


def _base_type(data_type: str) -> str:
    return data_type.partition("(")[0]


def _scale(data_type: str) -> int:
    """Return the decimals of `decimal(precision,scale)`."""
    return int(re.split(r"[(),]", data_type)[2])


def row_order(mart: Mart) -> list[str]:
    """Return the columns that a mart is sorted by: in the printed order, then by key.

    The order is total (by all columns where there is no key), so that exports are reproducible.
    """
    names = [column.name for column in mart.columns]
    if "row_number" in names:  # of the printed row in its exhibit
        leading = ["report_id", "exhibit_id", "row_number"]
    elif "sort_order" in names:  # of the category in its classification
        leading = ["report_id", "exhibit_id", "fiscal_year", "classification_id", "sort_order"]
    else:
        leading = ["report_id", "exhibit_id", "fiscal_year"]
    leading = [name for name in leading if name in names and (name,) != mart.primary_key]
    return list(dict.fromkeys([*leading, *(mart.primary_key or names)]))


def materialise(connection: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> dict[str, int]:
    """Put each mart, sorted, into a temporary table of its name; return the numbers of rows.

    So a view is computed and a mart sorted once, not once a format. DuckDB keeps the order, and
    spills to disk what does not fit into memory.
    """
    rows = {}
    for mart in marts:
        order = ", ".join(f"{quoted(name)} nulls last" for name in row_order(mart))
        [[rows[mart.name]]] = connection.execute(
            f"create temp table {quoted(mart.name)} as"
            f" select * from {mart.relation} order by {order}"
        ).fetchall()
    return rows


# CSV, Parquet and JSON


def write_files(
    connection: duckdb.DuckDBPyConnection, mart: Mart, folder: Path, formats: Sequence[str]
) -> None:
    """Write one mart in the formats that have a file a mart; its rows are in a temporary table."""
    source = f"temp.{quoted(mart.name)}"
    descriptions = json.dumps(
        {column.name: column.description for column in mart.columns}, ensure_ascii=False
    )
    copies = {
        # RFC 4180; a null is an empty field, an empty text is quoted.
        "csv": (source, "format csv, header true, delimiter ',', nullstr ''"),
        "json": (f"(select {_json_columns(mart)} from {source})", "format json, array true"),
        "parquet": (
            source,
            "format parquet, compression zstd, kv_metadata "
            f"{{description: {_text(mart.description)}, columns: {_text(descriptions)}}}",
        ),
    }
    for name in formats:
        if name in copies:
            what, options = copies[name]
            (folder / name).mkdir(exist_ok=True)
            target = _text(str(folder / name / f"{mart.name}.{name}"))
            connection.execute(f"copy {what} to {target} ({options})")


def _json_columns(mart: Mart) -> str:
    """Return a select list that makes DuckDB write each decimal with all digits of its scale.

    It writes decimals of fewer than ten digits by way of a double, which drops the zeros at the
    end.
    """
    return ", ".join(
        f"{quoted(column.name)}::decimal(38,{_scale(column.data_type)})"
        f" as {quoted(column.name)}"
        if _base_type(column.data_type) == "decimal"
        else quoted(column.name)
        for column in mart.columns
    )


def _text(value: str) -> str:
    """Quote an SQL text."""
    return "'" + value.replace("'", "''") + "'"


# Excel


def sheet_names(marts: Sequence[str]) -> dict[str, str]:
    """Return a sheet name for each mart: its name, shortened in the middle to 31 characters.

    The end is what tells long names apart; names that it does not tell apart get a checksum.
    """
    short = {name: _shortened(name, "") for name in marts}
    folded = [sheet.casefold() for sheet in short.values()]
    return {
        name: sheet
        if folded.count(sheet.casefold()) == 1
        else _shortened(name, "~" + hashlib.sha256(name.encode()).hexdigest()[:4])
        for name, sheet in short.items()
    }


def _shortened(name: str, suffix: str) -> str:
    head = 4
    if len(name) + len(suffix) <= SHEET_NAME:
        return name + suffix
    return name[:head] + "~" + name[head + 1 + len(suffix) - SHEET_NAME :] + suffix


def check_fits_excel(rows: dict[str, int]) -> None:
    """Check the numbers of rows before anything is written.

    Raises:
        UserError: a mart has more rows than a sheet can hold.

    """
    for mart, count in rows.items():
        if count > EXCEL_ROWS:
            raise UserError(
                f"{mart} has {count:,} rows, an Excel sheet holds {EXCEL_ROWS:,}: "
                "leave out the format xlsx or the mart"
            )


def write_workbook(
    connection: duckdb.DuckDBPyConnection,
    marts: Sequence[Mart],
    rows: dict[str, int],
    sheets: dict[str, str],
    path: Path,
) -> None:
    """Write a workbook: contents, data dictionary, one sheet a mart. Rows are streamed.

    Raises:
        UserError: a text has more characters than a cell can hold.

    """
    # Rows go through files beside the workbook; in the system's folder a kill would leave them.
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(path, options) as workbook:
        workbook.set_properties({"title": TITLE, "created": EPOCH})
        styles = Styles(workbook)
        write_contents(workbook, styles, marts, rows, sheets)
        write_dictionary(workbook, styles, marts)
        for mart in marts:
            write_mart(connection, workbook, styles, mart, sheets[mart.name], rows[mart.name])


class Styles:
    """The cell formats of a workbook."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        """Make the formats that do not depend on a column."""
        self._workbook = workbook
        self._of_types: dict[str, Any] = {}
        self.header = workbook.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.top = workbook.add_format({"valign": "top"})
        self.link = workbook.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"})

    def of_type(self, data_type: str) -> Any:
        """Return the format of a column: as many decimals as the type has, ISO dates."""
        if data_type not in self._of_types:
            numbers = {"integer": "0", "bigint": "0", "date": "yyyy-mm-dd"}
            if _base_type(data_type) == "decimal":
                decimals = _scale(data_type)
                number_format = "0." + "0" * decimals if decimals else "0"
            else:
                number_format = numbers.get(data_type, "General")
            self._of_types[data_type] = self._workbook.add_format({"num_format": number_format})
        return self._of_types[data_type]


def _new_sheet(
    workbook: xlsxwriter.Workbook, styles: Styles, name: str, header: Sequence[str]
) -> Any:
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for index, title in enumerate(header):
        sheet.write_string(0, index, title, styles.header)
    return sheet


def write_contents(
    workbook: xlsxwriter.Workbook,
    styles: Styles,
    marts: Sequence[Mart],
    rows: dict[str, int],
    sheets: dict[str, str],
) -> None:
    """Write the sheet that says which mart is on which sheet, and links to it."""
    header = ("sheet", "mart", "rows", "columns", "primary_key", "description")
    sheet = _new_sheet(workbook, styles, "contents", header)
    for index, width in enumerate((33, 46, 8, 8, 40, 100)):
        sheet.set_column(index, index, width)
    for row, mart in enumerate(marts, start=1):
        name = sheets[mart.name]
        sheet.write_url(row, 0, f"internal:'{name}'!A1", styles.link, name)
        sheet.write_string(row, 1, mart.name, styles.top)
        sheet.write_number(row, 2, rows[mart.name], styles.top)
        sheet.write_number(row, 3, len(mart.columns), styles.top)
        sheet.write_string(row, 4, ", ".join(mart.primary_key), styles.wrapped)
        sheet.write_string(row, 5, mart.description, styles.wrapped)


def write_dictionary(workbook: xlsxwriter.Workbook, styles: Styles, marts: Sequence[Mart]) -> None:
    """Write the sheet that describes each column of each mart."""
    header = ("mart", "column", "type", "key", "description")
    sheet = _new_sheet(workbook, styles, "data_dictionary", header)
    for index, width in enumerate((46, 34, 14, 46, 100)):
        sheet.set_column(index, index, width)
    described = [(mart, column) for mart in marts for column in mart.columns]
    for row, (mart, column) in enumerate(described, start=1):
        sheet.write_string(row, 0, mart.name, styles.top)
        sheet.write_string(row, 1, column.name, styles.top)
        sheet.write_string(row, 2, column.data_type, styles.top)
        sheet.write_string(row, 3, key_role(mart, column.name), styles.wrapped)
        sheet.write_string(row, 4, column.description, styles.wrapped)
    sheet.autofilter(0, 0, len(described), len(header) - 1)


def key_role(mart: Mart, column: str) -> str:
    """Return what a column is for the keys: `primary key; foreign key to <mart> (<columns>)`."""
    roles = ["primary key"] if column in mart.primary_key else []
    roles += [
        f"foreign key to {key.to} ({', '.join(key.to_columns)})"
        for key in mart.foreign_keys
        if column in key.columns
    ]
    return "; ".join(roles)


def write_mart(
    connection: duckdb.DuckDBPyConnection,
    workbook: xlsxwriter.Workbook,
    styles: Styles,
    mart: Mart,
    name: str,
    row_count: int,
) -> None:
    """Write one mart to a sheet of its own; a null is an empty cell.

    Raises:
        UserError: a text is too long for a cell.

    """
    names = [column.name for column in mart.columns]
    sheet = _new_sheet(workbook, styles, name, names)
    formats = [styles.of_type(column.data_type) for column in mart.columns]
    widths = [len(column) for column in names]
    for number, row in enumerate(_rows(connection, mart), start=1):
        for index, value in enumerate(row):
            if value is not None:
                _write_cell(sheet, number, index, value, formats[index])
                if isinstance(value, str) and len(value) > EXCEL_TEXT:
                    raise UserError(
                        f"{mart.name}.{names[index]} has a text of {len(value):,} characters, an "
                        f"Excel cell holds {EXCEL_TEXT:,}: leave out the format xlsx or the mart"
                    )
                if number <= MEASURED_ROWS:
                    widths[index] = max(widths[index], len(str(value)))
    for index, width in enumerate(widths):
        sheet.set_column(index, index, min(max(width + 2, 8), 60))
    sheet.autofilter(0, 0, row_count, len(names) - 1)


def _rows(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Iterator[tuple[Any, ...]]:
    result = connection.execute(f"select * from temp.{quoted(mart.name)}")
    while rows := result.fetchmany(FETCHED_ROWS):
        yield from rows


def _write_cell(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    # The typed methods, because `write` would turn texts into formulas and links.
    if isinstance(value, str):
        sheet.write_string(row, column, value, style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, datetime.date):
        sheet.write_datetime(row, column, value, style)
    elif keeps_digits(value):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value), style)


def keeps_digits(value: int | decimal.Decimal) -> bool:
    """Say whether a number has at most 15 digits; Excel would change others, so they go as text."""
    number = decimal.Decimal(value)
    return decimal.Decimal(format(number, f".{EXCEL_DIGITS}G")) == number


# Data package


def data_package(
    connection: duckdb.DuckDBPyConnection,
    marts: Sequence[Mart],
    sheets: dict[str, str],
    folder: Path,
    file_format: str,
    checksums: dict[str, str],
) -> dict[str, Any]:
    """Return the Data Package (version 2) that describes the files of one format, one a mart."""
    resources = []
    for mart in marts:
        path = WORKBOOK if file_format == "xlsx" else f"{file_format}/{mart.name}.{file_format}"
        resource: dict[str, Any] = {
            "$schema": f"{PROFILES}/dataresource.json",
            "name": mart.name,
            "type": "table",
            "description": mart.description,
            "path": path,
            "format": file_format,
            "mediatype": MEDIA_TYPES[file_format],
        }
        if file_format in ("csv", "json"):
            resource["encoding"] = "utf-8"
        if file_format == "xlsx":
            # The word of the standard, and the one that the frictionless library reads.
            sheet = sheets[mart.name]
            resource["dialect"] = {"sheetName": sheet, "excel": {"sheet": sheet}}
        resource["bytes"] = (folder / path).stat().st_size
        resource["hash"] = f"sha256:{checksums[path]}"
        resource["schema"] = table_schema(connection, mart, {other.name for other in marts})
        resources.append(resource)
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": PACKAGE_NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "licenses": [LICENSE],
        "sources": sources(connection),
        "resources": resources,
    }


def sources(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """Return title and address of each publication that the warehouse holds."""
    reports = connection.execute(
        "select title, landing_url from marts.dim_reports order by report_id"
    ).fetchall()
    return [{"title": title, "path": url} for title, url in reports]


def table_schema(
    connection: duckdb.DuckDBPyConnection, mart: Mart, exported: set[str]
) -> dict[str, Any]:
    """Return the Table Schema of a mart, with the foreign keys that stay within the export."""
    fields = []
    for column in mart.columns:
        field: dict[str, Any] = {
            "name": column.name,
            "type": FIELD_TYPES[_base_type(column.data_type)],
            "description": column.description,
        }
        if column.is_required:
            field["constraints"] = {"required": True}
        fields.append(field)
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if mart.primary_key:
        schema["primaryKey"] = list(mart.primary_key)
    foreign_keys = [
        _reference(mart, key)
        for key in mart.foreign_keys
        if key.to in exported and _is_whole(connection, mart, key)
    ]
    if foreign_keys:
        schema["foreignKeys"] = foreign_keys
    return schema


def _reference(mart: Mart, key: ForeignKey) -> dict[str, Any]:
    # A reference to the table itself leaves out the resource.
    resource = {} if key.to == mart.name else {"resource": key.to}
    return {"fields": list(key.columns), "reference": {**resource, "fields": list(key.to_columns)}}


def _is_whole(connection: duckdb.DuckDBPyConnection, mart: Mart, key: ForeignKey) -> bool:
    """Say whether the columns of a foreign key are null together or not at all.

    A null in one of several columns means no reference in SQL, but frictionless looks for a row
    with that null, and Table Schema has no words for it: such a key is left out of the package. It
    is in the data dictionary of the workbook.
    """
    optional = {column.name for column in mart.columns if not column.is_required}
    if len(key.columns) == 1 or not optional.intersection(key.columns):
        return True
    nulls = " + ".join(f"({quoted(name)} is null)::integer" for name in key.columns)
    partial = connection.execute(
        f"select 1 from temp.{quoted(mart.name)}"
        f" where {nulls} between 1 and {len(key.columns) - 1} limit 1"
    ).fetchall()
    return not partial


# Command line


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Raises:
        UserError: an option is wrong.

    """
    parser = Parser(
        prog="export_marts",
        description="Export the marts of the warehouse: files, a workbook and a data package.",
    )
    parser.add_argument(
        "--warehouse",
        type=Path,
        default=PROJECT / "build" / "warehouse.duckdb",
        help="DuckDB file to read (default: build/warehouse.duckdb)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=PROJECT / "build" / "exports",
        help="folder to make or replace (default: build/exports)",
    )
    parser.add_argument(
        "--manifest",
        type=Path,
        help="manifest of the dbt run that built the warehouse (default: manifest.json beside it)",
    )
    parser.add_argument(
        "--formats",
        nargs="+",
        default=list(FORMATS),
        metavar="FORMAT",
        help=f"any of {', '.join(FORMATS)} (default: all)",
    )
    parser.add_argument("--marts", nargs="+", metavar="MART", help="names of marts (default: all)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 after an error of the user."""
    logging.basicConfig(level=logging.INFO, format="export_marts: %(message)s")
    # So that a stopped run removes its unfinished folder, as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        options = parse_arguments(arguments)
        connect_read_only(options.warehouse).close()
        manifest = options.manifest or options.warehouse.with_name("manifest.json")
        rows = export(options.warehouse, options.output, manifest, options.formats, options.marts)
    except UserError as error:
        log.error("%s", error)
        return 2
    except KeyboardInterrupt:
        log.error("interrupted; the previous export is unchanged")
        return 128 + signal.SIGINT
    log.info("%d marts, %s rows -> %s", len(rows), f"{sum(rows.values()):,}", options.output)
    return 0

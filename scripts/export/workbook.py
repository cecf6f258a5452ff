"""The Excel workbook: contents, data dictionary, and a sheet for each mart that fits into one."""

from __future__ import annotations

import datetime
import decimal
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from export.tables import base_type, scale
from warehouse.manifest import Mart
from warehouse.project import UserError

WORKBOOK = "sentencing_warehouse.xlsx"
TITLE = "Statistics printed by the U.S. Sentencing Commission"

# Below the header. A sheet holds ten times as many, but takes minutes to write and to open.
EXCEL_ROWS = 100_000
EXCEL_TEXT = 32_767  # UTF-16 units a cell
EXCEL_DIGITS = 15  # that a number keeps
SHEET_NAME = 31  # characters
MEASURED_ROWS = 200  # rows that the width of a column is taken from
EPOCH = datetime.datetime(2000, 1, 1)  # "created" of the workbook: the same in every run

Write = Callable[..., int]  # (row, column, value, format) -> 0 if the cell was written in full


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


def too_large(rows: dict[str, int], formats: Sequence[str]) -> dict[str, str]:
    """Say of each mart that has more rows than a sheet holds where its rows are instead.

    Raises:
        UserError: there is such a mart, and no format but the workbook.

    """
    found = {}
    others = [name for name in formats if name != "xlsx"]
    for mart, count in rows.items():
        if "xlsx" in formats and count > EXCEL_ROWS:
            problem = f"{mart} has {count:,} rows, a sheet takes {EXCEL_ROWS:,}"
            if not others:
                raise UserError(f"{problem}: add the format csv or parquet, or leave out the mart")
            files = " or ".join(f"{name}/{mart}.{name}" for name in others)
            found[mart] = f"Not in the workbook: {problem}. Its rows are in {files}."
    return found


class Workbook:
    """A workbook that is written row by row, sheet after sheet, in constant memory."""

    def __init__(self, path: Path) -> None:
        """Begin a workbook."""
        # Rows go through files beside the workbook; in the system's folder a kill would leave them.
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book = xlsxwriter.Workbook(path, options)
        self._book.use_zip64()  # for a sheet of more than 4 GB
        self._book.set_properties({"title": TITLE, "created": EPOCH})
        add = self._book.add_format
        self._header = add({"bold": True, "bottom": 1, "valign": "top"})
        self._wrapped = add({"text_wrap": True, "valign": "top"})
        self._top = add({"valign": "top"})
        self._link = add({"font_color": "#0563C1", "underline": 1, "valign": "top"})
        self._of_types: dict[str, Any] = {}

    def close(self) -> None:
        """Finish the file; raise OSError where it cannot be written."""
        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from error

    def write_contents(
        self,
        marts: Sequence[Mart],
        rows: dict[str, int],
        sheets: dict[str, str],
        left_out: dict[str, str],
    ) -> None:
        """Write the sheet that says which mart is on which sheet, and links to it."""
        header = ("sheet", "mart", "rows", "columns", "primary_key", "description")
        sheet = self._new_sheet("contents", header, (33, 46, 8, 8, 40, 100))
        for row, mart in enumerate(marts, start=1):
            name, description = sheets[mart.name], mart.description
            if mart.name in left_out:
                sheet.write_string(row, 0, "(too many rows)", self._top)
                description = f"{left_out[mart.name]}\n\n{description}"
            else:
                sheet.write_url(row, 0, f"internal:'{name}'!A1", self._link, name)
            sheet.write_string(row, 1, mart.name, self._top)
            sheet.write_number(row, 2, rows[mart.name], self._top)
            sheet.write_number(row, 3, len(mart.columns), self._top)
            sheet.write_string(row, 4, ", ".join(mart.primary_key), self._wrapped)
            sheet.write_string(row, 5, description, self._wrapped)

    def write_dictionary(self, marts: Sequence[Mart]) -> None:
        """Write the sheet that describes each column of each mart."""
        header = ("mart", "column", "type", "key", "description")
        sheet = self._new_sheet("data_dictionary", header, (46, 34, 14, 46, 100))
        styles = (self._top, self._top, self._top, self._wrapped, self._wrapped)
        described = [
            (mart.name, c.name, c.data_type, _key_role(mart, c.name), c.description)
            for mart in marts
            for c in mart.columns
        ]
        for row, texts in enumerate(described, start=1):
            for index, (text, style) in enumerate(zip(texts, styles, strict=True)):
                sheet.write_string(row, index, text, style)
        sheet.autofilter(0, 0, len(described), len(header) - 1)

    def write_mart(self, mart: Mart, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write one mart to a sheet of its own; a null is an empty cell.

        Raises:
            UserError: a text is too long for a cell.

        """
        names = [column.name for column in mart.columns]
        sheet = self._new_sheet(name, names)
        types = [column.data_type for column in mart.columns]
        cells = [
            (index, _writer(sheet, kind), self._of_type(kind)) for index, kind in enumerate(types)
        ]
        widths = [len(column) for column in names]
        number = 0
        for number, row in enumerate(rows, start=1):
            for (index, write, style), value in zip(cells, row, strict=True):
                if value is not None and write(number, index, value, style) != 0:
                    length = len(value.encode("utf-16-le")) // 2
                    raise UserError(
                        f"{mart.name}.{names[index]} has a text of {length:,} characters, an "
                        f"Excel cell holds {EXCEL_TEXT:,}: leave out the format xlsx or the mart"
                    )
            if number <= MEASURED_ROWS:
                lengths = [0 if value is None else len(str(value)) for value in row]
                widths = list(map(max, widths, lengths))
        for index, width in enumerate(widths):
            sheet.set_column(index, index, min(max(width + 2, 8), 60))
        sheet.autofilter(0, 0, number, len(names) - 1)

    def _new_sheet(self, name: str, header: Sequence[str], widths: Sequence[int] = ()) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for index, title in enumerate(header):
            sheet.write_string(0, index, title, self._header)
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)
        return sheet

    def _of_type(self, data_type: str) -> Any:
        """Return the format of a column: as many decimals as the type has, ISO dates."""
        if data_type not in self._of_types:
            formats = {"integer": "0", "bigint": "0", "date": "yyyy-mm-dd"}
            if base_type(data_type) == "decimal":
                formats[data_type] = f"0.{'0' * scale(data_type)}".rstrip(".")
            number_format = formats.get(data_type, "General")
            self._of_types[data_type] = self._book.add_format({"num_format": number_format})
        return self._of_types[data_type]


def _key_role(mart: Mart, column: str) -> str:
    """Return what a column is for the keys: `primary key; foreign key to <mart> (<columns>)`."""
    roles = ["primary key"] if column in mart.primary_key else []
    roles += [
        f"foreign key to {key.to} ({', '.join(key.to_columns)})"
        for key in mart.foreign_keys
        if column in key.columns
    ]
    return "; ".join(roles)


def _writer(sheet: Any, data_type: str) -> Write:
    """Return the method that writes the values of a type.

    Each is a typed one, because `write` would turn texts into formulas and links.
    """
    write: Write
    match base_type(data_type):
        case "varchar":

            def write(row: int, column: int, value: str, style: Any) -> int:
                if value.startswith("<r>") and value.endswith("</r>"):
                    # `write_string` takes this for the markup of a rich text.
                    parts = [value[:1], style, value[1:], style]
                    return int(sheet.write_rich_string(row, column, *parts))
                return int(sheet.write_string(row, column, value, style))

        case "boolean":
            write = sheet.write_boolean
        case "date":
            write = sheet.write_datetime
        case _:

            def write(row: int, column: int, value: int | decimal.Decimal, style: Any) -> int:
                if keeps_digits(value):
                    return int(sheet.write_number(row, column, value, style))
                return int(sheet.write_string(row, column, str(value), style))

    return write


def keeps_digits(value: int | decimal.Decimal) -> bool:
    """Say whether a number has at most 15 digits; Excel would change others, so they go as text."""
    number = decimal.Decimal(value)
    return decimal.Decimal(format(number, f".{EXCEL_DIGITS}G")) == number

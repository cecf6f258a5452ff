"""Case files as typed rows: CSV and fixed width, plain or in a zip, and Parquet.

Files of text are streamed, and of their thousands of columns only those needed are made. What
cannot be read is named by file, line and column; a message has no other value of the case.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cases.sources import CaseFile, Variable
from warehouse.cells import shown
from warehouse.project import UserError

PIECE = 1 << 20  # bytes parsed at a time: what stays in the cache of a processor
ROWS, PARQUET_ROWS = 20_000, 500_000  # rows typed at a time
COMMA, NEWLINE = b",\n"
MEMBERS = {"csv": ".csv", "fixed_width": ".dat"}
# Rows as text, and the line that the first of them stands on.
Batch = tuple[int, pl.DataFrame]
# SAS: `AGE 5-6`, `$` for text, `.2` for implied decimals; or `@5 AGE 2.`.
FIELD = re.compile(
    r"(?:@(?P<at>\d+)\s+)?(?P<name>[A-Za-z_]\w*)\s+\$?\s*"
    r"(?:(?P<first>\d+)\s*-\s*(?P<last>\d+)(?:\s+\.(?P<implied>\d+))?"
    r"|(?:[A-Za-z]*)(?P<width>\d+)\.(?P<decimals>\d*))"
)


def read(file: CaseFile, variables: Sequence[Variable]) -> Iterator[pl.DataFrame]:
    """Read a case file in pieces, with the names and types of the warehouse.

    Raises:
        UserError: it is damaged, it lacks a variable, or a value of it cannot be read.

    """
    read_form = {"csv": _csv, "fixed_width": _fixed_width, "parquet": _parquet}[file.form]
    try:
        for first, batch in read_form(file.path, [variable.source for variable in variables]):
            place = f"{file.path.name}, {'row' if file.form == 'parquet' else 'line'}"
            yield pl.DataFrame([_typed(batch, v, place, first) for v in variables])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(f"{file.path.name} is damaged or cut short: get it again") from error
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file.path.name} cannot be read: get it again") from error


def _typed(batch: pl.DataFrame, variable: Variable, place: str, first: int) -> pl.Series:
    """Return a variable as whole codes or as a decimal; missing is null."""
    text = batch[variable.source].str.strip_chars()
    text = text.set(text.is_in(["", "."]), None)
    number = text.cast(pl.Float64, strict=False)
    is_missing = text.is_null() | number.is_in(variable.missing).fill_null(False)
    is_readable = number.is_not_null() & number.is_finite()
    wrong = "is not a number"
    if variable.codes:
        is_readable &= number.is_in([float(code) for code in variable.codes])
        wrong = f"is not a code of {variable.name} in case_categories.csv"
    elif variable.kind == "year":
        is_missing = pl.repeat(False, len(text), eager=True)
        is_readable &= number == number.floor()
        wrong = "is not a fiscal year"
    unreadable = (~(is_missing | is_readable.fill_null(False))).arg_true()
    if len(unreadable):
        row = unreadable[0]
        value = shown(text[row] or "")[:20]
        raise UserError(f'{place} {first + row}, column {variable.source}: "{value}" {wrong}')
    number = number.set(is_missing, None)
    if variable.life is not None:
        number = number.set((number == variable.life).fill_null(False), variable.cap)
    if variable.kind == "number":
        return number.round(4).cast(pl.Decimal(12, 4)).alias(variable.name)
    return number.cast(pl.Int32).alias(variable.name)


def _parquet(path: Path, names: Sequence[str]) -> Iterator[Batch]:
    with path.open("rb") as file:
        _check_names(path, pl.read_parquet_schema(file), names)
    rows = pl.scan_parquet(path).select(names)
    for begin in range(0, rows.select(pl.len()).collect().item(), PARQUET_ROWS):
        yield begin + 1, rows.slice(begin, PARQUET_ROWS).collect().cast(pl.String)


def _csv(path: Path, names: Sequence[str]) -> Iterator[Batch]:
    with _opened(path, "csv") as stream:
        header = stream.readline().decode("utf-8-sig")
        columns = [name.strip().upper() for name in next(csv.reader([header]), [])]
        _check_names(path, columns, names)
        places = [columns.index(name) for name in names]

        def fields(piece: bytes, line: int) -> list[list[str]]:
            return _csv_fields(path, piece, line, len(columns), places)

        yield from _batches(stream, fields, names, first=2)


def _csv_fields(
    path: Path, piece: bytes, line: int, width: int, places: Sequence[int]
) -> list[list[str]]:
    """Return the fields of some columns; in a piece without quotes, from where the commas are."""
    if b'"' not in piece:
        characters = np.frombuffer(piece, np.uint8)
        ends = np.flatnonzero((characters == COMMA) | (characters == NEWLINE))
        if len(ends) % width == 0 and (characters[ends[width - 1 :: width]] == NEWLINE).all():
            text = piece.decode("latin-1")
            return [
                [text[before + 1 : end] for before, end in _bounds(ends, width, n)] for n in places
            ]
    rows = list(csv.reader(io.StringIO(piece.decode("latin-1"))))
    for number, row in enumerate(rows, start=line):
        if len(row) != width:
            raise UserError(f"{path.name}, line {number}: has {len(row)} fields, not {width}")
    return [[row[n] for row in rows] for n in places]


def _bounds(ends: NDArray[np.int64], width: int, place: int) -> Iterator[tuple[int, int]]:
    """Give where the fields of a column end, and where those before them do."""
    last = ends[place::width].tolist()
    before = ends[place - 1 :: width] if place else np.append(-1, ends[width - 1 : -1 : width])
    return zip(before.tolist(), last, strict=True)


def _fixed_width(path: Path, names: Sequence[str]) -> Iterator[Batch]:
    places, length, stated = _layout(path, _program(path))
    _check_names(path, list(places), names)
    count = 0

    def fields(piece: bytes, line: int) -> list[list[str]]:
        nonlocal count
        rows = piece.decode("latin-1").split("\n")[:-1]
        for number, row in enumerate(rows, start=line):
            if len(row) != length:
                raise UserError(
                    f"{path.name}, line {number}: is {len(row)} characters long, and"
                    f" {length} by its SAS program, which is of another file"
                )
        count += len(rows)
        return [[row[slice(*places[name])] for row in rows] for name in names]

    with _opened(path, "fixed_width") as stream:
        yield from _batches(stream, fields, names, first=1)
    if stated is not None and stated != count:
        raise UserError(f"{path.name} has {count} rows, not {stated} as its SAS program says")


def _batches(
    stream: IO[bytes],
    fields: Callable[[bytes, int], list[list[str]]],
    names: Sequence[str],
    first: int,
) -> Iterator[Batch]:
    """Read the fields of a stream, and give them in batches; `first` is the line it is at."""
    texts: list[list[str]] = [[] for _ in names]
    for piece in _pieces(stream):
        for text, more in zip(texts, fields(piece, first + len(texts[0])), strict=True):
            text += more
        if len(texts[0]) >= ROWS:
            yield first, pl.DataFrame(dict(zip(names, texts, strict=True)))
            first += len(texts[0])
            texts = [[] for _ in names]
    if texts[0]:
        yield first, pl.DataFrame(dict(zip(names, texts, strict=True)))


def _program(path: Path) -> str:
    """Return the SAS program of a file: in the zip, or beside it."""
    beside = path.with_suffix(".sas")
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.lower().endswith(".sas"):
                    return archive.read(name).decode("latin-1")
    if not beside.is_file():
        raise UserError(f"{path.name} needs its SAS program: put {beside.name} beside it")
    return beside.read_text(encoding="latin-1")


def _layout(path: Path, program: str) -> tuple[dict[str, tuple[int, int]], int, int | None]:
    """Return where the fields are, the length of a line, and the number of rows if stated."""
    program = re.sub(r"/\*.*?\*/", " ", program, flags=re.S)
    statement = re.search(r"\binput\b(.*?);", program, re.I | re.S)
    fields = {}
    for field in FIELD.finditer(statement[1]) if statement else ():
        if field["first"]:
            begin, end = int(field["first"]) - 1, int(field["last"])
        else:
            begin = int(field["at"] or 1) - 1
            end = begin + int(field["width"])
        if field["implied"]:
            raise UserError(
                f"{path.name}: {field['name']} has implied decimals, which are not read"
            )
        fields[field["name"].upper()] = (begin, end)
    if not fields:
        raise UserError(f"the SAS program of {path.name} has no INPUT statement with columns")
    lrecl, obs = (re.search(rf"\b{name}\s*=\s*(\d+)", program, re.I) for name in ("lrecl", "obs"))
    length = int(lrecl[1]) if lrecl else max(end for _, end in fields.values())
    return fields, length, int(obs[1]) if obs else None


def _check_names(path: Path, found: Collection[str], names: Sequence[str]) -> None:
    for name in names:
        if name not in found:
            raise UserError(
                f"{path.name} has no variable {name}: if it has another name from this fiscal year"
                " on, add a row to seeds/reference/case_variables.csv"
            )


@contextmanager
def _opened(path: Path, form: str) -> Iterator[IO[bytes]]:
    if path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive:
        members = [n for n in archive.namelist() if n.lower().endswith(MEMBERS[form])]
        if len(members) != 1:
            raise UserError(f"{path.name} has {len(members)} files {MEMBERS[form]}, expected one")
        with archive.open(members[0]) as member:
            yield member


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Give a stream in pieces of whole lines."""
    left = b""
    while piece := stream.read(PIECE):
        whole, end, rest = piece.rpartition(b"\n")
        if end:
            yield _without_returns(left + whole + end)
            left = rest
        else:
            left += piece
    if left.strip(b"\x00\x1a\r\n "):
        yield _without_returns(left + b"\n")


def _without_returns(piece: bytes) -> bytes:
    return piece.replace(b"\r\n", b"\n") if b"\r" in piece else piece

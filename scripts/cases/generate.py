"""Case files of the Commission's shape, made from real rows, for tests and benchmarks."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl

WIDTH = 8  # characters of a field of fixed width


def as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """Write rows as the files do: whole numbers without a point, missing as nothing."""
    return rows.cast(pl.String).with_columns(pl.all().str.replace(r"\.0$", "").fill_null(""))


def csv_lines(rows: pl.DataFrame, columns: int) -> Iterator[str]:
    """Give the lines of a CSV file in which the columns of `rows` stand among empty ones."""
    step = columns // len(rows.columns)
    places = [step * number for number in range(len(rows.columns))]
    filler = (f"X{number}" for number in range(columns))
    header = [*filler]
    for place, name in zip(places, rows.columns, strict=True):
        header[place] = name
    yield ",".join(header) + "\n"
    commas = ["," * (second - first) for first, second in pairwise([*places, columns - 1])]
    for row in as_text(rows).iter_rows():
        yield "".join(f"{value}{gap}" for value, gap in zip(row, commas, strict=True)) + "\n"


def fixed_width(rows: pl.DataFrame, columns: int) -> tuple[str, Iterator[str]]:
    """Give the SAS program and the lines of a file of fixed width, with empty columns behind."""
    fields = [
        f"  {name} {WIDTH * number + 1}-{WIDTH * (number + 1)}"
        for number, name in enumerate([*rows.columns, *(f"X{n}" for n in range(columns))])
    ]
    length = WIDTH * len(fields)
    program = f"DATA CASES; INFILE DAT LRECL={length} OBS={len(rows)};\nINPUT\n"
    lines = ("".join(f"{v:>{WIDTH}}" for v in row) for row in as_text(rows).iter_rows())
    return program + "\n".join(fields) + ";\nRUN;\n", (f"{line:{length}}\n" for line in lines)


def write(path: Path, lines: Iterator[str], **beside: str) -> Path:
    """Write lines to a file; into a zip if the name ends so, with other files by their ends."""
    stem = path.stem.split("_")[0]
    if path.suffix != ".zip":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        for end, content in beside.items():
            path.with_suffix(f".{end}").write_text(content)
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        end = "dat" if "sas" in beside else "csv"
        with archive.open(f"{stem}.{end}", "w", force_zip64=True) as member:
            member.writelines(line.encode() for line in lines)
        for end, content in beside.items():
            archive.writestr(f"{stem}.{end}", content)
    return path


def multiplied(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """Repeat real rows in new fiscal years, with sentences and ages moved a little."""
    times = -(-count // len(rows))
    first, last = rows["FISCAL_YEAR"].min(), rows["FISCAL_YEAR"].max()
    years = last - first + 1  # type: ignore[operator]
    copies = [
        rows.with_columns(
            (pl.col("FISCAL_YEAR") - years * number).cast(pl.Int16),
            (pl.col("SENTTOT") + number % 5).alias("SENTTOT"),
            (pl.col("AGE") + number % 3).alias("AGE"),
        )
        for number in range(times)
    ]
    return pl.concat(copies).head(count)

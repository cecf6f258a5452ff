"""Draft the sheets of a report for a person to review: each row has a cell that begins with `?`.

The build refuses such a cell. A code stands behind the mark only where the label is that of a
category, or of rows of other reports: it is an offer, and nothing else is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from keying.guesses import Guesses, is_unreviewed, offer
from keying.statements import Number
from verification.document import CAPTION, DIGITS, FISCAL_YEAR, Block, Document
from verification.frame import YEAR
from warehouse.seed_files import UNREVIEWED
from warehouse.sheets import CLOSING, CODES, FRAME, Sheet, read_csv

PRINTED = re.compile(rf"\W*({DIGITS})\s*%?")
SINCE = re.compile(rf"\bsince {FISCAL_YEAR}", re.IGNORECASE)


def draft(
    document: Document, numbers: Iterable[Number], guesses: Guesses, folder: Path
) -> list[Sheet]:
    """Return the sheets of a document: one of the numbers of its text, and one of each table."""
    rows = [_statement(number, guesses) for number in numbers]
    sheets = [_sheet(folder, "statements", rows, ["printed_value"])] if rows else []
    tables: dict[str, list[Block]] = defaultdict(list)
    for block in document.blocks:
        if "\t" in block.text:
            tables[block.heading].append(block)
    for place, (name, blocks) in enumerate(tables.items(), start=1):
        exhibit = name.lower().replace(" ", "_") if CAPTION.match(f"{name}. ") else f"list_{place}"
        rows, columns = _table(name, [block.text.split("\t") for block in blocks], guesses)
        sheets += [_sheet(folder, exhibit, rows, columns)] if rows else []
    return sheets


def _statement(number: Number, guesses: Guesses) -> dict[str, str]:
    category = guesses.category(number.label)
    listed = number.label[len(number.lead) + 2 :] if number.lead else ""
    population = offer(guesses.named(number.lead, "populations")) if number.lead else ""
    if listed and not category:
        category = guesses.category(listed)
    since = SINCE.search(number.around)
    return {
        "row_label": number.label,
        "population_id": f"{UNREVIEWED} {population}".strip() if number.lead else "",
        "category_key": f"{UNREVIEWED} {category}",
        "measure_id": f"{UNREVIEWED} {guesses.measure(category, number.unit, number.label)}",
        "reference_fiscal_year": f"{UNREVIEWED} {since.group(1)}" if since else "",
        "printed_value": number.value,
        "printed_unit": number.unit,
        **{name: getattr(number, name) for name in CLOSING[1:]},
    }


def _table(
    name: str, lines: list[list[str]], guesses: Guesses
) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows of a table and its columns of numbers; text is a part of the label."""
    head, *body = lines
    width = max(map(len, lines))
    body = [[*cells, *[""] * (width - len(cells))] for cells in body]
    numeric = [i for i in range(1, width) if any(PRINTED.fullmatch(cells[i]) for cells in body)]
    columns = {i: re.sub(r"\W+", "_", head[i].lower()) if i < len(head) else "" for i in numeric}
    for i, column in columns.items():
        if not re.fullmatch(r"[a-z]\w*", column) or [*FRAME, *columns.values()].count(column) > 1:
            columns[i] = f"number_{i}"
    rows = []
    for cells in body:
        label = ", ".join(cell for i, cell in enumerate(cells) if cell and i not in numeric)
        row = {"row_label": label or "Row without a label", "heading": name}
        is_year = re.fullmatch(r"(?:19|20)\d\d", label)
        of_row = label if is_year else guesses.category(label)
        row["fiscal_year" if is_year else "category_key"] = f"{UNREVIEWED} {of_row}"
        for i, column in columns.items():
            printed = PRINTED.fullmatch(cells[i])
            row[column] = printed.group(1) if printed else ""
        rows.append(row)
    return rows, list(columns.values())


def _sheet(
    folder: Path, exhibit: str, rows: Iterable[Mapping[str, str]], numbers: list[str]
) -> Sheet:
    """Return rows as a sheet, without columns of codes that are empty."""
    rows = list(rows)
    codes = [code for code in CODES if any(row.get(code) for row in rows)]
    closing = [name for name in CLOSING if name != "printed_unit" or numbers == ["printed_value"]]
    columns = ("row_number", "row_label", *codes, *numbers, *closing)
    cells = tuple(
        {"row_number": str(line), **{name: clean(row.get(name, "")) for name in columns[1:]}}
        for line, row in enumerate(rows, start=1)
    )
    return Sheet(folder / f"raw_{folder.name}__{exhibit}.csv", columns, cells)


def clean(text: str) -> str:
    """Return a text as a cell can hold it."""
    shown = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C")
    return " ".join("".join(shown).split()).lstrip("=+@")


def like(old: Sheet, drafted: Iterable[Sheet], folder: Path) -> Sheet:
    """Return last year's sheet for this year: its rows and codes, and the numbers found anew.

    A number is found where one drafted row has the label and the unit, or the label in a table with
    the same columns; others are empty. A row without one stays below the row that it stood below.
    """
    found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for sheet in drafted:
        for row in sheet.rows if sheet.numbers == old.numbers else ():
            found[row["row_label"].lower(), row.get("printed_unit", "")].append(row)
    rows, places = [], [0]
    for row in old.rows:
        new = dict(row)
        same = found[row[old.label].lower(), row.get("printed_unit", "")]
        for name in (*old.numbers, "wording", "heading", "paragraph", "footnote"):
            if name in old.numbers or (name in new and len(same) == 1):
                new[name] = same[0].get(name, "") if len(same) == 1 else ""
        for code in CODES:
            if row.get(code):
                new[code] = f"{UNREVIEWED} {row[code]}"
        if not is_unreviewed(new):
            at = "category_key" if "category_key" in new else old.label
            new[at] = f"{UNREVIEWED} {new[at]}".strip()
        places.append(int(same[0]["row_number"]) if len(same) == 1 else places[-1])
        rows.append(new)
    in_print = sorted(range(len(rows)), key=lambda index: places[index + 1])
    rows = [{**rows[i], "row_number": str(n)} for n, i in enumerate(in_print, start=1)]
    exhibit = old.path.stem.rpartition("__")[2]
    return Sheet(folder / f"raw_{folder.name}__{exhibit}.csv", old.columns, tuple(rows))


def reference_rows(
    document: Document, sheets: Iterable[Sheet], project: Path, old: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Give rows of exhibits and their columns to complete and enter: seed, cells.

    What last year's report says of an exhibit of the same name is offered.
    """
    seeds = project / "seeds" / "reference"
    exhibits = {row["exhibit_id"]: row for row in read_csv(seeds / "exhibits.csv")}
    measures = {
        (row["exhibit_id"], row["column_name"]): row["measure_id"]
        for row in read_csv(seeds / "exhibit_columns.csv")
    }
    year = next((m.group(1) for b in document.blocks for m in YEAR.finditer(b.text)), UNREVIEWED)
    captions = {b.heading: b.text for b in document.blocks if CAPTION.match(b.text)}
    for place, sheet in enumerate(sheets, start=1):
        report_id, _, name = sheet.exhibit_id.partition(".")
        kind, _, number = name.partition("_")
        reference = f"{kind.capitalize()} {number}"
        title = YEAR.sub("", captions.get(reference, "").partition(". ")[2]).strip(" *")
        offered = exhibits.get(f"{old}.{name}", {})
        yield (
            "exhibits",
            {
                "exhibit_id": sheet.exhibit_id,
                "report_id": report_id,
                "exhibit_type": kind if title else "statements",
                "exhibit_number": number if title else "",
                "title": title or f"{UNREVIEWED} {offered.get('title', '')}",
                "sort_order": str(place),
                "population_id": f"{UNREVIEWED} {offered.get('population_id', '')}",
                "fiscal_year": year,
                "heading": reference if title else "",
                "label_checksum": "0",
                "check_count": "0",
            },
        )
        for column in sheet.numbers if sheet.numbers != ["printed_value"] else []:
            measure = f"{UNREVIEWED} {measures.get((f'{old}.{name}', column), '')}"
            cells = {"exhibit_id": sheet.exhibit_id, "column_name": column, "measure_id": measure}
            yield "exhibit_columns", cells

"""Say what is left to do on the sheets of a report, with its document in hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from keying.guesses import Guesses, is_unreviewed
from keying.statements import FRAMES
from verification.document import COUNTS, TOKEN, Document
from verification.rows import EXCLUSIONS, Exhibit, find_rows
from warehouse.seed_files import UNREVIEWED
from warehouse.sheets import Sheet, read_csv


def left(project: Path, sheets: Iterable[Sheet], document: Document, guesses: Guesses) -> list[str]:
    """Return the list, an item a line."""
    rows = read_csv(project / "seeds" / "reference" / "exhibits.csv")
    exhibits = {row["exhibit_id"]: row for row in rows}
    lists: dict[str, list[str]] = {
        name: []
        for name in (
            "rows to review", "labels without codes", "populations to define", "wordings to code",
            "exhibits to describe", "rows that the document does not have there",
            "numbers that no row holds",
        )
    }  # fmt: skip
    for sheet in sheets:
        name = sheet.exhibit_id.partition(".")[2]
        if sheet.exhibit_id not in exhibits:
            lists["exhibits to describe"].append(name)
        drafted = 0
        for row in sheet.rows:
            place = f'"{row[sheet.label]}" ({name} {row["row_number"]})'
            population = row.get("population_id", "").removeprefix(UNREVIEWED).strip()
            drafted += is_unreviewed(row)
            if row.get("category_key") == UNREVIEWED:
                lists["labels without codes"].append(place)
            if row.get("population_id") and population not in guesses.populations:
                lists["populations to define"].append(population or place)
            if row["wording"] and row["wording"] not in guesses.wordings:
                lists["wordings to code"].append(f'"{row["wording"]}"')
        lists["rows to review"] += [f"{drafted} of {name}"] if drafted else []
        described = {"line": "0", "heading": name.replace("_", " ").capitalize()}
        described |= exhibits.get(sheet.exhibit_id, {})
        exhibit = Exhibit(described, _without_marks(sheet))
        for found, faults in find_rows(exhibit, document, guesses.words):
            lists["rows that the document does not have there"] += [
                f"{name} {found.cells['row_number']}" for _ in faults[:1]
            ]
            if found.spans:
                said = [match.group().lower() for match in TOKEN.finditer(found.label)]
                for span in found.block.open_tokens(found.sentence.start, found.sentence.end):
                    if found.block.text[slice(*span)].lower() in said:
                        found.block.account(*span, "label")
    for entry in read_csv(project / "seeds" / "reference" / "source_exclusions.csv"):
        if entry["report_id"] == guesses.report_id:
            document.account(entry["context"], EXCLUSIONS)
    lists["numbers that no row holds"] += _held_by_none(document)
    return [
        f"- {name}: {', '.join(dict.fromkeys(items))}" for name, items in lists.items() if items
    ]


def _without_marks(sheet: Sheet) -> Sheet:
    rows = ({n: re.sub(rf"^\{UNREVIEWED} ?", "", c) for n, c in r.items()} for r in sheet.rows)
    return replace(sheet, rows=tuple(rows))


def _held_by_none(document: Document) -> Iterator[str]:
    for block in document.blocks:
        for match in FRAMES.finditer(block.text) if block.number else ():
            block.account(*match.span(), "frame")
        for start, end in block.open_tokens(0, len(block.text)) if block.number else ():
            token = block.text[start:end]
            if token[0].isdigit() or token.lower() in COUNTS.split():
                yield f'{token} in "{block.text[max(0, start - 25) : end + 15].strip()}"'

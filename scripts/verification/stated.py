"""The comparisons that a text states, against the rows of the sheets of comparisons."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from verification.frame import Codes
from verification.rows import FRAMES, Exhibit, Fault, Row
from verification.words import Words

AGAINST = re.compile(r"\b(?:than|compared (?:to|with))\b")
SUPERLATIVE = re.compile(r"\b(?:most|least|\w+est)\b", re.IGNORECASE)
WHOLES = ("group", "total", "any")  # roles of categories whose parts are compared instead


def check_comparisons(
    rows: Sequence[Row], exhibits: Mapping[str, Exhibit], codes: Codes
) -> Iterator[Fault]:
    """Check that each comparison is between what its sentence compares, and that none is missing.

    Args:
        rows: of sheets of comparisons, found in the document.
        exhibits: all exhibits of the report.
        codes: what the labels and categories mean.

    """
    held = defaultdict(set)
    for row in rows:
        held[id(row.block)].add((row.cells["left_row"], row.cells["right_row"]))
    for row in rows:
        name = f"{row.exhibit.sheet.report_id}.{row.cells['compared_exhibit']}"
        if name not in exhibits:
            yield row.fault("compared_exhibit", "compares the numbers of an exhibit")
            continue
        left, right = row.cells["left_row"], row.cells["right_row"]
        lefts, rights = _compared(row, _comparable(row, exhibits[name], codes), codes.words)
        if left not in lefts:
            yield row.fault("left_row", f"compares {_listed(lefts)} there")
        elif right not in rights:
            yield row.fault("right_row", f"compares {left} with {_listed(rights)}")
        pairs = set(itertools.product(lefts, rights)) - held[id(row.block)]
        for one, other in sorted(pairs):
            text = f"compares {one} with {other or 'the others'}, too: no row does"
            yield row.fault("wording", text)
        held[id(row.block)] |= pairs


def _comparable(row: Row, compared: Exhibit, codes: Codes) -> list[str]:
    """Return the labels that can be compared with the left row's, of one classification."""
    column, label = row.cells["compared_column"], compared.sheet.label
    keys = {
        cells[label]: cells.get("category_key", "")
        for cells in compared.sheet.rows
        if cells.get(column) and cells.get("category_key") in codes.categories
    }
    of = keys.get(row.cells["left_row"], "").partition(".")[0]
    return [
        label
        for label, key in keys.items()
        if key.partition(".")[0] == of and codes.categories[key]["category_role"] not in WHOLES
    ]


def _compared(row: Row, labels: Sequence[str], words: Words) -> tuple[list[str], list[str]]:
    """Return the labels that a sentence compares, and those that it compares them with."""
    left_text, right_text = _sides(row)
    lefts = [label for label in labels if words.mentions(left_text, label)]
    rights = [label for label in labels if words.mentions(right_text, label)]
    return lefts, [label for label in rights if label not in lefts] if right_text else [""]


def _sides(row: Row) -> tuple[str, str]:
    """Return the texts that name what is compared, and what it is compared with.

    A superlative compares with all others, so that the second is empty. Where a sentence does not
    say with what it compares, it is with what the sentence before is about.
    """
    block, sentence = row.block, row.sentence
    wording = row.wording or row.spans[0]
    against = AGAINST.search(block.text, wording[1], sentence.end)
    if against:
        block.account(*against.span(), FRAMES)
        left = block.text[sentence.start : against.start()]
        return left, block.text[against.end() : sentence.end]
    if SUPERLATIVE.search(block.text, *wording):
        return row.said, ""
    before = block.sentence(max(sentence.start - 1, 0))
    return row.said, block.text[before.start : sentence.start]


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(label or "the others" for label in labels) or "nothing that is in the exhibit"

"""What the document says around a number: unit, measure, label, category, year, footnote mark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from verification.document import FISCAL_YEAR, TOKEN, Document, Sentence, Span, unit_beside
from verification.rows import FRAMES, Fault, Row, fault, heading_row
from verification.words import Words, stem

# What begins the next statement, so that the words of the number stand before it.
FOLLOWED = re.compile(r"\s*(?:[,;.(<]|$|(?:or|and|nor|but|to|which)\b)")
CITED = re.compile(r"\b(?:Figure|Table) \d+\b")
YEAR = re.compile(rf"\b{FISCAL_YEAR}", re.IGNORECASE)


@dataclass(frozen=True)
class Codes:
    """The reference seeds that say what codes mean; each row has its line.

    Attributes:
        words: what the print says for the words of labels.
        categories: `<classification>.<category>` -> row of `categories`.
        measures: measure -> row of `measures`.
        units: measure -> the units that are printed beside its numbers.
        columns: exhibit and column -> row of `exhibit_columns`.

    """

    words: Words
    categories: Mapping[str, Mapping[str, str]]
    measures: Mapping[str, Mapping[str, str]]
    units: Mapping[str, set[str]]
    columns: Mapping[tuple[str, str], Mapping[str, str]]

    def category(self, row: Row) -> Mapping[str, str]:
        """Return the row of the category of a row; empty if it has none."""
        return self.categories.get(row.cells.get("category_key", ""), {})


def check_row(row: Row, rows: Sequence[Row], codes: Codes, document: Document) -> Iterator[Fault]:
    """Check what stands around the numbers of a row; rows are all those of its block."""
    beside = [row, *(each for each in rows if each.numbers and each.sentence == row.sentence)]
    for column in row.numbers:
        if row.is_of_table:
            yield from _check_heading(row, column, codes, document)
        else:
            yield from _check_unit(row, column, beside, codes)
    if not row.exhibit.is_of_comparisons:
        yield from _check_words(row, beside, codes)
        yield from _check_doubles(row, rows)
    yield from _check_year(row, document)
    yield from _check_mark(row, rows, codes.words)


# Units and measures


def _measure(row: Row, column: str, codes: Codes) -> tuple[Mapping[str, str], Callable[..., Fault]]:
    """Return the measure of a number, if there is one, and what makes a fault of its code."""
    of_column = codes.columns.get((row.exhibit.sheet.exhibit_id, column))
    if of_column is None:
        code, wrong = row.cells.get("measure_id", ""), partial(row.fault, "measure_id")
    else:
        code, file = of_column["measure_id"], "seeds/reference/exhibit_columns.csv"
        wrong = partial(fault, file, of_column["line"], "measure_id", code)
    return codes.measures.get(code, {"measure_id": code, "label": "", "statistic": ""}), wrong


def _check_heading(row: Row, column: str, codes: Codes, document: Document) -> Iterator[Fault]:
    """Check that a column of a table is headed with a unit or the label of its measure."""
    measure, wrong = _measure(row, column, codes)
    position = [row.exhibit.sheet.label, *row.exhibit.sheet.numbers].index(column)
    heading = heading_row(row, document)[position].lower()
    is_label = codes.words.of(heading) == codes.words.of(measure["label"])
    if heading not in codes.units[measure["measure_id"]] and not is_label:
        yield wrong(f'heads the column "{heading}"')


def _check_unit(row: Row, column: str, rows: Sequence[Row], codes: Codes) -> Iterator[Fault]:
    """Check the unit beside a number, and that its measure has this unit and is spoken of."""
    number, known = row.cells[column], set[str]().union(*codes.units.values())
    unit = unit_beside(row.block.text, row.numbers[column], known)[0].lower()
    measure, wrong = _measure(row, column, codes)
    none = f"has no known unit beside {number}, nor what label_words.csv has for one"
    has = f'has "{unit}" beside {number}' if unit else none
    if "printed_unit" in row.cells and row.cells["printed_unit"].lower() != unit:
        yield row.fault("printed_unit", has)
    if not measure["label"]:
        yield wrong("has a number there, which is of a measure")
    elif unit not in codes.units[measure["measure_id"]] and (
        unit or "percent" in measure["statistic"]
    ):
        yield wrong(has)
    else:
        if codes.words.missing(unit or row.said, measure["unit"]):
            file, line = "seeds/reference/measures.csv", measure["line"]
            yield fault(file, line, "unit", measure["unit"], has)
        unsaid = _unsaid(row, rows, unit, measure, codes)
        if unsaid:
            yield wrong(
                f"does not say {codes.words.listed(unsaid, measure['label'])} with {number}"
            )


def _unsaid(
    row: Row, rows: Sequence[Row], unit: str, measure: Mapping[str, str], codes: Codes
) -> set[str]:
    """Return the words of a measure that should be said with a number and are not.

    Where no unit is printed, these are all words of its label, in the sentence; where the unit is
    of several measures, the words that no other of them has, in the clause. Where the unit is of
    this measure alone, one word is enough.
    """
    words, own = codes.words, codes.words.of(measure["label"])
    others = [
        codes.measures[other]["label"]
        for other, units in codes.units.items()
        if unit in units and other != measure["measure_id"] and other in codes.measures
    ]
    if unit and others:
        own, said = own.difference(*map(words.of, others)), _clauses(row, rows, row.spans[0])
        said = [f"{_lead_in(row)} {clause}" for clause in said]
    else:
        said = [row.said]
    unsaid = {word for word in own if not any(words.says(f"{t} {unit}", word) for t in said)}
    return unsaid if others or not unit or unsaid == own else set()


def _lead_in(row: Row) -> str:
    """Return what introduces the list that a number stands in: it says what each number is."""
    text, before = row.said, row.spans[0][0] - row.sentence.start
    return text[:before].partition(":")[0] if ":" in text[:before] else ""


# Labels and categories


def _check_words(row: Row, rows: Sequence[Row], codes: Codes) -> Iterator[Fault]:
    """Check that the sentence says the words of the label and of the category of a row.

    Where the sentence has numbers of other rows, the clause of the number says what tells the row
    from each of them.
    """
    if not row.is_of_table:  # whose labels are compared letter by letter
        labels = {id(other): other.label for other in rows}
        yield from _check_label(row, rows, labels, row.exhibit.sheet.label, codes.words)
    labels = {id(other): codes.category(other).get("label", "") for other in rows}
    yield from _check_label(row, rows, labels, "category_key", codes.words)
    for match in TOKEN.finditer(row.label):
        for token in row.block.open_tokens(row.sentence.start, row.sentence.end):
            if stem(row.block.text[slice(*token)]) == stem(match.group()):
                row.block.account(*token, FRAMES)
                break


def _check_doubles(row: Row, rows: Sequence[Row]) -> Iterator[Fault]:
    """Check that no row before has the same label, or the same codes in the same sentence."""
    for other in rows:
        if other.exhibit is row.exhibit and other.line < row.line:
            also = f"says it of {', '.join(other.cells[column] for column in other.numbers)}"
            if other.label == row.label:
                yield row.fault(row.exhibit.sheet.label, also)
            if other.sentence == row.sentence and other.is_also(row):
                yield row.fault("category_key", also)


def _check_label(
    row: Row, rows: Sequence[Row], labels: Mapping[int, str], column: str, words: Words
) -> Iterator[Fault]:
    """Check the words of one label of a row, given those of all rows of its sentence."""
    own = labels[id(row)]
    numbers = ", ".join(row.cells[name] for name in row.numbers)
    missing = words.missing(row.said, own)
    if missing:
        printed = f"does not say {words.listed(missing, own)} in the sentence of {numbers}"
        yield row.fault(column, f'{printed} (label "{own}")')
        return
    clauses = _clauses(row, rows, row.wording)
    for other in rows:
        apart = words.of(own) - words.of(labels[id(other)])
        if apart and not any(words.says(clause, word) for clause in clauses for word in apart):
            printed = f"does not say {words.listed(apart, own)} beside {numbers}"
            yield row.fault(column, f'{printed} (label "{own}")')
            return


def _clauses(row: Row, rows: Sequence[Row], without: Span | None) -> list[str]:
    """Return what stands before a number back to the one before, and after it if it goes on.

    A wording, such as "more than one-third", does not say what a number is about: it can be left
    out.
    """
    text, sentence = row.block.text, row.sentence
    first, last = row.spans[0][0], row.spans[-1][1]
    beside = re.compile(r"(?:%|[-\s]\w+(?=\)))?\)?").match(text, last)
    end = beside.end() if beside else last
    before = [span[1] for other in rows for span in other.spans if span[1] <= first]
    start = max([sentence.start, *before])
    if without:
        text = text[: without[0]] + " " * (without[1] - without[0]) + text[without[1] :]
    left = text[start:first].rpartition(";")[2] + text[first:end]
    if FOLLOWED.match(row.block.text, end):
        return [left]
    return [left, text[end : sentence.end].partition(";")[0]]


# Years and marks


def _check_year(row: Row, document: Document) -> Iterator[Fault]:
    """Check the fiscal year beside a number, or else before it, or else of its section."""
    text, last = row.block.text, row.spans[-1][1]
    keyed = {name: row.cells.get(name, "") for name in ("fiscal_year", "reference_fiscal_year")}
    near = [match.group(1) for match in YEAR.finditer(text, 0, last)][-1:]
    follows = YEAR.search(text, last, row.sentence.end)
    if follows and not any(last <= start < follows.start(1) for start, _ in row.block.tokens):
        near = [follows.group(1)]
    if not set(near) <= set(keyed.values()):
        yield row.fault("fiscal_year", f'says "fiscal year {near[0]}" there')
    section = [b for b in document.blocks if b.heading == row.block.heading]
    cited = {match.group() for b in section for match in CITED.finditer(b.text)}
    section += [b for b in document.blocks if b.heading in {*cited, row.exhibit.reference}]
    for column, year in keyed.items():
        blocks = section if any(YEAR.search(b.text) for b in section) else document.blocks
        printed = [(b, match) for b in blocks for match in YEAR.finditer(b.text)]
        here = [(b, match) for b, match in printed if match.group(1) == year]
        if year and not here and not (row.is_of_table and year in text.split("\t")):
            yield row.fault(column, f'does not say "fiscal year {year}" in the section')
        for block, match in here:
            block.account(*match.span(1), FRAMES)


def _check_mark(row: Row, rows: Sequence[Row], words: Words) -> Iterator[Fault]:
    """Check the mark that closes the sentence of a number.

    Or else that of a sentence before it that only defines what the number counts.
    """
    mark, own, block = row.cells["footnote"], row.sentence, row.block
    counted = [other.sentence for other in rows if other.numbers]

    def is_of_row(sentence: Sentence) -> bool:
        text = block.text[sentence.start : sentence.end]
        return sentence not in counted and not words.missing(text, row.label)

    before = [each for each in block.sentences() if each.mark and each.end <= own.end]
    marked = [each for each in before if each == own or is_of_row(each)]
    printed = marked[-1].mark if marked else ""
    if mark != printed:
        yield row.fault("footnote", f'has the mark "{printed}" there')
    elif marked:
        end = marked[-1].end - len("</sup>")
        block.account(end - len(mark), end, FRAMES)

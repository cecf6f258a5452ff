"""Find the numbers that a document states, each with a guess of its label, unit and wording.

A sentence is taken as one of these: "label: number unit", "introduction: item number; item number",
"number of them label". In any other, the words around a number are its label, to be shortened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from keying.guesses import Guesses
from verification.document import COUNTS, FISCAL_YEAR, TOKEN, Document, Span, unit_beside

YEAR = re.compile(rf"\b(?:since )?(?:in )?{FISCAL_YEAR}", re.IGNORECASE)
FRAMES = re.compile(rf"{YEAR.pattern}|\b(?:Figure|Table|Section) \d+|<sup>\d+</sup>", re.IGNORECASE)
BASE = re.compile(r"Of the (?=[\d,]*\d\b)")
FILLER = re.compile(
    r"^(?:(?:and|of|[Tt]he|them|those|were|was|an? (?:increase|decrease) of)\b|\W)+"
)


@dataclass(frozen=True)
class Number:
    """A number in a text, and what is said of it; `lead` is what introduces its list."""

    value: str
    unit: str
    label: str
    wording: str = ""
    lead: str = ""
    heading: str = ""
    paragraph: str = ""
    footnote: str = ""
    around: str = ""


def find_numbers(document: Document, guesses: Guesses) -> Iterator[Number]:
    """Give the numbers of all paragraphs, in the order of print."""
    for block in document.blocks:
        if block.number and "\t" not in block.text:
            for sentence in block.sentences():
                said = block.text[sentence.start : sentence.end]
                for number in _of_sentence(said, guesses):
                    place = {"heading": block.heading, "paragraph": str(block.number)}
                    yield replace(number, **place, footnote=sentence.mark, around=said.strip())


def _of_sentence(text: str, guesses: Guesses) -> Iterator[Number]:
    text = text.strip()
    if base := BASE.match(text):
        start, end = _values(text, base.end(), guesses)[0]
        yield Number(text[start:end], "", text[:end])
        text = text[end:].lstrip(", ")
    lead, colon, rest = text.partition(": ")
    if not colon or not _values(rest, 0, guesses):
        lead, rest = "", text
    lead = _label(lead, guesses)
    wordings = [wording for wording in guesses.wordings if lead.startswith(wording)]
    wording = max(wordings, key=len, default="")
    for number in _of_list(rest, guesses):
        item = number.label
        if lead and not wording:
            item = f"{lead}, {item}" if item else lead
            number = replace(number, lead=lead if number.label else "")
        item = item[:1].upper() + item[1:] or "Number without words"
        yield replace(number, label=item, wording=number.wording or wording)
        wording, lead = "", "" if wording else lead


def _values(text: str, start: int, guesses: Guesses) -> list[Span]:
    """Return where numbers stand: digits but of years, citations and marks, and counted units."""
    framed = [match.span() for match in FRAMES.finditer(text)]
    spans = []
    for match in TOKEN.finditer(text, start):
        word = (match.group("word") or "").lower()
        unit, _ = unit_beside(text, match.span(), guesses.printed_units)
        is_value = word in COUNTS.split() and unit
        is_framed = any(a <= match.start() < b for a, b in framed)
        if (match.group("digits") or is_value) and not is_framed:
            spans.append(match.span())
    return spans


def _of_list(text: str, guesses: Guesses) -> Iterator[Number]:
    """Give the numbers of a list, which stand before their words if the first one does."""
    spans = _values(text, 0, guesses)
    united = [unit_beside(text, span, guesses.printed_units) for span in spans]
    starts = [start for _, (start, _) in united]
    is_first = not _label(text[: starts[0]], guesses) if starts else True
    end = 0
    for span, (unit, (start, stop)), then in zip(
        spans, united, [*starts, len(text)][1:], strict=True
    ):
        before, after = text[end:start], _label(text[stop:then], guesses)
        known = (w for w in guesses.wordings if re.search(rf"(?<!\w){re.escape(w)}\b", before))
        wording = next(known, "")
        words = "" if is_first else _label(before.replace(wording, "", 1), guesses)
        if after and not words and unit.isalpha():
            after = f"{unit} {after}"  # "64,124 cases reported"
        yield Number(text[slice(*span)], unit, words or after, wording)
        end = stop


def _label(text: str, guesses: Guesses) -> str:
    """Return words as a label: without years and what joins them, cut at what only explains."""
    text = FILLER.sub("", FRAMES.sub("", FILLER.sub("", text)))
    first = text.partition(",")[0]
    text = first if first.lower() in guesses.labels else text
    return " ".join(text.split()).strip(" .,;:(")

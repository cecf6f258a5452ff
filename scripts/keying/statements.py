"""Find the numbers that a document states, each with a guess of its label, unit and wording.

A sentence is taken as one of these: "label: number unit", "introduction: item number; item number",
"number of them label". In any other, the words around a number are its label, to be shortened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from keying.guesses import Guesses
from verification.document import COUNTS, TOKEN, Document, Span

YEAR = re.compile(r"\b(?:since )?(?:in )?(?:fiscal year|FY) \d{4}", re.IGNORECASE)
FRAMES = re.compile(rf"{YEAR.pattern}|\b(?:Figure|Table|Section) \d+|<sup>\d+</sup>", re.IGNORECASE)
BASE = re.compile(r"Of the (?=[\d,]*\d\b)")
RANKED = re.compile(r"(?:top|first|highest|lowest|largest|smallest|most)\b(?: \w+){0,2}", re.I)
GLOSSED = re.compile(r"(?:(?:more|less|fewer) than |at (?:least|most) |\w+ )?[\w-]+(?= \($)", re.I)
FILLER = re.compile(
    r"^(?:(?:and|or|to|from|[Oo]f these|of|[Tt]he|them|those|were|was"
    r"|an? (?:increase|decrease) of)\b|[^\w(])+"
    r"|(?:,? (?:and|is|was|were))?[^\w)]*$"
)
LONGEST = 100  # characters of a label


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
        span = _values(text, base.end(), guesses)[0]
        yield Number(text[slice(*span)], "", "Number that the percentage is of")
        text = text[span[1] :].lstrip(", ")
    lead, colon, rest = text.partition(": ")
    if not colon or not _values(rest, 0, guesses):
        lead, rest = "", text
    lead = _label(lead, guesses)
    wordings = sorted((w for w in guesses.wordings if lead.startswith(w)), key=len)
    ranked = RANKED.match(lead)
    wording = wordings[-1] if wordings else ranked.group() if ranked else ""
    for piece in _pieces(rest, guesses):
        for number in _of_piece(piece, guesses):
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
        is_value = word in COUNTS.split() and _unit(text, match.span(), guesses)[0]
        is_framed = any(a <= match.start() < b for a, b in framed)
        is_in_word = text[max(0, match.start() - 1) : match.start()].isalpha()
        if (match.group("digits") or is_value) and not is_framed and not is_in_word:
            spans.append(match.span())
    return spans


def _unit(text: str, span: Span, guesses: Guesses) -> tuple[str, Span]:
    """Return the unit beside a number, as printed, and where both stand together."""
    start, end = span
    before = re.search(r"(?:\b(\w+) ?= ?|(\$))$", text[:start])
    if before and (before.group(1) or "$").lower() in guesses.printed_units:
        return before.group(1) or "$", (before.start(), end)
    for after in (r"\s?(%)", r"[-\s](\w+ \w+)", r"[-\s](\w+)"):
        match = re.compile(after).match(text, end)
        if match and match.group(1).lower() in guesses.printed_units:
            return match.group(1), (start, match.end())
    return "", span


def _pieces(text: str, guesses: Guesses) -> list[str]:
    """Split a text where a number with its own words ends; what has no number goes beside one."""
    pieces: list[str] = []
    waiting = ""
    for part in re.split(r"(?<=[;,]) (?![^(]*\))", text):
        if _values(part, 0, guesses):
            pieces.append(waiting + part)
            waiting = ""
        elif pieces and not waiting and _is_first(pieces[-1], guesses):
            pieces[-1] += f" {part}"
        else:
            waiting += f"{part} "
    if waiting and pieces:
        pieces[-1] += f" {waiting}"
    return pieces


def _is_first(piece: str, guesses: Guesses) -> bool:
    """Return whether a piece begins with its number."""
    span = _values(piece, 0, guesses)[0]
    return not _words(piece[: _unit(piece, span, guesses)[1][0]])


def _of_piece(piece: str, guesses: Guesses) -> Iterator[Number]:
    spans = _values(piece, 0, guesses)
    united = [_unit(piece, span, guesses) for span in spans]
    is_first, is_last = _is_first(piece, guesses), not _words(piece[united[-1][1][1] :])
    kept = [
        index
        for index, (start, _) in enumerate(spans)
        if (index == 0 or united[index][0] if is_first else not is_last)
        or (index == len(spans) - 1 and not is_first)
        or piece.count("(", 0, start) > piece.count(")", 0, start)
    ]
    end = 0
    for index in kept:
        unit, (start, stop) = united[index]
        before = piece[end:start]
        nexts = (united[i][1][0] for i in kept if ")" in piece[stop : united[i][1][0]] or i > index)
        after = piece[stop : next((n for n in nexts if n > stop and _words(piece[stop:n])), None)]
        wording = _wording(before, guesses)
        before = before.replace(wording, "", 1) if wording else before
        words = before if _words(before) else after
        if words is after and unit.isalpha() and unit != "n" and _words(after):
            words = f"{unit}{after}"  # "64,124 cases reported"
        elif len(kept) > 1 and not is_first:
            words = f"{before} {after}"
        yield Number(piece[slice(*spans[index])], unit, _label(words, guesses), wording)
        end = stop


def _wording(before: str, guesses: Guesses) -> str:
    """Return a wording that is known, or says in words what the number after it in brackets is."""
    for wording in guesses.wordings:
        if re.search(rf"(?<!\w){re.escape(wording)}\b", before):
            return wording
    glossed = GLOSSED.search(before)
    return glossed.group() if glossed and TOKEN.search(glossed.group()) else ""


def _words(text: str) -> str:
    """Return a text without what joins it to others, years, marks and empty brackets."""
    text = re.sub(r"<sup>\d+</sup>|\([^()]*\d[^()]*\)|\([^\w)]*\)", "", text)
    text = re.sub(r"^\W*(?:n ?=\s?[\d,]*)?\W*\)", "", text)
    return FILLER.sub("", YEAR.sub("", FILLER.sub("", text)))


def _label(text: str, guesses: Guesses) -> str:
    """Return words as a label: without years and what joins them, cut at what only explains."""
    text = _words(text)
    first = text.partition(",")[0]
    text = first if first.lower() in guesses.labels else text
    if text.count("(") < text.count(")"):
        text = text.replace(")", "")
    return " ".join(text.split())[:LONGEST].strip(" ,;:(")

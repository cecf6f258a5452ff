"""The text of one cell of a seed: clean, and in the one form that its type has.

What a cell says is published as it is, also where programs would run it or show something else:
in a CSV file that a spreadsheet opens, in a link, on a page.
"""

from __future__ import annotations

import datetime
import re
import unicodedata

# What a spreadsheet writes into a cell that it cannot calculate, or that is too narrow.
ERRORS = re.compile(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#+)")
FORMULA = re.compile(r"[=+\-@]")
# Type -> its one form, and what it is called.
FORMS = {
    "integer": (re.compile(r"0|-?[1-9]\d*"), "a whole number, such as 12"),
    "decimal": (re.compile(r"0|-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?"), "a number, such as 12.5"),
    "boolean": (re.compile(r"true|false"), "true or false"),
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), "a date, such as 2021-10-31"),
    "counted": (re.compile(r"[1-9]\d*"), "a whole number from 1"),
}


def what_is_wrong(cell: str, column: str, kind: str) -> str:
    """Say what is wrong with a cell; empty if nothing is.

    Args:
        cell: the cell, as it stands in the file.
        column: name of its column; of one that ends in url, the cell is a link.
        kind: `text`, `printed` for a number as printed, `counted` for a whole number from 1, or a
            type of dbt.

    """
    for character in cell:
        if not _is_shown(character):
            return f"has a character that does not show, U+{ord(character):04X}"
    if cell != cell.strip() or unicodedata.normalize("NFC", cell) != cell:
        return "has spaces around it, or characters put together from parts"
    if ERRORS.search(cell):
        return "has an error of a spreadsheet program"
    for word in re.findall(r"\w+", cell):
        scripts = {unicodedata.name(each).split()[0] for each in word if each.isalpha()}
        if len(scripts) > 1:
            return f"mixes scripts in the word {word}: {', '.join(sorted(scripts)).lower()}"
    if not cell:
        return ""
    form, called = FORMS.get(kind.partition("(")[0], (None, ""))
    if form and not (form.fullmatch(cell) and (kind != "date" or _is_date(cell))):
        return f"is not {called}"
    is_number = kind == "printed" and re.match(r"-\d", cell)
    if form is None and FORMULA.match(cell) and not is_number:
        return "begins as a formula does"
    links = [cell] if column.endswith("url") else re.findall(r"\S*:/\S*", cell)
    if not all(re.fullmatch(r"\W*https?://[^\s/]+(?:/\S*)?", link) for link in links):
        return "is not a link that begins with http:// or https://"
    return ""


def shown(cell: str) -> str:
    """Return a cell as it can be shown on one line."""
    return "".join(c if _is_shown(c) else f"\\u{ord(c):04x}" for c in cell)


def _is_shown(character: str) -> bool:
    """Return whether it is a letter, digit, sign or plain space, not the mark of one lost."""
    return character == " " or not (
        unicodedata.category(character)[0] in "CZ" or character == "\ufffd"
    )


def _is_date(cell: str) -> bool:
    try:
        datetime.date.fromisoformat(cell)
    except ValueError:
        return False
    return True

"""Read a document of any kind as the plain text that `verification.document` takes.

HTML and PDF need the packages of the group `key`; text needs none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from warehouse.project import UserError

UNSEEN = "head script style nav template noscript svg button form"
BLOCKS = "p div li ul ol dl dt dd section article main figure figcaption blockquote tr td br hr"
END = "\n</p>\n\n"  # of a paragraph
BULLET = re.compile(r"[•▪■●◦‣·–—*-]\s*(?=[A-Z0-9$]|$)")
SUPERSCRIPT, BOLD = 1, 16  # flags of MuPDF


def read_text(source: Path) -> str:
    """Return a document as text with headings marked, tables as lines with tabs.

    Raises:
        UserError: it cannot be read, or has no text.

    """
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {source}: {error.strerror}") from error
    try:
        if b"%PDF-" in content[:1024]:
            text = _text_of_pdf(source, content)
        elif re.match(rb"\W*<(?:!doctype|!--|html|head|body|\?xml)", content[:1024], re.I):
            text = _text_of_html(source, _decoded(source, content))
        else:
            text = _decoded(source, content)
    except ImportError as error:
        raise UserError(
            f"to read {source}, {error.name} has to be installed: make key installs it"
        ) from error
    if not text.strip():
        raise UserError(f"{source} has no text")
    return text


def _decoded(source: Path, content: bytes) -> str:
    declared = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", content[:2048], re.I)
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise UserError(f"{source} is not {encoding.upper()} text: save it as UTF-8") from error
    if "\0" in text:
        raise UserError(f"{source} is not text, HTML or PDF: save it as one of these")
    return text


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _table(rows: list[list[str]]) -> str:
    """Return a table as lines; a blank corner is the heading of the row labels."""
    rows[0][0] = rows[0][0] or "Row label"
    return "\n".join("\t".join(row) for row in rows if any(row))


def _text_of_html(source: Path, markup: str) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(markup, "html.parser")
    for unseen in soup(UNSEEN.split()):
        unseen.decompose()
    for string in soup.find_all(string=True):
        string.replace_with(type(string)(re.sub(r"\s+", " ", string)))
    for mark in soup("sup"):
        if (said := mark.get_text().strip()).isdigit():
            mark.string = f"<sup>{said}</sup>"
    for heading in soup(re.compile(r"^h[1-6]$")):
        heading.replace_with(f"{END}# {_squeezed(heading.get_text())}{END}")
    for table in soup("table"):
        if rows := _rows_of_html(source, table):
            captions = (_squeezed(caption.get_text()) for caption in table("caption"))
            table.replace_with(END + "\n\n".join([*captions, _table(rows)]) + END)
    for block in soup(BLOCKS.split()):
        block.insert_before(END)
        block.insert_after(END)
    text: str = soup.get_text()
    return text


def _rows_of_html(source: Path, table: Any) -> list[list[str]]:
    """Return the cells of a table; none if it only lays out a page, in one row or column."""
    rows: list[list[str]] = []
    for line in table.find_all("tr"):
        rows.append([])
        for cell in line.find_all(["td", "th"]):
            if cell.get("rowspan", "1") != "1" or cell.get("colspan", "1") != "1":
                raise UserError(f"{source} has a table with merged cells: split them")
            rows[-1].append(_squeezed(cell.get_text()))
    return rows if len(rows) > 1 and len(rows[0]) > 1 else []


def _text_of_pdf(source: Path, content: bytes) -> str:
    pymupdf: Any = import_module("pymupdf")  # its own types are not complete
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.no_recommend_layout()
    try:
        pdf = pymupdf.open(stream=content, filetype="pdf")
        if pdf.needs_pass:
            raise UserError(f"{source} is encrypted: save it without its password")
        pages = [list(_lines(page)) for page in pdf]
    except RuntimeError as error:
        raise UserError(f"{source} is damaged: it cannot be read as a PDF") from error
    if pdf.is_repaired:
        raise UserError(f"{source} is damaged: get it again, or save it anew if it looks whole")
    if not any(pages):
        raise UserError(f"{source} is a scan without text: run it through text recognition (OCR)")
    return "\n".join(_paragraphs(pages))


def _lines(page: Any) -> Iterator[tuple[str, float, bool, int]]:
    """Give the lines of a page in the order stored: text, size, whether bold, block.

    A table is one line with tabs, where its first cell is stored; size and block are 0.
    """
    tables = page.find_tables().tables if page.get_cdrawings() else []
    tables = [table for table in tables if table.col_count > 1 and table.row_count > 1]
    given = set()
    for number, block in enumerate(page.get_text("dict")["blocks"], start=1):
        for line in block.get("lines", []):
            x, y = (line["bbox"][i] + line["bbox"][i + 2] for i in (0, 1))
            for index, table in enumerate(tables):
                x0, y0, x1, y1 = table.bbox
                if x0 <= x / 2 <= x1 and y0 <= y / 2 <= y1:
                    if index not in given:
                        cells = [[_squeezed(c or "") for c in row] for row in table.extract()]
                        yield _table(cells), 0, False, 0
                    given.add(index)
                    break
            else:
                spans = [span for span in line["spans"] if span["text"].strip()]
                text = _squeezed("".join(map(_marked, line["spans"])))
                if text:
                    size = round(max(span["size"] for span in spans), 1)
                    yield text, size, all(span["flags"] & BOLD for span in spans), number


def _marked(span: Any) -> str:
    text: str = span["text"]
    is_mark = span["flags"] & SUPERSCRIPT and text.strip().isdigit()
    return f"<sup>{text.strip()}</sup>" if is_mark else text


def _paragraphs(pages: list[list[tuple[str, float, bool, int]]]) -> list[str]:
    """Mark headings, which are larger or bolder than the body, and where paragraphs end.

    A paragraph that a page break cuts is left open: the next block goes on with it.
    """
    sizes = Counter[float]()
    for text, size, _, _ in (line for page in pages for line in page):
        sizes[size] += len(text) if size else 0
    body = max(sizes, key=lambda size: sizes[size])
    said: list[str] = []
    for page in pages:
        before = ("", 0)
        for text, size, is_bold, block in page:
            item = BULLET.sub("", text, count=1)
            is_heading = size > 1.15 * body or (is_bold and item[-1:] not in ".;:")
            own = ("# " if is_heading else "" if size else "\t", block)
            if own == before and is_heading:
                said[-1] += f" {item}"
                continue
            if before[1] and not before[0] and (own != before or item != text):
                said.append("</p>")
            said += [item] if own == before else ["", own[0].strip("\t") + item]
            before = own
        said.append("")
    return said

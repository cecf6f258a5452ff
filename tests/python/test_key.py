"""Drafts of sheets: what they hold, that they do not build, and what is refused."""

from __future__ import annotations

import csv
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from conftest import PROJECT, Refused, alter, fingerprint, need
from warehouse.seed_files import check_seed_files

pymupdf = pytest.importorskip("pymupdf")
SHARED = PROJECT.parent / "shared" / "source"
TRUTH = sorted(path.name for path in (PROJECT / "seeds").glob("ussc_quick_facts_*"))
NEW = "quick_facts_new"
TEXT = (
    "# Quick Facts: Fishing\n\nFiscal year 2023: 64,124 cases reported.<sup>7</sup>\n\n"
    "Men: 83.6%.\n\nThe oldest was 58 years\n</p>\n\n"
    "Figure 1. Fishers\n\nFiscal Year\tN\n2022\t1,457\n2023\t920\n"
)
HTML = (
    "<!DOCTYPE html><head><title>9</title></head><nav>8 of 9</nav><h1>Quick Facts: <i>Fishing</i>"
    "</h1><p>Fiscal year 2023: 64,124 cases\n reported.<sup><a>7</a></sup><ul><li>Men: 83.6%.</li>"
    "<li>The oldest was 58 years</li></ul><div><table><caption>Figure 1. Fishers</caption><tr>"
    "<th>Fiscal Year<th>N</tr><tr><td>2022</td><td>1,457</td></tr><tr><td>2023</td><td>920</td>"
    "</tr></table></div>"
)


def pdf(markup: str = "", pages: int = 1, **options: object) -> bytes:
    """Make a PDF; without markup it is a picture."""
    document = pymupdf.open()
    for _ in range(pages):
        page = document.new_page()
        page.insert_htmlbox((72, 72, 520, 760), markup) if markup else page.draw_line(
            (9, 9), (99, 99)
        )
    return bytes(document.tobytes(**options))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The seeds of a project."""
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    return tmp_path


Draft = Callable[..., dict[str, list[dict[str, str]]]]


@pytest.fixture
def draft(project: Path) -> Draft:
    """Draft a report from a document, and give the rows of its sheets."""

    def draft(content: bytes, *options: str, report: str = NEW) -> dict[str, list[dict[str, str]]]:
        source = project / "document"
        source.write_bytes(content)
        assert cli.main(["key", str(source), report, *options, "--project", str(project)]) == 0
        sheets = (project / "seeds" / report).glob("raw_*.csv")
        return {
            path.stem.rpartition("__")[2]: list(csv.DictReader(path.open(encoding="utf-8")))
            for path in sheets
        }

    return draft


@pytest.mark.parametrize("report", TRUTH)
def test_drafts_come_near_to_what_was_keyed(report: str, project: Path, draft: Draft) -> None:
    source = SHARED / f"{report}.txt"
    need(source.exists(), "../shared/source")
    folder = project / "seeds" / report
    keyed = {path.name: list(csv.DictReader(path.open())) for path in folder.glob("raw_*.csv")}
    shutil.rmtree(folder)
    drafted = draft(source.read_bytes(), report=report)
    assert [*keyed] == [f"raw_{report}__{name}.csv" for name in drafted]
    for truth, rows in zip(keyed.values(), drafted.values(), strict=True):
        same = {name for name in truth[0] if name not in ("row_label", "population_id")}
        same -= {name for name in same if any(row.get(name, "?")[:1] == "?" for row in rows)}
        assert same >= {"wording", "paragraph", "footnote"}
        assert [[r[n] for n in sorted(same)] for r in truth] == [
            [r[n] for n in sorted(same)] for r in rows
        ]
        labels = [a["row_label"] == b["row_label"] for a, b in zip(truth, rows, strict=True)]
        assert labels.count(False) <= 3


def test_text_html_and_pdf_give_the_same_draft(draft: Draft) -> None:
    texts = [draft(TEXT.encode(), report="a"), draft(HTML.encode(), report="b")]
    assert texts[0] == texts[1]
    rows = texts[0]["statements"]
    assert [",".join([*row.values()][4:]) for row in rows] == [
        "64,124,cases,,Quick Facts: Fishing,1,7",
        "83.6,%,,Quick Facts: Fishing,2,",
        "58,years,,Quick Facts: Fishing,3,",
    ]
    assert [row["row_label"] for row in rows] == ["Cases reported", "Men", "Oldest was"]
    assert [row["n"] for row in texts[0]["figure_1"]] == ["1,457", "920"]
    page = HTML[HTML.index("<h1>") : HTML.index("<div>")]
    assert draft(pdf(page), report="c")["statements"] == rows


def test_tables_of_a_pdf_are_found_by_their_lines(draft: Draft) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 90), "Table 2. Fish")
    for index, cell in enumerate(["Kind", "Percent", "Carp", "43.1%", "Pike", "29.0%"]):
        box = pymupdf.Rect(0, 0, 90, 20) + [72 + 90 * (index % 2), 100 + 20 * (index // 2)] * 2
        page.draw_rect(box)
        page.insert_text((box.x0 + 3, box.y1 - 5), cell)
    rows = draft(document.tobytes())["table_2"]
    assert [(row["row_label"], row["percent"]) for row in rows] == [
        ("Carp", "43.1"),
        ("Pike", "29.0"),
    ]


def test_table_without_a_caption_is_named_after_its_heading(draft: Draft) -> None:
    rows = draft(TEXT.replace("Figure 1. Fishers", "").encode())["list_1"]
    assert [row["heading"] for row in rows] == ["Quick Facts: Fishing, table 1"] * 2


def test_a_draft_does_not_build_until_each_row_is_reviewed(project: Path, draft: Draft) -> None:
    sheets = draft(TEXT.encode())
    faults = check_seed_files(project)
    assert {fault.partition(", column")[0] for fault in faults} == {
        f"seeds/{NEW}/raw_{NEW}__{name}.csv, line {line}"
        for name, rows in sheets.items()
        for line in range(2, len(rows) + 2)
    }
    assert all("is a draft" in fault for fault in faults)
    shutil.rmtree(project / "seeds" / NEW)
    alter(project / "seeds/reference/populations.csv", ",Sexual abuse,", ",? Sexual abuse,")
    assert ["? Sexual abuse" in fault for fault in check_seed_files(project)] == [True]


def test_sheets_are_not_written_over_and_what_is_left_is_said(
    project: Path, draft: Draft, capsys: pytest.CaptureFixture[str]
) -> None:
    draft(TEXT.encode())
    sheet = project / "seeds" / NEW / f"raw_{NEW}__statements.csv"
    alter(sheet, "2,Men,? gender.men,? offender_percent,83.6,%,", "2,Men,gender.men,,,,most men")
    before = fingerprint(project / "seeds")
    capsys.readouterr()
    draft(TEXT.encode())
    printed = capsys.readouterr().out
    assert fingerprint(project / "seeds") == before
    assert "- rows to review: 2 of figure_1, 2 of statements" in printed
    assert '- labels without codes: "Cases reported" (statements 1)' in printed
    assert '- wordings to code: "most men"' in printed
    assert '- numbers that no row holds: 83.6 in "Men: 83.6%."' in printed
    alter(sheet, "row_number,row_label", "row_number")
    assert cli.main(["key", str(project / "document"), NEW, "--project", str(project)]) == 2
    assert "statements.csv, line 1: the columns are" in capsys.readouterr().err


def test_next_years_issue_starts_from_last_years_sheets(project: Path, draft: Draft) -> None:
    rows = draft(TEXT.encode(), "--like", TRUTH[0])["statements"]
    kept = list(csv.DictReader(next((PROJECT / "seeds" / TRUTH[0]).glob("*statements.csv")).open()))
    assert sorted(r["row_label"] for r in rows) == sorted(r["row_label"] for r in kept)
    found = {row["row_label"]: row["printed_value"] for row in rows if row["printed_value"]}
    assert found == {"Cases reported": "64,124", "Men": "83.6"}
    first = draft(TEXT.encode(), "--like", "ussc_production_2021", report="other").values()
    for row in [*rows, *(row for sheet in first for row in sheet)]:
        assert any(cell.startswith("?") for cell in row.values())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no text"),
        (b"# Heading\n\nNothing.\n", "has no number"),
        ("Men: 5 %, caf\u00e9".encode("latin-1"), "is not UTF-8 text: save it as UTF-8"),
        (b"PK\x03\x04\x00", "is not text, HTML or PDF"),
        (HTML.replace("<th>N", "<th colspan=2>N").encode(), "has a table with merged cells"),
        (b"%PDF-1.7\nnothing", "is damaged: it cannot be read as a PDF"),
        (pdf(HTML)[:-60], "is damaged: get it again"),
        (pdf(), "is a scan without text"),
        (pdf(HTML, encryption=5, user_pw="a", owner_pw="b"), "is encrypted"),
        (None, "cannot read"),
    ],
)
def test_bad_documents(
    content: bytes | None, message: str, project: Path, refused: Refused
) -> None:
    source, before = project / "document", fingerprint(project / "seeds")
    if content is not None:
        source.write_bytes(content)
    assert message in refused("key", str(source), NEW, "--project", str(project))
    assert fingerprint(project / "seeds") == before and not (project / ".work").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "SOURCE=<file> REPORT=<id>"),
        (("document", "../A b"), "is no code of a report"),
        (("document", NEW, "--like", "nothing"), "has no sheets to start from"),
        (("document", TRUTH[0], "--like", TRUTH[1]), "is not written over"),
    ],
)
def test_bad_arguments(
    arguments: tuple[str, ...], message: str, project: Path, refused: Refused
) -> None:
    before = fingerprint(project)
    assert message in refused("key", *arguments, "--project", str(project))
    assert fingerprint(project) == before


def test_a_hundred_pages_take_less_than_twenty_seconds(draft: Draft) -> None:
    content = pdf(HTML + "<p>Of all, 12.5% were men, and 1,234 cases so.</p>" * 20, pages=100)
    begun = time.process_time()
    draft(content)
    assert time.process_time() - begun < 20


def test_a_package_that_is_missing_is_named(
    project: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymupdf", None)
    source = project / "document"
    source.write_bytes(pdf(HTML))
    message = "pymupdf has to be installed: make key installs it"
    assert message in refused("key", str(source), NEW, "--project", str(project))

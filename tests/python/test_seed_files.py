"""Seed files are clean text in one form: what is not, is named with file, line and column."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import PROJECT
from warehouse.seed_files import check_seed_files, unknown_codes

SHEET = "seeds/ussc_production_2021/raw_ussc_production_2021__figure_10.csv"
REPORTS = "seeds/reference/reports.csv"
PAGE = "https://www.ussc.gov/research/research-reports"
EXHIBITS = "seeds/reference/exhibits.csv"
CATEGORIES = "seeds/reference/categories.csv"
CLASSIFICATIONS = "seeds/reference/classifications.csv"
WORDINGS = "seeds/reference/wordings.csv"
AGAIN = "seeds/ussc_production_2021/second_keying.csv"

# What is in a file, what it is replaced by, and what is said: line, column and fault.
FAULTS = [
    (SHEET, "row_number", "\ufeffrow_number", ", line 1: begins with a byte-order mark"),
    (SHEET, "footnote\n", "footnote\r\n", ", line 1: has Windows line ends"),
    (SHEET, "Single", "S\udcefngle", ", line 4: is not UTF-8"),
    (SHEET, "minority,1,\n", "minority,1,", ": the last line has no line end"),
    (SHEET, ",footnote", "", ", line 1: the columns are "),
    (SHEET, "Single", '"Single', ", line 4: is not well-formed CSV"),
    (SHEET, "56.6", "56,6", ", line 4: has 11 fields, expected 10"),
    (SHEET, "56.6", "56.6 ", ', line 4, column percent: "56.6 " has spaces'),
    (SHEET, "56.6", "56.6\u200b", ", line 4, column percent: "),
    (SHEET, "A majority,1", "A majority,l", ", line 4, column paragraph: \"l\" is not a whole"),
    (SHEET, "Single victim", "Single\x01victim", "line 4, column row_label: \"Single\\u0001v"),
    (SHEET, "Single victim", "Single\tvictim", "4, column row_label: \"Single\\u0009victim\" has"),
    (SHEET, "Single victim", '"Single\nvictim"', '4, column row_label: "Single\\u000avictim" has'),
    (SHEET, "Single victim", "Single\u00a0victim", "character that does not show, U+00A0"),
    (SHEET, "Single victim", "Single v\u00adictim", "character that does not show, U+00AD"),
    (SHEET, "Single victim", "Single vic\ufffdim", "character that does not show, U+FFFD"),
    (SHEET, "Single victim", "Single v\u0456ctim", "mixes scripts in the word v\u0456ctim: cyr"),
    (SHEET, "Single victim", "Single victi\u0301m", "put together from parts"),
    (SHEET, "Single victim", "#REF!", '4, column row_label: "#REF!" has an error of a spreadsheet'),
    (SHEET, "56.6", "#N/A", '4, column percent: "#N/A" has an error of a spreadsheet program'),
    (SHEET, "56.6", "=56.6", '4, column percent: "=56.6" begins as a formula does'),
    (SHEET, "56.6", "-x", '4, column percent: "-x" begins as a formula does'),
    (SHEET, "Single victim", "-5 victims", '"-5 victims" begins as a formula does'),
    (SHEET, "Single victim", "+1 victim", '"+1 victim" begins as a formula does'),
    (SHEET, "Single victim", "@victim", '"@victim" begins as a formula does'),
    (SHEET, "A majority,1", "A majority,01", '4, column paragraph: "01" is not a whole number'),
    (SHEET, "4,More", "\n4,More", "line 5: is blank"),
    (SHEET, "4,More", ",,,,,,,,,\n4,More", "line 5: is blank"),
    (SHEET, "Single victim", 'Single "victim"x,"', "line 4: is not well-formed CSV"),
    (AGAIN, "table_11,6,2019", "table_11,6,02019", '48, column fiscal_year: "02019" is not a wh'),
    (REPORTS, PAGE, "javascript://www.ussc.gov", 'landing_url: "javascript://www.ussc.gov/'),
    (REPORTS, PAGE, "javascript:alert(1)", "is not a link that begins with http"),
    (REPORTS, PAGE, "https:", "is not a link that begins with http"),
    (REPORTS, "2021-10-01", "2021/10/01", '2, column publication_date: "2021/10/01" is not a dat'),
    (REPORTS, "2021-10-01", "2021-13-01", '"2021-13-01" is not a date, such as 2021-10-31'),
    (REPORTS, f"U.S. government work,{PAGE}", f"file:///etc,{PAGE}", "column license: \"file:///"),
    (CATEGORIES, "One victim,1,", "One victim,01,", '3, column sort_order: "01" is not a whole'),
    (CATEGORIES, "One victim,1,", "One victim,1.0,", '3, column sort_order: "1.0" is not a whole'),
    (CLASSIFICATIONS, "Inducement,false", "Inducement,FALSE", '"FALSE" is not true or false'),
    (WORDINGS, "roughly eight percent,offender_percent,approximation,,7.5", "roughly eight percent,"
     "offender_percent,approximation,,7.50", '10, column value_low: "7.50" is not a number, such'),
    (WORDINGS, "33.3333,100", "33.3333,1e2", 'column value_high: "1e2" is not a number, such as'),
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the seeds."""
    copy = tmp_path_factory.mktemp("seeds")
    shutil.copytree(PROJECT / "seeds", copy / "seeds")
    assert check_seed_files(copy) == unknown_codes(copy) == []
    return copy


@contextmanager
def altered(path: Path, old: str, new: str) -> Iterator[None]:
    """Alter what occurs once in a file for the time of a block."""
    content = path.read_bytes()
    assert content.count(old.encode()) == 1
    path.write_bytes(content.replace(old.encode(), new.encode(errors="surrogateescape")))
    try:
        yield
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS)
def test_fault_is_named(project: Path, file: str, old: str, new: str, said: str) -> None:
    with altered(project / file, old, new):
        [fault] = check_seed_files(project)
    assert fault.startswith(file)
    assert said in fault
    assert "\n" not in fault


def test_negative_numbers_may_be_printed(project: Path) -> None:
    with altered(project / SHEET, "56.6", "-56.6"):
        assert check_seed_files(project) == []


def test_undescribed_seed_is_named(project: Path) -> None:
    stray = project / "seeds" / "stray.csv"
    stray.write_text("a\n1\n")
    [fault] = check_seed_files(project)
    stray.unlink()
    assert fault.startswith("seeds/stray.csv: is neither a sheet of a report nor described in ")


QUICK_FACTS = "seeds/ussc_quick_facts_section_922g_2023/raw_ussc_quick_facts_section_922g_2023__"
STATEMENTS = f"{QUICK_FACTS}statements.csv"
UNKNOWN = [
    (STATEMENTS, "reported,all_cases", "reported,every_case", "line 2, column population_id"),
    (STATEMENTS, "gender.men", "gender.male", '"gender.male" is not in seeds/reference/categori'),
    (STATEMENTS, "gender.men", "gender.male", "like it: gender.men"),
    (STATEMENTS, "gender.men,offender_percent", "gender.men,percent", "seeds/reference/measures"),
    (STATEMENTS, "felony,offender_percent,all", "felony,offender_percent,sure",
     'column percent_base: "sure" is not all, known or unstated'),
    (AGAIN, "table_11,6,2019,production_offenders", "table_11,6,2019,offenders",
     "column population_id"),
    (EXHIBITS, "sexual_abuse_offenders,2023", "abuse_offenders,2023", "column population_id"),
    (EXHIBITS, "922g_2023.statements,", "922g_2023.text,", f'{STATEMENTS}: its exhibit "ussc_q'),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), UNKNOWN)
def test_unknown_code_is_named(project: Path, file: str, old: str, new: str, said: str) -> None:
    with altered(project / file, old, new):
        found = unknown_codes(project)
    assert any(said in fault for fault in found), found

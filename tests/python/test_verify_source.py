"""The source verification: the sheets against the document, both ways, on a made-up report."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from conftest import PROJECT, alter, cells
from test_second_report import FIXTURE, REPORT, add_seeds

Verify = Callable[..., tuple[int, str]]
DOCUMENTS = PROJECT.parent / "shared" / "source"
SHARED = DOCUMENTS / "ussc_production_2021_excerpt.txt"
SOURCE = "source.txt"
EXHIBITS = "seeds/reference/exhibits.csv"
FIGURE = f"seeds/{REPORT}/raw_{REPORT}__figure_1.csv"
COMPARISONS = f"seeds/{REPORT}/raw_{REPORT}__comparisons.csv"
TABLE = f"seeds/{REPORT}/raw_{REPORT}__table_1.csv"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The seeds of a project with the second report, and its document."""
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    add_seeds(tmp_path)
    shutil.copy(FIXTURE / SOURCE, tmp_path)
    (tmp_path / COMPARISONS).write_text(
        "row_number,row_label,compared_exhibit,compared_column,left_row,right_row,printed_value,"
        "wording,paragraph,footnote\n"
        "1,Vehicle against Weapon,figure_1,percent,Vehicle,Weapon,,Fewer,1,\n"
        "2,Other means against Weapon,figure_1,percent,Other means,Weapon,,Fewer,1,\n"
    )
    with (tmp_path / EXHIBITS).open("a") as exhibits:
        exhibits.write(
            f"{REPORT}.comparisons,{REPORT},comparisons,,Comparisons,3,example_offenders,2023,all,"
            "Means Used,2,,0,2024-06-01,the text\n"
        )
    exclusions = tmp_path / "seeds" / "reference" / "source_exclusions.csv"
    alter(exclusions, "Fewer used a,1,A comparison", "The excluded 4,1,A number")
    rewrite(tmp_path, "Figure 1. Means", "The excluded 4.\n\nFigure 1. Means")
    return tmp_path


def rewrite(project: Path, old: str, new: str) -> None:
    """Alter the document and its recorded SHA-256."""
    source = project / SOURCE
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    alter(source, old, new)
    after = hashlib.sha256(source.read_bytes()).hexdigest()
    alter(project / "seeds" / "reference" / "reports.csv", before, after)


@pytest.fixture
def verify(project: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Give a function that runs the command: exit status and what it prints."""

    def run(source: Path = project / SOURCE) -> tuple[int, str]:
        status = cli.main(["verify-source", str(source), "--project", str(project)])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def test_all_is_accounted_for(verify: Verify) -> None:
    status, printed = verify()
    assert status == 0, printed
    assert "12 numbers and 3 wordings, 0 faults" in printed
    assert "0 by none" in printed


def test_figure_can_be_printed_as_a_table(project: Path, verify: Verify) -> None:
    alter(project / EXHIBITS, "table,1,Age Groups", "figure,2,Age Groups")
    alter(project / EXHIBITS, "all,Table 1,", "all,Figure 2,")
    rewrite(project, "Table 1. Age", "Figure 2. Age")
    assert verify()[0] == 0


# File, a seed or the document -> its faults: what is altered to what, and what is said about it.
FAULTS = {
    FIGURE: r"""
a digit | 12.50 | 12.60 | line 3, column percent: the seed says "12.60", the document does not have
a digit beside a wording | 30.00,almost | 30.10,almost
| line 2, column percent: the seed says "30.10", the document does not have that there
two values exchanged | 12.50,,1,\n3,Other means,example_means_used.other,3.30
| 3.30,,1,\n3,Other means,example_means_used.other,12.50
| the seed says "12.50", the document does not have that there, in this order
a value lost | vehicle,12.50 | vehicle, | no cell holds "12.50"
a wording lost | almost one-third | | no cell holds "almost"
another wording | almost one-third | almost one-half | does not say that there
another paragraph | 62.50,,2 | 62.50,,1 | "62.50", the document does not have
no paragraph | 62.50,,2 | 62.50,, | line 5, column row_number:
no such paragraph | 62.50,,2 | 62.50,,7 | has no Means Used, 7
another mark | 62.50,,2,1 | 62.50,,2,2 | has the mark "1" there
a mark lost | 62.50,,2,1 | 62.50,,2, | has the mark "1" there
a mark added | 12.50,,1, | 12.50,,1,1 | has the mark "" there
two labels exchanged | Vehicle,example_means_used.vehicle,12.50,,1,\n3,Other means
| Other means,example_means_used.vehicle,12.50,,1,\n3,Vehicle
| line 3, column row_label: the seed says "Other means", the document does not say
two codes exchanged | vehicle,12.50,,1,\n3,Other means,example_means_used.other
| other,12.50,,1,\n3,Other means,example_means_used.vehicle
| line 3, column category_key: the seed says "example_means_used.other", the document
a code of another sentence | example_means_used.none | example_means_used.weapon
| does not say "Weapon" in the sentence of 62.50
a code of two rows | used.other | used.vehicle | says it of 12.50
a label of two rows | Other means | Vehicle | says it of 12.50
""",
    EXHIBITS: r"""
another heading | all,Means Used,1 | all,Means,1 | has no Means, 1
another year | example_offenders,2023,all,Means Used,1 | example_offenders,2022,all,Means Used,1
| column fiscal_year: the seed says "2022", the document says "fiscal year 2023" there
another year of a table | example_offenders,2023,all,Table | example_offenders,2022,all,Table
| does not say "fiscal year 2022" in the section
another title | 1,Means Used | 1,Means | has the caption "Means Used"
another number | figure,1,Means | figure,2,Means | has no Figure 2
another kind | figure,1,Means | statements,1,Means | numbers its figures and
""",
    TABLE: r"""
another label | Under 30 | Below 30 | the document says "Under 30" in row 2
a column shifted by a row | 40.0,90 | 60.0,90 | "60.0", the document says "40.0"
a number that is not in the document | "1,200",,100 | "1,200",99.9,100
| "99.9", the document says ""
another column | mean_sentence, | median, | has the columns age_group, n, percent
""",
    SOURCE: r"""
a number added to the document | a weapon | a weapon, 7 twice | holds "7"
a number in words added | a weapon | two weapons | no cell holds "two"
another unit in the document | 62.50 percent | 62.50 months | has "months" besi
a figure that is not cited | (Figure 1) | | does not cite Figure 1 in Means Us
a comparison added to the document | No means | More than no means | "More"
""",
    "seeds/reference/source_exclusions.csv": r"""
an exclusion without its number | The excluded 4 | The excluded 5
| column occurrences: the seed says "1", the document has 0 such places
""",
    "seeds/reference/categories.csv": r"""
a label of a category | vehicle,Vehicle | vehicle,Knife
| does not say "Knife" in the sentence of 12.50 (label "Knife")
""",
    "seeds/reference/exhibit_columns.csv": r"""
another measure | figure_1,percent,offender_percent | figure_1,percent,offender_count
| column measure_id: the seed says "offender_count", the document has "%" beside 30.00
another measure with the same unit | figure_1,percent,offender_percent
| figure_1,percent,offender_count_percent_change | does not say "Change", "number" with 62.50
another measure of a table | table_1,n,offender_count | table_1,n,mean_sentence_months
| the document heads the column "n"
""",
    "seeds/reference/measures.csv": r"""
a measure that is not described | mean_sentence_months,Mean sentence | mean_months,Mean sentence
| column measure_id: the seed says "mean_sentence_months", the document heads the
another unit of a measure | Percentage of offenders,percent | Percentage of offenders,months
| column unit: the seed says "months", the document has "%" beside 30.00
""",
    "seeds/reference/reports.csv": r"""
another report | An Example,An | An Excerpt,An
| column title: the seed says "An Excerpt", the document is headed "An Example"
""",
    COMPARISONS: r"""
a comparison lost | 2,Other means against Weapon,figure_1,percent,Other means,Weapon,,Fewer,1,\n
| | line 2, column wording: the seed says "Fewer", the document compares Other means with
another comparison | 1,Vehicle against Weapon,figure_1,percent,Vehicle,Weapon
| 1,Weapon against Vehicle,figure_1,percent,Weapon,Vehicle
| column left_row: the seed says "Weapon", the document compares Vehicle, Other means
a comparison with another | 1,Vehicle against Weapon,figure_1,percent,Vehicle,Weapon
| 1,Vehicle against No means,figure_1,percent,Vehicle,No means
| the seed says "No means", the document compares Vehicle with Weapon
a comparison of another exhibit | Vehicle against Weapon,figure_1 | Vehicle against Weapon,figure_9
| column compared_exhibit
""",
}


CASES = [pytest.param(file, *row, id=name) for file in FAULTS for name, *row in cells(FAULTS[file])]


@pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
def test_fault_is_found(
    project: Path, verify: Verify, file: str, old: str, new: str, expected: str
) -> None:
    if file == SOURCE:
        rewrite(project, old, new)
    else:
        alter(project / file, old, new)
    status, printed = verify()
    assert status == 1
    assert expected in printed, printed


def test_what_cannot_be_verified_is_refused(
    project: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify-source"]) == 2
    refused = "nothing is verified without the document: give SOURCE=<file or folder>"
    assert capsys.readouterr() == ("", f"verify-source: {refused}\n")
    nowhere = project / "nowhere.txt"
    refused = f"verify-source: cannot read {nowhere}: No such file or directory\n"
    assert verify(nowhere) == (2, refused)
    alter(project / SOURCE, "a weapon", "weapons")
    status, printed = verify()
    assert (status, printed.count("\n")) == (2, 1)
    assert printed.startswith("verify-source: no report was keyed from")
    alter(project / FIGURE, "Weapon,", "Weapon ,")
    status, printed = verify()
    assert (status, printed.count("\n")) == (2, 1)
    assert "line 2, column row_label" in printed


def test_every_report_is_verified(
    project: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    if not SHARED.exists():
        pytest.skip("the source documents are not here: place them in ../shared/source/")
    assert cli.main(["verify-source", str(DOCUMENTS)]) == 0
    printed = capsys.readouterr().out
    assert printed.count(", 0 faults\n") == printed.count("recorded one\n") == 5
    assert printed.count("0 by none\n") == 5
    assert "60 numbers and 24 wordings, 0 faults" in printed
    status, printed = verify(DOCUMENTS)
    assert (status, printed) == (
        2, f"verify-source: {DOCUMENTS} has no document of {REPORT} with its SHA-256\n"
    )  # fmt: skip


@pytest.mark.skipif(not SHARED.exists(), reason="the source document is not here")
@pytest.mark.parametrize(
    ("old", "new"), [("512,offenders", "512,cases"), ("life,,", "life,years,")]
)
def test_unit_that_is_not_printed_beside_the_number_is_found(
    project: Path, verify: Verify, old: str, new: str
) -> None:
    """The made-up report has no such column; all other errors of a frame are in FAULTS."""
    file = "seeds/ussc_production_2021/raw_ussc_production_2021__key_findings.csv"
    alter(project / file, old, new)
    status, printed = verify(SHARED)
    assert status == 1, printed
    assert f"\n{file}, line " in printed, printed

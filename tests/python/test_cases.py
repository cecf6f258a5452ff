"""Case files: read in every form, refused in one line, recomputed without a small cell."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from cases.cache import read_all
from cases.generate import csv_lines, fixed_width, write
from cases.sources import variables
from conftest import PROJECT, copy_project, fingerprint, need, run_cli
from warehouse.project import UserError

DATA = PROJECT.parent / "shared" / "data"
EXTRACT = "ussc_individual_fy2019_fy2024.parquet"


def made_up(count: int = 300) -> pl.DataFrame:
    """Make up cases: codes that there are, numbers, and one in ten missing."""
    chance = random.Random(1)

    def value(codes: list[int], number: float) -> float | None:
        return None if chance.random() < 0.1 else chance.choice(codes) if codes else number

    return pl.DataFrame(
        {
            variable.source: [
                value(sorted(variable.codes), chance.choice([0.03, 12.0, 470.0, 61.5]))
                for _ in range(count)
            ]
            for variable in variables(PROJECT, 2019)
        },
        strict=False,
    )


CASES = made_up()


def write_parquet(folder: Path, cases: pl.DataFrame = CASES) -> Path:
    path = folder / "ussc_individual_x.parquet"
    cases.with_columns(FISCAL_YEAR=pl.lit(2019)).write_parquet(path)
    return path


def write_csv(folder: Path, name: str = "opafy19nid.csv", columns: int = 5000) -> Path:
    return write(folder / name, csv_lines(CASES, columns))


def write_fixed(folder: Path, name: str = "opafy19nid.dat") -> Path:
    program, lines = fixed_width(CASES, 500)
    return write(folder / name, lines, sas=program)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "seeds" / "reference", tmp_path / "project/seeds/reference")
    return tmp_path / "project"


def rows_of(project: Path, folder: Path) -> pl.DataFrame:
    _, used = read_all(folder, set(), project)
    return pl.concat(pl.read_parquet(path) for path in used.strip("[]'").split("', '"))


QUOTED = '"a, ""b"""'
FORMS: dict[str, Callable[[Path], object]] = {
    "csv": write_csv,
    "csv in a zip": lambda folder: write_csv(folder, "opafy19nid_csv.zip"),
    "csv with quotes": lambda folder: alter_lines(
        write_csv(folder), lambda n, line: line if n == 0 else f"{line[:-1]}{QUOTED}\r\n"
    ),
    "fixed width": write_fixed,
    "fixed width in a zip": lambda folder: write_fixed(folder, "opafy19nid.zip"),
}


def alter_lines(path: Path, change: Callable[[int, str], str]) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(change(n, line) for n, line in enumerate(lines)), newline="")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(project: Path, tmp_path: Path, form: str) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    write_parquet(tmp_path / "one")
    FORMS[form](tmp_path / "other")
    expected = rows_of(project, tmp_path / "one")
    found = rows_of(project, tmp_path / "other")
    assert len(found) == len(CASES)
    assert found.select(sorted(found.columns)).equals(expected.select(sorted(expected.columns)))
    kept = fingerprint(project / ".work")
    assert rows_of(project, tmp_path / "other").equals(found)
    assert fingerprint(project / ".work") == kept


def cut(path: Path, size: int = -100) -> None:
    path.write_bytes(path.read_bytes()[:size])


def put(path: Path, line: int, old: str, new: str) -> None:
    alter_lines(path, lambda n, text: text.replace(old, new, 1) if n == line - 1 else text)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda folder: None, "has no file that seeds/reference/case_files.csv names"),
    "a year is missing": (
        lambda folder: [write_csv(folder), write_csv(folder, "opafy21nid.csv")],
        "there is no case file of fiscal year 2020: add it, or name the years to use, such as"
        ' YEARS="2019 2021"',
    ),
    "two files for one year": (
        lambda folder: [write_csv(folder), write_fixed(folder)],
        "has two case files of fiscal year 2019, opafy19nid.csv and opafy19nid.dat: leave one",
    ),
    "two forms for one year": (
        lambda folder: [write_csv(folder), write_parquet(folder)],
        "opafy19nid.csv and ussc_individual_x.parquet both have cases of fiscal year 2019",
    ),
    "a truncated zip": (
        lambda folder: cut(write_csv(folder, "opafy19nid_csv.zip")),
        "opafy19nid_csv.zip is damaged or cut short: get it again",
    ),
    "a truncated file": (
        lambda folder: cut(write_csv(folder), -3000),
        "opafy19nid.csv, line 301: has ",
    ),
    "a truncated parquet file": (
        lambda folder: cut(write_parquet(folder)),
        "ussc_individual_x.parquet cannot be read: get it again",
    ),
    "a renamed variable": (
        lambda folder: put(write_csv(folder), 1, "OFFGUIDE", "OFFGUIDE2"),
        "opafy19nid.csv has no variable OFFGUIDE: if it has another name from this fiscal year on,"
        " add a row to seeds/reference/case_variables.csv",
    ),
    "an unknown code": (
        lambda folder: write_parquet(folder, CASES.with_columns(NEWRACE=pl.lit(4.0))),
        'ussc_individual_x.parquet, row 1, column NEWRACE: "4.0" is not a code of race in'
        " case_categories.csv",
    ),
    "an unreadable number": (
        lambda folder: alter_lines(
            write_csv(folder, columns=14),
            lambda n, line: line if n != 4 else ",".join([*["1"] * 9, "x1", *line.split(",")[10:]]),
        ),
        'opafy19nid.csv, line 5, column AGE: "x1" is not a number',
    ),
    "the wrong program": (
        lambda folder: put(write_fixed(folder).with_suffix(".sas"), 1, "LRECL=4112", "LRECL=4120"),
        "opafy19nid.dat, line 1: is 4112 characters long, and 4120 by its SAS program, which is of",
    ),
    "another number of rows": (
        lambda folder: put(write_fixed(folder).with_suffix(".sas"), 1, "OBS=300", "OBS=301"),
        "opafy19nid.dat has 300 rows, not 301 as its SAS program says",
    ),
    "no program": (
        lambda folder: write_fixed(folder).with_suffix(".sas").unlink(),
        "opafy19nid.dat needs its SAS program: put opafy19nid.sas beside it",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_bad_input_is_one_line_and_nothing_is_kept(
    project: Path, tmp_path: Path, damage: str
) -> None:
    make, said = DAMAGES[damage]
    (tmp_path / "files").mkdir()
    make(tmp_path / "files")
    with pytest.raises(UserError) as refused:
        read_all(tmp_path / "files", set(), project)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list((project / ".work" / "cases").glob("used-*"))


# What the case files give for real numbers in print: observation, definition, verdict.
KNOWN = [
    ("theft_property_fraud_2019.statements.1", "cases", "exact"),
    ("sexual_abuse_2023.statements.1", "cases", "exact"),
    ("sexual_abuse_2023.statements.2", "cases", "exact"),
    ("sexual_abuse_2023.statements.3", "change", "within_rounding"),
    ("sexual_abuse_2023.statements.4", "share_of_known", "within_rounding"),
    ("sexual_abuse_2023.statements.4", "share_of_all", "differs"),
    ("sexual_abuse_2023.statements.34", "mean_sentence", "within_rounding"),
    ("sexual_abuse_2023.statements.34", "mean_prison", "differs"),
    ("sexual_abuse_2023.statements.34", "mean_sentence_uncapped", "differs"),
    ("sexual_abuse_2023.statements.29", "cases", "differs"),
    ("drug_trafficking_2023.statements.3", "cases", "differs"),
    ("sexual_abuse_2023.statements.33", "share_of_all", "not_recomputable"),
]


@pytest.fixture(scope="module")
def recomputed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has built with the real case files."""
    need((DATA / EXTRACT).exists(), "the case-level extract in ../shared/data")
    project = copy_project(tmp_path_factory.mktemp("cases"))
    done = run_cli("cases", DATA, "--output", project / "build", project=project)
    assert done.returncode == 0, done.stderr
    return project


@pytest.mark.slow
def test_real_numbers_come_out_as_known(recomputed: Path) -> None:
    with duckdb.connect(str(recomputed / "build/warehouse.duckdb"), read_only=True) as warehouse:
        for observation, definition, verdict in KNOWN:
            found = warehouse.execute(
                "select verdict from marts.fct_reconciliations where observation_id = ?"
                " and definition_id = ?",
                [f"ussc_quick_facts_{observation}.printed_value", definition],
            ).fetchall()
            assert found == [(verdict,)], (observation, definition)
        bounds = (
            "select distinct reason from marts.fct_reconciliations where limit_kind is not null"
        )
        bounds += " and recomputed_value is not null"
        assert warehouse.execute(bounds).fetchall() == [
            ("the case files give only a bound: at most 2533",)
        ]
        without = (
            "select observation_id from marts.fct_observations where obs_status = 'published'"
            " except select observation_id from marts.fct_reconciliations"
        )
        assert warehouse.execute(without).fetchall() == []


@pytest.mark.slow
def test_counts_are_those_of_polars_and_small_ones_nowhere(recomputed: Path) -> None:
    cases = pl.read_parquet(DATA / EXTRACT)
    codes = pl.read_csv(PROJECT / "seeds/reference/case_categories.csv", infer_schema=False)
    named = pl.read_csv(PROJECT / "seeds/reference/case_variables.csv", infer_schema=False)
    lists = named.filter(pl.col("classification_id").is_not_null())
    truth: dict[tuple[object, ...], int] = {}
    types = {
        float(row["code"]): f"types_of_crime.{row['category_id']}"
        for row in codes.filter(pl.col("classification_id") == "types_of_crime").to_dicts()
    }
    for row in lists.filter(pl.col("variable") != "offense").to_dicts():
        wanted = (pl.col("variable") == row["variable"]) & (
            pl.col("classification_id") == row["classification_id"]
        )
        of = {
            float(r["code"]): f"{r['classification_id']}.{r['category_id']}"
            for r in codes.filter(wanted).to_dicts()
        }
        grouped = cases.group_by("FISCAL_YEAR", "OFFGUIDE", row["source_name"]).len()
        for year, offense, code, count in grouped.iter_rows():
            for kind in (types[offense], "population_total.total"):
                key = (year, kind, row["classification_id"], of.get(code, "not known"))
                truth[key] = truth.get(key, 0) + count
    with duckdb.connect(str(recomputed / "build/warehouse.duckdb"), read_only=True) as warehouse:
        shown = {
            tuple(key): count
            for *key, count in warehouse.execute(
                "select fiscal_year, type_of_crime, classification_id, category_key, case_count"
                " from marts.fct_case_counts where classification_id <> 'population_total'"
            ).fetchall()
        }
        assert set(shown) == {key for key in truth if key[3] != "not known"}
        visible = {key: count for key, count in shown.items() if count is not None}
        assert len(visible) > 5000
        assert all(truth[key] == count >= 10 for key, count in visible.items())
        for schema, table, column in warehouse.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where column_name like '%count%' and table_name like '%case%'"
        ).fetchall():
            small = f"select * from {schema}.{table} where cast({column} as bigint) between 1 and 9"
            assert warehouse.execute(small).fetchall() == [], table
    manifest = (recomputed / "build" / "manifest.json").read_text()
    assert str(recomputed) not in manifest


@pytest.mark.slow
def test_a_refused_folder_leaves_what_is_published(recomputed: Path, tmp_path: Path) -> None:
    before = fingerprint(recomputed / "build")
    done = run_cli("cases", tmp_path, "--output", recomputed / "build", project=recomputed)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert fingerprint(recomputed / "build") == before

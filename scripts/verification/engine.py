"""The build without dbt: which altered sheets would fail it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from verification.mutants import YEARS
from verification.replay import Step, materialized, open_database, read_steps, run_steps
from warehouse.database import text
from warehouse.project import UserError
from warehouse.seed_files import check_seed_files
from warehouse.sheets import (
    Sheet,
    checksum,
    fill,
    load_sheets,
    read_sheet,
    sheet_paths,
    tables_of,
    write_csv,
)

FORM = "form of the sheet"
TABLE = "table that cannot be made"
NOTHING_CHANGES = "nothing that is published changes"
VERDICTS = "fct_consistency_checks__nothing_is_inconsistent"
# What does not say that a number is wrong but that a cell is not what it was: these come last, and
# are held to find only what nothing else does.
KEPT = ("cells__agree_with_the_second_keying", "reference_seeds__are_as_reviewed")
# Copies of all reports lie side by side in one database, each under codes and in years of its own.
YEARS_APART = 10000
TAG = re.compile(r"_copy(\d+)\b")
YEAR = re.compile(r"\b(\d{1,3})[0-3]\d{3}\b")
OF_EXHIBIT = "replace(exhibit_id, '.', tag || '.') as exhibit_id"
# Table -> the columns that differ between copies.
COPIED = {
    "raw.second_keying": f"{OF_EXHIBIT}, (fiscal_year::integer + years)::text as fiscal_year,"
    " case when regexp_full_match(reference, '[0-9]{4}') then (reference::integer + years)::text"
    " else reference end as reference",
    "reference.reports": "report_id || tag as report_id",
    "reference.exhibits": f"{OF_EXHIBIT}, report_id || tag as report_id,"
    " fiscal_year + years as fiscal_year",
    "reference.exhibit_columns": OF_EXHIBIT,
    "reference.source_exclusions": "report_id || tag as report_id",
    "reference.known_discrepancies": f"{OF_EXHIBIT}, discrepancy_id || tag as discrepancy_id,"
    " replace(check_id, exhibit_id, replace(exhibit_id, '.', tag || '.')) as check_id",
}


# The reports that relations join, each with each.
RELATED = """
    with terms as (
        select relation_id, split_part(observation_id, '.', 1) as report_id
        from {} where observation_id is not null
    )
    select distinct terms.report_id, others.report_id
    from terms inner join terms as others using (relation_id)
"""


# The terms of relations: what is known of each number, what its kind can be, and the limits.
TERMS = """
select
    terms.relation_id,
    coalesce(terms.quantity_key, terms.observation_key) as number_key,
    terms.coefficient,
    coalesce(quantities.value_low, observations.obs_value) as value_low,
    coalesce(quantities.value_high, observations.obs_value) as value_high,
    coalesce(quantities.value_from, measures.value_from) as value_from,
    coalesce(quantities.value_to, measures.value_to) as value_to,
    terms.low,
    terms.high,
    terms.bounds,
    terms.coefficient_key,
    case when quantities.statistic = 'count' then quantities.series_key end as series_key
from intermediate.int_relation_terms as terms
left join intermediate.int_quantities as quantities using (quantity_key)
left join intermediate.int_observations as observations
    on terms.observation_key = observations.observation_key
left join reference.measures as measures on observations.measure_id = measures.measure_id
"""


@dataclass(frozen=True)
class Build:
    """What a build has left: the project's sheets, dbt's manifest, and its results."""

    project: Path
    manifest: Path
    run_results: Path


class Copies:
    """Copies of reports side by side in one database, each with one altered sheet.

    Planning takes nearly all the time of so small a build, whatever the number of rows. So each
    altered sheet is part of a copy of its own of its report, with those that relations join to it,
    and a failing test names the copy by its exhibits or its fiscal year.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, steps: Sequence[Step], sheets: Sequence[Sheet]
    ) -> None:
        """Take a database with the raw tables and reference seeds, and what to run on copies."""
        self.connection, self.steps, self.sheets = connection, steps, sheets
        self.related = {sheet.report_id: {sheet.report_id} for sheet in sheets}

    def relate(self, terms: str) -> None:
        """Copy reports together that relations join, from a table of terms by their numbers."""
        for one, other in self.connection.execute(RELATED.format(terms)).fetchall():
            self.related[one].add(other)

    def failures(self, sheets: Mapping[int, Sheet]) -> tuple[dict[str, list[str]], bool]:
        """Return the failures of each test that has any on copies with altered sheets.

        The second is false if a table cannot be made: no test after that is run.
        """
        failures: dict[str, list[str]] = {}
        try:
            with self.loaded(sheets):
                for step in self.steps:
                    for statement in step.statements:
                        rows = self.connection.execute(statement).fetchall()
                    if step.kind == "tests" and rows:
                        failures[step.name] = [str(row[0]) for row in rows]
                        if reads_raw_alone(step):
                            self._forget(failures[step.name])
        except duckdb.Error:
            return failures, False
        return failures, True

    @contextmanager
    def loaded(self, sheets: Mapping[int, Sheet]) -> Iterator[None]:
        """Have copies with altered sheets in the place of the sheets, for as long as it lasts."""
        self.connection.begin()
        try:
            self._load(sheets)
            yield
        finally:
            self.connection.rollback()

    def _forget(self, failures: Sequence[str]) -> None:
        """Delete the copies with a raw cell that no table can be made of."""
        for number in {number for failure in failures for number in TAG.findall(failure)}:
            for name in ("cells", "comparisons"):
                self.connection.execute(
                    f"delete from raw.{name} where report_id like ?", [f"%_copy{number}"]
                )

    def _load(self, altered: Mapping[int, Sheet]) -> None:
        """Put a copy for each altered sheet in the place of the sheets and what describes them."""
        sheets = [
            _copied(change if sheet.path == change.path else sheet, number)
            for number, change in altered.items()
            for sheet in self.sheets
            if sheet.report_id in self.related[change.report_id]
        ]
        fill(self.connection, tables_of(sheets))
        copies = {
            f"{number} {report_id}"
            for number, change in altered.items()
            for report_id in self.related[change.report_id]
        }
        self.connection.execute(
            "create temp table copies as select '_copy' || split_part(copy, ' ', 1) as tag,"
            f" split_part(copy, ' ', 1)::integer * {YEARS_APART} as years,"
            " split_part(copy, ' ', 2) as copied_report from (select unnest(?) as copy)",
            [sorted(copies)],
        )
        for table, columns_copied in COPIED.items():
            code = "exhibit_id" if "exhibit_id" in columns_copied else "report_id"
            self.connection.execute(
                "create temp table copied as"
                f" select * exclude (tag, years, copied_report) replace ({columns_copied})"
                f" from {table} inner join copies on copied_report = split_part({code}, '.', 1)"
            )
            self.connection.execute(f"delete from {table}")
            self.connection.execute(f"insert into {table} from copied; drop table copied")


class Engine(Copies):
    """The compiled SQL of a build, run on many altered sheets at once.

    A failure that names no copy is held against none of them: that a table has no rows, that a view
    of an exhibit, whose code it knows, is not as it should be.
    """

    def __init__(self, build: Build) -> None:
        """Run the build once, and once on copies.

        Raises:
            UserError: it fails already.

        """
        steps = [materialized(step) for step in read_steps(build.manifest, build.run_results)]
        sheets = [read_sheet(path) for path in sheet_paths(build.project)]
        super().__init__(open_database(steps[0]), _in_order(steps), sheets)
        self.connection.execute("set threads = 1")
        load_sheets(self.connection, build.project)
        self.all_steps, self.project = steps, build.project
        failing = run_steps(self.connection, steps)
        self.relate("marts.fct_relation_terms")
        failing = failing or self.failures({number: self.sheets[0] for number in (1, 2)})[0]
        if failing:
            raise UserError(f"the build to mutate fails already: {', '.join(failing)}")
        self.published = self._published()

    def catch(self, sheets: Mapping[int, Sheet]) -> dict[int, str]:
        """Return what catches altered sheets, of those that anything catches.

        Args:
            sheets: number, from 1 to 500, -> altered sheet.

        Returns:
            Number -> the name of a test, or FORM or TABLE.

        """
        caught = {number: FORM for number, sheet in sheets.items() if _faults(sheet)}
        left = {number: sheet for number, sheet in sheets.items() if number not in caught}
        failures, is_complete = self.failures(left)
        found: dict[int, str] = {}
        for test, texts in failures.items():
            for failure in texts:
                numbers = copies_in(failure)
                if len(numbers) == 1 and numbers <= left.keys():
                    found.setdefault(numbers.pop(), test)
        rest = [number for number in left if number not in found]
        if not is_complete and not found and len(rest) == 1:
            found[rest.pop()] = TABLE
        elif not is_complete:
            # Without those found or, if there are none, by halves.
            middle = 0 if found else len(rest) // 2
            for part in filter(None, (rest[:middle], rest[middle:])):
                found |= self.catch({number: left[number] for number in part})
        return caught | found

    def catch_in_reference(self, seed: str, path: Path) -> str:
        """Return what catches an altered reference seed: a test, FORM, TABLE, or nothing.

        NOTHING_CHANGES if nothing does and all marts are what they are without the error.

        Args:
            seed: its name.
            path: the altered file, in the folder `seeds/reference` of a project.

        """
        if check_seed_files(path.parents[2]):
            return FORM
        readers: set[str] = set()
        self.connection.begin()
        try:
            self.connection.execute(f"delete from reference.{seed}")
            self.connection.execute(f"copy reference.{seed} from {text(str(path))} (header true)")
            self.connection.execute(
                "update raw.reference_seeds set checksum = ? where seed_name = ?",
                [checksum(path), seed],
            )
            for step in sorted(self.all_steps, key=lambda step: step.name in KEPT):
                if step.name in KEPT and self._published() == self.published:
                    return NOTHING_CHANGES
                if step.name in (seed, *KEPT) or readers.intersection(step.depends_on):
                    readers.add(step.unique_id)
                if step.kind != "seeds" and step.unique_id in readers:
                    for statement in step.statements:
                        rows = self.connection.execute(statement).fetchall()
                    if step.kind == "tests" and rows:
                        return step.name
            return ""
        except duckdb.Error:
            return TABLE
        finally:
            self.connection.rollback()

    def _published(self) -> list[tuple[Any, ...]]:
        """Return the sums of the hashes of the rows of all marts."""
        marts = [s.relation for s in self.all_steps if s.relation.startswith('"marts".')]
        query = " union all ".join(f"select sum(hash(m)) from {mart} as m" for mart in marts)
        return self.connection.execute(query).fetchall()


def copies_in(failure: str) -> set[int]:
    """Return the numbers of the copies that a failure names, by exhibits or else by years."""
    return set(map(int, TAG.findall(failure) or YEAR.findall(failure)))


def _faults(sheet: Sheet) -> list[str]:
    """Check the form of a sheet, as a build does first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeds" / sheet.report_id / sheet.path.name
        path.parent.mkdir(parents=True)
        write_csv(path, sheet.rows, sheet.columns)
        return check_seed_files(Path(folder))


def _copied(sheet: Sheet, number: int) -> Sheet:
    """Return a sheet under the codes and in the fiscal years of a copy."""
    path = sheet.path.parent.with_name(f"{sheet.report_id}_copy{number}") / sheet.path.name
    rows = [
        {
            column: str(int(value) + number * YEARS_APART) if value and column in YEARS else value
            for column, value in row.items()
        }
        for row in sheet.rows
    ]
    return replace(sheet, path=path, rows=tuple(rows))


def reads_raw_alone(step: Step) -> bool:
    """Say whether a step is a test of the raw tables alone."""
    return step.kind == "tests" and all(each.startswith("source.") for each in step.depends_on)


def makers(steps: Sequence[Step], names: Collection[str]) -> list[Step]:
    """Return the steps that some need, and these, without seeds."""
    needed: set[str] = set()
    for step in reversed(steps):
        if step.name in names or step.unique_id in needed:
            needed |= {step.unique_id, *step.depends_on}
    return [step for step in steps if step.unique_id in needed and step.kind != "seeds"]


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """Return the steps that read what differs between copies, in an order of dependency.

    First the tests of the raw tables, which find cells that no table can be made of; then what the
    test of all relations reads, and that test, which finds most; KEPT last.
    """
    readers = {
        step.unique_id
        for step in steps
        if step.kind == "seeds" and f"reference.{step.name}" in COPIED
    }
    for step in steps:
        if any(each.startswith("source.") or each in readers for each in step.depends_on):
            readers.add(step.unique_id)
    needed = makers(steps, (VERDICTS,))
    chosen = [step for step in steps if step.unique_id in readers and step.kind != "seeds"]
    first = [step for step in chosen if reads_raw_alone(step)]
    then = [step for step in chosen if step in needed and step not in first]
    rest = [step for step in chosen if step not in (*first, *then)]
    return first + then + sorted(rest, key=lambda step: step.name in KEPT)

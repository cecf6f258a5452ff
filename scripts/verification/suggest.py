"""Say which cells of a build that fails cannot all be right, and what would put them right.

A relation that is inconsistent names the numbers in it, and so those that numbers not printed
follow from. If one cell is wrong, it is in all relations that fail together. What it could be
instead is tried on copies of its report with the build's own SQL: a correction is a value with
which nothing fails.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from verification.engine import (
    TAG,
    TERMS,
    VERDICTS,
    Build,
    Copies,
    copies_in,
    makers,
    reads_raw_alone,
)
from verification.mutants import PLAUSIBLE, Mutant, code_corrections, number_corrections
from verification.replay import Step, materialized, open_database, read_steps
from verification.source import read_exhibits
from warehouse.database import text

CHECKS = "fct_consistency_checks"
FAILED = f"select check_id from marts.{CHECKS} where verdict = 'inconsistent'"
TRIED = 200  # values, for one group of relations and kind of cell
SHOWN = 10  # cells with a correction
ALSO = 4  # more corrections of one cell
INFINITE = Decimal("Infinity")

# The cells that inconsistent checks rest on, by the number in the check; 0 is for the check as a
# whole. A count behind a percentage rests on the percentage's base, too, and so does a statement
# about whole numbers; a least, greatest or middle number is held against its buckets. A check of
# words is named after the row that has them.
CELLS = f"""
with recursive quantities as (select * from intermediate.int_quantities),

checks as (from marts.{CHECKS} where verdict = 'inconsistent'),

reached (check_id, number_key, cell_key) as (
    select relation_id, number_key, number_key from terms
    union
    select relation_id, 0, coefficient_key from terms
    union
    select check_id, 0, unnest([subjects.quantity_key, subjects.base_key, counts.quantity_key])
    from checks
    inner join quantities as subjects
        on checks.observation_id = subjects.observation_id and subjects.origin = 'printed'
    left join quantities as counts
        on
            subjects.fiscal_year = counts.fiscal_year
            and subjects.population_id = counts.population_id
            and subjects.category_key = counts.category_key
            and counts.statistic = 'count'
    where check_id not in (select relation_id from terms)
    union
    select checks.check_id, 0, buckets.quantity_key
    from checks
    inner join quantities as subjects on checks.observation_id = subjects.observation_id
    inner join reference.measures as measures on subjects.measure_id = measures.measure_id
    inner join reference.classifications as classifications
        on measures.concept = classifications.bucketed_concept
    inner join quantities as buckets
        on
            classifications.classification_id = buckets.classification_id
            and subjects.fiscal_year = buckets.fiscal_year
    union
    select reached.check_id, reached.number_key, percentages.base_key
    from reached
    inner join quantities as counts
        on reached.cell_key = counts.quantity_key and counts.origin = 'percentage'
    inner join quantities as percentages
        on counts.observation_key = percentages.quantity_key
)

select distinct check_id, number_key, exhibit_id, row_number, column_name
from (
    select check_id, number_key, coalesce(observation_key, cell_key) as observation_key
    from reached
    left join quantities on reached.cell_key = quantities.quantity_key
    union
    select checks.check_id, 0, words.observation_key
    from checks
    inner join intermediate.int_observations as words
        on split_part(checks.check_id, ':', 2) = words.exhibit_id || '.' || words.row_number
) as found
inner join intermediate.int_observations using (observation_key)
order by all
"""

Interval = tuple[Decimal, Decimal]


class Cell(NamedTuple):
    """A cell of a sheet, by the index of its row."""

    exhibit_id: str
    row: int
    column: str


@dataclass(frozen=True)
class Relation:
    """A sum of coefficient x number, each known from low to high, that lies between two limits."""

    terms: Sequence[tuple[int, Decimal, Interval]]
    limits: Interval
    bounds: str

    def holds(self, instead: Mapping[int, Interval]) -> bool:
        """Whether it can hold, with other intervals of some numbers."""
        least = greatest = Decimal(0)
        for key, coefficient, known in self.terms:
            if coefficient:
                ends = [coefficient * end for end in instead.get(key, known)]
                least, greatest = least + min(ends), greatest + max(ends)
        low, high = self.limits
        reaches = greatest > low or (greatest == low and self.bounds[0] == "[")
        return reaches and (least < high or (least == high and self.bounds[1] == "]"))


def _interval(low: Decimal | None, high: Decimal | None) -> Interval:
    return (-INFINITE if low is None else low, INFINITE if high is None else high)


class Failed:
    """The inconsistent checks of a warehouse, and copies of its reports to try corrections on."""

    def __init__(self, project: Path, warehouse: Path, steps: Sequence[Step]) -> None:
        """Read the checks: check -> number in it -> cells that it rests on."""
        self.exhibits = {each.sheet.exhibit_id: each for each in read_exhibits(project)}
        connection = open_database(steps[0])
        connection.execute(f"attach {text(str(warehouse))} as failed (read_only); use failed")
        connection.execute(
            f"create temp table terms as {TERMS} where terms.relation_id in ({FAILED})"
        )
        self.checks: dict[str, dict[int, set[Cell]]] = defaultdict(lambda: defaultdict(set))
        for check_id, key, exhibit_id, number, column in connection.execute(CELLS).fetchall():
            rows = [row["row_number"] for row in self.exhibits[exhibit_id].sheet.rows]
            self.checks[check_id][key].add(Cell(exhibit_id, rows.index(str(number)), column))
        terms = defaultdict(list)
        self.ranges: dict[int, Interval] = {}
        self.relations: dict[str, Relation] = {}
        for row in connection.execute("from terms").fetchall():
            name, key, coefficient, *intervals, bounds, _, _ = row
            terms[name].append((key, coefficient, _interval(*intervals[:2])))
            self.ranges[key] = _interval(*intervals[2:4])
            self.relations[name] = Relation(terms[name], _interval(*intervals[4:]), bounds)
        declared = connection.execute("select check_id from reference.known_discrepancies")
        for (check_id,) in declared.fetchall():
            # It holds for the number that the declaration quotes, whatever its limits.
            self.relations.pop(check_id, None)
        connection.execute(f"use {steps[0].database}")
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = 'failed' and schema_name in ('raw', 'reference')"
        ).fetchall():
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {schema}.{table} as from failed.{schema}.{table}")
        sheets = [each.sheet for each in self.exhibits.values()]
        self.copies = Copies(connection, _steps(steps), sheets)
        self.copies.relate("failed.marts.fct_relation_terms")
        connection.execute("detach failed")

    def groups(self) -> list[list[str]]:
        """Return the inconsistent checks, those together that share cells."""
        groups: list[tuple[set[Cell], list[str]]] = []
        for check_id in self.checks:
            cells, checks = self._cells(check_id), [check_id]
            for group in [group for group in groups if group[0] & cells]:
                groups.remove(group)
                cells, checks = cells | group[0], group[1] + checks
            groups.append((cells, checks))
        return [checks for _, checks in groups]

    def _cells(self, check_id: str) -> set[Cell]:
        return set().union(*self.checks[check_id].values())

    def conflict(self, check_id: str) -> list[Cell]:
        """Return cells that cannot all be right; without any of them, they could."""
        numbers, unknown = self.checks[check_id], dict[int, Interval]()
        relation = self.relations.get(check_id)
        for key in sorted(numbers.keys() & self.ranges.keys()):
            without = {**unknown, key: self.ranges[key]}
            if relation and not relation.holds(without):
                unknown = without
        return sorted(set().union(*(numbers[key] for key in numbers.keys() - unknown)))

    def corrections(self, checks: Sequence[str]) -> list[Mutant]:
        """Return the changes of one cell after which a group of checks and all else hold.

        The most plausible comes first; codes and wordings are tried if no number would do, and
        cells that are not in all the checks come last.
        """
        counts = Counter(cell for check_id in checks for cell in self._cells(check_id))
        common = [cell for cell in counts if counts[cell] == len(checks)]
        others = sorted(counts.keys() - common, key=lambda cell: (-counts[cell], cell))
        for cells, of_codes in ((common, False), (common, True), (others, False)):
            tried = self._codes(cells) if of_codes else self._numbers(cells, checks)
            found = self._holding(
                sorted(tried, key=lambda each: PLAUSIBLE.index(each.kind))[:TRIED], checks
            )
            if found:
                return found
        return []

    def _numbers(self, cells: Iterable[Cell], checks: Sequence[str]) -> Iterator[Mutant]:
        for cell in cells:
            for mutant in number_corrections(self.exhibits[cell.exhibit_id], cell.row, cell.column):
                if all(self._could_hold(check_id, cell, mutant.after) for check_id in checks):
                    yield mutant

    def _could_hold(self, check_id: str, cell: Cell, after: str) -> bool:
        """Whether a relation allows another value of a cell that is one of its numbers."""
        numbers = self.checks[check_id]
        relation = self.relations.get(check_id)
        keys = [key for key, cells in numbers.items() if cell in cells]
        try:
            value = Decimal(after.replace(",", ""))
        except InvalidOperation:
            return True
        if relation is None or [numbers[key] for key in keys if key] != [{cell}] or 0 in keys:
            return True
        is_exact = any(key == keys[0] and low == high for key, _, (low, high) in relation.terms)
        unit = 0 if is_exact else Decimal(1).scaleb(int(value.as_tuple().exponent))
        return relation.holds({keys[0]: (value - unit, value + unit)})

    def _codes(self, cells: Iterable[Cell]) -> Iterator[Mutant]:
        every = self.exhibits.values()
        for exhibit_id, row in dict.fromkeys((cell.exhibit_id, cell.row) for cell in cells):
            exhibit = self.exhibits[exhibit_id]
            report = [each for each in every if each.sheet.report_id == exhibit.sheet.report_id]
            yield from code_corrections(report, exhibit, row)

    def _holding(self, mutants: Sequence[Mutant], checks: Sequence[str]) -> list[Mutant]:
        """Return those after which nothing fails but checks of other groups."""
        tried = dict(enumerate(mutants, start=1))
        failures, is_complete = self.copies.failures(
            {number: m.apply(self.exhibits[m.exhibit_id].sheet) for number, m in tried.items()}
        )
        others = self.checks.keys() - set(checks)
        failing = {
            number
            for texts in failures.values()
            for failure in texts
            if TAG.sub("", failure) not in others
            for number in copies_in(failure)
        }
        return [each for number, each in tried.items() if is_complete and number not in failing]

    def lines(self, checks: Sequence[str]) -> Iterator[str]:
        """Point at the cells of a group of checks, a line a correction."""
        smallest = min(map(self.conflict, checks), key=lambda cells: (len(cells), cells))
        yield f"  these cannot all be right: {'; '.join(map(self._place, smallest))}"
        found: dict[Cell, list[Mutant]] = defaultdict(list)
        for each in self.corrections(checks):
            found[Cell(each.exhibit_id, each.row, each.column)].append(each)
        held = "every relation" if len(checks) == len(self.checks) else "every relation of these"
        for cell, (first, *more) in list(found.items())[:SHOWN]:
            also = f" (also {', '.join(each.after for each in more[:ALSO])})" if more else ""
            yield (
                f"  {self._place(cell)}: if it were {first.after} in place of {first.before},"
                f" {held} would hold{also}"
            )
        if not found:
            yield "  no change of a single cell that was tried makes them all hold"

    def _place(self, cell: Cell) -> str:
        path = self.exhibits[cell.exhibit_id].sheet.path
        # One line of the file a row, and one for the header.
        return f"seeds/{path.parent.name}/{path.name}, line {cell.row + 2}, {cell.column}"


def suggestions(build: Build, warehouse: Path) -> list[str]:
    """Return lines that point at the cells that may be wrong; none if no relation has failed."""
    steps = [materialized(step) for step in read_steps(build.manifest, build.run_results)]
    if not any(step.name == VERDICTS and any(step.statements) for step in steps):
        return []
    failed = Failed(build.project, warehouse, steps)
    lines = [line for checks in failed.groups() for line in failed.lines(checks)]
    return ["which cells may be wrong", *lines] if lines else []


def _steps(steps: Sequence[Step]) -> list[Step]:
    """Return what makes the checks, what finds inconsistent ones, and the tests of what is made."""
    made = [each for each in makers(steps, (CHECKS,)) if each.kind == "models"]
    names = {each.unique_id for each in made}
    given = names | {each.unique_id for each in steps if each.kind == "seeds"}
    tests = [each for each in steps if each.kind == "tests" and any(each.statements)]
    first = [each for each in tests if reads_raw_alone(each)]
    rest = [e for e in tests if names.intersection(e.depends_on) and given.issuperset(e.depends_on)]
    return [*first, *made, Step("inconsistent", "", "tests", "", "", (FAILED,), ()), *rest]

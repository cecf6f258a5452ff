"""Make single keying errors in the sheets and the reference seeds, and see which would be caught.

Each error is one mutant, tried on the compiled SQL of a build (`verification.engine`). Those that
survive are compared with the document the sheets were keyed from, if it is given.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from verification.engine import KEPT, NOTHING_CHANGES, Build, Engine
from verification.mutants import CELLS, KINDS, Mutant, mutants_of, reference_mutants
from verification.rows import Exhibit
from verification.source import read_exhibits, read_reports, verify
from verification.witness import UNDETECTABLE, labels
from warehouse.project import UserError
from warehouse.sheets import Sheet, read_csv, write_csv

AT_ONCE = 200  # mutants
SAMPLE = 150  # mutants of each kind in a report, and in the reference seeds
FOLDER = Path("docs") / "mutation"
REASONS = FOLDER / "survivors.csv"


@dataclass(frozen=True)
class Outcome:
    """What catches a mutant, a test or the document; empty where nothing does.

    Attributes:
        mutant: the mutant.
        row_number: number of its row.
        test: the test; NOTHING_CHANGES if there is nothing to catch.
        source: the fault that the comparison with the document finds.
        label: of a number that survives, whether the print could tell (`verification.witness`).

    """

    mutant: Mutant
    row_number: str
    test: str
    source: str
    label: str = ""

    @property
    def is_caught_by_relations(self) -> bool:
        """Whether a test fails that does without the second keying and the reviewed checksums."""
        return self.test not in ("", *KEPT)


class Trial:
    """The sheets, the documents and the engine, ready to try mutants."""

    def __init__(self, build: Build, source: Path | None) -> None:
        """Read everything once; `source` is the folder of the documents."""
        self.engine = Engine(build)
        self.project = build.project
        self.documents = source
        self.exhibits = {each.sheet.exhibit_id: each for each in read_exhibits(build.project)}
        reports = read_reports(build.project, source) if source else []
        self.reports = {report.described["report_id"]: report for report in reports}

    def mutants(self) -> list[Mutant]:
        """Return all mutants."""
        reports: dict[str, list[Exhibit]] = defaultdict(list)
        for exhibit in self.exhibits.values():
            reports[exhibit.sheet.report_id].append(exhibit)
        mutants = [mutant for exhibits in reports.values() for mutant in mutants_of(exhibits)]
        return mutants + list(reference_mutants(self.project / "seeds" / "reference"))

    def altered(self, mutant: Mutant) -> Sheet:
        """Return the sheet with the error of a mutant in it."""
        return mutant.apply(self.exhibits[mutant.exhibit_id].sheet)

    def run(self, mutants: Sequence[Mutant]) -> Iterator[Outcome]:
        """Try mutants: those of sheets many at once, those of reference seeds one by one."""
        in_sheets = [mutant for mutant in mutants if not mutant.is_of_reference]
        for start in range(0, len(in_sheets), AT_ONCE):
            part = dict(enumerate(in_sheets[start : start + AT_ONCE], start=1))
            caught = self.engine.catch(
                {number: self.altered(each) for number, each in part.items()}
            )
            numbers = {n: self.altered(m) for n, m in part.items() if m.cell == "number"}
            found = labels(self.engine, {n: s for n, s in numbers.items() if n not in caught})
            for number, mutant in part.items():
                row = self.exhibits[mutant.exhibit_id].sheet.rows[mutant.row]
                test = caught.get(number, "")
                # The document is asked about survivors only: it takes nothing from the tests.
                source = "" if test else self._source(self.altered(mutant))
                yield Outcome(mutant, row["row_number"], test, source, found.get(number, ""))
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            shutil.copytree(self.project / "seeds", project / "seeds")
            for mutant in mutants:
                if mutant.is_of_reference:
                    yield self._in_reference(mutant, project)

    def _in_reference(self, mutant: Mutant, project: Path) -> Outcome:
        """Try an error in a copy of the seeds, which is afterwards as before."""
        path = project / "seeds" / "reference" / f"{mutant.exhibit_id}.csv"
        content = path.read_bytes()
        rows = read_csv(path)
        rows[mutant.row][mutant.column] = mutant.after
        try:
            write_csv(path, rows)
            test = self.engine.catch_in_reference(mutant.exhibit_id, path)
            source = ""
            if not test and self.documents:
                try:
                    reports = read_reports(project, self.documents)
                    source = next((str(f) for r in reports for f in verify(r).faults), "")
                except UserError as error:
                    source = str(error)
        finally:
            path.write_bytes(content)
        return Outcome(mutant, str(mutant.row + 2), test, source)

    def _source(self, altered: Sheet) -> str:
        report = self.reports.get(altered.report_id)
        if report is None:
            return ""
        exhibits = [
            replace(each, sheet=altered) if each.sheet.path == altered.path else each
            for each in report.exhibits
        ]
        faults = verify(replace(report, exhibits=exhibits)).faults
        return next(map(str, faults), "")


def try_all(build: Build, source: Path, processes: int, *, whole: bool) -> list[Outcome]:
    """Try mutants in the order of the seeds: a sample, unless whole."""
    with ProcessPoolExecutor(processes) as pool:
        parts = [
            pool.submit(_try_part, build, source, whole, slice(part, None, processes))
            for part in range(processes)
        ]
        lists = [part.result() for part in parts]
    return [
        outcome
        for outcomes in itertools.zip_longest(*lists)
        for outcome in outcomes
        if outcome is not None
    ]


def _try_part(build: Build, source: Path, whole: bool, part: slice) -> list[Outcome]:
    trial = Trial(build, source)
    mutants = trial.mutants()
    return list(trial.run((mutants if whole else sample(mutants))[part]))


def sample(mutants: Sequence[Mutant]) -> list[Mutant]:
    """Return at most SAMPLE of each kind in a report, the same in each run, in their order."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, mutant in enumerate(mutants):
        report_id = "" if mutant.is_of_reference else mutant.exhibit_id.partition(".")[0]
        places[report_id, mutant.kind].append(place)
    chosen = [
        place
        for group in places.values()
        for place in random.Random(2019).sample(group, min(SAMPLE, len(group)))
    ]
    return [mutants[place] for place in sorted(chosen)]


# The report


def totals(outcomes: Sequence[Outcome]) -> list[str]:
    """Return how many relations, then what is kept, then the document catch, with shares."""
    changing = [outcome for outcome in outcomes if outcome.test != NOTHING_CHANGES]
    relations = sum(outcome.is_caught_by_relations for outcome in changing)
    keyings = sum(bool(outcome.test) for outcome in changing)
    all_three = sum(bool(outcome.test or outcome.source) for outcome in changing)
    return [_share(caught, len(changing)) for caught in (relations, keyings, all_three)]


def _share(caught: int, total: int) -> str:
    # Rounded down: 100.0 means all.
    return f"{caught} ({int(1000 * caught / total) / 10:.1f} %)" if total else "0"


def _table(title: str, groups: Mapping[str, Sequence[Outcome]]) -> list[str]:
    everything = [outcome for group in groups.values() for outcome in group]
    return [
        f"| {title} | errors | that change nothing | relations and structure"
        " | with what is kept | with the document |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {len(group)} | {sum(o.test == NOTHING_CHANGES for o in group)}"
            f" | {' | '.join(totals(group))} |"
            for name, group in [*groups.items(), ("all", everything)]
        ),
        "",
    ]


def pages(
    outcomes: Sequence[Outcome], reasons: Mapping[tuple[str, str, str], str]
) -> dict[str, str]:
    """Return the result as pages, the same for the same seeds and tests.

    Args:
        outcomes: of all mutants.
        reasons: exhibit, row and column -> why a survivor survives; an empty exhibit or row stands
            for any.

    Returns:
        Name of the file -> text: a page for each report, and one for all.

    """
    by_report: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        is_of_reference = outcome.mutant.is_of_reference
        report_id = outcome.mutant.exhibit_id.partition(".")[0]
        by_report["" if is_of_reference else report_id].append(outcome)
    of_reference = by_report.pop("", [])
    lines = [
        "# What the checks catch",
        "",
        "Written by `make mutate`: single keying errors in the sheets and the reference seeds, and",
        "how many are caught: by the relations between the numbers and the structure of the",
        "exhibits alone; by the build, with what is kept beside the seeds: the second keying of",
        "the sheets, and checksums of the reference seeds (which find a cell that changes after",
        "somebody has read it); and with the document as well (`make verify-source`). Errors that",
        "change nothing in the marts count for no share. Of each kind of error in a report, and of",
        f"those in the reference seeds, at most {SAMPLE} are tried, the same each time;",
        "`make mutate OPTIONS=--whole` tries them all.",
        "A number that is printed once, such as a mean age, takes part in no relation: only the",
        "document tells an error in it.",
        "",
        *_table("cells", _by(outcomes, CELLS, lambda mutant: mutant.cell)),
        *_table("error", _by(outcomes, KINDS, lambda mutant: mutant.kind)),
        *_table("report", {f"[{name}]({name}.md)": group for name, group in by_report.items()}),
        *_table("reference seed", _by(of_reference, {}, lambda mutant: mutant.exhibit_id)),
        *_survivors(of_reference, reasons),
    ]
    texts = {"README.md": lines}
    for name, group in by_report.items():
        texts[f"{name}.md"] = [
            f"# What the checks catch: {name}",
            "",
            "Written by `make mutate`; [the page for all reports](README.md) says what is counted.",
            "",
            *_table("cells", _by(group, CELLS, lambda mutant: mutant.cell)),
            *_table("sheet", _by(group, {}, lambda mutant: mutant.exhibit_id)),
            *_survivors(group, reasons),
        ]
    return {name: "\n".join(text).rstrip("\n") + "\n" for name, text in texts.items()}


def _by(
    outcomes: Sequence[Outcome], names: Mapping[str, str], key: Callable[[Mutant], str]
) -> dict[str, list[Outcome]]:
    """Group outcomes by their mutants, those with a name in the order of the names."""
    groups: dict[str, list[Outcome]] = {name: [] for name in names}
    for outcome in outcomes:
        groups.setdefault(key(outcome.mutant), []).append(outcome)
    return {names.get(name, name): group for name, group in groups.items() if group}


def _survivors(
    outcomes: Sequence[Outcome], reasons: Mapping[tuple[str, str, str], str]
) -> list[str]:
    """List what the build does not catch, a line for each sheet, column and reason."""
    survivors: dict[tuple[str, str, str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        exhibit, column = outcome.mutant.exhibit_id, outcome.mutant.column
        if not outcome.test:
            keys = [(exhibit, outcome.row_number, column), (exhibit, "", column), ("", "", column)]
            reason = next((reasons[key] for key in keys if key in reasons), "")
            survivors[exhibit, column or outcome.mutant.kind, outcome.label, reason].append(outcome)
    head = [
        "## Survivors",
        "",
        "Errors that the build does not catch. All but those marked with a star are caught with",
        f"the document. Of an error in a number, the print may not be able to tell: {UNDETECTABLE}",
        "is one for which there are whole numbers that satisfy all relations and constraints at",
        "once, found by the solver and checked exactly; else a rule is missing, or a proof.",
        "",
        "| sheet | rows | column | errors | such as | from print | why nothing contradicts them |",
        "| --- | --- | --- | ---: | --- | --- | --- |",
    ]
    lines = []
    for (exhibit, column, label, reason), group in survivors.items():
        rows = ", ".join(dict.fromkeys(outcome.row_number for outcome in group))
        star = "" if all(outcome.source for outcome in group) else "*"
        first = group[0].mutant
        example = f"{first.before or 'nothing'} as {first.after or 'nothing'}"
        cells = (exhibit, rows, column, f"{len(group)}{star}", example, label, reason)
        lines.append(f"| {' | '.join(cells)} |")
    return [*head, *lines] if lines else []


def unexplained(texts: Iterable[str]) -> list[str]:
    """Return the survivors on pages that have no reason."""
    return [line for text in texts for line in text.splitlines() if line.endswith("|  |")]


def read_reasons(project: Path) -> dict[tuple[str, str, str], str]:
    """Read why survivors survive: exhibit, row and column -> reason."""
    return {
        (row["exhibit_id"], row["row_number"], row["column_name"]): row["reason"]
        for row in read_csv(project / REASONS)
    }

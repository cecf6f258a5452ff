"""What labels and units mean: offers of codes, which a person reviews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from verification.words import Words
from warehouse.seed_files import UNREVIEWED
from warehouse.sheets import read_csv, read_sheet, sheet_paths


class Guesses:
    """What labels and units mean, by the reference seeds and the sheets of other reports."""

    def __init__(self, project: Path, report_id: str) -> None:
        """Read all but the sheets of the report that is drafted."""
        seeds = {
            name: read_csv(project / "seeds" / "reference" / f"{name}.csv")
            for name in ("categories", "label_words", "measures", "populations", "wordings")
        }
        units = read_csv(project / "seeds" / "reference" / "measure_units.csv")
        self.report_id = report_id
        self.words = Words(seeds["label_words"])
        self.categories = {
            f"{row['classification_id']}.{row['category_id']}": row["label"]
            for row in seeds["categories"]
        }
        self.populations = {row["population_id"]: row["label"] for row in seeds["populations"]}
        self.measures = {row["measure_id"]: row["label"] for row in seeds["measures"]}
        self.units = [(row["measure_id"], row["printed_unit"].lower()) for row in units]
        self.wordings = [row["wording"] for row in seeds["wordings"]]
        self.printed_units = {unit for _, unit in self.units}
        self.labels = {label.lower() for label in self.categories.values()}
        self.keyed: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for sheet in map(read_sheet, sheet_paths(project)):
            for row in sheet.rows:
                if sheet.report_id == report_id or is_unreviewed(row):
                    continue
                key, measure = row.get("category_key", ""), row.get("measure_id", "")
                self.keyed[(row[sheet.label].lower(),)].add(key)
                kind = key.partition(".")[0]
                self.keyed[(kind, row.get("printed_unit", ""))].add(measure)
        self.named = cache(self._named)

    def _named(self, printed: str, kind: str) -> set[str]:
        """Return the codes whose label a printed one is, or says in other declared words."""
        labels: Mapping[str, str] = getattr(self, kind)
        words, codes = self.words, set()
        for code, label in labels.items():
            own = words.of(label)
            said = own.union(*(words.of(said) for word in own for said in words.printed[word]))
            if words.of(printed) <= said and not words.missing(printed, label):
                codes.add(code)
        return codes

    def category(self, label: str) -> str:
        """Offer the category of a label."""
        return offer(self.keyed[(label.lower(),)]) or offer(self.named(label, "categories"))

    def measure(self, category: str, unit: str, label: str) -> str:
        """Offer the measure of a number."""
        own = {measure for measure, printed in self.units if printed == unit.lower()}
        keyed = self.keyed[(category.partition(".")[0], unit)] if category else set()
        return offer(keyed) or offer(own & self.named(label, "measures")) or offer(own)


def is_unreviewed(row: Mapping[str, str]) -> bool:
    """Return whether a row of a sheet is a draft."""
    return any(cell.startswith(UNREVIEWED) for cell in row.values())


def offer(codes: set[str]) -> str:
    """Return a code if there is no other; empty else."""
    return next(iter(codes)) if len(codes) == 1 else ""

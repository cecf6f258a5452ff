"""The pages of the site: what each shows, read from the marts and the dbt manifest.

The templates are in pages/; this gives them rows, tables, charts and links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup, escape

from pages import charts as site_charts
from pages import text as site_text
from warehouse.project import PROJECT
from export.marts import WORKBOOK
from pages.charts import Chart
from pages.lineage import Node, Project
from pages.tables import Cell, Heading, Table, TableRow, plain, text_table
from pages.text import Row, listed, month_or_day, number, range_of
from pages.topics import TOPICS, Column, Part, Topic, by_length
from warehouse.manifest import Mart
from warehouse.project import UserError

PAGES = PROJECT / "scripts" / "pages" / "templates"
GENERATOR = "Sentencing Warehouse make_site"
DOCUMENTATION = "dbt/index.html"

LAYER_NAMES = {
    "raw": "Seeds",
    "staging": "Staging",
    "intermediate": "Intermediate",
    "marts": "Marts on the way",
}

# The key figures of the overview: measure and category.
KEY_FIGURES = (
    ("offender_count", "population_total.total"),
    ("mean_sentence_months", "population_total.total"),
    ("offender_percent", "sentencing_outcomes.mandatory_minimum_15_years_or_more"),
    ("offender_percent", "sentencing_outcomes.variance_below_guideline_range"),
    ("offender_count", "inducements.any"),
    ("mean_sentence_months", "inducements.any"),
    ("offender_percent", "victim_count_buckets.one"),
    ("offender_percent", "inducements.coercion"),
)


class Site:
    """The pages of a warehouse."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        marts: Sequence[Mart],
        project: Project,
        has_documentation: bool,
    ) -> None:
        """Read from the warehouse what more than one page needs.

        Raises:
            UserError: the warehouse lacks a table or a column.

        """
        self.connection = connection
        self.marts = marts
        self.project = project
        self.has_documentation = has_documentation
        self.seeds = project.seeds_of_exhibits()
        self.reports = {row["report_id"]: row for row in self.query(sql_of("reports"))}
        for report in self.reports.values():
            report["date"] = month_or_day(
                report["publication_date"], report["publication_date_precision"]
            )
        self.exhibits = {row["exhibit_id"]: row for row in self.query(sql_of("exhibits"))}
        for exhibit in self.exhibits.values():
            kind, numeral = exhibit["exhibit_type"], exhibit["exhibit_number"]
            exhibit["name"] = f"{kind.capitalize()} {numeral}" if numeral else exhibit["title"]
            exhibit["heading"] = (
                f"{exhibit['name']}. {exhibit['title']}" if numeral else exhibit["title"]
            )
            exhibit["report"] = self.reports[exhibit["report_id"]]
        observations = self.query(sql_of("observations"))
        self.observations = {row["observation_id"]: row for row in observations}
        self.checks = self.query(sql_of("checks"))
        self.discrepancies = self.query(sql_of("discrepancies"))
        for item in self.discrepancies:
            item["exhibit"] = self.exhibits[item["exhibit_id"]]["name"]
        self.declared = {
            item["observation_id"]: item["discrepancy_id"] for item in self.discrepancies
        }
        self.templates = templates()

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query, each by the names of its columns.

        Raises:
            UserError: the warehouse lacks a table or a column.

        """
        try:
            result = self.connection.execute(sql)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise UserError(missing(str(error))) from error
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def pages(self) -> dict[str, str]:
        """Return each page by the name of its file."""
        topics = [self.topic(topic) for topic in TOPICS]
        data = [
            ("numbers.html", "All numbers"),
            ("exhibits.html", "Exhibits as printed"),
            ("checks.html", "Checks"),
            ("dictionary.html", "Data dictionary"),
            ("lineage.html", "Lineage"),
        ]
        if self.has_documentation:
            data.append((DOCUMENTATION, "dbt"))
        names = [("index.html", "Overview")]
        names += [(topic["file"], topic["title"]) for topic in topics]
        shared = {
            "generator": GENERATOR,
            "navigation": [("Topics", names), ("Data", data)],
            "reports": list(self.reports.values()),
            "release_line": self.release_line(),
            "workbook": WORKBOOK,
            "checks": self.tally(self.checks),
            "discrepancies": self.discrepancies,
        }
        contexts: dict[str, tuple[str, dict[str, Any]]] = {
            "index.html": (
                "overview.html",
                {
                    "topics": topics,
                    "key_figures": self.key_figures(),
                    "number_count": number(len(self.observations)),
                },
            )
        }
        contexts |= {topic["file"]: ("topic.html", {"topic": topic}) for topic in topics}
        contexts |= {
            "numbers.html": ("numbers.html", {"tables": self.number_tables()}),
            "exhibits.html": ("exhibits.html", {"exhibits": self.printed_exhibits()}),
            "checks.html": ("checks.html", self.check_tables()),
            "dictionary.html": ("dictionary.html", self.dictionary()),
            "lineage.html": ("lineage.html", {"marts": self.lineages()}),
        }
        return {
            file: self.templates.get_template(name).render(page=file, **shared, **context)
            for file, (name, context) in contexts.items()
        }

    def release_line(self) -> str:
        """Name the release that a warehouse is, or say that it is none."""
        released = self.query(
            "select count(*) as tables from duckdb_tables()"
            " where schema_name = 'release' and table_name = 'about'"
        )[0]["tables"]
        if not released:
            return "Not a release."
        return f"Release {self.query('select release_id from release.about')[0]['release_id']}."

    # Topics

    def topic(self, topic: Topic) -> dict[str, Any]:
        """Return what the page of a topic shows."""
        text = self.templates.get_template(f"topics/{topic.name}.html").module
        observations = [
            self.observations[row["observation_id"]]
            for row in self.query(
                f"select observation_id from marts.fct_observations where {topic.observations}"
            )
        ]
        order = {observation_id: place for place, observation_id in enumerate(self.observations)}
        observations.sort(key=lambda row: order[row["observation_id"]])
        about = {row["observation_id"] for row in observations}
        parts = [self.part(part, text) for part in topic.parts]
        discrepancies = [item for item in self.discrepancies if item["observation_id"] in about]
        return {
            "name": topic.name,
            "file": f"{topic.name.replace('_', '-')}.html",
            "title": squeezed(text.title()),
            "message": parts[0]["figures"][0]["message"],
            "parts": parts,
            "citations": self.citations(observations),
            "sources": self.sources(observations, "sources", "Each number and its place in print"),
            "checks": self.tally(
                check for check in self.checks if check["observation_id"] in about
            ),
            "discrepancies": discrepancies,
        }

    def part(self, part: Part, text: Any) -> dict[str, Any]:
        """Return the table of a part, the charts of its latest fiscal year, and their text."""
        rows = self.rows(part)
        latest = self.latest(part, rows)
        caption = squeezed(getattr(text, f"{part.name}_caption")())
        return {
            "name": part.name,
            "marts": part.marts,
            "figures": [self.figure(draw, latest, text) for draw in part.charts],
            "table": self.topic_table(part, rows, caption),
            "reading": getattr(text, f"{part.name}_reading")(latest),
            "sql": sql_of(part.name),
        }

    def rows(self, part: Part) -> list[Row]:
        """Return the rows of a part, each with whether a discrepancy is declared of it.

        Raises:
            UserError: there are none.

        """
        rows = self.query(sql_of(part.name))
        if not rows:
            raise UserError(f"the warehouse has no rows in {part.marts[0]}: run make build again")
        for row in rows:
            row["is_declared"] = any(
                value in self.declared
                for column, value in row.items()
                if column.endswith("observation_id")
            )
        return rows

    def latest(self, part: Part, rows: Sequence[Row]) -> list[Row]:
        """Return the rows of the latest fiscal year; all where the rows are the fiscal years."""
        if part.columns[0].name == "fiscal_year":
            return list(rows)
        last = max(row["fiscal_year"] for row in rows)
        return [row for row in rows if row["fiscal_year"] == last]

    def figure(
        self, draw: Callable[[Sequence[Row]], Chart], rows: Sequence[Row], text: Any
    ) -> dict[str, Any]:
        """Draw a chart in both widths, with the text that states its message."""
        title = squeezed(getattr(text, f"{draw.__name__}_title")(rows))
        message = squeezed(getattr(text, f"{draw.__name__}_message")(rows))
        note = getattr(text, f"{draw.__name__}_note", str)()
        chart = draw(rows)
        drawn = {
            size: Markup(site_charts.inline_svg(chart, size, escape(f"Chart. {title}. {message}")))
            for size in site_charts.WIDTHS
        }
        marks = " ".join(mark.label for mark in chart.marks)
        is_declared = "†" in marks
        return {
            "name": draw.__name__.replace("_", "-"),
            "title": title,
            "message": message,
            "note": note,
            "is_declared": is_declared,
            **drawn,
        }

    def topic_table(self, part: Part, rows: Sequence[Row], caption: str) -> Table:
        """Make the table of a part."""
        cells = [tuple(self.cell(column, row) for column in part.columns) for row in rows]
        kinds = [any(cell.is_number for cell in column) for column in zip(*cells, strict=True)]
        return Table(
            part.name,
            caption,
            tuple(
                Heading(column.name, column.label, is_number)
                for column, is_number in zip(part.columns, kinds, strict=True)
            ),
            tuple(TableRow(row) for row in cells),
            marts=part.marts,
        )

    def cell(self, column: Column, row: Row) -> Cell:
        """Make the cell of a column."""
        value = row[column.name]
        if value is None:
            return Cell("")
        is_derived = row.get(column.status, column.status) == "derived"
        if isinstance(value, str) or column.name.endswith("fiscal_year"):
            text, is_number = str(value), False
        else:
            decimals = column.decimals
            if isinstance(decimals, str):
                decimals = row[decimals]
            elif not is_derived:
                # Printed numbers keep the digits of the print.
                decimals = None
            text, is_number = number(value, decimals), True
        source = row[column.source] if column.source else None
        return Cell(
            text,
            str(value),
            is_number=is_number,
            is_derived=is_derived,
            href=f"#{source}" if source else None,
            declared=f"#{self.declared[source]}" if source in self.declared else None,
        )

    # Numbers and their place in print

    def place(self, observation: Row) -> str:
        """Say where a number stands in print, or how it is derived."""
        if observation["obs_status"] == "derived":
            return f"derived, {observation['derivation']}"
        name = self.exhibits[observation["exhibit_id"]]["name"]
        locator = observation["locator"]
        place = locator if locator.casefold().startswith(name.casefold()) else f"{name}: {locator}"
        return place + (f", note {observation['footnote']}" if observation["footnote"] else "")

    def citations(self, observations: Sequence[Row]) -> list[tuple[Row, list[dict[str, str]]]]:
        """Return each report with the exhibits that numbers are printed in, and where in them."""
        locators: dict[str, list[str]] = {}
        for row in observations:
            if row["obs_status"] == "published":
                locators.setdefault(row["exhibit_id"], []).append(row["locator"])
        cited: dict[str, list[dict[str, str]]] = {}
        for exhibit_id, found in locators.items():
            exhibit = self.exhibits[exhibit_id]
            cited.setdefault(exhibit["report_id"], []).append(
                {
                    "exhibit_id": exhibit_id,
                    "name": exhibit["heading"],
                    "locators": together(found),
                }
            )
        return [(self.reports[report_id], exhibits) for report_id, exhibits in cited.items()]

    def sources(self, observations: Sequence[Row], name: str, caption: str) -> Table:
        """Make the table of numbers with exhibit, locator, seed file and line."""
        tallies: dict[str, list[Row]] = {}
        for check in self.checks:
            tallies.setdefault(check["observation_id"], []).append(check)
        headings = (
            ("what", "What it counts"),
            ("obs_value", "Number"),
            ("fiscal_year", "Fiscal year"),
            ("locator", "Place in print"),
            ("seed", "Keyed in"),
            ("checks", "Checks"),
        )
        rows = []
        for row in observations:
            observation_id = row["observation_id"]
            is_derived = row["obs_status"] == "derived"
            tally = self.tally(tallies.get(observation_id, ()))
            declared = self.declared.get(observation_id)
            rows.append(
                (
                    Cell(self.what(row)),
                    Cell(
                        shown(row),
                        str(row["obs_value"]) if row["obs_value"] is not None else None,
                        is_number=True,
                        is_derived=is_derived,
                        declared=f"checks.html#{declared}" if declared else None,
                    ),
                    plain(str(row["fiscal_year"])),
                    Cell(self.place(row)),
                    Cell("" if is_derived else self.keyed_in(row), is_file=True),
                    Cell(
                        f"{tally['consistent']} of {tally['total']} consistent"
                        if tally["total"]
                        else ""
                    ),
                )
            )
        ids = [row["observation_id"] for row in observations]
        return text_table(name, caption, headings, rows, ids, ("fct_observations",))

    def what(self, observation: Row) -> str:
        """Say in words what a number counts, and of whom."""
        category, population = observation["category_label"], observation["population_label"]
        if observation["classification_id"] == "population_total":
            category = population
        parts = [f"{category}: {observation['measure_label'].lower()}"]
        if (category, observation["measure_id"]) == (population, "offender_count"):
            parts = [population]
        if category != population and observation["population_id"] != "production_offenders":
            parts.append(f"of {population.lower()}")
        if observation["reference_category_id"]:
            parts.append(f"against {observation['reference_category_id']}")
        if observation["reference_fiscal_year"]:
            parts.append(f"since fiscal year {observation['reference_fiscal_year']}")
        return ", ".join(parts)

    def keyed_in(self, observation: Row) -> str:
        """Name the seed file, line and column that hold a printed number."""
        seed = self.seeds[observation["exhibit_id"]]
        # The first line is the header.
        line = observation["row_number"] + 1
        return f"{seed.path}, line {line}, column {observation['column_name']}"

    def number_tables(self) -> list[dict[str, Any]]:
        """Return the numbers by exhibit, then the derived ones."""
        groups: dict[str, list[Row]] = {}
        for row in self.observations.values():
            group = "derived" if row["obs_status"] == "derived" else row["exhibit_id"]
            groups.setdefault(group, []).append(row)
        tables = []
        for group, rows in groups.items():
            heading = "Derived from printed numbers"
            if group != "derived":
                heading = self.exhibits[group]["heading"]
            name = f"numbers-{group.replace('.', '-')}"
            caption = f"{heading}: numbers and their place in print"
            table = self.sources(rows, name, caption)
            tables.append({"heading": heading, **vars(table)})
        return tables

    def key_figures(self) -> list[dict[str, Any]]:
        """Return the key figures of the latest fiscal year that has them."""
        figures = []
        for measure_id, category_key in KEY_FIGURES:
            found = [
                row
                for row in self.observations.values()
                if (row["measure_id"], row["category_key"]) == (measure_id, category_key)
                and row["population_id"] == "production_offenders"
                and row["is_preferred"]
                and row["obs_value"] is not None
            ]
            if found:
                row = max(found, key=lambda row: row["fiscal_year"])
                declared = self.declared.get(row["observation_id"])
                figures.append(
                    {
                        "text": shown(row),
                        "value": str(row["obs_value"]),
                        "observation": row,
                        "is_derived": row["obs_status"] == "derived",
                        "place": self.place(row).removeprefix("derived, "),
                        "declared": f"checks.html#{declared}" if declared else None,
                    }
                )
        return figures

    # Exhibits, checks, dictionary, lineage

    def printed_exhibits(self) -> list[dict[str, Any]]:
        """Return each exhibit as the mart that mirrors its seed gives it."""
        mirrors = {self.project.mirrored_exhibit(mart.name): mart for mart in self.marts}
        shown_exhibits = []
        for exhibit_id, exhibit in self.exhibits.items():
            mart = mirrors.get(exhibit_id)
            if mart is None:
                continue
            names = [column.name for column in mart.columns if column.name != "row_number"]
            rows = self.query(f"select * from {mart.relation} order by row_number")
            table = text_table(
                exhibit_id.replace(".", "-"),
                f"{exhibit['name']}, as printed",
                [(name, name.replace("_", " ").capitalize()) for name in names],
                [
                    [Cell("" if row[name] is None else str(row[name])) for name in names]
                    for row in rows
                ],
                marts=(mart.name,),
            )
            seed = self.seeds[exhibit_id].path
            shown_exhibits.append({**exhibit, "table": table, "mart": mart.name, "seed": seed})
        return shown_exhibits

    def tally(self, checks: Iterable[Row]) -> dict[str, int]:
        """Count checks, and those that are consistent."""
        verdicts = [check["verdict"] for check in checks]
        return {"total": len(verdicts), "consistent": verdicts.count("consistent")}

    def check_tables(self) -> dict[str, Any]:
        """Return the rules with the numbers of their checks, and the checks of each rule."""
        rules = self.query(sql_of("rules"))
        of_rules = {
            rule["rule_id"]: [c for c in self.checks if c["rule_id"] == rule["rule_id"]]
            for rule in rules
        }
        tallies = {rule_id: self.tally(checks) for rule_id, checks in of_rules.items()}
        rule_table = text_table(
            "rule-table",
            "Checks by rule",
            (
                ("label", "Rule"),
                ("description", "What it checks"),
                ("checks", "Checks"),
                ("consistent", "Consistent"),
                ("declared", "Declared discrepancies"),
            ),
            [
                (
                    Cell(rule["label"], href=f"#{rule['rule_id']}" if total["total"] else None),
                    Cell(rule["description"]),
                    plain(total["total"]),
                    plain(total["consistent"]),
                    plain(total["total"] - total["consistent"]),
                )
                for rule, total in ((rule, tallies[rule["rule_id"]]) for rule in rules)
            ],
        )
        tables = []
        for rule in rules:
            if not of_rules[rule["rule_id"]]:
                continue
            table = self.checks_of_rule(rule, of_rules[rule["rule_id"]])
            tables.append(
                {
                    "rule": rule["rule_id"],
                    "heading": rule["label"],
                    "description": rule["description"],
                    **vars(table),
                }
            )
        return {"rules": rules, "rule_table": rule_table, "tables": tables}

    def checks_of_rule(self, rule: Row, checks: Sequence[Row]) -> Table:
        """Make the table of the checks by one rule."""
        rows = [
            (
                Cell(check["subject"], href=f"numbers.html#{check['observation_id']}"),
                Cell(self.exhibits[check["exhibit_id"]]["name"]),
                Cell(check["printed_value"], check["printed_value"]),
                plain(check["expected_low"]),
                plain(check["expected_high"]),
                Cell(
                    VERDICTS[check["verdict"]],
                    href=f"#{check['discrepancy_id']}" if check["discrepancy_id"] else None,
                ),
                Cell(check["explanation"]),
            )
            for check in checks
        ]
        headings = (
            ("subject", "Checked"),
            ("exhibit", "Exhibit"),
            ("printed_value", "Printed"),
            ("expected_low", "Expected, least"),
            ("expected_high", "Expected, most"),
            ("verdict", "Verdict"),
            ("explanation", "Arithmetic"),
        )
        return text_table(
            f"checks-{rule['rule_id']}",
            f"Checks by the rule: {rule['label'].lower()}",
            headings,
            rows,
            marts=("fct_consistency_checks",),
        )

    def dictionary(self) -> dict[str, Any]:
        """Return what the dictionary shows of each mart."""
        described = []
        for mart in self.marts:
            tests = self.project.tests(mart.name)
            count = self.query(f"select count(*) as rows from {mart.relation}")[0]["rows"]
            rows = []
            for column in mart.columns:
                named = [
                    test.name.removeprefix(f"{mart.name}__")
                    for test in tests
                    if column.name in test.columns
                ]
                rows.append(
                    (
                        Cell(column.name),
                        Cell(column.data_type),
                        Cell(keys_of(mart, column.name)),
                        Cell(column.description),
                        Cell(", ".join(named)),
                    )
                )
            headings = (
                ("column", "Column"),
                ("type", "Type"),
                ("keys", "Key"),
                ("description", "Description"),
                ("tests", "Tests that name it"),
            )
            table = text_table(f"columns-{mart.name}", f"Columns of {mart.name}", headings, rows)
            described.append(
                {
                    "name": mart.name,
                    "paragraphs": mart.description.split("\n\n"),
                    "row_count": number(count),
                    "table": table,
                    "tests": tests,
                }
            )
        documentation = DOCUMENTATION if self.has_documentation else None
        return {"marts": described, "documentation": documentation}

    def lineages(self) -> list[dict[str, Any]]:
        """Return the way of each mart from the exhibits whose numbers stand in it."""
        shown_marts = []
        for mart in self.marts:
            exhibits = self.exhibits_of(mart)
            lineage = self.project.lineage(mart.name, exhibits)
            own = self.project.node(mart.name)
            steps = [
                (LAYER_NAMES[layer], self.nodes(nodes)) for layer, nodes in lineage.layers.items()
            ]
            steps.append(("Codes and labels", self.nodes(lineage.reference)))
            steps.append(("This mart", self.nodes([own])))
            steps.append(("Read by", self.nodes(lineage.read_by)))
            shown_marts.append(
                {
                    "name": mart.name,
                    "exhibits": [self.exhibits[exhibit_id] for exhibit_id in exhibits],
                    "steps": steps,
                }
            )
        return shown_marts

    def nodes(self, nodes: Iterable[Node]) -> list[dict[str, str | None]]:
        """Return the files of seeds and models; a mart leads to its own lineage."""
        names = {mart.name for mart in self.marts}
        return [
            {"path": node.path, "href": f"#{node.name}" if node.name in names else None}
            for node in nodes
        ]

    def exhibits_of(self, mart: Mart) -> list[str]:
        """Return the exhibits whose numbers stand in a mart, in their order.

        They are the one that it mirrors, those of the observations that its keys point at or that
        share its keys, or those that it names; a mart of codes and labels has none.
        """
        mirrored = self.project.mirrored_exhibit(mart.name)
        if mirrored:
            return [mirrored]
        if not self.project.draws_on_print(mart.name):
            return []
        columns = [column.name for column in mart.columns]
        keys = [
            key.columns[0]
            for key in mart.foreign_keys
            if key.to == "fct_observations" and key.to_columns == ("observation_id",)
        ]
        shared = [name for name in ("fiscal_year", "category_key") if name in columns]
        if keys:
            condition = " or ".join(f"mart.{key} = observations.observation_id" for key in keys)
        elif "exhibit_id" in columns:
            condition = "mart.exhibit_id = observations.exhibit_id"
        else:
            condition = " and ".join(f"mart.{name} = observations.{name}" for name in shared)
        found = self.query(
            "select distinct observations.exhibit_id from marts.fct_observations as observations"
            f" inner join {mart.relation} as mart on {condition}"
        )
        names = {row["exhibit_id"] for row in found}
        return [exhibit_id for exhibit_id in self.exhibits if exhibit_id in names]


VERDICTS = {
    "consistent": "✓ consistent",
    "documented_discrepancy": "† declared discrepancy",
    "inconsistent": "✗ inconsistent",
}


def sql_of(name: str) -> str:
    """Read a query of pages/queries/."""
    return (PAGES / "queries" / f"{name}.sql").read_text(encoding="utf-8").rstrip()


def shown(observation: Row) -> str:
    """Show a number as printed, and a derived one rounded, or its bounds where it is open."""
    if observation["printed_value"] is not None:
        return observation["printed_value"]
    if observation["obs_value"] is None:
        return range_of(observation["value_low"], observation["value_high"])
    is_whole = observation["obs_value"] == observation["obs_value"].to_integral_value()
    return number(observation["obs_value"], 0 if is_whole else 1)


def together(locators: Iterable[str]) -> str:
    """Join locators that differ in the number at their end: `Coercion, paragraphs 1, 2 and 3`."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for locator in dict.fromkeys(locators):
        heading, _, last = locator.rpartition(", ")
        unit, _, numeral = last.partition(" ")
        numbers.setdefault((heading, unit), []).append(numeral)
    return "; ".join(
        f"{heading}, {unit}{'s' if len(found) > 1 else ''} {listed(found)}"
        for (heading, unit), found in numbers.items()
    )


def keys_of(mart: Mart, column: str) -> str:
    """Say what a column is for the keys, in short."""
    roles = ["primary key"] if column in mart.primary_key else []
    roles += [f"to {key.to}" for key in mart.foreign_keys if column in key.columns]
    return ", ".join(roles)


def missing(message: str) -> str:
    """Say in one line which table or column DuckDB did not find."""
    table = re.search(r"Table with name (\S+) does not exist", message)
    column = re.search(r'column named "([^"]+)"|column "([^"]+)" not found', message)
    if table:
        lacking = f"the table {table[1]}"
    elif column:
        lacking = f"the column {column[1] or column[2]}"
    else:
        lacking = f"what the pages need ({message.splitlines()[0]})"
    return f"the warehouse is of an older build, it lacks {lacking}: run make build again"


def squeezed(text: str) -> Markup:
    """Write a text of a template in one line."""
    return Markup(" ".join(str(text).split()))


def templates() -> jinja2.Environment:
    """Return the templates, which fail on a name that they are not given."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = ("number", "signed", "more_or_less", "listed", "counted", "largest", "sentence")
    names += ("uncapitalized",)
    environment.filters |= {name: getattr(site_text, name) for name in names}
    environment.filters |= {"squeezed": squeezed, "by_length": by_length}
    return environment

"""Everything is described, keyed and traced to its source, in the project and in the database."""

from __future__ import annotations

import csv
import datetime
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from conftest import PROJECT, Built


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    return json.loads(built.manifest.read_text(encoding="utf-8"))


def _own(manifest: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    return [
        node
        for node in [*manifest["nodes"].values(), *manifest["unit_tests"].values()]
        if node["resource_type"] in kinds and node["package_name"] == "sentencing_warehouse"
    ]


def test_every_node_is_described(manifest: dict[str, Any]) -> None:
    nodes = _own(manifest, "model", "seed", "analysis", "unit_test", "test")
    assert len(nodes) > 200
    missing = [node["name"] for node in nodes if not node["description"].strip()]
    assert missing == []


def test_every_macro_and_its_arguments_are_described(manifest: dict[str, Any]) -> None:
    macros = [
        macro
        for macro in manifest["macros"].values()
        if macro["package_name"] == "sentencing_warehouse"
    ]
    assert len(macros) > 20
    for macro in macros:
        assert macro["description"].strip(), macro["name"]
        if not macro["name"].startswith("test_"):
            signature = re.search(r"macro\s+\w+\(([^)]*)\)", macro["macro_sql"]).group(1)
            names = [part.split("=")[0].strip() for part in signature.split(",") if part.strip()]
            described = {
                argument["name"]: argument["description"] for argument in macro["arguments"]
            }
            assert list(described) == names, macro["name"]
            assert all(described.values()), macro["name"]


def test_every_column_is_described_and_no_description_is_left_over(
    manifest: dict[str, Any], built: Built
) -> None:
    connection = duckdb.connect(str(built.warehouse), read_only=True)
    for node in _own(manifest, "model", "seed"):
        if node["config"]["materialized"] == "ephemeral":
            continue
        rows = connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = ? and table_name = ? order by ordinal_position",
            [node["schema"], node["alias"]],
        ).fetchall()
        described = [
            name for name, column in node["columns"].items() if column["description"].strip()
        ]
        assert sorted(described) == sorted(name for (name,) in rows), node["name"]


def test_descriptions_are_stored_in_the_database(manifest: dict[str, Any], built: Built) -> None:
    connection = duckdb.connect(str(built.warehouse), read_only=True)
    tables = dict(
        connection.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
            " union all"
            " select view_name, comment from duckdb_views() where schema_name = 'marts'"
        ).fetchall()
    )
    columns = {
        (table, column): comment
        for table, column, comment in connection.execute(
            "select table_name, column_name, comment from duckdb_columns()"
            " where schema_name = 'marts'"
        ).fetchall()
    }
    marts = [node for node in _own(manifest, "model") if node["schema"] == "marts"]
    assert len(marts) == len(tables)
    for node in marts:
        assert tables[node["alias"]] == node["description"], node["name"]
        for name, column in node["columns"].items():
            assert columns[node["alias"], name] == column["description"], (node["name"], name)


def test_every_mart_has_an_enforced_contract_and_a_tested_grain(manifest: dict[str, Any]) -> None:
    keys: dict[str, list[list[str]]] = {}
    for test in _own(manifest, "test"):
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "unique_key":
            keys.setdefault(test["attached_node"], []).append(metadata["kwargs"]["columns"])
    for node in _own(manifest, "model"):
        if node["schema"] == "marts":
            assert node["config"]["contract"]["enforced"], node["name"]
            assert node["config"]["meta"]["grain"] in keys[node["unique_id"]], node["name"]


def test_every_test_is_an_error_and_enabled(manifest: dict[str, Any]) -> None:
    assert manifest["disabled"] == {}
    for test in _own(manifest, "test"):
        assert test["config"]["severity"].lower() == "error", test["name"]
        assert test["config"]["where"] is None, test["name"]
        assert test["config"]["limit"] is None, test["name"]


def test_raw_seeds_are_text_and_say_where_they_are_from(manifest: dict[str, Any]) -> None:
    seeds = [node for node in _own(manifest, "seed") if node["name"].startswith("raw_")]
    assert len(seeds) >= 8
    for seed in seeds:
        path = PROJECT / seed["original_file_path"]
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert seed["config"]["column_types"] == dict.fromkeys(header, "text"), seed["name"]
        assert {"row_number", "fiscal_year", "wording", "heading", "paragraph", "footnote"} <= set(
            header
        ), seed["name"]
        meta = seed["config"]["meta"]
        assert seed["name"].startswith(f"raw_{meta['report_id']}__"), seed["name"]
        assert re.fullmatch(r"\d{4}-\d{2}", str(meta["published"])), seed["name"]
        assert isinstance(meta["keyed_on"], datetime.date | str), seed["name"]
        datetime.date.fromisoformat(str(meta["keyed_on"]))
        for name in ("exhibit_id", "publisher", "license", "keyed"):
            assert str(meta[name]).strip(), (seed["name"], name)


def test_layers_read_the_one_before(manifest: dict[str, Any]) -> None:
    allowed = {
        "raw": {"reference"},
        "staging": {"raw", "reference"},
        "intermediate": {"staging", "intermediate", "reference"},
        "marts": {"intermediate", "marts", "reference"},
    }
    for node in _own(manifest, "model"):
        layers = {
            manifest["nodes"][unique_id]["schema"] for unique_id in node["depends_on"]["nodes"]
        }
        assert layers <= allowed[node["schema"]], node["name"]


def test_each_folder_of_models_has_its_own_yaml() -> None:
    for path in (PROJECT / "models").rglob("*.sql"):
        described = [
            model["name"]
            for file in path.parent.glob("*.yml")
            for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
        ]
        assert described.count(path.stem) == 1, path


def test_documents_are_short_and_links_resolve() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 150
    for document in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text):
            assert (document.parent / target).exists(), (document.name, target)


def test_readme_names_every_mart(manifest: dict[str, Any]) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for node in _own(manifest, "model"):
        if node["schema"] == "marts" and not node["name"].startswith("rpt_ussc"):
            assert f"`{node['name']}`" in readme, node["name"]


def test_no_path_of_a_machine_in_the_repository() -> None:
    pattern = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w")
    for path in [*PROJECT.glob("*"), *(PROJECT / "scripts").rglob("*.py")]:
        if path.is_file() and path.suffix in {".py", ".md", ".yml", ".toml", ""}:
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not pattern.search(text), path


def test_project_files_are_where_the_readme_says() -> None:
    for name in ("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "docs/decisions"):
        assert (Path(PROJECT) / name).exists(), name

"""Everything is described, keyed and traced to its source, in the project and in the database."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
from typing import Any

import duckdb
import pytest
import yaml

from conftest import PROJECT, Built
from warehouse.manifest import read_marts
from warehouse.scaffold import read_exhibits

PACKAGE = "sentencing_warehouse"
LAYERS = {
    "staging": {"raw", "reference"},
    "intermediate": {"staging", "intermediate", "reference"},
    "marts": {"intermediate", "marts", "reference"},
}


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(built.manifest.read_bytes())
    return found


def own(manifest: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    nodes = [*manifest["nodes"].values(), *manifest["unit_tests"].values()]
    return [n for n in nodes if n["resource_type"] in kinds and n["package_name"] == PACKAGE]


def test_every_node_is_described(manifest: dict[str, Any]) -> None:
    nodes = own(manifest, "model", "seed", "analysis", "unit_test", "test")
    assert {node["resource_type"] for node in nodes} >= {"model", "seed", "unit_test", "test"}
    # What these assert is the same everywhere: it is said where they are defined.
    same = {"unique_combination_of_columns", "not_null", "relationships"}
    undescribed = [node for node in nodes if not node["description"].strip()]
    assert {(node.get("test_metadata") or {}).get("name") for node in undescribed} == same


def test_every_macro_and_its_arguments_are_described(manifest: dict[str, Any]) -> None:
    macros = [macro for macro in manifest["macros"].values() if macro["package_name"] == PACKAGE]
    assert macros
    for macro in macros:
        assert macro["description"].strip(), macro["name"]
        if not macro["name"].startswith("test_"):
            [signature] = re.findall(r"macro\s+\w+\(([^)]*)\)", macro["macro_sql"])[:1]
            names = [part.split("=")[0].strip() for part in signature.split(",") if part.strip()]
            described = [a["name"] for a in macro["arguments"] if a["description"].strip()]
            assert described == names, macro["name"]


def test_every_column_is_described_and_marts_in_the_database(
    manifest: dict[str, Any], built: Built
) -> None:
    columns: dict[tuple[str, str], dict[str, str]] = {}
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        for schema, table, column, comment in connection.execute(
            "select schema_name, table_name, column_name, comment from duckdb_columns()"
        ).fetchall():
            columns.setdefault((schema, table), {})[column] = comment
        comments = dict(
            connection.execute(
                "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
                " union all"
                " select view_name, comment from duckdb_views() where schema_name = 'marts'"
            ).fetchall()
        )
    nodes = [*own(manifest, "model", "seed"), *manifest["sources"].values()]
    for node in [n for n in nodes if n["config"].get("materialized") != "ephemeral"]:
        described = {name: column["description"] for name, column in node["columns"].items()}
        assert all(text.strip() for text in described.values()), node["name"]
        found = columns[node["schema"], node.get("alias", node["name"])]
        assert sorted(described) == sorted(found), node["name"]
        if node["schema"] in ("marts", "raw"):
            assert found == described, node["name"]
        if node["schema"] == "marts":
            assert comments.pop(node["alias"]) == node["description"], node["name"]
    assert comments == {}


def test_every_mart_has_an_enforced_contract_and_a_tested_grain(
    manifest: dict[str, Any], built: Built
) -> None:
    marts = {mart.name: mart for mart in read_marts(built.manifest)}
    for node in own(manifest, "model"):
        if node["schema"] == "marts":
            assert node["config"]["contract"]["enforced"], node["name"]
            grain = node["config"]["meta"]["grain"]
            assert list(marts.pop(node["alias"]).primary_key) == grain, node["name"]
    assert marts == {}


def test_every_test_is_an_error_and_enabled(manifest: dict[str, Any]) -> None:
    assert manifest["disabled"] == {}
    for test in own(manifest, "test"):
        config = test["config"]
        assert config["severity"].lower() == "error", test["name"]
        assert (config["where"], config["limit"]) == (None, None), test["name"]


def test_every_exhibit_has_a_sheet_and_says_how_it_was_keyed() -> None:
    exhibits = read_exhibits(PROJECT)
    assert exhibits
    for row, sheet in exhibits:
        assert sheet.exhibit_id == row["exhibit_id"]
        assert row["keyed_from"].strip(), row["exhibit_id"]
        assert datetime.date.fromisoformat(row["keyed_on"]), row["exhibit_id"]


def test_layers_read_the_one_before(manifest: dict[str, Any]) -> None:
    for node in own(manifest, "model"):
        read = {**manifest["nodes"], **manifest["sources"]}
        layers = {read[name]["schema"] for name in node["depends_on"]["nodes"]}
        assert layers <= LAYERS[node["schema"]], node["name"]


def test_each_folder_of_models_has_its_own_yaml() -> None:
    described: dict[str, list[str]] = {}
    for file in (PROJECT / "models").rglob("*.yml"):
        models = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models", [])
        for model in models:
            described.setdefault(model["name"], []).append(str(file.parent))
    for path in (PROJECT / "models").rglob("*.sql"):
        assert described[path.stem] == [str(path.parent)], path


def test_documents_are_short_and_links_resolve(manifest: dict[str, Any]) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 150
    for node in own(manifest, "model"):
        if node["schema"] == "marts" and not node["name"].startswith("rpt_ussc"):
            assert f"`{node['name']}`" in readme, node["name"]
    for document in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text):
            assert (document.parent / target).exists(), (document.name, target)


def test_no_path_of_a_machine_in_the_repository() -> None:
    git = ["git", "grep", "--untracked", "-nIP", r"(?<![\w.])/(home|root|work|Users)/\w"]
    found = subprocess.run(
        [*git, "--", "*.py", "*.md", "*.yml", "*.toml", "Makefile", ":!tests"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "")

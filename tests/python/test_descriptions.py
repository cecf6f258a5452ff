"""Everything is described, keyed and traced to its source, in the project and in the database."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from conftest import PROJECT, Built, Marts, run
from pages.data import TEMPLATES
from warehouse.manifest import read_marts

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
    nodes = own(manifest, "model", "seed", "unit_test", "test")
    assert {node["resource_type"] for node in nodes} >= {"model", "seed", "unit_test", "test"}
    # What these assert is the same everywhere: it is said where they are defined.
    same = {"unique_combination_of_columns", "unique", "not_null", "relationships"}
    same |= {"accepted_values", "equals_observations"}
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
    manifest: dict[str, Any], marts: Marts
) -> None:
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, comment in marts.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
    ).fetchall():
        columns.setdefault((schema, table), {})[column] = comment
    comments = dict(
        marts.execute(
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


def test_every_mart_has_an_enforced_contract_and_a_tested_key(
    manifest: dict[str, Any], built: Built
) -> None:
    marts = {mart.name: mart for mart in read_marts(built.manifest)}
    for node in own(manifest, "model"):
        if node["schema"] == "marts":
            assert node["config"]["contract"]["enforced"], node["name"]
            assert marts.pop(node["alias"]).primary_key, node["name"]
    assert marts == {}


def test_every_test_is_an_error_and_enabled(manifest: dict[str, Any]) -> None:
    assert manifest["disabled"] == {}
    for test in own(manifest, "test"):
        config = test["config"]
        assert config["severity"].lower() == "error", test["name"]
        assert (config["where"], config["limit"]) == (None, None), test["name"]


def test_layers_read_the_one_before(manifest: dict[str, Any]) -> None:
    for node in own(manifest, "model"):
        read = {**manifest["nodes"], **manifest["sources"]}
        layers = {read[name]["schema"] for name in node["depends_on"]["nodes"]}
        assert layers <= LAYERS[node["schema"]], node["name"]


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
    files = ["*.py", "*.md", "*.yml", "*.toml", "Makefile", ":!tests"]
    found = run(*git, "--", *files, cwd=PROJECT)
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "")


def test_no_number_is_typed_in_the_text() -> None:
    """Numbers in prose come from the marts: the templates have none of their own."""
    for path in TEMPLATES.rglob("*.html"):
        words = re.sub(r"\{[{%#].*?[%}#]\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        words = re.sub(r"<[^>]*>|&\w+;", "", words, flags=re.S)
        # A percentage's range, and the name of the list of checksums.
        words = words.replace("0 to 100", "").replace("SHA256SUMS", "")
        assert not re.search(r"\d", words), f"{path.name}: {re.findall(r'.*[0-9].*', words)}"

"""An export is always the same bytes, whole or not at all, and refuses what it cannot export."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import exported
from conftest import PROJECT, Built, Refused, run
from export import marts as exports
from export.marts import export
from export.tables import write_files
from exported import FEW, Copy, assert_checksums_hold, contents, mart_rows
from warehouse.manifest import read_marts
from warehouse.project import UserError

copy = exported.copy


# The same bytes, whole or not at all


def test_export_is_complete_and_the_same_at_another_time_and_place(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [mart.name for mart in read_marts(built.manifest)]
    before = contents(built.exports)
    assert set(before) == {
        *(f"{kind}/{name}.{kind}" for kind in ("csv", "json", "parquet") for name in names),
        "sentencing_warehouse.xlsx",
        "datapackage.json",
        "SHA256SUMS",
    }
    assert_checksums_hold(built.exports)
    # Where a kill would leave files: nothing is written there.
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    # The time stamps of a ZIP file count two seconds.
    made = (built.exports / "sentencing_warehouse.xlsx").stat().st_mtime
    time.sleep(max(0, made + 2.1 - time.time()))
    export(built.warehouse, tmp_path / "again", built.manifest)
    assert contents(tmp_path / "again") == before


@pytest.mark.slow
def test_rows_that_do_not_fit_into_memory_give_the_same_files(
    copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy.change(
        "insert into marts.dim_measures select md5(measure_id || i), t.* exclude (measure_id)"
        " from marts.dim_measures as t, range(30000) as numbers(i)"
    )
    spilled = []

    def write(connection: Any, mart: Any, table: str, folder: Path, formats: list[str]) -> None:
        write_files(connection, mart, table, folder, formats)
        spilled.append((folder / ".spilled").exists())

    monkeypatch.setattr(exports, "write_files", write)
    files = []
    for memory in ("4GB", "64MB"):
        monkeypatch.setattr(exports, "MEMORY", memory)
        copy.exports = tmp_path / memory
        copy.export(formats=["csv", "parquet", "json"])
        files.append(contents(copy.exports))
        assert any(spilled) == (memory == "64MB")
    assert files[0] == files[1]


def test_a_folder_that_is_no_export_is_left_alone(copy: Copy) -> None:
    copy.exports.mkdir(parents=True)
    for name, text in {
        "notes.txt": "mine",
        "SHA256SUMS": "0  notes.txt\n0  datapackage.json\n",
        "datapackage.json": '{"name": "another"}',
    }.items():
        (copy.exports / name).write_text(text)
        with pytest.raises(UserError, match="not of an export: name an empty or a new folder"):
            copy.export()
    assert (copy.exports / "notes.txt").read_text() == "mine"


def test_an_export_replaces_the_previous_one_but_no_file_of_the_user(copy: Copy) -> None:
    copy.exports.mkdir(parents=True)  # an empty folder may be filled
    copy.export()
    copy.export(marts=["dim_reports"], formats=["json"])
    kept = {"json/dim_reports.json", "datapackage.json", "SHA256SUMS"}
    assert set(contents(copy.exports)) == kept
    assert copy.leftovers() == []
    (copy.exports / "json" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"such as json/notes\.txt: move them"):
        copy.export()
    assert set(contents(copy.exports)) == kept | {"json/notes.txt"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failure_leaves_the_previous_export(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    copy.export()
    before = contents(copy.exports)

    def fail(*_: object) -> None:
        raise error("disk full")

    copy.change("delete from marts.dim_measures")
    monkeypatch.setattr(exports, "data_package", fail)
    with pytest.raises(UserError if error is OSError else error):
        copy.export()
    assert contents(copy.exports) == before
    assert copy.leftovers() == []


# Errors that a user can cause


def sql(statement: str) -> Callable[[Copy], None]:
    return lambda copy: copy.change(statement)


def put_file_at_output(copy: Copy) -> None:
    copy.exports.parent.mkdir()
    copy.exports.write_text("mine")


# How something goes wrong, and what is said about it.
MISTAKES: list[tuple[Callable[[Copy], object] | list[str], str]] = [
    (lambda c: c.warehouse.unlink(), "there is no warehouse file"),
    (lambda c: c.warehouse.write_text("a,b\n" * 999), "not a DuckDB file"),
    (lambda c: c.warehouse.write_bytes(b""), "not a DuckDB file"),
    (["--marts", "dim_reports", "dim_x"], "unknown mart 'dim_x'"),
    (["--formats", "csv", "ods"], "unknown format 'ods'"),
    (["--frmats", "csv"], "No such option '--frmats'"),
    (["--marts"], "Option '--marts' requires an argument"),
    (["--manifest", "no.json", "csv"], "unexpected extra argument (csv)"),
    (put_file_at_output, "is not a folder"),
    (lambda c: c.exports.parent.write_text("mine"), "cannot write"),
    (lambda c: c.manifest.unlink(), "cannot read the dbt manifest"),
    (lambda c: c.manifest.write_text("nodes"), "not a dbt manifest"),
    (lambda c: c.manifest.write_text("[1]"), "not a dbt manifest"),
    (lambda c: c.manifest.write_text('{"nodes": {}}'), "no model in"),
    (sql("alter table marts.dim_rules add column i integer"), "columns of dim_rules differ in i"),
    (sql("drop table marts.dim_rules"), "the warehouse has no mart dim_rules"),
    (sql("create table marts.dim_new as select 1 as i"), "the manifest has no mart dim_new"),
    (
        sql("alter table marts.dim_rules alter label type double using 1"),
        "dim_rules.label is of type double",
    ),
    (
        sql("update marts.dim_measures set label = repeat('😀', 16384)"),
        "dim_measures.label has a text of 32,768 characters",
    ),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES)
def test_a_mistake_gets_one_line_and_status_2(
    copy: Copy, refused: Refused, mistake: Callable[[Copy], object] | list[str], message: str
) -> None:
    options = mistake if isinstance(mistake, list) else []
    if not isinstance(mistake, list):
        mistake(copy)
    before = contents(copy.exports.parent)
    assert message in refused("export", *copy.options(), *options)
    assert contents(copy.exports.parent) == before


def test_the_script_prints_one_line(copy: Copy) -> None:
    script = [sys.executable, PROJECT / "scripts" / "export_marts.py", *copy.options()]
    done = run(*script, "--formats", "csv", "json")
    rows = sum(len(mart_rows(copy.warehouse, mart)) for mart in FEW)
    said = f"export_marts: 4 marts, {rows} rows -> {copy.exports}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", said)
    files = {path.name for path in copy.exports.glob("*/*")}
    assert files == {f"{mart}.{kind}" for mart in FEW for kind in ("csv", "json")}
    with duckdb.connect(str(copy.warehouse)):
        done = run(*script)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("export_marts: ") and "open for writing" in done.stderr

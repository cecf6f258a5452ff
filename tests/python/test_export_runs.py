"""An export is always the same bytes, whole or not at all, and refuses what it cannot export."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Paths
from typing import Any

import duckdb
import pytest

import exported
from conftest import Built
from export import marts as exports
from export.formats import write_files
from export.marts import export
from exported import (
    SCRIPTS,
    assert_checksums_hold,
    change,
    command,
    contents,
    leftovers,
    options_of,
    run_export,
)
from publish.folder import replaced_folder
from warehouse.database import connect_read_only
from warehouse.manifest import read_marts
from warehouse.project import UserError

small = exported.small


# The same bytes, whole or not at all


def test_export_is_complete_and_the_same_again(built: Built, tmp_path: Path) -> None:
    names = [mart.name for mart in read_marts(built.manifest)]
    assert set(contents(built.exports)) == {
        *(f"{kind}/{name}.{kind}" for kind in ("csv", "json", "parquet") for name in names),
        "sentencing_warehouse.xlsx",
        "datapackage.json",
        "SHA256SUMS",
    }
    assert_checksums_hold(built.exports)
    export(built.warehouse, tmp_path / "again", built.manifest)
    assert contents(tmp_path / "again") == contents(built.exports)


def test_export_is_the_same_at_another_time_and_place(small: Paths, tmp_path: Path) -> None:
    run_export(small)
    first = contents(small.exports)
    time.sleep(2.1)  # the time stamps of a ZIP file count two seconds
    small.exports = tmp_path / "elsewhere"
    run_export(small)
    assert contents(small.exports) == first
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=small.exports, check=True)


@pytest.mark.slow
def test_rows_that_do_not_fit_into_memory_give_the_same_files(
    small: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(
        small,
        "insert into marts.fct_values select md5(value_id || i), t.* exclude (value_id)"
        " from marts.fct_values as t, range(100000) as numbers(i)",
    )
    spilled = []

    def write(connection: Any, mart: Any, table: str, folder: Path, formats: list[str]) -> None:
        write_files(connection, mart, table, folder, formats)
        spilled.append((folder / ".spilled").exists())

    monkeypatch.setattr(exports, "write_files", write)
    files = []
    for memory in ("4GB", "64MB"):
        monkeypatch.setattr(exports, "MEMORY", memory)
        small.exports = tmp_path / memory
        run_export(small, formats=["csv", "parquet", "json"])
        files.append(
            {path: hashlib.sha256(c).digest() for path, c in contents(small.exports).items()}
        )
        assert any(spilled) == (memory == "64MB")
        assert not (small.exports / ".spilled").exists()
    assert files[0] == files[1]


def test_a_folder_that_is_no_export_is_left_alone(small: Paths) -> None:
    small.exports.mkdir(parents=True)
    for name, text in {
        "notes.txt": "mine",
        "SHA256SUMS": "0  notes.txt\n0  datapackage.json\n",
        "datapackage.json": '{"name": "another"}',
    }.items():
        (small.exports / name).write_text(text)
        with pytest.raises(UserError, match="not of an export"):
            run_export(small)
    assert (small.exports / "notes.txt").read_text() == "mine"


def test_an_export_replaces_the_previous_one_but_no_file_of_the_user(small: Paths) -> None:
    small.exports.mkdir(parents=True)  # an empty folder may be filled
    run_export(small)
    run_export(small, marts=["dim_reports"], formats=["json"])
    kept = {"json/dim_reports.json", "datapackage.json", "SHA256SUMS"}
    assert set(contents(small.exports)) == kept
    assert leftovers(small) == []
    (small.exports / "json" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"such as json/notes\.txt: move them"):
        run_export(small)
    assert set(contents(small.exports)) == kept | {"json/notes.txt"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, UserError, OSError])
def test_a_failure_leaves_the_previous_export(
    small: Paths, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    run_export(small)
    before = contents(small.exports)

    def fail(*_: object) -> None:
        raise error("disk full")

    change(small, "delete from marts.fct_values")
    monkeypatch.setattr(exports, "data_package", fail)
    with pytest.raises(UserError if error is OSError else error):
        run_export(small)
    assert contents(small.exports) == before
    assert leftovers(small) == []


def test_one_export_at_a_time(small: Paths) -> None:
    run_export(small)
    with (
        replaced_folder(small.exports, exports.check_is_export),
        pytest.raises(UserError, match="another run is"),
    ):
        run_export(small)


@pytest.mark.slow
@pytest.mark.parametrize("existing", [True, False], ids=["replacing", "first"])
def test_killed_exports_are_whole_or_absent(
    small: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    started = time.monotonic()
    subprocess.run(command(small), check=True, capture_output=True)
    duration = time.monotonic() - started
    random_moments = random.Random(2021)
    killed = 0
    for number in range(10):
        if not existing and small.exports.exists():
            small.exports.rename(small.exports.parent / f"done_{number}")
        process = subprocess.Popen(command(small), stderr=subprocess.DEVNULL)
        time.sleep(random_moments.uniform(0.2, 1.1) * duration)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        if existing or small.exports.exists():
            assert_checksums_hold(small.exports)
            assert len(contents(small.exports)) == 18
    assert killed
    run_export(small)
    assert not [name for name in leftovers(small) if name.startswith(".")]
    assert not list((tmp_path / "tmp").iterdir())


def test_a_terminated_export_cleans_up(small: Paths) -> None:
    run_export(small)
    before = contents(small.exports)
    code = """
        import sys, time
        import cli
        from export import marts
        def wait(*_):
            print("waiting", flush=True)
            time.sleep(60)
        marts.data_package = wait
        sys.exit(cli.main(["export", *sys.argv[1:]]))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *options_of(small)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    assert leftovers(small)
    process.terminate()
    assert process.wait(timeout=10) == 128 + signal.SIGTERM
    assert contents(small.exports) == before
    assert leftovers(small) == []


# Errors that a user can cause


Spoil = Callable[[Paths], object]


def sql(statement: str) -> Spoil:
    return lambda paths: change(paths, statement)


def put_file_at_output(paths: Paths) -> None:
    paths.exports.parent.mkdir()
    paths.exports.write_text("mine")


# How something goes wrong, and what is said about it.
MISTAKES: list[tuple[Spoil | list[str], str]] = [
    (lambda p: p.warehouse.unlink(), "there is no warehouse file"),
    (lambda p: p.warehouse.write_text("a,b\n" * 999), "not a DuckDB file"),
    (lambda p: p.warehouse.write_bytes(b""), "not a DuckDB file"),
    (["--marts", "dim_reports", "dim_x"], "unknown mart 'dim_x'"),
    (["--formats", "csv", "ods"], "unknown format 'ods'"),
    (["--frmats", "csv"], "No such option '--frmats'"),
    (["--marts"], "Option '--marts' requires an argument"),
    (["csv"], "unexpected extra argument (csv)"),
    (put_file_at_output, "is not a folder"),
    (lambda p: p.exports.parent.write_text("mine"), "cannot write"),
    (lambda p: p.manifest.unlink(), "cannot read the dbt manifest"),
    (lambda p: p.manifest.write_text("nodes"), "not a dbt manifest"),
    (lambda p: p.manifest.write_text("[1]"), "not a dbt manifest"),
    (lambda p: p.manifest.write_text('{"nodes": {}}'), "no model in"),
    (sql("alter table marts.fct_values add column i integer"), "columns of fct_values differ in i"),
    (sql("drop table marts.dim_categories"), "the warehouse has no mart dim_categories"),
    (sql("create table marts.dim_new as select 1 as i"), "the manifest has no mart dim_new"),
    (
        sql("alter table marts.fct_values alter percent type double"),
        "fct_values.percent is of type double",
    ),
    (
        sql("update marts.dim_categories set label = repeat('😀', 16384)"),
        "dim_categories.label has a text of 32,768 characters",
    ),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES)
def test_a_mistake_gets_one_line_and_status_2(
    small: Paths, mistake: Spoil | list[str], message: str
) -> None:
    if not isinstance(mistake, list):
        mistake(small)
    before = contents(small.exports.parent)
    options = mistake if isinstance(mistake, list) else []
    result = subprocess.run(command(small, *options), capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("export_marts: ")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert contents(small.exports.parent) == before


def test_the_command_prints_one_line(small: Paths) -> None:
    options = ["--formats", "csv", "json", "--marts", "dim_reports", "fct_values"]
    result = subprocess.run(command(small, *options), capture_output=True, text=True, check=True)
    assert result.stdout == ""
    assert result.stderr == f"export_marts: 2 marts, 5 rows -> {small.exports}\n"
    assert {path.name for path in small.exports.glob("*/*")} == {
        f"{mart}.{kind}" for mart in ("dim_reports", "fct_values") for kind in ("csv", "json")
    }


def test_a_warehouse_in_use_by_a_writer_is_refused(small: Paths) -> None:
    with duckdb.connect(str(small.warehouse)):
        result = subprocess.run(command(small), capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "open for writing" in result.stderr
    assert result.stderr.count("\n") == 1


def test_sandbox_closes_all_files(small: Paths, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    own = small.warehouse
    before = own.read_bytes()
    with (
        connect_read_only(own, sandbox=True),
        connect_read_only(own, sandbox=True) as connection,
    ):
        assert connection.execute("select count(*) from marts.dim_reports").fetchall() == [(1,)]
        for refused in (
            f"from '{tmp_path}/secret.csv'",
            f"copy marts.dim_reports to '{tmp_path}/out.csv'",
            f"copy (select 1) to '{own}' (format csv, use_tmp_file false)",
            f"copy (select 1) to '{own}.wal' (format csv)",
            f"copy (select 1) to '{own}.tmp/out.csv'",
            f"from read_blob('{own}')",
            "set enable_external_access = true",
            "set disabled_filesystems = ''",
            "set memory_limit = '1GB'",
            "create table marts.t as select 1 as i",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(refused)
    assert own.read_bytes() == before
    assert not own.with_name(own.name + ".wal").exists()

"""A release is built apart, tested, described, and switched to in one step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from conftest import (
    CLI,
    PROJECT,
    Built,
    alter,
    copy_folder,
    copy_project,
    fingerprint,
    mishap_command,
    quick_release,
    run,
    run_release,
    writer,
)
from publish.release import CONTENT
from publish.releases import MANIFEST, Releases
from warehouse.manifest import read_marts


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def whole(releases: Path) -> list[str]:
    """Name the releases, oldest first, none of which is damaged."""
    found = Releases(releases).all()
    assert [release.damage() for release in found] == [None] * len(found)
    return [release.name for release in found]


def test_a_release_is_the_build_with_its_pages_and_says_what_it_is(
    released: Path, built: Built
) -> None:
    current = released / "releases" / "current"
    manifest = read_json(current / MANIFEST)
    assert manifest["files"] == {
        name: {"bytes": (current / name).stat().st_size, "sha256": checksum}
        for name, checksum in fingerprint(current).items()
        if name != MANIFEST
    }
    made = {"warehouse.duckdb", "manifest.json", "site/index.html", "site/dbt/index.html"}
    assert made < set(manifest["files"])
    # The same seeds give the same exports, byte for byte; a release has more of them.
    exports = fingerprint(built.exports)
    del exports["SHA256SUMS"]
    assert exports.items() < fingerprint(current / "exports").items()
    with duckdb.connect(str(current / "warehouse.duckdb"), read_only=True) as file:
        about = file.sql("from release.about")
        [values] = about.fetchall()
        row = dict(zip(about.columns, values, strict=True))
        for mart, count in manifest["row_counts"].items():
            assert file.sql(f"select count(*) from marts.{mart}").fetchall() == [(count,)]
        undescribed = file.execute(
            "select column_name from duckdb_columns()"
            " where schema_name in ('marts', 'raw', 'release') and comment is null"
        ).fetchall()
    row["built_at"] = row["built_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row == {name: manifest[name] for name in row}
    assert undescribed == []
    assert set(manifest["row_counts"]) == {mart.name for mart in read_marts(built.manifest)}
    [line] = (released / "releases" / "log.jsonl").read_text().splitlines()
    name = os.readlink(current)
    assert name == f"0001-{manifest['build_id']}" == json.loads(line)["release"]
    assert json.loads(line)["build_id"] == manifest["build_id"]


def test_every_test_has_passed(released: Path) -> None:
    current = released / "releases" / "current"
    defined = read_json(current / "manifest.json")
    tests = [node for node in defined["nodes"].values() if node["resource_type"] == "test"]
    ran = [result["status"] for result in read_json(released / "results.json")["results"]]
    assert set(ran) == {"pass", "success"}
    assert ran.count("pass") == len(tests) + len(defined["unit_tests"])
    assert ran.count("pass") == read_json(current / MANIFEST)["tests_passed"]


def test_the_file_is_checkpointed_and_compact(released: Path) -> None:
    warehouse = released / "releases" / "current" / "warehouse.duckdb"
    assert not warehouse.with_name("warehouse.duckdb.wal").exists()
    size = "select total_blocks, free_blocks, wal_size from pragma_database_size()"
    [(total, free, wal)] = query(warehouse, size)
    assert free / total < 0.1
    assert wal == "0 bytes"
    assert warehouse.stat().st_size < 6_000_000


def test_a_release_names_no_path_of_the_machine(released: Path) -> None:
    for path in files_of(released / "releases" / "current"):
        content = path.read_bytes()
        for folder in {PROJECT, released.parent, Path(sys.prefix)}:
            assert str(folder).encode() not in content, (path, folder)


def test_the_same_data_gives_the_same_id_and_bytes(editions: list[Path], releases: Path) -> None:
    [before] = whole(releases)
    done = quick_release(editions[0], releases)
    assert (done.exit_status, done.record["outcome"]) == (0, "unchanged")
    assert f"nothing changed; {before} stays" in done.said
    assert whole(releases) == [before]
    forced = quick_release(editions[0], releases, "--force")
    assert forced.record["release"] == f"0002-{before.partition('-')[2]}"
    files = [read_json(releases / name / MANIFEST)["files"] for name in whole(releases)]
    one, other = ({p: f for p, f in each.items() if CONTENT.fullmatch(p)} for each in files)
    assert one == other
    assert len(one) > 90


def test_a_damaged_release_is_replaced_and_not_gone_back_to(
    editions: list[Path], releases: Path
) -> None:
    [first] = whole(releases)
    for path in files_of(releases / first):
        path.chmod(0o644)
    with (releases / "current" / "exports" / "csv" / "dim_rules.csv").open("a") as file:
        file.write("0\n")
    done = quick_release(editions[0], releases)
    second = done.record["release"]
    assert done.record["outcome"] == "released"
    assert f"release {first} is damaged: exports/csv/dim_rules.csv" in done.said
    for damaged in ("exports/csv/dim_rules.csv", "release.json"):
        back = quick_release(editions[0], releases, "--rollback")
        assert back.exit_status == 2
        assert f"release {first} is damaged ({damaged}): {second} stays" in back.said
        (releases / first / "release.json").write_text("{")
    assert os.readlink(releases / "current") == second
    listed = run(sys.executable, CLI, "release", "--releases", releases, "--list").stdout
    lines = [line.split() for line in listed.splitlines()]
    assert lines[0] == [first, "damaged:", "release.json"]
    assert (lines[1][0], lines[1][2:]) == (second, ["whole", "current"])


def test_changes_of_a_writer_are_damage(editions: list[Path], releases: Path) -> None:
    [first] = whole(releases)
    assert {path.stat().st_mode & 0o222 for path in files_of(releases / first)} == {0}
    with writer(releases / "current" / "warehouse.duckdb") as change:
        change()
    done = quick_release(editions[0], releases)
    assert done.record["outcome"] == "released"
    assert f"release {first} is damaged: warehouse.duckdb.wal" in done.said
    back = quick_release(editions[0], releases, "--rollback")
    assert f"release {first} is damaged (warehouse.duckdb.wal)" in back.said
    # While it lives, its changes would come to stand beside the release that is switched to.
    with writer(releases / "current" / "warehouse.duckdb"):
        refused = quick_release(editions[1], releases)
    assert (refused.exit_status, refused.record["outcome"]) == (2, "refused")
    assert "warehouse.duckdb open for writing: end it" in refused.said
    assert [found.name for found in Releases(releases).all()] == [first, done.record["release"]]


# What may befall a release: before which step, and what the release says about it.
MISHAPS = [
    ("publish.releases._flush", "open(folder / 'mine.txt', 'w')", "mine.txt"),
    ("publish.release.write_manifest", "change(folder)", "its rows are of build "),
    (
        "publish.release.write_manifest",
        "open(folder / 'site' / 'dbt' / 'index.html', 'w')",
        "site/dbt/index.html is of no build",
    ),
    (
        "publish.releases._flush_one",
        "'0002-' in str((folder / 'current').resolve()) and open(folder / 'current' / 'late', 'w')",
        "late",
    ),
]


@pytest.mark.parametrize(("step", "mishap", "said"), MISHAPS, ids=[m[2] for m in MISHAPS])
def test_a_release_reads_itself_as_readers_do(
    editions: list[Path], releases: Path, step: str, mishap: str, said: str
) -> None:
    before = whole(releases)
    command = mishap_command(editions[1], step, mishap)
    done = run_release(releases, command=command)
    assert (done.exit_status, done.record["outcome"]) == (1, "failed"), done.said
    assert "is not what was built" in done.said
    assert said in done.said
    assert whole(releases) == before
    assert done.record["current"] == before[0]
    assert {path.name for path in (releases / ".work").iterdir()} <= {"lock", "target"}


@pytest.mark.parametrize("name", ["SIGABRT", "SIGKILL"])
def test_a_run_that_dies_leaves_a_line_and_its_log_is_kept(
    editions: list[Path], releases: Path, name: str
) -> None:
    before = whole(releases)
    old = [releases / "failed" / f"2999010{day}T000000.000000Z.log" for day in range(1, 4)]
    old[0].parent.mkdir()
    for path in (*old, releases / "failed" / "mine.log"):
        path.touch()
    die = f"import signal; os.kill(os.getpid(), signal.{name})"
    command = mishap_command(editions[1], "publish.release.write_manifest", die)
    done = run_release(releases, "--keep", "3", command=command)
    assert (done.exit_status, done.record["outcome"]) == (1, "failed"), done.said
    assert done.record["reason"] == f"the process that made the release died with {name}"
    assert json.loads((releases / "log.jsonl").read_text().splitlines()[-1]) == done.record
    # The clock was set back since the other logs were written: theirs are the later names.
    log = releases / done.record["log"]
    assert ("in _fill" in log.read_text()) == (name == "SIGABRT")
    assert set(log.parent.iterdir()) == {log, *old[1:], releases / "failed" / "mine.log"}
    assert whole(releases) == before
    assert done.record["current"] == before[0]


def test_other_data_is_released_rolled_back_and_not_released_again(
    editions: list[Path], releases: Path
) -> None:
    def edition() -> str:
        warehouse = releases / "current" / "warehouse.duckdb"
        return str(query(warehouse, "select right(title, 10) from marts.dim_reports")[0][0])

    [first] = whole(releases)
    with duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True) as reader:
        before = reader.execute("from marts.dim_reports").fetchall()
        done = quick_release(editions[1], releases)
        # A reader keeps its release, and a new connection reads the new one.
        assert reader.execute("from marts.dim_reports").fetchall() == before
        assert edition() == "Edition 1."
    second = done.record["release"]
    assert (done.record["outcome"], done.record["previous"]) == ("released", first)
    assert second.startswith("0002-")
    assert second.partition("-")[2] != first.partition("-")[2]

    back = quick_release(editions[1], releases, "--rollback")
    assert (back.record["outcome"], back.record["release"]) == ("rolled_back", first)
    assert os.readlink(releases / "current") == first
    assert edition() == "Edition 0."

    again = quick_release(editions[1], releases)
    assert (again.record["outcome"], again.record["current"]) == ("unchanged", first)
    assert f"nothing changed since {second}, which was rolled back" in again.said
    forced = quick_release(editions[1], releases, "--force")
    assert (forced.record["outcome"], forced.record["release"][:5]) == ("released", "0003-")
    named = quick_release(editions[1], releases, "--rollback", "0002")
    assert named.record["current"] == second
    records = [json.loads(line) for line in (releases / "log.jsonl").read_text().splitlines()]
    outcomes = ["released", "released", "rolled_back", "unchanged", "released", "rolled_back"]
    assert [record["outcome"] for record in records] == outcomes


def test_there_is_no_way_back_from_the_first_release(editions: list[Path], releases: Path) -> None:
    [first] = whole(releases)
    for options, said in (
        (["--rollback"], f"there is no release before {first}; there are {first}"),
        (["--rollback", "0007"], f"there is no release 0007; there are {first}"),
    ):
        done = quick_release(editions[0], releases, *options)
        assert done.exit_status == 2
        assert said in done.said
    assert os.readlink(releases / "current") == first


def test_old_releases_are_pruned_and_the_current_one_never(
    editions: list[Path], releases: Path
) -> None:
    [first] = whole(releases)
    for name in ("0002-000000000002", "0003-000000000003"):
        copy_folder(releases / first, releases / name)
    with duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True) as reader:
        done = quick_release(editions[0], releases, "--force", "--keep", "2")
        # Who has a file open keeps it, though its release is gone.
        assert reader.execute("select count(*) > 0 from marts.dim_rules").fetchall() == [(True,)]
    # A release that was rolled back to is current, and older than others.
    assert done.record["pruned"] == [first, "0002-000000000002"]
    assert whole(releases) == ["0003-000000000003", done.record["release"]]
    back = quick_release(editions[0], releases, "--rollback")
    assert back.record["current"] == "0003-000000000003"
    assert quick_release(editions[0], releases, "--keep", "1").record["outcome"] == "unchanged"
    assert (releases / "current" / "warehouse.duckdb").exists()


def test_a_failed_build_leaves_the_release(releases: Path, tmp_path: Path) -> None:
    before = whole(releases)
    project = copy_project(tmp_path)
    seed = project / "seeds/ussc_production_2021/raw_ussc_production_2021__figure_24.csv"
    alter(seed, "15.4", "15.4%")
    done = run_release(releases, command=[sys.executable, str(project / "scripts" / "cli.py")])
    assert (done.exit_status, done.record["outcome"]) == (1, "failed")
    fault = 'row 2 (Offered enticements), column percent: "15.4%" is not a number as printed'
    log = releases / done.record["log"]
    assert log.parent.name == "failed"
    assert f"log: {log}" in done.said
    assert fault in done.said
    assert fault in log.read_text()
    assert whole(releases) == before
    assert os.readlink(releases / "current") == before[0]
    assert not (releases / ".work" / "new").exists()
    assert json.loads((releases / "log.jsonl").read_text().splitlines()[-1]) == done.record


def test_a_second_run_gives_up_after_its_wait(releases: Path) -> None:
    with FileLock(releases / ".work" / "lock"):
        done = run_release(releases, "--wait", "0.5")
        back = run_release(releases, "--rollback", "--wait", "0")
    assert (done.exit_status, done.record["outcome"]) == (3, "busy")
    assert f"another run is still at work in {releases} after 0.5 s: nothing was done" in done.said
    assert (back.exit_status, back.record["outcome"]) == (3, "busy")


def test_a_file_in_the_way_is_one_line(editions: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "current").mkdir(parents=True)
    for name, said in (
        ("file", f"cannot write to {tmp_path / 'file'}: "),
        ("folder", f"{tmp_path}/folder/current is not the link that points at a release"),
    ):
        done = quick_release(editions[0], tmp_path / name)
        assert (done.exit_status, done.record["outcome"]) == (2, "refused")
        assert said in done.said


def test_a_signal_ends_a_run_and_leaves_the_release(releases: Path) -> None:
    before = whole(releases)
    command = [sys.executable, CLI, "release", "--releases", str(releases), "--force"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if " of " in line:
            break
    process.terminate()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert json.loads(out)["outcome"] == "interrupted"
    assert whole(releases) == before
    assert os.readlink(releases / "current") == before[0]
    assert not (releases / ".work" / "new").exists()

"""A release is built apart, tested, described, and switched to in one step."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from conftest import (
    PROJECT,
    Built,
    Run,
    alter,
    copy_project,
    make_edition,
    need,
    quick_release,
    release_command,
    run_release,
)
from publish.release import CONTENT
from publish.releases import MANIFEST


def query(warehouse: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def first(project: Path) -> Run:
    """The first release of the project, made with next to no environment, as schedulers do."""
    done = run_release(project, project / "releases", env={}, cwd="/")
    assert done.exit_status == 0, done.said
    return done


@pytest.fixture
def releases(project: Path, first: Run, tmp_path: Path) -> Path:
    """A copy of the releases folder with the first release."""
    folder = tmp_path / "releases"
    subprocess.run(["cp", "-a", str(project / "releases"), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def editions(built: Built, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two builds of dbt with different data."""
    folder = tmp_path_factory.mktemp("editions")
    return [make_edition(built, folder / str(number), number) for number in (0, 1)]


@pytest.fixture
def quick(editions: list[Path], tmp_path: Path) -> Path:
    """A releases folder with a release that was made without dbt."""
    done = quick_release(editions[0], tmp_path / "quick")
    assert done.exit_status == 0, done.said
    return tmp_path / "quick"


def read_manifest(release: Path) -> dict:
    return json.loads((release / MANIFEST).read_bytes())


def test_a_release_holds_what_its_manifest_lists(releases: Path) -> None:
    current = releases / "current"
    listed = read_manifest(current)["files"]
    files = {p.relative_to(current).as_posix(): p for p in current.rglob("*") if p.is_file()}
    assert set(files) == {*listed, MANIFEST}
    assert {
        "warehouse.duckdb",
        "manifest.json",
        "site/index.html",
        "site/dbt/index.html",
        "exports/SHA256SUMS",
    } < set(files)
    for name, described in listed.items():
        content = files[name].read_bytes()
        assert described["bytes"] == len(content)
        assert described["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_warehouse_says_which_release_it_is(first: Run, releases: Path) -> None:
    manifest = read_manifest(releases / "current")
    with duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True) as file:
        about = file.sql("from release.about")
        (values,) = about.fetchall()
        row = dict(zip(about.columns, values, strict=True))
        undescribed = file.execute(
            "select column_name from duckdb_columns()"
            " where schema_name in ('marts', 'raw', 'release') and comment is null"
        ).fetchall()
    row["built_at"] = row["built_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row == {name: manifest[name] for name in row}
    assert undescribed == []
    assert first.record["release"] == os.readlink(releases / "current")
    assert first.record["release"] == f"0001-{manifest['release_id']}"
    assert first.record["release_id"] == manifest["release_id"]


def test_the_manifest_counts_the_rows_and_the_tests(releases: Path) -> None:
    manifest = read_manifest(releases / "current")
    warehouse = releases / "current" / "warehouse.duckdb"
    for mart, count in manifest["row_counts"].items():
        assert query(warehouse, f"select count(*) from marts.{mart}") == [(count,)]
    assert len(manifest["row_counts"]) == 31
    defined = json.loads((releases / "current" / "manifest.json").read_bytes())
    tests = [node for node in defined["nodes"].values() if node["resource_type"] == "test"]
    assert manifest["tests_passed"] == len(tests) + len(defined["unit_tests"])


def test_the_file_is_checkpointed_and_compact(releases: Path) -> None:
    release = releases / "current"
    assert list(release.glob("*.wal")) == []
    (size,) = query(
        release / "warehouse.duckdb",
        "select total_blocks, free_blocks, wal_size from pragma_database_size()",
    )
    total, free, wal = size
    assert free / total < 0.1
    assert wal == "0 bytes"
    assert (release / "warehouse.duckdb").stat().st_size < 5_000_000


def test_a_release_names_no_path_of_the_machine(project: Path, releases: Path) -> None:
    for path in (releases / "current").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for folder in {project, PROJECT, releases.parent, Path(sys.prefix)}:
                assert str(folder).encode() not in content, (path, folder)


@pytest.mark.integration
@pytest.mark.parametrize("version", ["1.4", "1.5"])
def test_older_clients_read_a_release(releases: Path, version: str) -> None:
    name = f"duckdb-{version}"
    python = PROJECT / f".venv-{name}" / "bin" / "python"
    need(python.exists(), f"make .venv-{name}/ready")
    code = (
        "import duckdb, sys\n"
        "with duckdb.connect(sys.argv[1], read_only=True) as c:\n"
        "    print(duckdb.__version__)\n"
        "    for sql in sys.argv[2:]: print(c.execute(sql).fetchall())\n"
    )
    questions = [
        "select sum(offender_count)::integer from marts.fct_sentence_by_inducement_use",
        "select count(*) from marts.rpt_discrepancies",
        "select count(comment) > 300 from duckdb_columns() where schema_name = 'marts'",
        "select count(release_id) from release.about",
    ]
    warehouse = releases / "current" / "warehouse.duckdb"
    done = subprocess.run(
        [python, "-c", code, str(warehouse), *questions],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    client, *answers = done.stdout.splitlines()
    assert client.startswith(version + ".")
    assert answers == ["[(512,)]", "[(2,)]", "[(True,)]", "[(1,)]"]


def test_nothing_changed_keeps_the_release(project: Path, releases: Path) -> None:
    before = os.readlink(releases / "current")
    results = releases.parent / "results.json"
    done = run_release(project, releases, "--results", str(results))
    assert done.exit_status == 0
    assert done.record["outcome"] == "unchanged"
    ran = json.loads(results.read_bytes())["results"]
    assert {result["status"] for result in ran} == {"pass", "success"}
    assert (
        sum(result["status"] == "pass" for result in ran)
        == read_manifest(releases / "current")["tests_passed"]
    )
    assert f"nothing changed; {before} stays" in done.said
    assert sorted(p.name for p in releases.glob("0*")) == [before]


def test_the_same_data_gives_the_same_id_and_bytes(editions: list[Path], quick: Path) -> None:
    before = os.readlink(quick / "current")
    forced = quick_release(editions[0], quick, "--force")
    assert forced.record["release"] == f"0002-{before.partition('-')[2]}"
    files = [read_manifest(quick / name)["files"] for name in (before, forced.record["release"])]
    compared = [{p: f for p, f in each.items() if CONTENT.fullmatch(p)} for each in files]
    assert compared[0] == compared[1]
    assert len(compared[0]) > 180


def test_a_damaged_release_is_replaced(editions: list[Path], quick: Path) -> None:
    with (quick / "current" / "exports" / "csv" / "dim_rules.csv").open("a") as file:
        file.write("0\n")
    done = quick_release(editions[0], quick)
    assert done.record["outcome"] == "released"
    assert "is damaged: exports/csv/dim_rules.csv" in done.said


def test_other_data_is_released_rolled_back_and_not_released_again(
    editions: list[Path], quick: Path
) -> None:
    def title() -> str:
        [(text,)] = query(
            quick / "current" / "warehouse.duckdb", "select title from marts.dim_reports"
        )
        return text

    first = os.readlink(quick / "current")
    done = quick_release(editions[1], quick)
    second = done.record["release"]
    assert (done.record["outcome"], done.record["previous"]) == ("released", first)
    assert second.startswith("0002-")
    assert second.partition("-")[2] != first.partition("-")[2]
    assert title().endswith("Edition 1.")

    back = quick_release(editions[1], quick, "--rollback")
    assert (back.record["outcome"], back.record["release"]) == ("rolled_back", first)
    assert os.readlink(quick / "current") == first
    assert title().endswith("Edition 0.")

    again = quick_release(editions[1], quick)
    assert (again.record["outcome"], again.record["current"]) == ("unchanged", first)
    assert f"nothing changed since {second}, which was rolled back" in again.said
    forced = quick_release(editions[1], quick, "--force")
    assert (forced.record["outcome"], forced.record["release"][:5]) == ("released", "0003-")
    named = quick_release(editions[1], quick, "--rollback", "0002")
    assert named.record["current"] == second
    records = [json.loads(line) for line in (quick / "log.jsonl").read_text().splitlines()]
    assert [r["outcome"] for r in records[-5:]] == [
        "released",
        "rolled_back",
        "unchanged",
        "released",
        "rolled_back",
    ]


def test_there_is_no_way_back_from_the_first_release(editions: list[Path], quick: Path) -> None:
    before = os.readlink(quick / "current")
    done = quick_release(editions[0], quick, "--rollback")
    assert done.exit_status == 2
    assert f"there is no release before {before}; there are {before}" in done.said
    unknown = quick_release(editions[0], quick, "--rollback", "0007")
    assert unknown.exit_status == 2
    assert "there is no release 0007" in unknown.said
    assert os.readlink(quick / "current") == before


def test_old_releases_are_pruned_and_the_current_one_never(
    editions: list[Path], quick: Path
) -> None:
    first = os.readlink(quick / "current")
    for name in ("0002-000000000002", "0003-000000000003"):
        subprocess.run(["cp", "-a", str(quick / first), str(quick / name)], check=True)
    # A release that was rolled back to is current, and older than others.
    done = quick_release(editions[0], quick, "--force", "--keep", "2")
    assert done.record["pruned"] == [first, "0002-000000000002"]
    assert sorted(p.name for p in quick.glob("0*")) == [
        "0003-000000000003",
        done.record["release"],
    ]
    back = quick_release(editions[0], quick, "--rollback")
    assert back.record["current"] == "0003-000000000003"
    assert quick_release(editions[0], quick, "--keep", "1").record["outcome"] == "unchanged"
    assert (quick / "current" / "warehouse.duckdb").exists()


def test_a_failure_is_logged_and_leaves_the_release(project: Path, releases: Path) -> None:
    before = os.readlink(releases / "current")
    seeds = project / "seeds" / "ussc_production_2021"
    path = seeds / "raw_ussc_production_2021__table_11.csv"
    content = path.read_bytes()
    alter(path, ",313", ",313 ")
    try:
        done = run_release(project, releases)
    finally:
        path.write_bytes(content)
    assert done.exit_status == 1
    assert done.record["outcome"] == "failed"
    assert os.readlink(releases / "current") == before
    log = releases / done.record["log"]
    assert log.parent.name == "failed"
    assert f"log: {log}" in done.said
    assert '"313 " has spaces' in log.read_text()
    assert sorted(p.name for p in releases.glob("0*")) == [before]
    assert not (releases / ".work" / "new").exists()
    assert json.loads((releases / "log.jsonl").read_text().splitlines()[-1]) == done.record


def test_a_second_run_gives_up_after_its_wait(project: Path, releases: Path) -> None:
    with FileLock(releases / ".work" / "lock"):
        done = run_release(project, releases, "--wait", "0.5")
        back = run_release(project, releases, "--rollback", "--wait", "0")
    assert (done.exit_status, done.record["outcome"]) == (3, "busy")
    assert f"another run is still at work in {releases} after 0.5 s: nothing was done" in done.said
    assert (back.exit_status, back.record["outcome"]) == (3, "busy")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--keep", "0"], "--keep is 0: at least the new release is kept"),
        (["--keep", "x"], "Invalid value for '--keep': 'x' is not a valid integer"),
        (["--wait", "-1"], "--wait is -1: it must be a number of seconds"),
        (["--wait", "nan"], "--wait is nan"),
        (["--results", "nowhere/results.json"], "--results is nowhere/results.json: there is no"),
        (["--force", "--rollback"], "--rollback is not allowed with --force"),
        (["now"], "Got unexpected extra argument (now)"),
    ],
)
def test_nonsense_is_one_line(tmp_path: Path, options: list[str], said: str) -> None:
    done = run_release(PROJECT, tmp_path / "releases", *options)
    assert done.exit_status == 2
    assert said in done.said
    assert len(done.said.splitlines()) == 1
    assert not (tmp_path / "releases").exists()


def test_a_file_in_the_way_is_one_line(editions: list[Path], tmp_path: Path) -> None:
    (tmp_path / "releases").write_text("")
    done = quick_release(editions[0], tmp_path / "releases")
    assert done.exit_status == 2
    assert done.record["outcome"] == "refused"
    assert f"cannot write to {tmp_path / 'releases'}" in done.said
    folder = tmp_path / "other"
    (folder / "current").mkdir(parents=True)
    taken = quick_release(editions[0], folder)
    assert taken.exit_status == 2
    assert f"{folder / 'current'} is not the link that points at a release" in taken.said


def test_a_signal_ends_a_run_and_leaves_the_release(project: Path, releases: Path) -> None:
    before = os.readlink(releases / "current")
    command = release_command(project, releases, "--force")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if " of " in line:
            break
    process.terminate()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert json.loads(out)["outcome"] == "interrupted"
    assert os.readlink(releases / "current") == before
    assert not (releases / ".work" / "new").exists()


def test_releases_are_listed(releases: Path) -> None:
    name = os.readlink(releases / "current")
    copy = releases / "0002-000000000002"
    subprocess.run(["cp", "-a", str(releases / name), str(copy)], check=True)
    (copy / "manifest.json").unlink()
    done = subprocess.run(
        release_command(PROJECT, releases, "--list"), capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [(line[0], line[2:]) for line in lines] == [
        (name, ["whole", "current"]),
        (copy.name, ["damaged:", "manifest.json"]),
    ]

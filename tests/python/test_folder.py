"""A build takes the place of the one before at once or not at all, and of nothing else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from conftest import (
    CLI,
    KILLED,
    PROJECT,
    copy_folder,
    copy_project,
    fingerprint,
    mishap_command,
    quick_command,
    run,
    writer,
)
from publish.folder import BusyError, Work, check_is_build, replaced_folder
from warehouse.manifest import check_build_id
from warehouse.project import UserError

TITLE = "select title from marts.dim_reports"


def quick_build(
    edition: Path, output: Path, *options: str, kill_at: int = 0, exchanges: bool = True
) -> subprocess.CompletedProcess[str]:
    command = quick_command(edition, kill_at, exchanges)
    return run(*command, "build", "--output", output, *options)


def editions_in(folder: Path) -> str:
    """Which edition warehouse, exports and the manifest are of."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        texts = [warehouse.execute(TITLE).fetchall()[0][0]]
        check_build_id(warehouse, folder / "manifest.json", folder / "exports/datapackage.json")
    texts += [(folder / p).read_text() for p in ("exports/csv/dim_reports.csv", "manifest.json")]
    sums = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    subprocess.run(sums, cwd=folder / "exports", check=True)
    return "".join(n for text in texts for n in sorted(set(re.findall(r"Edition (\d)\.", text))))


def leftovers(output: Path) -> set[str]:
    return set(os.listdir(output.parent / ".work" / output.name)) - {"lock", "target"}


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "two renames"])
def test_killed_at_every_step_a_build_leaves_one_edition(
    editions: list[Path], output: Path, tmp_path: Path, exchanges: bool
) -> None:
    seen = []
    for kill_at in range(1, 20):
        copy = tmp_path / str(kill_at) / "build"
        copy_folder(output, copy)
        done = quick_build(editions[1], copy, kill_at=kill_at, exchanges=exchanges)
        # Between two renames there is nothing to read; only that can be, and not a mixture.
        seen.append(editions_in(copy) if copy.exists() else "none")
        # The next run puts right what was left.
        with Work(copy).locked(0):
            pass
        assert editions_in(copy) == ("000" if seen[-1] == "none" else seen[-1])
        assert leftovers(copy) == set()
        assert set(os.listdir(copy.parent)) == {".work", "build"}
        if done.returncode != KILLED:
            break
    assert done.returncode == 0, done.stderr
    # Killed in the export, at the switch, after it, while the old build is removed; not at all.
    between = [] if exchanges else ["000", "none"]
    assert seen == ["000", "000", *between, *["111"] * (3 if exchanges else 4)]


def test_readers_do_not_block_a_build_and_keep_what_they_opened(
    editions: list[Path], output: Path
) -> None:
    with duckdb.connect(str(output / "warehouse.duckdb"), read_only=True) as reader:
        before = reader.execute(TITLE).fetchall()
        assert quick_build(editions[1], output).returncode == 0
        assert reader.execute(TITLE).fetchall() == before
        # As docs/connect.md says, this process gets the old file until it has closed it.
        with duckdb.connect(str(output / "warehouse.duckdb"), read_only=True) as another:
            assert another.execute(TITLE).fetchall() == before
    assert editions_in(output) == "111"


def test_changes_of_a_writer_do_not_get_into_a_build(editions: list[Path], output: Path) -> None:
    warehouse = output / "warehouse.duckdb"
    assert warehouse.stat().st_mode & 0o222 == 0
    with writer(warehouse) as change:
        change()
    assert (output / "warehouse.duckdb.wal").exists()
    pages = run(sys.executable, CLI, "site", "--warehouse", warehouse, "--output", output / "site")
    said = f"site: {warehouse}.wal has changes that no build made: build it anew\n"
    assert (pages.returncode, pages.stderr) == (2, said)
    assert quick_build(editions[1], output).returncode == 0
    assert editions_in(output) == "111"
    assert set(os.listdir(output)) == {"warehouse.duckdb", "manifest.json", "exports"}
    # A writer that lives makes its .wal file only when it changes something: beside the new file.
    with writer(warehouse):
        done = quick_build(editions[0], output)
    said = f"build: a process has {warehouse} open for writing: end it, then run again\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert editions_in(output) == "111"


def test_a_limit_on_the_size_of_files_is_one_line(editions: list[Path], tmp_path: Path) -> None:
    """DuckDB makes other errors of it than Python, as of a full disk."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    command = mishap_command(editions[0], "publish.build.about", limit)
    done = run(*command, "build", "--output", tmp_path / "build")
    assert done.returncode == 2
    said = f"build: cannot write to {tmp_path / 'build'}: File too large"
    assert done.stderr.splitlines()[-1] == said
    assert not (tmp_path / "build").exists()


def test_make_in_a_folder_with_an_apostrophe_and_a_space(released: Path, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "o'brien's clone")
    shutil.copy(PROJECT / "Makefile", project)
    copy_folder(released / "releases" / "current", project / "build")
    command = ["make", "--silent", f"BIN={Path(sys.executable).parent}"]
    command += ["-o", ".venv/build.ready", "-o", ".venv/site.ready"]
    for target, said in (("release", "there are no releases in"), ("sql", "42")):
        options = {"cwd": project, "input": "select 40 + 2;\n"}
        done = run(*command, target, "OPTIONS=--list", **options)
        assert said in done.stdout, done.stderr
    # A release that is copied there is no build: its release.json is not of one.
    (project / "build" / "release.json").unlink()
    done = run(*command, "site", cwd=project)
    assert done.returncode == 0, done.stderr


def test_pages_of_the_build_before_do_not_stand_beside_a_new_one(
    editions: list[Path], tmp_path: Path
) -> None:
    output = tmp_path / "build"
    done = quick_build(editions[0], output, "--docs", "--site")
    assert done.returncode == 0, done.stderr
    assert (output / "docs" / "index.html").is_file()
    assert "Edition 0." in (output / "site" / "index.html").read_text(encoding="utf-8")
    done = quick_build(editions[1], output)
    assert set(os.listdir(output)) == {"warehouse.duckdb", "manifest.json", "exports"}
    assert "site, which was of the build before: make site" in done.stdout
    # A part of a build is written under the lock of the build, and out of sight until it is whole.
    with FileLock(tmp_path / ".work" / "build" / "lock"), pytest.raises(BusyError):
        replaced_folder(output / "site", check_is_build).__enter__()
    with replaced_folder(output / "site", check_is_build):
        assert not (output / "site").exists()
    assert (output / "site").is_dir()
    assert leftovers(output) == set()


def test_parts_of_two_builds_are_not_mixed(editions: list[Path], tmp_path: Path) -> None:
    for edition, name in zip(editions, ("one", "two"), strict=True):
        done = quick_build(edition, tmp_path / name, "--docs")
        assert done.returncode == 0, done.stderr
    commands = [["superset", "--port=0"], ["export", f"--output={tmp_path / 'new'}"], ["site"]]
    for other in ("manifest.json", "exports/datapackage.json", "docs/index.html"):
        folder = copy_folder(tmp_path / "two", tmp_path / Path(other).stem)
        shutil.copyfile(tmp_path / "one" / other, folder / other)
        for command in commands if other == "manifest.json" else commands[-1:]:
            warehouse = folder / "warehouse.duckdb"
            done = run(sys.executable, CLI, *command, "--warehouse", warehouse, cwd=tmp_path)
            assert done.returncode == 2
            ids = r"build \w{12}, the warehouse of build \w{12}: run make build again\n"
            assert re.fullmatch(rf"{command[0]}: {folder / other} is of {ids}", done.stderr)


def test_an_output_behind_a_link_is_replaced_where_it_is(
    editions: list[Path], tmp_path: Path
) -> None:
    real = tmp_path / "elsewhere" / "real"
    real.mkdir(parents=True)
    real.chmod(0o750)
    link = tmp_path / "build"
    link.symlink_to(real)
    assert quick_build(editions[0], link).returncode == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o750
    assert editions_in(link) == "000"
    assert set(os.listdir(tmp_path)) == {"build", "elsewhere"}


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "exports/csv/mine.csv", "work/build.lock", "warehouse.duckdb.bak"],
)
def test_files_that_are_not_of_a_build_are_not_replaced(output: Path, name: str) -> None:
    put(output / name)
    said = f"{output} holds files that are not of a build, such as {name}: move them"
    with pytest.raises(UserError, match=re.escape(said)):
        check_is_build(output)


@pytest.mark.parametrize("name", ["warehouse.duckdb", "warehouse.duckdb.zip"])
def test_a_folder_that_is_no_build_is_left_alone(
    editions: list[Path], tmp_path: Path, name: str
) -> None:
    put(tmp_path / "build" / name)
    done = quick_build(editions[1], tmp_path / "build")
    said = f"build: {tmp_path / 'build'} holds files that are not of a build: name an empty or"
    assert (done.returncode, done.stderr) == (2, f"{said} a new folder\n")
    assert (tmp_path / "build" / name).read_text() == "mine"


def test_a_file_that_comes_during_a_build_is_not_lost(tmp_path: Path) -> None:
    output = tmp_path / "build"
    with pytest.raises(UserError, match="not of"), replaced_folder(output, check_is_build):
        put(output / "notes.txt")
    assert (output / "notes.txt").read_text() == "mine"


def test_second_build_waits_or_gives_up_with_one_line(editions: list[Path], tmp_path: Path) -> None:
    work = tmp_path / ".work" / "build"
    work.mkdir(parents=True)
    with FileLock(work / "lock"):
        done = quick_build(editions[0], tmp_path / "build", "--wait", "0.1")
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert line.startswith(f"build: another run is still at work in {tmp_path / 'build'} after")
        command = [*quick_command(editions[0]), "build", "--output", tmp_path / "build"]
        waiting = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=4)
    assert waiting.wait(timeout=60) == 0


def test_a_signal_ends_a_build_with_one_line(output: Path) -> None:
    before = fingerprint(output)
    command = [sys.executable, CLI, "build", "--output", output]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in background
    )
    assert process.stderr
    for line in process.stderr:
        if " of " in line:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "build: interrupted; what is published is as it was" in said
    assert "Traceback" not in said
    assert fingerprint(output) == before
    assert leftovers(output) == set()

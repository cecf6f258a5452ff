"""Releases under kills, full disks, racing runs and busy readers: `current` stays valid."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pytest

from conftest import (
    KILLED,
    PROJECT,
    Built,
    copy_project,
    make_edition,
    need,
    quick_command,
    quick_release,
    release_command,
    run_build,
    run_release,
)
from publish.releases import Release, Releases

KILLS = 20
READERS = 8
RELEASES = 20


@pytest.fixture(scope="module")
def edition(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_edition(built, tmp_path_factory.mktemp("edition"), 0)


@pytest.fixture(scope="module")
def first(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A releases folder with one release; not to be changed. Others are copies of its release."""
    folder = tmp_path_factory.mktemp("first") / "releases"
    done = quick_release(edition, folder)
    assert done.exit_status == 0, done.said
    return folder


@pytest.fixture
def releases(first: Path, tmp_path: Path) -> Path:
    """A copy of the releases folder with one release."""
    return copy_folder(first, tmp_path / "releases")


def copy_folder(folder: Path, copy: Path) -> Path:
    subprocess.run(["cp", "-a", str(folder), str(copy)], check=True)
    return copy


def assert_whole(releases: Path) -> Release:
    """Check that readers are pointed at a release that is as it was released, and give it."""
    current = Releases(releases).current()
    assert current is not None, os.listdir(releases)
    assert current.damage() is None
    with duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True) as file:
        about = file.execute("select release_id from release.about").fetchall()
        offenders = file.execute(
            "select sum(offender_count) from marts.fct_sentence_by_inducement_use"
        ).fetchall()
    assert about == [(current.read_manifest()["release_id"],)]
    assert offenders == [(512,)]
    return current


def assert_tidy(releases: Path) -> None:
    """Check that nothing is left of unfinished runs."""
    assert {path.name for path in (releases / ".work").iterdir()} <= {"lock", "target"}


@pytest.mark.slow
def test_killed_at_random(tmp_path: Path) -> None:
    project, releases = copy_project(tmp_path), tmp_path / "releases"
    chance = random.Random(9)
    assert run_release(project, releases).exit_status == 0
    started = time.monotonic()
    assert run_release(project, releases, "--force", "--keep", "2").exit_status == 0
    whole_run = time.monotonic() - started
    killed = 0
    while killed < KILLS:
        before = assert_whole(releases)
        command = release_command(project, releases, "--force", "--keep", "2")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0, whole_run))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        after = assert_whole(releases)
        assert before.number <= after.number <= before.number + 1
        assert before.damage() is None
    done = run_release(project, releases, "--force", "--keep", "2")
    assert done.exit_status == 0, done.said
    assert_whole(releases)
    assert_tidy(releases)
    assert len(Releases(releases).all()) == 2


def test_killed_at_every_step_of_publishing(first: Path, tmp_path: Path) -> None:
    """Kill while the release is renamed and switched to, and an old one is removed."""
    numbers = []
    for kill_at in range(1, 30):
        releases = copy_folder(first, tmp_path / str(kill_at))
        options = ["--releases", releases, "--force", "--keep", "1"]
        command = quick_command(first / "current", "release", *options, kill_at=kill_at)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        opened = Releases(releases)
        current = assert_whole(releases)
        numbers.append(current.number)
        with opened.locked(0):
            pass
        assert_tidy(releases)
        # No release that readers have not seen is left to roll back to.
        assert max(opened.all()) == current
        assert all(release.damage() is None for release in opened.all())
        if done.returncode != KILLED:
            break
    assert done.returncode == 0, done.stderr
    assert numbers == sorted(numbers)
    # Rename, link, switch; then rename and removal of the old release, removal of new, the end.
    assert numbers.count(1) >= 3
    assert numbers.count(2) >= 4


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a small file system in memory."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    need(mounted, "the right to mount a file system (root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


@pytest.mark.slow
def test_full_disk(edition: Path, first: Path, tmp_path: Path) -> None:
    """The disk fills up at the start, while dbt builds, and while the release is written."""
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        releases = copy_folder(first, disk / "releases")
        before = assert_whole(releases)
        last_words = []
        # With dbt, then, with a little more room each time until a release fits, without it.
        for room in (100_000, 4_000_000, *range(2_000_000, 40_000_000, 2_000_000)):
            resize(disk, shutil.disk_usage(disk).used + room)
            if len(last_words) < 2:
                done = run_release(PROJECT, releases, "--force")
            else:
                done = quick_release(edition, releases, "--force")
            if done.exit_status == 0:
                break
            assert done.exit_status == 2, done.said
            assert f"no space left for {releases}" in done.said
            assert assert_whole(releases) == before
            assert_tidy(releases)
            last_words.append("exporting the marts" in done.said)
        assert done.exit_status == 0
        assert last_words[:2] == [False, False]
        assert last_words[-1] is True
        assert assert_whole(releases).number == before.number + 1
        resize(disk, shutil.disk_usage(disk).used + 2_000_000)
        build = run_build(PROJECT, disk / "build")
        assert build.returncode == 2
        assert f"build: no space left for {disk / 'build'}: make room" in build.stderr
        assert not (disk / "build").exists()


def test_another_file_system_read_only(first: Path, tmp_path: Path) -> None:
    edition = first / "current"
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        here, releases = copy_folder(first, tmp_path / "here"), disk / "releases"
        shutil.move(here, releases)
        before = assert_whole(releases)
        done = quick_release(edition, releases, "--force")
        assert done.record["previous"] == before.name
        assert quick_release(edition, releases, "--rollback").record["current"] == before.name
        # And reached by a link from where it was.
        here.symlink_to(releases)
        assert quick_release(edition, here, "--force").record["outcome"] == "released"
        assert assert_whole(here).number == 3

        build = run_build(PROJECT, disk)
        assert build.returncode == 2
        assert f"build: {disk} is a mount point, which cannot be replaced" in build.stderr
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for options in (["--force"], ["--rollback"]):
            done = quick_release(edition, releases, *options)
            assert done.exit_status == 2
            assert f"cannot write to {releases}: Read-only file system" in done.said
            assert done.record["outcome"] == "refused"
        build = run_build(PROJECT, disk / "build")
        assert build.returncode == 2
        assert f"build: cannot write to {disk / 'build'}: Read-only file system" in build.stderr
        assert_whole(releases)


def test_started_at_once(first: Path, releases: Path) -> None:
    options = ["--releases", releases, "--force", "--keep", "9"]
    command = quick_command(first / "current", "release", *options)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, **pipes) for _ in range(4)]
    said = [process.communicate(timeout=300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert [release.number for release in Releases(releases).all()] == [1, 2, 3, 4, 5]
    assert assert_whole(releases).number == 5
    assert_tidy(releases)


def test_a_damaged_previous_release(first: Path, releases: Path) -> None:
    edition = first / "current"
    assert quick_release(edition, releases, "--force").exit_status == 0
    previous, current = Releases(releases).all()
    file = previous.folder / "warehouse.duckdb"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    damaged = f"release {previous.name} is damaged"
    done = quick_release(edition, releases, "--rollback")
    assert done.exit_status == 2
    assert f"{damaged} (warehouse.duckdb): {current.name} stays" in done.said
    assert assert_whole(releases) == current
    (previous.folder / "release.json").write_text("{")
    done = quick_release(edition, releases, "--rollback")
    assert f"{damaged} (release.json)" in done.said
    assert quick_release(edition, releases, "--force").exit_status == 0
    assert assert_whole(releases).number == 3


READING = """
import csv, os, re, select, sys
from pathlib import Path
import duckdb
releases = Path(sys.argv[1])
queries, editions = 0, set()
def edition(text):
    return re.findall(r"Edition (\\d+)\\.", text)[-1]
while not select.select([sys.stdin], [], [], 0)[0]:
    release = releases / os.readlink(releases / "current")
    # One reader holds the name of the release for what is in several files, as the guide says.
    with duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True) as file:
        ((title,),) = file.execute("select title from marts.dim_reports").fetchall()
        ((label,),) = file.execute(
            "select inducement_label from marts.fct_sentence_by_inducement"
            " where inducement_id = 'coercion'").fetchall()
        ((total,),) = file.execute(
            "select sum(offender_count) from marts.fct_sentence_by_inducement_use").fetchall()
    with (release / "exports" / "csv" / "dim_reports.csv").open() as exported:
        (row,) = csv.DictReader(exported)
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as file:
        ((named,),) = file.execute("select title from marts.dim_reports").fetchall()
    queries += 1
    editions.add(edition(title))
    if edition(title) != edition(label) or total != 512:
        print("mixed", title, label, total)
    if row["title"] != named:
        print("mixed files", row["title"], named)
print(queries, *editions)
"""


@pytest.mark.slow
def test_readers_through_twenty_releases(built: Built, edition: Path, tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    assert quick_release(edition, releases).record["outcome"] == "released"
    title = "select title from marts.dim_reports"
    # They take the time that the releases leave.
    reading = ["nice", "-n", "19", sys.executable, "-c", READING, str(releases)]
    with ExitStack() as stack:
        held = stack.enter_context(
            duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True)
        )
        before = held.execute(title).fetchall()
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        readers = [subprocess.Popen(reading, text=True, **pipes) for _ in range(READERS)]
        for reader in readers:
            stack.callback(reader.kill)
        for number in range(1, RELEASES + 1):
            newer = make_edition(built, tmp_path / str(number), number)
            done = quick_release(newer, releases, "--keep", "3")
            assert done.record["outcome"] == "released", done.said
            # The file that was opened before has long been pruned, and is still read.
            assert held.execute(title).fetchall() == before
        seen = set()
        for reader in readers:
            out, faults = reader.communicate("stop\n", timeout=60)
            assert faults == ""
            [line] = out.splitlines()
            queries, *editions = line.split()
            assert int(queries) > RELEASES  # each reader read all the time
            seen.update(editions)
    assert seen >= {str(number) for number in range(1, RELEASES)}
    assert_whole(releases)

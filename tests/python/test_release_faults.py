"""Releases under kills, full disks, racing runs and busy readers: `current` stays valid."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, alter, copy_project, need, release_command, run_release
from publish.release import Release, Releases

KILLS = 100
BATCHES = 4
READERS = 8


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def first(project: Path) -> Path:
    """The releases folder of the project, with one release; not to be changed."""
    folder = project / "releases"
    done = run_release(project, folder)
    assert done.exit_status == 0, done.said
    return folder


@pytest.fixture
def releases(first: Path, tmp_path: Path) -> Path:
    """A copy of the releases folder with one release."""
    return copy_folder(first, tmp_path / "releases")


def copy_folder(folder: Path, copy: Path) -> Path:
    subprocess.run(["cp", "-a", str(folder), str(copy)], check=True)
    return copy


def set_edition(project: Path, edition: int) -> None:
    """Give two tables of the warehouse the same new text, so that a mixture would show."""
    for path, text in (
        (project / "seeds" / "reference" / "reports.csv", "Production Offenses"),
        (project / "seeds" / "reference" / "categories.csv", ",coercion,Coercion"),
    ):
        original = (PROJECT / path.relative_to(project)).read_text(encoding="utf-8")
        path.write_text(original, encoding="utf-8", newline="")
        alter(path, text, f"{text} {edition}")


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


@pytest.mark.parametrize("batch", range(BATCHES))
def test_killed_at_any_moment(batch: int, project: Path, releases: Path) -> None:
    chance = random.Random(batch)
    started = time.monotonic()
    assert run_release(project, releases, "--force", "--keep", "2").exit_status == 0
    whole_run = time.monotonic() - started
    killed = 0
    while killed < KILLS // BATCHES:
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


PUBLISHING = """
import shutil, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from publish.release import Releases
releases = Releases(Path(sys.argv[2]))
print("ready", flush=True)
while True:
    with releases.locked(60):
        shutil.copytree(releases.folder / "spare", releases.new)
        releases.publish("0123456789ab")
        releases.prune(2)
"""


def test_killed_while_publishing(releases: Path) -> None:
    """What a kill during a whole run seldom meets: the few milliseconds of the switch itself."""
    spare = releases / "spare"
    spare.mkdir()
    for name in ("release.json", "warehouse.duckdb"):
        shutil.copy(releases / "current" / name, spare / name)
    (spare / "release.json").write_text('{"release_id": "0123456789ab", "files": {}}')
    chance = random.Random(7)
    for _ in range(100):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHING, str(PROJECT / "scripts"), str(releases)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.1))
        assert process.poll() is None
        process.kill()
        process.communicate()
        opened = Releases(releases)
        current = opened.current()
        assert (current.folder / "warehouse.duckdb").exists()
        with opened.locked(0):
            pass
        assert_tidy(releases)
        # Nothing that readers have not seen is left to roll back to.
        assert [release for release in opened.all() if release.number > current.number] == []


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


def test_full_disk(project: Path, first: Path, tmp_path: Path) -> None:
    """The disk fills up at the start, while dbt builds, and while the release is written."""
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        releases = copy_folder(first, disk / "releases")
        before = assert_whole(releases)
        used = shutil.disk_usage(disk).used
        # A little more room each time, until a release fits: it runs out at every stage.
        last_words = []
        for room in (100_000, 4_000_000, *range(8_500_000, 30_000_000, 1_000_000)):
            subprocess.run(["mount", "-o", f"remount,size={used + room}", str(disk)], check=True)
            done = run_release(project, releases, "--force")
            if done.exit_status == 0:
                break
            assert done.exit_status == 2, done.said
            assert f"no space left for {releases}" in done.said
            assert assert_whole(releases) == before
            assert_tidy(releases)
            last_words.append("exporting the marts" in done.said)
        assert done.exit_status == 0
        assert last_words[0] is False
        assert last_words[-1] is True
        assert assert_whole(releases).number == before.number + 1


def test_read_only_folder(project: Path, first: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        releases = copy_folder(first, disk / "releases")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for options in (["--force"], ["--rollback"]):
            done = run_release(project, releases, *options)
            assert done.exit_status == 2
            assert f"cannot write to {releases}: Read-only file system" in done.said
            assert done.record["outcome"] == "refused"
        assert_whole(releases)


def test_moved_to_another_file_system(project: Path, first: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        here = copy_folder(first, tmp_path / "here")
        releases = disk / "releases"
        shutil.move(here, releases)
        before = assert_whole(releases)
        done = run_release(project, releases, "--force")
        assert done.record["previous"] == before.name
        assert run_release(project, releases, "--rollback").record["current"] == before.name
        # And reached by a link from where it was.
        here.symlink_to(releases)
        assert run_release(project, here, "--force").record["outcome"] == "released"
        assert assert_whole(here).number == 3


@pytest.mark.parametrize("count", [2, 4])
def test_started_at_once(count: int, project: Path, releases: Path) -> None:
    command = release_command(project, releases, "--force", "--keep", "9")
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(count)
    ]
    said = [process.communicate(timeout=300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * count, said
    assert [release.number for release in Releases(releases).all()] == list(range(1, count + 2))
    assert assert_whole(releases).number == count + 1
    assert_tidy(releases)


def test_a_seed_with_an_error(project: Path, releases: Path) -> None:
    before = assert_whole(releases)
    exhibit = project / "seeds" / "ussc_production_2021" / "raw_ussc_production_2021__figure_10.csv"
    content = exhibit.read_bytes()
    exhibit.write_bytes(content[: len(content) // 2])
    try:
        done = run_release(project, releases)
    finally:
        exhibit.write_bytes(content)
    assert done.exit_status == 1
    assert (releases / done.record["log"]).is_file()
    assert assert_whole(releases) == before
    assert_tidy(releases)


def test_a_corrupted_previous_release(project: Path, releases: Path) -> None:
    assert run_release(project, releases, "--force").exit_status == 0
    previous, current = Releases(releases).all()
    file = previous.folder / "warehouse.duckdb"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    done = run_release(project, releases, "--rollback")
    assert done.exit_status == 2
    assert (
        f"release {previous.name} is damaged (warehouse.duckdb): {current.name} stays" in done.said
    )
    assert assert_whole(releases) == current
    (previous.folder / "release.json").write_text("{")
    done = run_release(project, releases, "--rollback")
    assert f"release {previous.name} is damaged (release.json)" in done.said
    assert run_release(project, releases, "--force").exit_status == 0
    assert assert_whole(releases).number == 3


@dataclass
class Reader(threading.Thread):
    """Queries `current` without pause, in a process of its own, as a reader does."""

    releases: Path
    stop: threading.Event
    queries: int = 0
    editions: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        # They take the time that the releases leave, or twenty of these would take half an hour.
        reading = ["nice", "-n", "19", sys.executable, "-c", READING, str(self.releases)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(reading, text=True, **pipes)
        self.stop.wait()
        out, err = process.communicate("stop\n", timeout=60)
        self.faults += err.splitlines()
        for line in out.splitlines():
            kind, _, value = line.partition(" ")
            match kind:
                case "queries":
                    self.queries = int(value)
                case "edition":
                    self.editions.add(value)
                case _:
                    self.faults.append(line)


READING = """
import csv, os, select, sys
from pathlib import Path
import duckdb
releases = Path(sys.argv[1])
queries, editions = 0, set()
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
    edition = title.rpartition(" ")[2]
    editions.add(edition)
    if edition != label.rpartition(" ")[2] or total != 512:
        print("mixed", title, label, total)
    if row["title"] != named:
        print("mixed files", row["title"], named)
print("queries", queries)
for edition in editions:
    print("edition", edition)
"""


def test_readers_through_twenty_releases(first: Path, tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    releases = copy_folder(first, tmp_path / "releases")
    set_edition(project, 0)
    assert run_release(project, releases).record["outcome"] == "released"
    held = duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True)
    title = "select title from marts.dim_reports"
    before = held.execute(title).fetchall()
    stop = threading.Event()
    readers = [Reader(releases, stop) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for edition in range(1, 21):
            set_edition(project, edition)
            done = run_release(project, releases, "--keep", "3")
            assert done.record["outcome"] == "released", done.said
            # The file that was opened before has long been pruned, and is still read.
            assert held.execute(title).fetchall() == before
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        held.close()
    assert [fault for reader in readers for fault in reader.faults] == []
    assert all(reader.queries > 100 for reader in readers)
    seen = set.union(*(reader.editions for reader in readers))
    assert seen >= {str(edition) for edition in range(1, 20)}
    assert_whole(releases)

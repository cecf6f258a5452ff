"""Releases under kills, full disks and racing runs: `current` stays valid."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from conftest import (
    KILLED,
    PROJECT,
    copy_folder,
    need,
    quick_command,
    quick_release,
    run,
    run_build,
    run_release,
)
from publish.releases import Release, Releases


@pytest.fixture(scope="module")
def edition(editions: list[Path]) -> Path:
    return editions[0]


def assert_whole(releases: Path) -> Release:
    """Check that readers are pointed at a release that is as it was released, and give it."""
    current = Releases(releases).current()
    assert current is not None, os.listdir(releases)
    assert current.damage() is None
    with duckdb.connect(str(releases / "current" / "warehouse.duckdb"), read_only=True) as file:
        about = file.execute("select build_id from release.about").fetchall()
        offenders = file.execute(
            "select sum(offender_count) from marts.fct_sentence_by_inducement_use"
        ).fetchall()
    assert about == [(current.read_manifest()["build_id"],)]
    assert offenders == [(512,)]
    return current


def assert_tidy(releases: Path) -> None:
    """Check that nothing is left of unfinished runs."""
    assert {path.name for path in (releases / ".work").iterdir()} <= {"lock", "target"}


def test_killed_at_every_step_of_publishing(edition: Path, first: Path, tmp_path: Path) -> None:
    """Kill while the release is renamed and switched to, and an old one is removed."""
    numbers = []
    for kill_at in range(1, 30):
        releases = copy_folder(first / "releases", tmp_path / str(kill_at))
        options = ["--releases", releases, "--force", "--keep", "1"]
        done = run(*quick_command(edition, kill_at), "release", *options)
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
    # Export, documentation; rename, link, switch; rename and removal of the old release, of new/.
    assert numbers == sorted(numbers)
    assert numbers.count(1) >= 6
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


def test_full_disk(edition: Path, first: Path, tmp_path: Path) -> None:
    """The disk fills up while dbt builds, and while the release is written."""
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        releases = copy_folder(first / "releases", disk / "releases")
        before = assert_whole(releases)
        resize(disk, shutil.disk_usage(disk).used + 4_000_000)
        tried = [run_release(releases, "--force")]
        # Without dbt, with a little more room each time until a release fits.
        for room in range(4_000_000, 40_000_000, 2_000_000):
            assert tried[-1].exit_status == 2, tried[-1].said
            assert f"no space left for {releases}" in tried[-1].said
            assert assert_whole(releases) == before
            assert_tidy(releases)
            resize(disk, shutil.disk_usage(disk).used + room)
            tried.append(quick_release(edition, releases, "--force"))
            if tried[-1].exit_status == 0:
                break
        assert tried[-1].exit_status == 0
        assert ["exporting" in done.said for done in tried[:1] + tried[-2:]] == [False, True, True]
        assert assert_whole(releases).number == before.number + 1
        resize(disk, shutil.disk_usage(disk).used + 2_000_000)
        build = run(*quick_command(edition), "build", "--output", disk / "build")
        assert build.returncode == 2
        assert f"build: no space left for {disk / 'build'}: make room" in build.stderr
        assert not (disk / "build").exists()


def test_read_only_folder(edition: Path, first: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        releases = copy_folder(first / "releases", disk / "releases")
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


def test_moved_to_another_file_system(edition: Path, first: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        here = copy_folder(first / "releases", tmp_path / "here")
        releases = disk / "releases"
        shutil.move(here, releases)
        before = assert_whole(releases)
        done = quick_release(edition, releases, "--force")
        assert done.record["previous"] == before.name
        assert quick_release(edition, releases, "--rollback").record["current"] == before.name
        # And reached by a link from where it was.
        here.symlink_to(releases)
        assert quick_release(edition, here, "--force").record["outcome"] == "released"
        assert assert_whole(here).number == 3


def test_started_at_once(edition: Path, releases: Path) -> None:
    options = ["--releases", releases, "--force", "--keep", "9"]
    command = [*quick_command(edition), "release", *options]
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert [release.number for release in Releases(releases).all()] == [1, 2, 3, 4, 5]
    assert assert_whole(releases).number == 5
    assert_tidy(releases)

"""The build publishes whole or not at all, and says in plain words what is wrong."""

from __future__ import annotations

import hashlib
import json
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
    Built,
    Writer,
    alter,
    copy_folder,
    copy_project,
    mishap_command,
    quick_command,
    run,
    run_build,
)
from publish.folder import BusyError, Work, check_is_build, replaced_folder
from warehouse.build_id import check_build_id
from warehouse.project import UserError
from warehouse.seed_files import check_seed_files

REPORT = "ussc_production_2021"
TITLE = "select title from marts.dim_reports"


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def project(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with what is built in its folder `build`."""
    copy = copy_project(tmp_path_factory.mktemp("faults"))
    copy_folder(built.warehouse.parent, copy / "build")
    return copy


def test_summary_says_what_there_is(built: Built) -> None:
    for line in (
        "fct_sentence_by_inducement                         5",
        "2 declared discrepancies",
        "78.0 is printed; consistent would be 77.9 (399 of 512) or 78.1 (400 of 512)",
        "make sql QUERY=",
    ):
        assert line in built.printed


# Seed, what stands there, what is keyed instead; then what one build says about all of them.
FAULTS = {
    "in how it is keyed": (
        [
            ("figure_10", "41.0,210", "41,210"),
            ("table_11", "5,Enticement,", "5,Enticements,"),
            ("figure_22", "coercion_methods.violence,3.5", "coercion_methods.violence,"),
            (
                "figure_23",
                "5,Another aspect of identity,misrepresentation_types.other,5.1,,1,\n",
                "",
            ),
            ("key_findings", "fiscal year 2005,2005", "fiscal year 2005,2004"),
        ],
        [
            "figure_10, column percent, offender_percent: expected one number of decimals, printed",
            "table_11: expected rows 1 to 6, 12 numbers, 0 wordings, 1 paragraphs or tables, labels"
            " with the checksum",
            "figure_22: expected rows 1 to 9, 12 numbers",
            "keyed are rows 1 to 9 (only 8 of them), 11 numbers",
            "figure_23: expected rows 1 to 5, 5 numbers",
            "keyed are rows 1 to 4, 4 numbers",
            "key_findings: the fiscal year 2004 is keyed and not in exhibit_controls",
        ],
    ),
    "in what it says": (
        [
            ("figure_10", "56.6,290", "56.6,291"),
            ("table_11", "inducements.coercion,103,291", "inducements.coercion,103,292"),
            ("figure_23", "types.gender,2.2", "types.gender,2.1"),
            ("figure_24", "Drugs or alcohol,enticement_types.", "Drugs or alcohol,enticement."),
        ],
        [
            f"{REPORT}.figure_10, Number of Victims, paragraph 1, Single victim, percent:"
            " printed is 56.6, expected 56.8359",
            "(100 x 291 (",
            "Used coercive tactics, printed_value: printed is 291, expected 292.0000",
            "known_discrepancies, misrepresentation_of_gender_percentage: expected a number that",
            "fct_observations: category_key = enticement.drugs_or_alcohol is not in dim_categories",
        ],
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_are_named_and_nothing_is_published(
    project: Path, tmp_path: Path, kind: str
) -> None:
    altered = copy_folder(project, tmp_path / "project")
    before = fingerprint(altered / "build")
    faults, expected = FAULTS[kind]
    for exhibit, old, new in faults:
        alter(altered / "seeds" / REPORT / f"raw_{REPORT}__{exhibit}.csv", old, new)
    done = run_build(altered, altered / "build")
    assert done.returncode == 1
    for text in ("build failed:", "warehouse.duckdb is as it was", *expected):
        assert text in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert fingerprint(altered / "build") == before


def test_export_works_alone_after_a_build(project: Path) -> None:
    before = fingerprint(project / "build")
    done = run(sys.executable, "scripts/export_marts.py", cwd=project)
    assert done.returncode == 0, done.stderr
    assert fingerprint(project / "build") == before


# Publishing: with a warehouse that is made already


def quick_build(
    edition: Path, output: Path, *options: str, kill_at: int = 0, exchanges: bool = True
) -> subprocess.CompletedProcess[str]:
    command = quick_command(edition, kill_at, exchanges)
    return run(*command, "build", "--output", output, *options)


@pytest.fixture
def output(editions: list[Path], tmp_path: Path) -> Path:
    """A build that was made without dbt."""
    done = quick_build(editions[0], tmp_path / "build")
    assert done.returncode == 0, done.stderr
    return tmp_path / "build"


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
    Writer(warehouse).change_and_die()
    assert (output / "warehouse.duckdb.wal").exists()
    pages = run(sys.executable, CLI, "site", "--warehouse", warehouse, "--output", output / "site")
    said = f"site: {warehouse}.wal has changes that no build made: build it anew\n"
    assert (pages.returncode, pages.stderr) == (2, said)
    assert quick_build(editions[1], output).returncode == 0
    assert editions_in(output) == "111"
    assert set(os.listdir(output)) == {"warehouse.duckdb", "manifest.json", "exports"}
    # A writer that lives makes its .wal file only when it changes something: beside the new file.
    writer = Writer(warehouse)
    done = quick_build(editions[0], output)
    writer.die()
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


def test_a_clone_in_a_folder_with_an_apostrophe_and_a_space(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "o'brien's clone")
    shutil.copy(PROJECT / "Makefile", project)
    command = ["make", "--silent", f"BIN={Path(sys.executable).parent}"]
    command += ["-o", ".venv/build.ready", "-o", ".venv/site.ready"]
    done = run(*command, "release", cwd=project)
    assert json.loads(done.stdout)["outcome"] == "released", done.stderr
    shutil.copytree(project / "releases" / "current", project / "build")
    done = run(*command, "sql", cwd=project, input="select 40 + 2;\n")
    assert "42" in done.stdout, done.stderr
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


@pytest.mark.parametrize("other", ["manifest.json", "exports/datapackage.json", "docs/index.html"])
def test_parts_of_two_builds_are_not_mixed(
    editions: list[Path], tmp_path: Path, other: str
) -> None:
    for edition, name in zip(editions, ("one", "two"), strict=True):
        done = quick_build(edition, tmp_path / name, "--docs")
        assert done.returncode == 0, done.stderr
    mixed = tmp_path / "two" / other
    mixed.unlink()
    shutil.copy(tmp_path / "one" / other, mixed)
    commands = [["site"], ["superset", "--port=0"], ["export", f"--output={tmp_path / 'new'}"]]
    for command in commands if other == "manifest.json" else commands[:1]:
        warehouse = tmp_path / "two" / "warehouse.duckdb"
        done = run(sys.executable, CLI, *command, "--warehouse", warehouse, cwd=tmp_path)
        assert done.returncode == 2
        ids = r"build \w{12}, the warehouse of build \w{12}: run make build again\n"
        assert re.fullmatch(rf"{command[0]}: {mixed} is of {ids}", done.stderr)


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


# Bad input

FILE = str(Path(__file__))
REFUSED = [
    (["build", "--output", f"{FILE}/build"], f"build: cannot write to {FILE}/build: "),
    (["build", "--output", FILE], f"build: {FILE} is not a folder"),
    (["build", "--output", "/proc/self/task/build"], "build: cannot write to "),
    (["build", "--nonsense"], "build: No such option '--nonsense'"),
    (["build", "--wait", "nan"], "build: --wait is nan: it must be a number of seconds"),
    (["postgres", "--wait", "nan"], "postgres: --wait is nan: it must be a number of seconds"),
    (["nonsense"], "nonsense: No such command 'nonsense'"),
    (["release", "--keep", "0"], "release: --keep is 0: at least the new release is kept"),
    (["release", "--keep", "x"], "release: Invalid value for '--keep': 'x' is not a valid integer"),
    (["release", "--wait", "-1"], "release: --wait is -1: it must be a number of seconds"),
    (["release", "--results", "no/r.json"], "release: --results is no/r.json: there is no such"),
    (["release", "--force", "--rollback"], "release: --rollback is not allowed with --force"),
    (["release", "now"], "release: Got unexpected extra argument (now)"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cannot_be_done_is_one_line_and_status_2(arguments: list[str], said: str) -> None:
    done = run(sys.executable, CLI, *arguments)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--output", "closed/in/build"],
        ["release", "--list", "--releases", "closed/in"],
        ["release", "--results", "closed/in/results.json"],
        ["serve", "--site", "closed/in"],
        ["sql", "closed/in/warehouse.duckdb"],
    ],
)
def test_a_folder_that_cannot_be_searched_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "closed" / "in").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    # The rights of an administrator would open it.
    rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    as_user = rights if os.geteuid() == 0 else []
    done = run(*as_user, sys.executable, CLI, *arguments, cwd=tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert re.fullmatch(rf"{arguments[0]}: cannot (use|write to) .*: Permission denied", line)


# What a spreadsheet program does to a seed, and what is said about it.
FORMS = [
    (b"row_number", b"\xef\xbb\xbfrow_number", ", line 1: begins with a byte-order mark"),
    (b"\n", b"\r\n", ", line 1: has Windows line ends"),
    (b"56.6", b"56.6 ", ', line 4, column percent: "56.6 " has spaces'),
    (b"56.6", b"56,6", ", line 4: has 11 fields, expected 10"),
    (b"56.6", b"56.6\xe2\x80\x8b", ", line 4, column percent: "),
    (b"A majority,1", b"A majority,l", ', line 4, column paragraph: "l" is not a whole number'),
    (b"Single", b"S\xefngle", ", line 4: is not UTF-8"),
    (b",footnote", b"", ", line 1: the columns are "),
    (b"minority,1,\n", b"minority,1,", ": the last line has no line end"),
    (b"Single", b'"Single', ", line 5: is not well-formed CSV"),
]


@pytest.mark.parametrize(("old", "new", "said"), FORMS)
def test_form_of_a_seed_file_is_checked(project: Path, old: bytes, new: bytes, said: str) -> None:
    path = project / "seeds" / REPORT / f"raw_{REPORT}__figure_10.csv"
    content = path.read_bytes()
    assert check_seed_files(project) == []
    path.write_bytes(content.replace(old, new))
    [fault] = check_seed_files(project)
    path.write_bytes(content)
    assert fault.startswith(f"seeds/{REPORT}/{path.name}{said}")


def test_undescribed_seed_is_named(project: Path) -> None:
    stray = project / "seeds" / "stray.csv"
    stray.write_text("a\n1\n")
    [fault] = check_seed_files(project)
    stray.unlink()
    assert fault.startswith("seeds/stray.csv: is neither a sheet of a report nor described in ")

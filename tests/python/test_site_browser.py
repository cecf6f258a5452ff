"""The report pages as a browser shows them: without errors, requests, barriers or broken lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from conftest import PROJECT, Built, need
from pages import screenshots
from pages.commands import server
from pages.site import make_site

pytestmark = pytest.mark.integration

WIDTHS = screenshots.WIDTHS
SCHEMES = screenshots.SCHEMES


@pytest.fixture(scope="module")
def site(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with dbt's real documentation."""
    need(screenshots.CHROMIUM.is_file(), "Debian's chromium")
    folder = tmp_path_factory.mktemp("browser")
    shutil.copy(built.warehouse, folder / "warehouse.duckdb")
    environment = {
        **os.environ,
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
        "DBT_PROFILES_DIR": str(PROJECT),
    }
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "docs", "generate", "--static"]
    dbt += ["--project-dir", str(PROJECT), "--target-path", str(folder / "target")]
    dbt += ["--log-path", str(folder / "logs")]
    subprocess.run(dbt, cwd=folder, env=environment, check=True, capture_output=True)
    documentation = folder / "target" / "static_index.html"
    make_site(built.warehouse, folder / "site", built.manifest, built.exports, documentation)
    return folder / "site"


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[Browser]:
    with screenshots.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def names(site: Path) -> list[str]:
    found = sorted(path.name for path in site.glob("*.html"))
    assert len(found) == 12
    return found


@contextmanager
def opened(browser: Browser, width: int = 1280, **options: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    yield context.new_page()
    context.close()


def watch(tab: Page) -> tuple[list[str], set[str]]:
    """Note what a tab complains of, and what it asks for."""
    complaints: list[str] = []
    asked: set[str] = set()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("requestfailed", lambda request: complaints.append(request.url))
    tab.on("response", lambda answer: complaints.extend([answer.url] * (answer.status >= 400)))
    tab.on("request", lambda request: asked.add(request.url.partition("#")[0]))
    return complaints, asked


def fetched(asked: set[str]) -> set[str]:
    return {url for url in asked if not url.startswith(("data:", "blob:"))}


def test_pages_load_from_a_folder(browser: Browser, site: Path, names: list[str]) -> None:
    with opened(browser) as tab:
        complaints, asked = watch(tab)
        for name in names:
            tab.goto((site / name).as_uri())
            assert tab.evaluate("getComputedStyle(document.body).margin") == "0px", "no style sheet"
        assert not complaints
        assert fetched(asked) == {(site / name).as_uri() for name in [*names, "style.css"]}


def test_pages_load_from_a_server(browser: Browser, site: Path, names: list[str]) -> None:
    with server(site, 0) as listening, opened(browser) as tab:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            complaints, asked = watch(tab)
            root = f"http://127.0.0.1:{listening.server_port}/"
            for name in ("", *names):
                tab.goto(root + name)
            assert not complaints
            assert fetched(asked) == {root + name for name in ["", *names, "style.css"]}
            tab.goto(f"{root}coercion.html")
            with tab.expect_download() as download:
                tab.get_by_role("link", name="CSV").first.click()
            file = site / "data" / "csv" / "fct_coercion_methods.csv"
            assert Path(download.value.path()).read_bytes() == file.read_bytes()
        finally:
            listening.shutdown()
            thread.join()


def test_lineage_is_in_dbt_documentation_within_the_site(browser: Browser, site: Path) -> None:
    with opened(browser) as tab:
        _, asked = watch(tab)
        tab.goto((site / "coercion.html").as_uri())
        tab.get_by_role("link", name="lineage").first.click()
        tab.get_by_role("heading", name="fct_coercion_methods").first.wait_for(timeout=20_000)
        assert all(url.startswith(site.as_uri()) for url in fetched(asked))


def test_pages_are_whole_without_javascript(browser: Browser, site: Path, names: list[str]) -> None:
    texts: list[list[str]] = []
    for enabled in (False, True):
        with opened(browser, java_script_enabled=enabled) as tab:
            texts.append([])
            for name in names:
                tab.goto((site / name).as_uri())
                texts[-1].append(tab.inner_text("main"))
    assert texts[0] == texts[1] and all(len(text) > 500 for text in texts[0])


FAULTS = """() => {
    const faults = [];
    for (const picture of document.querySelectorAll("svg")) {
        const frame = picture.getBoundingClientRect();
        if (!frame.width) continue;
        const texts = [...picture.querySelectorAll("text")].filter(text => text.textContent);
        const boxes = texts.map(text => text.getBoundingClientRect());
        boxes.forEach((box, i) => {
            if (box.left < frame.left - 1 || box.right > frame.right + 1
                || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
                faults.push("cut: " + texts[i].textContent);
            boxes.slice(i + 1).forEach((other, j) => {
                const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
                const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
                if (across > 1 && down > 4)
                    faults.push(texts[i].textContent + " / " + texts[i + 1 + j].textContent);
            });
        });
    }
    return faults;
}"""


# Each width and each colour scheme once: axe takes a second a page.
@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), list(zip(WIDTHS, SCHEMES, strict=True)))
def test_no_barriers(
    browser: Browser, site: Path, names: list[str], width: int, scheme: str
) -> None:
    """Axe finds no violation, no page is wider than the window, no text of a chart is cut."""
    drawn = 0
    with opened(browser, width, color_scheme=scheme) as tab:
        for name in names:
            tab.goto((site / name).as_uri())
            results = Axe().run(tab)
            assert results.violations_count == 0, f"{name}: {results.generate_report()}"
            assert any(rule["id"] == "color-contrast" for rule in results.response["passes"]), name
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
            assert tab.evaluate(FAULTS) == [], name
            seen = tab.locator("svg:visible").all()
            wanted = "narrow" if width == 360 else "wide"
            assert all(picture.get_attribute("class") == wanted for picture in seen)
            drawn += len(seen)
    assert drawn == 10


def test_keyboard_and_screen_reader(browser: Browser, site: Path) -> None:
    """The keyboard reaches the content first; charts, tables and derived numbers are named."""
    with opened(browser, 360) as tab:
        tab.goto((site / "coercion.html").as_uri())
        tab.keyboard.press("Tab")
        focused = tab.locator(":focus")
        assert focused.inner_text() == "Skip to the content"
        box = focused.bounding_box()
        assert box and box["x"] >= 0, "the link shows once it has the focus"
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('main') !== null")
        figures = tab.get_by_role("figure", name="Methods of coercion, fiscal year 2019")
        assert figures.count() == 1
        pictures = tab.get_by_role("img").all()
        labels = [picture.get_attribute("aria-label") or "" for picture in pictures]
        assert len(labels) == 2
        assert all(label.startswith("Chart. ") and "percent" in label for label in labels)
        methods = tab.get_by_role("table", name="Production offenders by method of coercion")
        assert methods.get_by_role("columnheader").count() == 6
        assert methods.get_by_role("rowheader").count() == 5
        assert "(derived)" in methods.aria_snapshot()


def test_a_number_leads_to_its_place_in_print(browser: Browser, site: Path) -> None:
    with opened(browser) as tab:
        tab.goto((site / "number-of-victims.html").as_uri())
        tab.get_by_role("link", name="290", exact=True).click()
        row = tab.locator("tr:target")
        assert "Figure 10: Number of Victims, paragraph 1" in row.inner_text()
        assert "raw_ussc_production_2021__figure_10.csv, line 4, column n" in row.inner_text()
        top = row.bounding_box()
        assert top and 0 <= top["y"] <= 800


def test_print(browser: Browser, site: Path, names: list[str]) -> None:
    """From a dark telephone too: dark on white, wide charts, no navigation."""
    with opened(browser, 360, color_scheme="dark") as tab:
        tab.emulate_media(media="print", color_scheme="dark")
        for name in names:
            tab.goto((site / name).as_uri())
            assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
            assert not tab.locator("nav:visible").count()
            assert tab.locator("svg.wide:visible").count() == tab.locator("svg.wide").count()


def test_screenshots(site: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    for name in ("index.html", "style.css"):
        shutil.copy(site / name, tmp_path / "site" / name)
    # In a process of its own: this one has a browser already.
    command = [sys.executable, str(PROJECT / "scripts" / "cli.py"), "screenshots"]
    command += ["--site", str(tmp_path / "site"), "--output", str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert set(made) == {"index.pdf"} | {f"index-{w}-{s}.png" for w in WIDTHS for s in SCHEMES}
    assert all(len(content) > 5_000 for content in made.values())
    assert made["index.pdf"].startswith(b"%PDF")

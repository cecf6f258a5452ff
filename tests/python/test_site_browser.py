"""The report pages as a browser shows them: without errors, requests, barriers or broken lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pages import screenshots
from pages import serve as serve_site
from conftest import PROJECT, Built, need
from pages.site import make_site

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
# Each width and each colour scheme once: axe takes a second a page.
SETTINGS = list(zip(WIDTHS, SCHEMES, strict=True))


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
    assert len(found) == 13
    return found


def watch(tab: Page) -> dict[str, list[str]]:
    """Note what a tab complains of and what it asks for."""
    seen: dict[str, list[str]] = {"errors": [], "requests": [], "failed": []}
    tab.on("console", lambda message: seen["errors"].append(message.text))
    tab.on("pageerror", lambda error: seen["errors"].append(str(error)))
    tab.on("request", lambda request: seen["requests"].append(request.url))
    tab.on("requestfailed", lambda request: seen["failed"].append(request.url))
    tab.on(
        "response",
        lambda answer: seen["failed"].append(answer.url) if answer.status >= 400 else None,
    )
    return seen


def test_pages_load_from_a_folder(browser: Browser, site: Path, names: list[str]) -> None:
    tab = browser.new_page()
    seen = watch(tab)
    for name in names:
        tab.goto((site / name).as_uri())
        assert tab.evaluate("getComputedStyle(document.body).margin") == "0px", "no style sheet"
    assert not seen["errors"] and not seen["failed"]
    own = {(site / name).as_uri() for name in [*names, "style.css"]}
    assert {url for url in seen["requests"] if not url.startswith("data:")} == own
    tab.close()


def test_pages_load_from_a_server(browser: Browser, site: Path, names: list[str]) -> None:
    with serve_site.server(site, 0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            tab = browser.new_page()
            seen = watch(tab)
            root = f"http://127.0.0.1:{listening.server_port}/"
            for name in ("", *names):
                tab.goto(root + name)
            assert not seen["errors"] and not seen["failed"]
            fetched = [url for url in seen["requests"] if not url.startswith("data:")]
            assert all(url.startswith(root) for url in fetched)
            tab.goto(f"{root}coercion.html")
            link = tab.get_by_role("link", name="CSV").first
            with tab.expect_download() as download:
                link.click()
            file = site / "data" / "csv" / "fct_coercion_methods.csv"
            assert Path(download.value.path()).read_bytes() == file.read_bytes()
            tab.close()
        finally:
            listening.shutdown()
            thread.join()


def test_dbt_documentation_stays_within_the_site(browser: Browser, site: Path) -> None:
    tab = browser.new_page()
    seen = watch(tab)
    tab.goto((site / "dbt" / "index.html").as_uri())
    tab.get_by_text("auto-generated documentation").first.wait_for(timeout=20_000)
    folder = (site / "dbt").as_uri()
    asked = [url for url in seen["requests"] if not url.startswith(("data:", "blob:"))]
    assert all(url.startswith(folder) for url in asked)
    tab.close()


def test_pages_are_whole_without_javascript(browser: Browser, site: Path, names: list[str]) -> None:
    texts = []
    for enabled in (False, True):
        context = browser.new_context(java_script_enabled=enabled)
        tab = context.new_page()
        seen = []
        for name in names:
            tab.goto((site / name).as_uri())
            seen.append(tab.inner_text("main"))
        texts.append(seen)
        context.close()
    assert texts[0] == texts[1] and all(len(text) > 500 for text in texts[0])


@pytest.mark.parametrize(("width", "scheme"), SETTINGS)
def test_no_barriers(
    browser: Browser, site: Path, names: list[str], width: int, scheme: Any
) -> None:
    """Axe finds no violation, and the page is no wider than the window."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    for name in names:
        tab.goto((site / name).as_uri())
        results = Axe().run(tab)
        assert results.violations_count == 0, f"{name}: {results.generate_report()}"
        assert any(rule["id"] == "color-contrast" for rule in results.response["passes"]), name
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
    context.close()


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


@pytest.mark.parametrize("width", WIDTHS)
def test_texts_of_charts_neither_overlap_nor_are_cut(
    browser: Browser, site: Path, names: list[str], width: int
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800})
    charts = 0
    for name in names:
        tab.goto((site / name).as_uri())
        assert tab.evaluate(FAULTS) == [], name
        seen = tab.locator("svg:visible")
        charts += seen.count()
        wanted = "narrow" if width == 360 else "wide"
        assert all(picture.get_attribute("class") == wanted for picture in seen.all())
    assert charts == 10
    tab.close()


def test_the_accessibility_tree_names_charts_and_tables(browser: Browser, site: Path) -> None:
    """What a screen reader is told: one picture a chart, its message, and named tables."""
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto((site / "coercion.html").as_uri())
    figures = tab.get_by_role("figure", name="Methods of coercion, fiscal year 2019")
    assert figures.count() == 1
    pictures = tab.get_by_role("img").all()
    assert len(pictures) == 2
    for picture in pictures:
        label = picture.get_attribute("aria-label") or ""
        assert label.startswith("Chart. ") and "percent" in label
    methods = tab.get_by_role("table", name="Production offenders by method of coercion")
    assert methods.get_by_role("columnheader").count() == 6
    assert methods.get_by_role("rowheader").count() == 5
    tree = methods.aria_snapshot()
    assert "(derived)" in tree and "columnheader" in tree
    tab.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, site: Path) -> None:
    tab = browser.new_page(viewport={"width": 360, "height": 800})
    tab.goto((site / "coercion.html").as_uri())
    tab.keyboard.press("Tab")
    focused = tab.locator(":focus")
    assert focused.inner_text() == "Skip to the content"
    box = focused.bounding_box()
    assert box and box["x"] >= 0, "the link shows once it has the focus"
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('main') !== null")
    tab.close()


def test_a_number_leads_to_its_place_in_print(browser: Browser, site: Path) -> None:
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto((site / "number-of-victims.html").as_uri())
    tab.get_by_role("link", name="290", exact=True).click()
    row = tab.locator("tr:target")
    assert "Figure 10: Number of Victims, paragraph 1" in row.inner_text()
    assert "raw_ussc_production_2021__figure_10.csv, line 4, column n" in row.inner_text()
    top = row.bounding_box()
    assert top and 0 <= top["y"] <= 800
    tab.close()


def test_print(browser: Browser, site: Path, names: list[str], tmp_path: Path) -> None:
    """In print, and from a dark screen too: dark on white, wide charts, no navigation."""
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme="dark")
    tab = context.new_page()
    tab.emulate_media(media="print", color_scheme="dark")
    for name in names:
        tab.goto((site / name).as_uri())
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
        assert not tab.locator("nav:visible").count()
        assert tab.locator("svg.wide:visible").count() == tab.locator("svg.wide").count()
    tab.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    context.close()


def test_screenshots(site: Path, tmp_path: Path) -> None:
    small = tmp_path / "site"
    small.mkdir()
    for name in ("index.html", "style.css"):
        shutil.copy(site / name, small / name)
    # In a process of its own: this one has a browser already.
    command = [sys.executable, str(PROJECT / "scripts" / "cli.py"), "screenshots", "--output", str(tmp_path / "out")]
    subprocess.run([*command, "--site", str(small)], check=True, capture_output=True)
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"index.pdf"} | {f"index-{w}-{s}.png" for w in WIDTHS for s in SCHEMES}
    assert all(path.stat().st_size > 5_000 for path in (tmp_path / "out").iterdir())
    done = subprocess.run(
        [*command, "--site", str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "run make site first" in done.stderr

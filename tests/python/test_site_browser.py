"""The report pages as a browser shows them: without errors, requests, barriers or broken lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import Marts, need
from html_pages import page_files, serving
from pages.data import Data

pytestmark = pytest.mark.integration

CHROMIUM = Path("/usr/bin/chromium")  # Debian's
# Nothing that reaches for the network; a sandbox of its own is closed to the root of a container.
OPTIONS = "no-sandbox disable-gpu disable-quic no-first-run disable-sync"
OPTIONS += " disable-background-networking disable-component-update"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need(CHROMIUM.is_file(), "Debian's chromium")
    options = [f"--{option}" for option in OPTIONS.split()]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=options) as started,
    ):
        yield started


@contextmanager
def opened(browser: Browser, width: int = 1280, **options: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    yield context.new_page()
    context.close()


@contextmanager
def watched(tab: Page, root: str) -> Iterator[list[str]]:
    """Give the list of a tab's complaints; check that all it asks for is below a root."""
    complaints: list[str] = []
    asked: set[str] = set()
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("requestfailed", lambda request: complaints.append(request.url))
    tab.on("response", lambda answer: complaints.extend([answer.url] * (answer.status >= 400)))
    tab.on("request", lambda request: asked.add(request.url))
    yield complaints
    assert asked and all(url.startswith((root, "data:", "blob:")) for url in asked)


def test_pages_load_from_a_server(browser: Browser, site: Path) -> None:
    with serving(site) as root, opened(browser) as tab, watched(tab, root) as complaints:
        for path in page_files(site):
            tab.goto(root + path.relative_to(site).as_posix())
        tab.goto(root)
        assert tab.title().startswith("Overview") and not complaints
        tab.locator("#reports + ul a").first.click()
        with tab.expect_download() as download:
            tab.get_by_role("link", name="Data of this table").first.click()
        assert Path(download.value.path()).read_text(encoding="utf-8").count(",") > 1
        with tab.expect_download() as download:
            tab.get_by_role("link", name="Parquet").first.click()
        assert download.value.suggested_filename == "fct_category_shares.parquet"


def test_a_number_is_found_by_words(browser: Browser, site: Path, marts: Marts) -> None:
    """Without a server: words typed on any page lead to the number at its place in print."""
    data = Data(marts)
    number = next(row for row in data.shares if row["percent"])["percent"]
    words = f"{number['category_label']} {number['population_label']}"
    with opened(browser) as tab, watched(tab, site.as_uri()) as complaints:
        tab.goto((site / "reports" / f"{number['report_id']}.html").as_uri())
        tab.get_by_role("searchbox").fill(words)
        tab.get_by_role("button", name="Search").click()
        results = tab.locator("#results tbody tr")
        results.filter(has_text=number["printed_value"]).first.get_by_role("link").click()
        assert tab.url.endswith(f"numbers/{number['report_id']}.html#{number['observation_id']}")
        tab.goto((site / "numbers.html").as_uri())
        assert tab.locator("#found").inner_text() == f"{len(data.observations)} numbers found."
        choices = {name: number[f"{name}_label"] for name in ("population", "measure")}
        choices["category"] = f"{number['classification_label']}: {number['category_label']}"
        choices |= {"report": data.reports[number["report_id"]]["title"], "status": "printed"}
        for name, value in choices.items():
            tab.locator(f"select[name={name}]").select_option(value)
        assert results.count() == 1 and number["printed_value"] in results.inner_text()
        tab.get_by_label("Words").fill("nowhere")
        assert tab.locator("#found").inner_text() == "0 numbers found." and not results.count()
        assert not complaints


def test_pages_can_be_read_without_scripts(browser: Browser, site: Path, marts: Marts) -> None:
    with opened(browser, java_script_enabled=False) as tab:
        tab.goto((site / "numbers.html").as_uri())
        assert not tab.locator("form:visible").count()
        for report in Data(marts).reports:
            assert tab.locator(f"main a[href='numbers/{report}.html']").is_visible()


def test_lineage_is_in_dbt_documentation_within_the_site(browser: Browser, site: Path) -> None:
    with opened(browser) as tab, watched(tab, site.as_uri()):
        tab.goto(next(iter(page_files(site / "reports"))).as_uri())
        tab.get_by_role("link", name="lineage").first.click()
        tab.get_by_role("heading", name="fct_category_shares").first.wait_for(timeout=20_000)


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
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_no_barriers(browser: Browser, site: Path, width: int, scheme: str) -> None:
    """Axe finds no violation, no page is wider than the window, no text of a chart is cut."""
    with opened(browser, width, color_scheme=scheme) as tab:
        for path in page_files(site):
            tab.goto(path.as_uri())
            results = Axe().run(tab)
            assert results.violations_count == 0, f"{path}: {results.generate_report()}"
            assert any(rule["id"] == "color-contrast" for rule in results.response["passes"])
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, path
            assert tab.evaluate(FAULTS) == [], path


def test_keyboard_and_screen_reader(browser: Browser, site: Path) -> None:
    """The keyboard reaches the content first; charts, tables and derived numbers are named."""
    with opened(browser, 360) as tab:
        for path in page_files(site / "reports"):
            tab.goto(path.as_uri())
            tab.keyboard.press("Tab")
            focused = tab.locator(":focus")
            box = focused.bounding_box()
            assert focused.inner_text() == "Skip to the content" and box and box["x"] >= 0
            tab.keyboard.press("Enter")
            tab.keyboard.press("Tab")
            assert tab.evaluate("document.activeElement.closest('main') !== null")
            charts = tab.locator("figure svg").count()
            assert charts and tab.get_by_role("img", name="Chart. ").count() == charts
            for derived in tab.locator("td.is-derived").all()[:3]:
                assert "(derived)" in derived.aria_snapshot()


def test_print(browser: Browser, site: Path) -> None:
    """Without a server, and from a dark telephone: dark on white, no navigation."""
    with opened(browser, 360) as tab, watched(tab, site.as_uri()) as complaints:
        tab.emulate_media(media="print", color_scheme="dark")
        for path in page_files(site):
            tab.goto(path.as_uri())
            assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
            assert not tab.locator("nav:visible, form:visible").count()
        assert not complaints

"""Pictures for people to look at: the charts of the README, and screenshots of all pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pages.charts import svg
from pages.data import Data
from pages.subjects import overview_charts
from warehouse.database import connect_read_only
from warehouse.project import UserError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDTH = 680  # of the README's charts, in pixels

CHROMIUM = Path("/usr/bin/chromium")  # Debian's
# Nothing that reaches for the network; a sandbox of its own is closed to the root of a container.
OPTIONS = "no-sandbox disable-gpu disable-quic no-first-run disable-sync"
OPTIONS += " disable-background-networking disable-component-update"
WINDOWS = (360, 1440)  # pixels
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def draw(warehouse: Path, output: Path) -> Iterator[Path]:
    """Write the charts of the overview, in light mode and with a ground, and yield their paths."""
    output.mkdir(parents=True, exist_ok=True)
    with connect_read_only(warehouse) as connection:
        for chart in overview_charts(Data(connection)):
            path = output / f"{chart['title'].lower().replace(' ', '_')}.svg"
            drawn = svg(chart["chart"], f"{chart['title']}. {chart['message']}", WIDTH)
            path.write_text(drawn, encoding="utf-8", newline="\n")
            yield path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser with a profile of its own, and end it."""
    from playwright.sync_api import sync_playwright

    arguments = [f"--{option}" for option in OPTIONS.split()]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=arguments) as browser,
    ):
        yield browser


def page_files(site: Path) -> list[Path]:
    """Return the files of the pages; dbt's documentation is not one of them."""
    return sorted(path for path in site.glob("**/*.html") if path.parent.name != "dbt")


def take(site: Path, output: Path) -> int:
    """Write a PDF and pictures of each page, and return the number of pictures."""
    pages = page_files(site)
    if not pages:
        raise UserError(f"there is no site in {site}: run make site first")
    if not CHROMIUM.is_file():
        raise UserError(f"there is no {CHROMIUM}: install Debian's chromium")
    output.mkdir(parents=True, exist_ok=True)
    settings = list(product(WINDOWS, SCHEMES))
    with chromium() as browser:
        tab = browser.new_page()
        for page in pages:
            stem = "-".join(page.relative_to(site).with_suffix("").parts)
            tab.goto(page.resolve().as_uri())
            tab.pdf(path=output / f"{stem}.pdf", format="A4")
            for width, scheme in settings:
                tab.set_viewport_size({"width": width, "height": 800})
                tab.emulate_media(color_scheme=scheme)
                name = f"{stem}-{width}-{scheme}.png"
                tab.screenshot(path=output / name, full_page=True)
    return len(pages) * len(settings)

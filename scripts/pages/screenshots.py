"""Take pictures of every page of the site: 360 and 1280 pixels wide, light and dark, and in print.

For people to look at. Needs Debian's chromium.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from warehouse.project import UserError

CHROMIUM = Path("/usr/bin/chromium")
# Nothing that reaches for the network; a sandbox of its own is closed to the root of a container.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (360, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser with a profile of its own, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def take(site: Path, output: Path) -> int:
    """Write a PDF of each page and its pictures, and return the number of pictures.

    Raises:
        UserError: there is no site, or no browser.

    """
    pages = sorted(site.glob("*.html"))
    if not pages:
        raise UserError(f"there is no site in {site}: run make site first")
    if not CHROMIUM.is_file():
        raise UserError(f"there is no {CHROMIUM}: install Debian's chromium")
    output.mkdir(parents=True, exist_ok=True)
    settings = list(product(WIDTHS, SCHEMES))
    with chromium() as browser:
        tab = browser.new_page()
        for page in pages:
            tab.goto(page.resolve().as_uri())
            tab.pdf(path=output / f"{page.stem}.pdf", format="A4")
            for width, scheme in settings:
                tab.set_viewport_size({"width": width, "height": 800})
                tab.emulate_media(color_scheme=scheme)
                name = f"{page.stem}-{width}-{scheme}.png"
                tab.screenshot(path=output / name, full_page=True)
    return len(pages) * len(settings)

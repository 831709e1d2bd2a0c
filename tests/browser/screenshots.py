"""Take the screenshots of the README anew, and on demand of every page: ``make screenshots``.

``python -m tests.browser.screenshots --all FOLDER`` takes every page wide and at 320 px, to be looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.live import Live, live
from tests.browser.pages import PAGES, Shown, address
from webapp.demo import DEMO_PASSWORD

README = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
IN_README = ("home", "guide", "apply-group", "case", "inbox", "task", "definition")
WIDE, NARROW = (1440, 900), (320, 640)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, wide and narrow, into FOLDER")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="yichuang-shots-") as home, live(Path(home)) as site, browser() as chromium:
        if options.all:
            for name, size in (("wide", WIDE), ("narrow", NARROW)):
                take(chromium, site, PAGES, options.all, size, suffix=f"-{name}", full=True)
        else:
            chosen = [page for page in PAGES if page.name in IN_README]
            take(chromium, site, chosen, README, WIDE, suffix="", full=False)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def take(
    chromium: Browser, site: Live, pages: list[Shown], folder: Path, size: tuple[int, int], *, suffix: str, full: bool
) -> None:
    """One picture of each page, signed in as whoever reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    for reader in dict.fromkeys(page.reader for page in pages):
        context = chromium.new_context(
            base_url=site.url,
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        tab = context.new_page()
        if reader:
            sign_in(tab, reader)
        for shown in pages:
            if shown.reader == reader:
                tab.goto(address(site, shown))
                tab.wait_for_load_state("networkidle")
                tab.screenshot(path=folder / f"{shown.name}{suffix}.png", full_page=full)
        context.close()


def sign_in(tab: Page, username: str) -> None:
    tab.goto("/login")
    tab.fill("input[name=username]", username)
    tab.fill("input[name=password]", DEMO_PASSWORD)
    tab.click("main button[type=submit]")
    tab.wait_for_url(lambda url: "/login" not in url)


if __name__ == "__main__":
    main()

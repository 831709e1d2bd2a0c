"""Every page, wide and on a phone: no breach of WCAG 2.2 AA, nothing that runs out of the screen, no script error."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Axe, SignIn
from tests.browser.live import Live
from tests.browser.pages import PAGES, Shown, address

SIZES = {"wide": (1440, 900), "phone": (320, 640)}


@pytest.fixture(scope="module")
def tabs(browser: Browser, base_url: str) -> dict[tuple[str, str], Page]:
    """Open tabs by reader and size, so that everybody signs in once."""
    return {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shown", PAGES, ids=lambda page: page.name)
def test_page_is_accessible_and_fits(
    shown: Shown,
    size: str,
    site: Live,
    browser: Browser,
    base_url: str,
    tabs: dict[tuple[str, str], Page],
    sign_in: SignIn,
    axe: Axe,
) -> None:
    tab = tabs.get((shown.reader, size))
    if tab is None:
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        tab = tabs[shown.reader, size] = context.new_page()
        if shown.reader:
            sign_in(tab, shown.reader)
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto(address(site, shown))
    if tab.locator("[data-bpmn]").count():
        tab.wait_for_selector("[data-bpmn][data-drawn]")
    assert axe(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert tab.title()
    assert not problems

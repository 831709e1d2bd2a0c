"""Chromium, the live site, and axe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.live import Live, live
from webapp.demo import DEMO_PASSWORD

ASSETS = Path(__file__).parent / "assets"
CHROMIUM = os.environ.get("YICHUANG_TEST_CHROMIUM", "/usr/bin/chromium")
#: WCAG 2.2 A and AA
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

Axe = Callable[[Page], list[str]]
SignIn = Callable[[Page, str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium these tests are skipped, but never in CI."""
    if Path(CHROMIUM).exists() or os.environ.get("CI"):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"needs Chromium at {CHROMIUM} (or YICHUANG_TEST_CHROMIUM)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu", *quiet]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    return {**browser_context_args, "base_url": base_url, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The running site, shared by the tests: each makes cases of its own for what it changes."""
    with live(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def base_url(site: Live) -> str:
    return site.url


@pytest.fixture(autouse=True)
def _no_script_errors(context: BrowserContext) -> Iterator[None]:
    """Nothing a page does may end in a script error or a refusal of the content-security policy."""
    found: list[str] = []
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    yield
    assert not found


@pytest.fixture
def sign_in() -> SignIn:
    """``sign_in(page, username)``, by the form that everybody uses."""

    def go(page: Page, username: str) -> None:
        page.goto("/login")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", DEMO_PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)

    return go


@pytest.fixture(scope="session")
def axe() -> Axe:
    """``axe(page)``: what breaks WCAG 2.2 AA on the page, one line each; empty when nothing does."""
    source = (ASSETS / "axe.min.js").read_text("utf-8")
    words = json.loads((ASSETS / "axe-zh_CN.json").read_text("utf-8"))

    def check(page: Page) -> list[str]:
        page.evaluate(source + "\n;0")  # evaluated, not linked: works under the strict policy
        result = page.evaluate(
            "([words, tags]) => { axe.configure({locale: words}); return axe.run(document, {runOnly: tags}) }",
            [words, list(TAGS)],
        )
        return [
            f"{violation['id']}: {violation['help']} — {node['html'][:160]}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]

    return check

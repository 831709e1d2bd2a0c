"""What a citizen does, at a desk and on a small phone: accessible at every step, within the screen, also in print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from processes.demo import sample_pdf
from tests.browser.conftest import Axe, SignIn
from tests.browser.live import COMPANY, ENERGY, Live

WIDTHS = pytest.mark.parametrize("width", [1440, 320])


def inspect(page: Page, axe: Axe) -> None:
    """Nothing breaks WCAG 2.2 AA, and nothing has to be scrolled sideways."""
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def at_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})


@WIDTHS
def test_every_guide_and_its_one_page_notice(page: Page, axe: Axe, site: Live, width: int) -> None:
    at_width(page, width)
    for row in site.platform.services.catalog.items():
        for part in ("", "/notice"):
            page.goto(f"/items/{row.key}{part}")
            # the same markup at both widths: once is enough for what takes longest
            assert width < 992 or axe(page) == [], row.key
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, row.key


@WIDTHS
@pytest.mark.parametrize("story", ["fresh", "asked", "paused", "review", "refused"])
def test_a_case_at_every_stage(page: Page, axe: Axe, site: Live, sign_in: SignIn, story: str, width: int) -> None:
    at_width(page, width)
    sign_in(page, COMPANY)
    page.goto(f"/cases/{site.cases[story]}")
    page.wait_for_selector("[data-bpmn][data-drawn]")
    inspect(page, axe)
    for link in page.locator(".yc-tl a").evaluate_all("links => links.map(a => a.getAttribute('href'))"):
        page.goto(link)
        inspect(page, axe)
    page.goto(f"/cases/{site.cases[story]}/receipt")
    inspect(page, axe)


@WIDTHS
def test_applying_page_by_page_with_its_errors(
    page: Page, axe: Axe, sign_in: SignIn, width: int, tmp_path: Path
) -> None:
    at_width(page, width)
    sign_in(page, COMPANY)
    page.goto(f"/apply/{ENERGY}")
    inspect(page, axe)
    page.get_by_role("button", name="开始填写").click()
    inspect(page, axe)
    page.fill("[name='f.phone']", "0777")
    page.get_by_role("button", name="保存并继续").click()
    inspect(page, axe)
    expect(page).to_have_title(re.compile("^错误："))
    expect(page.locator(".yc-err")).to_be_focused()
    page.get_by_role("link", name=re.compile("手机号")).click()
    expect(page.locator("[name='f.phone']")).to_be_focused()
    draft = page.url.rsplit("/", 1)[0]
    wrong = tmp_path / "改名.pdf"
    wrong.write_bytes(b"MZ\x90\x00" + bytes(200))
    page.goto(f"{draft}/materials")
    inspect(page, axe)
    page.set_input_files("[name='u.application']", wrong)
    page.get_by_role("button", name="保存并继续").click()
    expect(page.locator(".yc-err")).to_contain_text("内容不是 .pdf 文件")
    inspect(page, axe)
    wrong.write_bytes(sample_pdf())
    page.set_input_files("[name='u.application']", wrong)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("main")).to_contain_text("草稿已经保存")
    inspect(page, axe)
    page.goto(f"{draft}/check")
    expect(page.locator("main")).to_contain_text("改名.pdf")
    inspect(page, axe)


@WIDTHS
def test_answering_a_supplement(page: Page, axe: Axe, site: Live, sign_in: SignIn, width: int) -> None:
    at_width(page, width)
    sign_in(page, COMPANY)
    page.goto(f"/cases/{site.cases['asked']}")
    page.get_by_role("link", name="去办理").click()
    expect(page.locator("main")).to_contain_text("用能设备表未填完整")
    inspect(page, axe)
    page.get_by_role("button", name="提交补正材料").click()
    expect(page.locator(".yc-err")).to_contain_text("还没有补交任何内容")
    inspect(page, axe)


@WIDTHS
def test_the_larger_print(page: Page, axe: Axe, width: int) -> None:
    at_width(page, width)
    page.goto(f"/items/{ENERGY}")
    if width < 992:
        page.get_by_text("菜单", exact=True).click()
    page.get_by_role("button", name="适老版").click()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
    inspect(page, axe)
    page.goto("/")
    inspect(page, axe)


def test_the_diagram_shows_where_the_case_stands(page: Page, site: Live, sign_in: SignIn) -> None:
    sign_in(page, COMPANY)
    page.goto(f"/cases/{site.cases['asked']}")
    page.wait_for_selector("[data-bpmn][data-drawn]")
    # the applicant's step is drawn in the called process: the call is lit in its place
    expect(page.locator(".djs-element.yc-bpmn-now")).to_have_attribute("data-element-id", "supplement")
    expect(page.locator(".yc-bpmn-badge.yc-bpmn-now")).to_have_text("当前")
    assert page.locator(".djs-element.yc-bpmn-done").count() >= 2
    expect(page.get_by_role("img", name="流程图：固定资产投资项目节能审查")).to_be_visible()
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    inside = """() => {
      const area = document.querySelector('[data-bpmn-canvas]').getBoundingClientRect();
      return [...document.querySelectorAll('.djs-shape')].every((shape) => {
        const box = shape.getBoundingClientRect();
        return box.left >= area.left - 1 && box.right <= area.right + 1 && box.bottom <= area.bottom + 1;
      });
    }"""
    assert page.evaluate(inside)


def test_the_diagram_can_be_used_with_the_keyboard_and_does_not_catch_the_wheel(page: Page) -> None:
    page.goto(f"/items/{ENERGY}")
    page.wait_for_selector("[data-bpmn][data-drawn]")
    scale = "() => document.querySelector('.djs-container .viewport').getAttribute('transform')"
    before = page.evaluate(scale)
    page.get_by_role("button", name="放大").press("Enter")
    assert page.evaluate(scale) != before
    page.get_by_role("button", name="全图").press("Enter")
    assert page.evaluate(scale) == before
    page.locator("[data-bpmn-canvas]").scroll_into_view_if_needed()
    page.locator("[data-bpmn-canvas]").hover()
    top = page.evaluate("scrollY")
    page.mouse.wheel(0, -200)
    page.wait_for_function("top => scrollY < top", arg=top)


def test_a_diagram_that_cannot_be_fetched_leaves_words(page: Page) -> None:
    page.route("**/diagrams/*", lambda route: route.fulfill(status=500, body=""))
    page.goto(f"/items/{ENERGY}")
    expect(page.locator("[data-bpmn-status]")).to_contain_text("流程图没有打开")
    expect(page.locator("[data-bpmn-canvas]")).to_be_hidden()


def test_a_question_appears_with_the_answer_it_hangs_on(page: Page, site: Live, sign_in: SignIn) -> None:
    sign_in(page, COMPANY)
    key, field = _conditional(site)
    page.goto(f"/apply/{key}")
    page.get_by_role("button", name="开始填写").click()
    draft = page.url.rsplit("/", 1)[0]
    page.goto(f"{draft}/{_group(site, key, field.key)}")
    asked = page.locator(f"[data-show-if='f.{field.show_if.field}']").first
    expect(asked).to_be_hidden()
    page.check(f"[name='f.{field.show_if.field}'][value='{field.show_if.equals}']")
    expect(asked).to_be_visible()


def _conditional(site: Live):
    """An item whose application asks a question only after a certain choice on the same page."""
    services = site.platform.services
    for row in services.catalog.items():
        form = services.packages.get(row.definition_id).forms.get("apply")
        for section in form.sections if form else ():
            keys = {one.key: one for one in section.fields}
            for one in section.fields:
                other = keys.get(one.show_if.field) if one.show_if else None
                if other is not None and other.type in ("radio", "checkboxes"):
                    return row.key, one
    raise LookupError("no item has such a question")


def _group(site: Live, key: str, field: str) -> str:
    services = site.platform.services
    form = services.packages.get(services.catalog.item(key).definition_id).forms["apply"]
    at = next(i for i, section in enumerate(form.sections, 1) if any(one.key == field for one in section.fields))
    return f"s{at}"


def test_the_notices_print_on_one_sheet(page: Page, site: Live, sign_in: SignIn) -> None:
    page.goto(f"/items/{ENERGY}/notice")
    assert _sheets(page) == 1
    sign_in(page, COMPANY)
    page.goto(f"/cases/{site.cases['review']}")
    for link in page.locator(".yc-tl a").evaluate_all("links => links.map(a => a.getAttribute('href'))"):
        page.goto(link)
        assert _sheets(page) == 1, link


def _sheets(page: Page) -> int:
    """Number of A4 sheets that the page takes in print."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))


def test_without_script_pages_say_all_the_same(browser: Browser, site: Live) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/items/{ENERGY}")
    expect(page.locator("[data-bpmn-status]")).to_contain_text("流程图需要浏览器脚本")
    expect(page.locator("#flow-text")).to_contain_text("审查")
    expect(page.locator("[data-bpmn-bar]")).to_be_hidden()
    page.goto("/track")
    page.fill("[name=no]", site.cases["review"])
    page.fill("[name=phone]", "13800000000")
    page.get_by_role("button", name="查进度").click()
    expect(page.locator(".yc-err")).to_contain_text("办件编号与手机号对不上")
    context.close()

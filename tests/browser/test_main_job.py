"""The main job in Chromium: apply as a citizen, work the case as clerks to its end; with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from processes.demo import sample_pdf
from processes.forms import Field, FieldType, Form
from tests.browser.conftest import SignIn
from tests.browser.live import COMPANY, ENERGY, Live


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def anybody(request: pytest.FixtureRequest, browser: Browser, base_url: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=base_url, locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=request.param
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


def fill(page: Page, form: Form) -> None:
    """Fill in those questions of the form that are on the page, as their samples say."""
    for field in form.fields:
        control = page.locator(f"[name='f.{field.key}']").first
        if control.count() and control.is_visible():
            answer(page, field)


def answer(page: Page, field: Field) -> None:
    name = f"[name='f.{field.key}']"
    match field.type:
        case FieldType.RADIO:
            page.check(f"{name}[value='{field.sample or field.options[0].value}']")
        case FieldType.REVIEW:
            page.check(f"{name}[value='ok']")
        case FieldType.CHECKBOXES:
            page.check(f"{name}[value='{field.options[0].value}']")
        case FieldType.CHECKBOX:
            page.check(name)
        case FieldType.SELECT:
            page.select_option(name, field.sample or field.options[0].value)
        case FieldType.MATERIALS | FieldType.UPLOADS | FieldType.FILE:
            pass
        case _:
            if not page.input_value(name):
                page.fill(name, field.sample or "2026-10-14")


def apply(page: Page, site: Live, tmp_path: Path) -> str:
    """Apply as the guide says, one group of questions a page; the case number."""
    services = site.platform.services
    definition = services.definitions.current(ENERGY)
    package = services.packages.get(definition.id)
    form = package.forms[definition.process.start_node.ext.form or ""]
    page.goto(f"/items/{ENERGY}")
    page.get_by_role("link", name="开始办理").click()
    page.get_by_role("button", name="开始填写").click()
    while not page.get_by_role("button", name="提交申请").count():
        agent = page.locator("[name='f.agent_name']")
        if agent.count() and not agent.input_value():
            agent.fill("韦明辉")
        fill(page, form)
        for material in package.item.materials or ():
            control = page.locator(f"input[type=file][name='u.{material.id}']")
            if control.count():
                file = tmp_path / f"{material.name}.pdf"
                file.write_bytes(sample_pdf())
                control.set_input_files(file)
        page.get_by_role("button", name="保存并继续").click()
        expect(page.locator(".yc-err")).to_have_count(0)
    page.check("[name=declare]")
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/receipt")
    return page.url.split("/cases/")[1].split("/")[0]


def work(page: Page, site: Live, case_no: str, outcome: str, opinion: str = "") -> None:
    """Claim the case's task out of the inbox and complete it."""
    page.goto("/work/")
    page.get_by_role("link", name=case_no).first.click()
    page.wait_for_url("**/work/tasks/*")
    claim = page.get_by_role("button", name="认领", exact=True)
    if claim.count():
        claim.click()
        expect(claim).to_have_count(0)
    view = site.platform.services.cases.view(case_no)
    assert view is not None
    task = next(t for t in view.tasks if t.status in ("open", "claimed"))
    node = site.platform.services.definitions.get(view.case.definition_id).process.nodes[task.node_id]
    if node.ext.form:
        fill(page, site.platform.services.packages.get(view.case.definition_id).forms[node.ext.form])
    # the whole card is the radio's label and lies over it
    page.check(f"[name=outcome][value='{outcome}']", force=True)
    if opinion:
        page.fill("[name=opinion]", opinion)
    page.click("button[name=complete]")
    expect(page.locator(".yc-err")).to_have_count(0)
    page.wait_for_load_state()


def test_from_application_to_conclusion(anybody: BrowserContext, site: Live, sign_in: SignIn, tmp_path: Path) -> None:
    citizen = anybody.new_page()
    sign_in(citizen, COMPANY)
    case_no = apply(citizen, site, tmp_path)
    anybody.clear_cookies()

    def status() -> str:
        view = site.platform.services.cases.view(case_no)
        assert view is not None
        return str(view.case.status)

    assert status() == "submitted"
    clerk = anybody.new_page()
    for username, outcome, opinion in (
        ("ls_chen", "accepted", ""),
        ("ls_lin", None, ""),
        ("ls_lin", None, ""),
        ("ls_lin", "pass", "节能报告符合要求，建议批准。"),
        ("ls_wei", "granted", "同意。"),
        ("ls_chen", None, ""),
    ):
        anybody.clear_cookies()
        sign_in(clerk, username)
        view = site.platform.services.cases.view(case_no)
        assert view is not None
        task = next(t for t in view.tasks if t.status in ("open", "claimed"))
        node = site.platform.services.definitions.get(view.case.definition_id).process.nodes[task.node_id]
        work(clerk, site, case_no, outcome or node.ext.outcomes[0].code, opinion)
    assert status() == "concluded"

    anybody.clear_cookies()
    guest = anybody.new_page()
    guest.goto("/track")
    guest.fill("[name=no]", case_no)
    guest.fill("[name=phone]", "13800000001")
    guest.get_by_role("button", name="查进度").click()
    expect(guest.get_by_role("heading", name="固定资产投资项目节能审查").first).to_be_visible()
    expect(guest.locator("main")).to_contain_text("已办结")

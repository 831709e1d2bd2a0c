"""Catalog, guide, tracking, case, notices, files: who sees what, and what the pages must not hide."""

import re

import pytest

from tests.unit.webapp.applying import apply
from tests.unit.webapp.hall import CITIZEN, CLERK, FIRM, KEY, PDF, STRANGER, Hall, package


@pytest.fixture
def hall():
    return Hall()


@pytest.fixture
def case_no(hall):
    apply(hall)
    return hall.case.case_no


def text_of(answer):
    return answer.get_data(as_text=True)


def test_home_lists_items_and_only_links_that_work(hall):
    browser = hall.client()
    shown = text_of(browser.get("/"))
    assert "取水许可" in shown
    links = set(re.findall(r'href="(/[^"#?]*)', shown)) - {"/login"}
    assert links
    for link in links:
        answer = browser.get(link)
        assert answer.status_code in (200, 302), link
        answer.close()


def test_home_says_so_when_nothing_is_published(hall):
    hall.catalog.withdraw(KEY)
    assert "还没有发布任何事项" in text_of(hall.client().get("/"))


def test_the_catalog_is_searched_and_filtered_and_says_when_it_finds_nothing(hall):
    browser = hall.client()
    assert "共 1 项" in text_of(browser.get("/items?q=取水&for=自然人"))
    assert "共 0 项" in text_of(browser.get("/items?for=村民"))
    empty = text_of(browser.get("/items?q=<script>"))
    assert "没有找到这样的事项" in empty
    assert "<script>“" not in empty
    assert "“&lt;script&gt;”" in empty


def test_the_guide_tells_limits_steps_materials_and_remedies(hall):
    shown = text_of(hall.client().get(f"/items/{KEY}"))
    for fact in (
        "现场核查",
        "不计入时限",
        "《行政许可法》第四十五条",
        "申请书",
        "位置图",
        "综合窗口",
        "六十日内可以申请行政复议",
    ):
        assert fact in shown
    assert 'data-src="/diagrams/' in shown
    assert text_of(hall.client().get("/items/11450721X")) != ""


def test_a_fact_the_source_leaves_open_is_said_to_be_unpublished(hall):
    hall.catalog.publish(package(promised=None, statutory=None, fees=None, materials=None, remedies=None))
    for page in ("", "/notice"):
        shown = text_of(hall.client().get(f"/items/{KEY}{page}"))
        assert shown.count("来源未公布") >= 4
        assert "None" not in shown


def test_an_unknown_item_is_named(hall):
    answer = hall.client().get("/items/nothing")
    assert answer.status_code == 404
    assert "没有编号为“nothing”的事项" in text_of(answer)


def test_the_diagram_is_the_file_that_runs(hall):
    definition_id = hall.catalog.in_force[KEY]
    answer = hall.client().get(f"/diagrams/{definition_id}.bpmn")
    assert answer.data == hall.catalog.by_id[definition_id].diagram
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_tracking_needs_number_and_phone_and_tells_nothing_else(hall, case_no):
    browser = hall.client()
    assert browser.get(f"/cases/{case_no}").status_code == 404
    wrong = browser.post("/track", data={"no": case_no, "phone": "13877700002"})
    unknown = browser.post("/track", data={"no": "450721-261012-9999", "phone": "13877700001"})
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    # what was typed, and form tokens, which hold the second they were made in
    own = r'450721-261012-\d{4}|138777000\d\d|name="csrf_token" value="[^"]+"'
    both = [re.sub(own, "", text_of(answer)) for answer in (wrong, unknown)]
    assert both[0] == both[1]
    assert browser.get(f"/cases/{case_no}").status_code == 404
    right = browser.post("/track", data={"no": f" {case_no} ", "phone": "138 7770 0001"})
    assert right.location == f"/cases/{case_no}"
    assert browser.get(right.location).status_code == 200


def test_one_number_proved_opens_no_other_case(hall, case_no):
    apply(hall, FIRM)
    other = next(number for number in hall.store.tables.cases if number != case_no)
    browser = hall.client()
    browser.post("/track", data={"no": case_no, "phone": "13877700001"})
    assert browser.get(f"/cases/{case_no}").status_code == 200
    assert browser.get(f"/cases/{other}").status_code == 404


def test_tracking_asks_for_what_was_left_out(hall):
    shown = text_of(hall.client().post("/track", data={}))
    assert "请填写办件编号" in shown
    assert "请填写申请时留下的手机号" in shown


def test_guessing_is_slowed_down():
    browser = Hall(limit_requests=True).client()
    answers = [browser.post("/track", data={"no": "1", "phone": str(i)}).status_code for i in range(40)]
    assert answers[0] == 422
    assert answers[-1] == 429
    # looking at the empty form is no guess
    assert browser.get("/track").status_code == 200


@pytest.mark.parametrize("user", [FIRM, STRANGER])
def test_a_case_is_nobody_elses_business(hall, case_no, user):
    assert hall.client(user).get(f"/cases/{case_no}").status_code == 404
    assert hall.client(user).get(f"/cases/{case_no}/receipt").status_code == 404


def test_the_case_page_says_whose_turn_and_until_when(hall, case_no):
    browser = hall.client(CITIZEN)
    assert "受理后起算" in text_of(browser.get(f"/cases/{case_no}"))
    hall.clerk("accept", "accepted")
    assert "暂停计时" in text_of(browser.get(f"/cases/{case_no}"))
    hall.at("2026-10-13 10:00")
    hall.clerk("inspect", "ok")
    browser = hall.client(CITIZEN)
    shown = text_of(browser.get(f"/cases/{case_no}"))
    assert "灵山县行政审批局" in shown
    assert "10月20日（周二）" in shown
    assert "剩 5 个工作日" in shown
    hall.clerk("decide", "granted")
    shown = text_of(browser.get(f"/cases/{case_no}"))
    assert "在承诺时限内" in shown
    assert "结果：准予" in shown


def test_a_notice_is_a_page_to_print_for_the_applicant_and_the_office(hall, case_no):
    hall.clerk("accept", "accepted")
    (notice,) = hall.store.tables.notices
    where = f"/cases/{case_no}/notices/{notice.notice_id}"
    shown = text_of(hall.client(CITIZEN).get(where))
    for part in ("受理通知书", notice.number, "覃小明：", "灵山县行政审批局", "2026年10月12日", "决定予以受理"):
        assert part in shown
    assert hall.client(CLERK).get(where).status_code == 200
    assert hall.client(STRANGER).get(where).status_code == 404
    assert hall.client().get(where).status_code == 404
    assert hall.client(CITIZEN).get(where[:-3] + "abc").status_code == 404


def test_files_are_handed_back_only_as_downloads_and_only_to_those_concerned(hall, case_no):
    (file,) = hall.files.of_case(case_no)
    where = f"/files/{file.attachment_id}"
    answer = hall.client(CITIZEN).get(where)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    answer.close()
    clerks = hall.client(CLERK).get(where)
    assert clerks.status_code == 200
    clerks.close()
    for stranger in (None, FIRM, STRANGER):
        assert hall.client(stranger).get(where).status_code == 404


def test_the_larger_print_is_kept_and_leads_nowhere_else(hall):
    browser = hall.client()
    answer = browser.post("/elder", data={"on": "1", "back": "/items?q=取水"})
    assert answer.location.startswith("/items?q=")
    assert '<html lang="zh-CN" class="yc-elder">' in text_of(browser.get("/"))
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert browser.post("/elder", data={"back": elsewhere}).location == "/"
    assert '<html lang="zh-CN">' in text_of(browser.get("/"))


def test_pages_carry_no_inline_script_or_style(hall, case_no):
    browser = hall.client(CITIZEN)
    for page in ("/", "/items", f"/items/{KEY}", f"/items/{KEY}/notice", "/track", f"/cases/{case_no}", "/my", "/help"):
        shown = text_of(browser.get(page))
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", shown), page


def test_my_cases_list_drafts_cases_and_an_empty_state(hall):
    browser = hall.client(CITIZEN)
    assert "还没有办过事" in text_of(browser.get("/my"))
    apply(hall)
    browser.post(f"/apply/{KEY}")
    shown = text_of(browser.get("/my"))
    assert "还没有提交的草稿" in shown
    assert hall.case.case_no in shown
    (draft,) = hall.drafts.of(CITIZEN.user_id)
    browser.post(f"/drafts/{draft.draft_id}/remove")
    assert hall.drafts.of(CITIZEN.user_id) == []

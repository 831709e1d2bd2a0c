import re
from io import BytesIO

import pytest

from tests.unit.webapp.applying import AMOUNT, APPLICANT, SITE, apply, begin, files, upload
from tests.unit.webapp.hall import APPLY, CITIZEN, CLERK, FIRM, KEY, PDF, Hall, package


@pytest.fixture
def hall():
    return Hall()


def text_of(answer):
    return answer.get_data(as_text=True)


def disk_full(tables):
    raise OSError("disk full")


def page_of(where, slug):
    return f"{where.rsplit('/', 1)[0]}/{slug}"


def test_an_application_becomes_a_case_with_checked_values_and_its_files(hall):
    apply(hall)
    case = hall.case
    (form,) = [f for f in hall.store.tables.forms if f.node_id == "apply"]
    assert dict(form.values) == {"site": "三海街道江南路", "built": "no", "amount": 12.5}
    assert (case.applicant.name, case.applicant.id_number) == (CITIZEN.name, CITIZEN.id_number)
    assert (case.applicant.phone, case.applicant.user_id, case.channel) == ("13877700001", CITIZEN.user_id, "web")
    assert [f.filename for f in hall.files.of_case(case.case_no)] == ["申请书.pdf"]
    assert hall.drafts.of(CITIZEN.user_id) == []


def test_the_receipt_shows_number_files_and_where_to_follow(hall):
    browser = apply(hall)
    shown = text_of(browser.get(f"/cases/{hall.case.case_no}/receipt"))
    assert hall.case.case_no in shown
    assert "申请书.pdf" in shown
    assert "138****0001" in shown
    assert "13877700001" not in shown


def test_applying_needs_a_citizens_account(hall):
    answer = hall.client().get(f"/apply/{KEY}")
    assert answer.status_code == 302
    assert answer.location.startswith("/login?next=")
    answer = hall.client(CLERK).post(f"/apply/{KEY}")
    assert answer.status_code == 403
    assert "工作人员账号不能办理申请" in text_of(answer)


def test_an_organisation_also_names_who_handles_the_application(hall):
    browser = hall.client(FIRM)
    where = begin(browser)
    assert "经办人姓名" in text_of(browser.get(where))
    answer = browser.post(where, data={"f.phone": "13877700001"})
    assert answer.status_code == 422
    assert "请填写经办人姓名" in text_of(answer)


def test_what_was_typed_is_kept_also_when_it_is_wrong(hall):
    browser = hall.client(CITIZEN)
    where = page_of(begin(browser), "s2")
    answer = browser.post(where, data={"f.amount": "约六百二十"})
    shown = text_of(answer)
    assert answer.status_code == 422
    assert 'value="约六百二十"' in shown
    assert "<title>错误：" in shown
    assert '<a href="#q-amount">年取水量要填数字，例如 620 或 620.5</a>' in shown
    again = text_of(browser.get(where))
    assert 'value="约六百二十"' in again
    assert "有 1 处需要改正" not in again


def test_a_draft_can_be_left_at_any_point_and_taken_up_again(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    browser.post(where, data=APPLICANT)
    answer = browser.post(page_of(where, "s1"), data={"f.site": "三", "later": "1"})
    assert answer.location == "/my"
    assert "草稿" in text_of(browser.get("/my"))
    answer = browser.get(where.rsplit("/", 1)[0])
    assert answer.location.endswith("/s1")
    assert 'value="三"' in text_of(browser.get(answer.location))


def test_a_question_is_asked_only_while_the_answer_it_hangs_on_is_given(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    answer = browser.post(page_of(where, "s1"), data={"f.site": "三海", "f.built": "yes"})
    assert "请填写动工说明" in text_of(answer)
    # the same answer given on another page
    answer = browser.post(page_of(where, "s2"), data=AMOUNT)
    assert "请填写水量说明" in text_of(answer)
    browser.post(page_of(where, "s1"), data=SITE)
    assert browser.post(page_of(where, "s2"), data=AMOUNT).status_code == 302


def test_a_field_the_form_does_not_have_is_never_stored(hall):
    browser = hall.client(CITIZEN)
    where = page_of(begin(browser), "s1")
    browser.post(where, data={**SITE, "f.salary": "5", "f.applicant:phone": "1"})
    (draft,) = hall.drafts.of(CITIZEN.user_id)
    assert set(draft.values) <= {"applicant:phone", "site", "built", "why"}
    assert draft.values["applicant:phone"] == "13877700001"


@pytest.mark.parametrize(
    ("posted", "message"),
    [
        ({"u.request": (BytesIO(b"MZ\x90\x00" + bytes(99)), "改名.pdf")}, "内容不是 .pdf 文件"),
        ({"u.request": (BytesIO(PDF + bytes(1024 * 1024)), "大.pdf")}, "超过 1 MB 的上限"),
        ({"u.request": (BytesIO(PDF), "图.png")}, "申请书只收 .pdf 文件"),
        ({}, "请上传申请书"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_and_nothing_is_stored(hall, posted, message):
    browser = hall.client(CITIZEN)
    answer = upload(browser, page_of(begin(browser), "materials"), posted)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert hall.files.kept == {}


def test_a_good_file_stays_when_another_one_is_refused(hall):
    browser = hall.client(CITIZEN)
    where = page_of(begin(browser), "materials")
    answer = browser.post(where, data={**files(), "u.map": (BytesIO(b"MZ" + bytes(99)), "图.png")})
    assert answer.status_code == 422
    assert [f.filename for f, _ in hall.files.kept.values()] == ["申请书.pdf"]
    assert "申请书.pdf" in text_of(answer)


def test_a_file_for_a_place_the_page_does_not_have_is_refused(hall):
    browser = hall.client(CITIZEN)
    answer = browser.post(page_of(begin(browser), "materials"), data={"u.seal": (BytesIO(PDF), "印.pdf")})
    assert answer.status_code == 422
    assert hall.files.kept == {}


def test_a_file_can_be_taken_away_again(hall):
    browser = hall.client(CITIZEN)
    where = page_of(begin(browser), "materials")
    browser.post(where, data=files())
    (kept,) = hall.files.kept
    browser.post(where, data={"remove": "f" * 32})
    assert list(hall.files.kept) == [kept]
    browser.post(where, data={"remove": kept})
    assert hall.files.kept == {}


def test_nothing_is_handed_in_while_something_is_missing(hall):
    browser = hall.client(CITIZEN)
    where = page_of(begin(browser), "check")
    answer = browser.post(where, data={"declare": "yes"})
    shown = text_of(answer)
    assert answer.status_code == 422
    assert re.search(r'/s1#q-site">请填写取水地点', shown)
    assert re.search(r'/materials#q-request">请上传申请书', shown)
    assert hall.store.tables.cases == {}


def test_the_applicant_has_to_vouch_for_what_he_hands_in(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    for page in (APPLICANT, SITE, AMOUNT, files()):
        where = browser.post(where, data=page).location
    answer = browser.post(where, data={})
    assert answer.status_code == 422
    assert "请确认所填内容和材料真实" in text_of(answer)
    assert hall.store.tables.cases == {}


def test_when_the_engine_refuses_the_draft_stays_and_the_page_says_so(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    for page in (APPLICANT, SITE, AMOUNT, files()):
        where = browser.post(where, data=page).location
    hall.store.before["history.append"] = disk_full
    hall.app.testing = False
    answer = browser.post(where, data={"declare": "yes"})
    shown = text_of(answer)
    assert answer.status_code == 500
    assert "已上传的材料，都在草稿里" in shown
    assert "时限没有开始计算" in shown
    hall.store.before.clear()
    assert len(hall.drafts.of(CITIZEN.user_id)) == 1
    assert browser.post(where, data={"declare": "yes"}).status_code == 302


def test_a_second_click_opens_no_second_case(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    for page in (APPLICANT, SITE, AMOUNT, files()):
        where = browser.post(where, data=page).location
    browser.post(where, data={"declare": "yes"})
    again = browser.post(where, data={"declare": "yes"})
    assert again.status_code == 404
    assert "可能已经提交或删除" in text_of(again)
    assert len(hall.store.tables.cases) == 1


def test_another_accounts_draft_cannot_be_seen_or_changed(hall):
    where = begin(hall.client(CITIZEN))
    other = hall.client(FIRM)
    assert other.get(where).status_code == 404
    assert other.post(where, data=APPLICANT).status_code == 404


def test_a_new_version_keeps_what_was_typed_and_asks_to_look_again(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    browser.post(where, data=APPLICANT)
    browser.post(page_of(where, "s1"), data=SITE)
    hall.catalog.publish(package(APPLY.replace("取水地点, required", "取水口地点, required")))
    shown = text_of(browser.get(page_of(where, "s1")))
    assert "要求有更新" in shown
    assert "取水口地点" in shown
    assert "三海街道江南路" in shown
    (draft,) = hall.drafts.of(CITIZEN.user_id)
    assert draft.done == ()


def test_an_item_no_longer_offered_keeps_the_draft(hall):
    browser = hall.client(CITIZEN)
    where = begin(browser)
    hall.catalog.withdraw(KEY)
    answer = browser.get(where)
    assert answer.status_code == 404
    assert "草稿仍为您保留" in text_of(answer)
    assert len(hall.drafts.of(CITIZEN.user_id)) == 1

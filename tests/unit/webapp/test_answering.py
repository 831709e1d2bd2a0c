"""A supplement, answered by the applicant: signed in, or with the phone number proved."""

from io import BytesIO

import pytest

from tests.unit.webapp.applying import apply
from tests.unit.webapp.hall import CITIZEN, CLERK, FIRM, PDF, STRANGER, Hall


@pytest.fixture
def hall():
    made = Hall()
    apply(made)
    made.clerk("accept", "supplement", "申请书没有签名", missing=["request"])
    return made


@pytest.fixture
def where(hall):
    return f"/cases/{hall.case.case_no}/tasks/{hall.store.task('fill').task_id}"


def text_of(answer):
    return answer.get_data(as_text=True)


def signed(name="签名页.pdf", content=PDF):
    return {"u.request": (BytesIO(content), name)}


def guest(hall, phone="13877700001"):
    browser = hall.client()
    browser.post("/track", data={"no": hall.case.case_no, "phone": phone})
    return browser


def test_the_page_says_what_is_asked_until_when_and_puts_the_missing_material_first(hall, where):
    shown = text_of(hall.client(CITIZEN).get(where))
    assert "11月11日" in shown
    assert "要求：申请书没有签名" in shown
    assert shown.index('name="u.request"') < shown.index("补交其他材料") < shown.index('name="u.map"')


def test_an_answer_goes_to_the_clerk_with_its_files(hall, where):
    answer = hall.client(CITIZEN).post(where, data={**signed(), "f.note": "已补签"})
    assert answer.location == f"/cases/{hall.case.case_no}"
    assert hall.store.task("accept").status == "open"
    (form,) = [f for f in hall.store.tables.forms if f.node_id == "fill"]
    (file,) = [f for f in hall.files.of_case(hall.case.case_no) if f.filename == "签名页.pdf"]
    assert dict(form.values) == {"files": [file.attachment_id], "note": "已补签"}
    assert file.task_id == form.task_id


def test_a_guest_who_proved_the_phone_number_may_answer(hall, where):
    assert guest(hall).post(where, data=signed()).status_code == 302
    assert hall.store.task("accept")


@pytest.mark.parametrize("user", [None, FIRM, CLERK, STRANGER])
def test_nobody_else_may_see_or_answer_it(hall, where, user):
    assert hall.client(user).get(where).status_code == 404
    assert hall.client(user).post(where, data=signed()).status_code == 404
    assert hall.store.task("fill")


def test_an_empty_answer_is_sent_back(hall, where):
    answer = hall.client(CITIZEN).post(where, data={})
    assert answer.status_code == 422
    assert "还没有补交任何内容" in text_of(answer)
    assert hall.store.task("fill")


def test_a_file_that_cannot_be_taken_keeps_the_rest(hall, where):
    browser = hall.client(CITIZEN)
    upload = {**signed(content=b"MZ" + bytes(99)), "u.map": (BytesIO(PDF), "位置图.pdf"), "f.note": "见附件"}
    answer = browser.post(where, data=upload)
    shown = text_of(answer)
    assert answer.status_code == 422
    assert "内容不是 .pdf 文件" in shown
    assert "见附件" in shown
    assert "位置图.pdf" in shown
    kept = next(f.attachment_id for f, _ in hall.files.kept.values() if f.filename == "位置图.pdf")
    browser.post(where, data={"remove": kept})
    assert kept not in hall.files.kept


def test_an_answer_is_given_once(hall, where):
    browser = hall.client(CITIZEN)
    browser.post(where, data=signed())
    again = browser.post(where, data=signed())
    assert again.status_code == 409
    assert "已经提交过" in text_of(again)

"""The task page: what it shows to whom, and that no mistake loses what was typed."""

from __future__ import annotations

import io
from dataclasses import replace

import counter as desk
import pytest

from engine.commands import CompleteTask
from engine.errors import InvalidForm, NotAllowed, OpinionRequired, StaleVersion, TaskNotOpen, WrongOutcome
from engine.events import NoticeIssued
from engine.records import TaskStatus

OPINION = "申请表缺少法定代表人签字，请补齐后再报。"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@pytest.fixture
def counter(tmp_path):
    made = desk.open_counter(tmp_path)
    made.tasks.put(desk.claimed(task_id="t-accept"), desk.claimed(task_id="t-review", node="review"))
    return made


@pytest.fixture
def clerk(counter):
    return counter.browser(desk.CLERK)


def accept(counter, client, **form):
    return counter.post(client, "/work/tasks/t-accept/complete", **{"version": "2", **form})


REVIEW = {"version": "2", "f.layout": "ok", "f.figures": "not_ok", "f.amount": "12.5", "outcome": "pass"}


def review(counter, client, **form):
    form = {key: value for key, value in {**REVIEW, **form}.items() if value is not None}
    return counter.post(client, "/work/tasks/t-review/complete", **form)


# ---- what is shown


def test_the_holder_gets_the_form_with_every_outcome(clerk):
    page = clerk.get("/work/tasks/t-accept").text
    for words in (
        "受理：取水许可",
        "本环节",
        "限 1 个工作日",
        "全案承诺",
        "不予受理",
        "补正",
        "退回待办",
        "450721199003078512",
    ):
        assert words in page


def test_a_free_task_offers_to_be_claimed_and_no_form(counter, clerk):
    counter.tasks.put(desk.task())
    page = clerk.get("/work/tasks/t-accept").text
    assert "还没有人认领" in page
    assert 'name="outcome"' not in page


def test_a_colleagues_task_can_be_read_only(counter, clerk):
    counter.tasks.put(desk.claimed(desk.COLLEAGUE, task_id="t-accept"))
    page = clerk.get("/work/tasks/t-accept").text
    assert "陆志成正在办理" in page
    assert 'name="outcome"' not in page


def test_a_task_of_another_post_offers_nothing(counter, clerk):
    counter.tasks.put(desk.task(group=f"{desk.OFFICE}:approver"))
    page = clerk.get("/work/tasks/t-accept").text
    assert "不由您的岗位办理" in page
    assert "450721199003078512" not in page


def test_a_finished_task_shows_its_result_and_offers_the_next(counter, clerk):
    done = {"status": TaskStatus.DONE, "assignee_id": "wei", "assignee_name": "韦晓兰", "done_at": desk.NOW}
    counter.tasks.put(desk.task(**done, outcome_name="补正", opinion=OPINION), desk.task("t-free"))
    page = clerk.get("/work/tasks/t-accept").text
    assert OPINION in page
    assert "打开下一件" in page
    assert "/work/tasks/t-review" in page.split('id="h-next"')[1]  # what one holds comes before what is free
    counter.tasks.rows.pop("t-review")
    assert "认领并打开下一件" in clerk.get("/work/tasks/t-accept").text
    counter.tasks.rows.pop("t-free")
    assert "手上和待认领的事都办完了" in clerk.get("/work/tasks/t-accept").text


def test_materials_open_for_whoever_works_the_case(counter, clerk):
    one = desk.Attachment(
        "a1", desk.CASE.case_no, None, "form", "申请表.pdf", "application/pdf", 1, "0" * 64, desk.NOW, "x"
    )
    counter.tasks.attachments.append(one)
    counter.files.kept["a1"] = (one, None, PDF)
    assert "/files/a1" in clerk.get("/work/tasks/t-accept").text
    assert clerk.get("/files/a1").status_code == 200
    colleague = counter.browser(desk.COLLEAGUE)
    assert "/files/a1" not in colleague.get("/work/tasks/t-accept").text
    assert colleague.get("/files/a1").status_code == 404


def test_an_unknown_task_is_not_found(clerk):
    answer = clerk.get("/work/tasks/nope")
    assert answer.status_code == 404
    assert "没有这个环节任务" in answer.text


# ---- completing


def test_completing_sends_what_was_chosen_and_tells_it(counter, clerk):
    answer = accept(counter, clerk, outcome="accepted", opinion="  材料齐全。\r\n符合法定形式。 ")
    assert answer.location == "/work/tasks/t-accept"
    sent = counter.done[-1]
    assert isinstance(sent, CompleteTask)
    assert (sent.outcome, sent.opinion, sent.version) == ("accepted", "材料齐全。\n符合法定形式。", 2)
    assert "受理已提交：受理" in clerk.get(answer.location).text


def test_the_form_is_judged_and_sent_with_its_values(counter, clerk):
    assert review(counter, clerk).status_code == 302
    assert counter.done[-1].form == {"layout": "ok", "figures": "not_ok", "amount": 12.5}


def test_no_outcome_is_asked_for_and_the_opinion_kept(counter, clerk):
    answer = accept(counter, clerk, opinion=OPINION)
    assert answer.status_code == 422
    assert "请选择办理结果" in answer.text
    assert OPINION in answer.text
    assert counter.done == []


def test_an_outcome_the_step_does_not_have_is_refused(counter, clerk):
    answer = accept(counter, clerk, outcome="granted", opinion=OPINION)
    assert answer.status_code == 422
    assert "请选择办理结果" in answer.text
    assert OPINION in answer.text


def test_a_missing_opinion_is_asked_for_and_the_outcome_kept(counter, clerk):
    answer = accept(counter, clerk, outcome="not_accepted", opinion="   ")
    assert answer.status_code == 422
    assert "办理结果为“不予受理”时必须填写意见" in answer.text
    assert 'value="not_accepted" id="q-outcome-3" checked' in answer.text


def test_every_wrong_field_is_named_and_the_others_keep_their_values(counter, clerk):
    answer = review(counter, clerk, **{"f.amount": "很多", "f.layout": None, "opinion": OPINION})
    assert answer.status_code == 422
    assert "有 2 处需要改正" in answer.text
    assert "年取水量要填数字" in answer.text
    assert 'href="#q-layout"' in answer.text
    assert 'value="很多"' in answer.text
    assert OPINION in answer.text
    assert counter.done == []


def test_a_field_the_form_does_not_have_is_refused(counter, clerk):
    answer = review(counter, clerk, **{"f.salary": "1"})
    assert answer.status_code == 422
    assert counter.done == []


@pytest.mark.parametrize(
    "error", [WrongOutcome("没有这个结果。"), OpinionRequired("必须填写意见。"), InvalidForm({"amount": ["太大。"]})]
)
def test_what_the_engine_refuses_stands_on_the_page_with_everything_typed(counter, clerk, error):
    counter.raises = lambda command: error
    answer = review(counter, clerk, opinion=OPINION)
    assert answer.status_code == 422
    assert OPINION in answer.text
    assert 'value="12.5"' in answer.text


def test_a_stale_version_is_a_conflict_that_keeps_everything_and_takes_the_new_version(counter, clerk):
    counter.tasks.put(replace(counter.tasks.rows["t-review"], version=5))
    counter.raises = lambda command: StaleVersion()
    answer = review(counter, clerk, opinion=OPINION)
    assert answer.status_code == 409
    assert "没有提交" in answer.text
    assert OPINION in answer.text
    assert 'name="version" value="5"' in answer.text
    assert 'name="version" value="2"' not in answer.text
    assert 'value="12.5"' in answer.text


def test_a_task_lost_to_a_colleague_still_shows_the_opinion_to_copy(counter, clerk):
    def lose(command):
        counter.tasks.put(desk.claimed(desk.COLLEAGUE, task_id="t-accept"))
        return TaskNotOpen()

    counter.raises = lose
    answer = accept(counter, clerk, outcome="accepted", opinion=OPINION)
    assert answer.status_code == 409
    assert OPINION in answer.text
    assert "readonly" in answer.text


def test_a_refusal_of_the_engine_is_forbidden(counter, clerk):
    counter.raises = lambda command: NotAllowed("您已办理过“受理”，按岗位分离要求，“审查”须由他人办理。")
    answer = review(counter, clerk, opinion=OPINION)
    assert answer.status_code == 403
    assert "须由他人办理" in answer.text
    assert OPINION in answer.text


def test_a_button_pressed_twice_completes_once(counter, clerk):
    assert accept(counter, clerk, outcome="accepted").status_code == 302
    assert accept(counter, clerk, outcome="accepted").status_code == 302
    assert len(counter.done) == 1


# ---- what the applicant will receive


def mark_of(page):
    return page.split('name="previewed" value="')[1].split('"')[0]


def test_a_refusal_is_shown_as_the_applicant_will_read_it_before_it_is_sent(counter, clerk):
    counter.foreseen = (NoticeIssued(desk.notice(OPINION)),)
    shown = accept(counter, clerk, outcome="not_accepted", opinion=OPINION)
    assert shown.status_code == 200
    assert counter.done == []
    assert "申请人将收到下面的文书" in shown.text
    assert f"理由：{OPINION}" in shown.text
    assert "确认提交：不予受理" in shown.text
    sent = accept(counter, clerk, outcome="not_accepted", opinion=OPINION, previewed=mark_of(shown.text))
    assert sent.status_code == 302
    assert counter.done[-1].outcome == "not_accepted"


def test_what_was_changed_after_the_preview_is_shown_again(counter, clerk):
    counter.foreseen = (NoticeIssued(desk.notice(OPINION)),)
    mark = mark_of(accept(counter, clerk, outcome="not_accepted", opinion=OPINION).text)
    again = accept(counter, clerk, outcome="not_accepted", opinion=OPINION + "另缺公章。", previewed=mark)
    assert again.status_code == 200
    assert counter.done == []


def test_any_outcome_can_be_previewed_and_nothing_is_sent(counter, clerk):
    shown = accept(counter, clerk, outcome="accepted", preview="1")
    assert "这一步不给申请人发文书" in shown.text
    assert counter.done == []


def test_a_template_cannot_smuggle_markup_through_the_opinion(counter, clerk):
    counter.foreseen = (NoticeIssued(desk.notice("<script>alert(1)</script>")),)
    shown = accept(counter, clerk, outcome="not_accepted", opinion="<script>alert(1)</script>")
    assert "<script>alert" not in shown.text


# ---- files


def upload(content=PDF, name="核查记录.pdf"):
    return {"u.scan": (io.BytesIO(content), name)}


def test_a_file_is_kept_while_the_rest_is_put_right(counter, clerk):
    answer = review(counter, clerk, **{"f.amount": "", **upload()})
    assert answer.status_code == 422
    assert "核查记录.pdf" in answer.text
    assert review(counter, clerk).status_code == 302
    assert counter.done[-1].form["scan"] == "file-1"
    assert counter.done[-1].attachments == ("file-1",)


def test_a_file_of_the_wrong_kind_is_refused_by_name(counter, clerk):
    answer = review(counter, clerk, **upload(b"MZ\x90\x00", "病毒.exe"))
    assert answer.status_code == 422
    assert "只收 .pdf 文件" in answer.text
    assert counter.files.kept == {}


def test_a_file_can_be_taken_away_and_everything_else_stays(counter, clerk):
    review(counter, clerk, **{"f.amount": "", **upload()})
    answer = review(counter, clerk, remove="file-1", opinion=OPINION)
    assert counter.files.kept == {}
    assert OPINION in answer.text
    assert counter.done == []


def test_nobody_hands_in_the_file_of_somebody_else(counter, clerk):
    counter.files.add(
        field="scan",
        filename="x.pdf",
        media_type="application/pdf",
        content=PDF,
        owner="lu",
        draft_id="task-t-review",
        at=desk.NOW,
    )
    assert review(counter, clerk, **{"f.scan": "file-1"}).status_code == 302
    assert counter.done[-1].attachments == ()

"""Incidents on the administrator's pages, and what the clerk sees of one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InvalidValue, OpinionRequired, ProcessFault, TaskNotOpen
from engine.views import IncidentRow
from tests.unit.webapp import counter as desk
from tests.unit.webapp.counter import ADMIN, CASE, CAUSE, CLERK, NOW

HERE = f"/work/incidents/{CASE.case_no}/t-accept"


def of_timer(**changes: object) -> IncidentRow:
    return replace(desk.incident(ref="t-lapse", act="fire_timer", node_id="review", retry_at=NOW, **changes), task=None)


@pytest.fixture
def counter(tmp_path: Path) -> desk.Counter:
    made = desk.open_counter(tmp_path)
    made.tasks.put(desk.claimed())
    return made


def test_nothing_wrong(counter: desk.Counter) -> None:
    admin = counter.browser(ADMIN)
    assert "没有异常" in admin.get("/work/incidents").text
    assert "没有解决过的异常" in admin.get("/work/incidents?state=settled").text


def test_the_list_tells_cause_place_and_count(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident(), of_timer(case_no="450721-261012-0009")]
    page = counter.browser(ADMIN).get("/work/incidents").text
    for words in (CASE.case_no, "取水许可", CAUSE, ">3<", "定时"):
        assert words in page
    assert f'href="{HERE}"' in page
    settled = counter.browser(ADMIN).get("/work/incidents?state=settled").text
    assert CASE.case_no not in settled


def test_older_ones_are_on_the_next_page(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident(ref=f"t-{n}") for n in range(25)]
    admin = counter.browser(ADMIN)
    assert "cursor=20" in admin.get("/work/incidents").text
    assert admin.get("/work/incidents?cursor=20").text.count("/work/incidents/450721") == 5


def test_one_incident_with_its_cause_and_its_place_in_the_diagram(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident()]
    page = counter.browser(ADMIN).get(HERE).text
    assert CAUSE in page
    assert 'data-current="accept"' in page
    assert f'href="/work/cases/{CASE.case_no}"' in page
    assert "请经办人再办一次" in page
    assert "立即重试" not in page
    assert CASE.applicant.name not in page.split("<main", 1)[1]


def test_an_unknown_one(counter: desk.Counter) -> None:
    answer = counter.browser(ADMIN).get(f"/work/incidents/{CASE.case_no}/nothing")
    assert answer.status_code == 404
    assert "没有这条异常" in answer.text


def test_a_case_of_another_agency_is_named_and_not_opened(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident(case_no="450722-261012-0001")]
    page = counter.browser(ADMIN).get("/work/incidents/450722-261012-0001/t-accept").text
    assert "450722-261012-0001" in page
    assert 'href="/work/cases/450722-261012-0001"' not in page


def test_a_timer_is_tried_again(counter: desk.Counter) -> None:
    counter.incidents.rows = [of_timer()]
    admin = counter.browser(ADMIN)
    address = f"/work/incidents/{CASE.case_no}/t-lapse"
    page = admin.get(address).text
    assert "立即重试" in page
    assert "请经办人再办一次" not in page
    assert counter.post(admin, f"{address}/retry").location == address
    assert counter.repairs.done == [("retry", ADMIN.user_id, CASE.case_no, "t-lapse")]
    assert "重试成功" in admin.get(address).text
    counter.repairs.raises = ProcessFault("还是不行")
    counter.post(admin, f"{address}/retry")
    assert "重试没有成功：还是不行" in admin.get(address).text


def test_the_clerk_is_asked_to_try_again(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident()]
    admin = counter.browser(ADMIN)
    counter.post(admin, f"{HERE}/ask")
    assert counter.repairs.done == [("ask", ADMIN.user_id, CASE.case_no, "t-accept")]
    assert "已发消息" in admin.get(HERE).text
    counter.repairs.raises = TaskNotOpen("这个环节已经办结")
    counter.post(admin, f"{HERE}/ask")
    assert "这个环节已经办结" in admin.get(HERE).text


def test_settling_by_hand_needs_a_word(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident()]
    admin = counter.browser(ADMIN)
    counter.repairs.raises = InvalidValue("请写明怎样处理的")
    answer = counter.post(admin, f"{HERE}/settle", remark="补")
    assert answer.status_code == 422
    assert "请写明怎样处理的" in answer.text
    assert 'value="补"' in answer.text
    counter.repairs.raises = None
    assert counter.post(admin, f"{HERE}/settle", remark="补录了面积").location == HERE
    assert counter.repairs.done == [("settle", ADMIN.user_id, CASE.case_no, "t-accept", "补录了面积")]


def test_the_case_is_terminated_with_a_reason(counter: desk.Counter) -> None:
    counter.incidents.rows = [desk.incident()]
    admin = counter.browser(ADMIN)
    counter.repairs.raises = OpinionRequired("请写明终止的理由")
    answer = counter.post(admin, f"{HERE}/terminate", reason="")
    assert answer.status_code == 422
    assert "请写明终止的理由" in answer.text
    counter.repairs.raises = ProcessFault("流程状态不能读取")
    counter.post(admin, f"{HERE}/terminate", reason="事项已取消")
    assert "没有终止：流程状态不能读取" in admin.get(HERE).text
    counter.repairs.raises = None
    assert counter.post(admin, f"{HERE}/terminate", reason="事项已取消").location == HERE
    assert counter.repairs.done == [("terminate", ADMIN.user_id, CASE.case_no, "t-accept", "事项已取消")]


def test_an_administrator_of_another_agency_sees_it_and_has_no_buttons(counter: desk.Counter) -> None:
    counter.incidents.rows = [replace(desk.incident(), owner_org=desk.ELSEWHERE)]
    page = counter.browser(ADMIN).get(HERE).text
    assert CAUSE in page
    assert "由承办单位或平台的系统管理员处理" in page
    assert f"{HERE}/" not in page


@pytest.mark.parametrize("act", ["retry", "ask", "settle", "terminate"])
def test_only_administrators_act(counter: desk.Counter, act: str) -> None:
    counter.incidents.rows = [desk.incident()]
    assert counter.post(counter.browser(CLERK), f"{HERE}/{act}", remark="x").status_code == 403
    assert counter.repairs.done == []


def test_one_that_is_settled_says_by_whom_and_offers_nothing(counter: desk.Counter) -> None:
    counter.incidents.rows = [
        desk.incident(settled_at=NOW, settled_by="huang", settled_by_name="黄志强", remark="补录了面积")
    ]
    page = counter.browser(ADMIN).get(HERE).text
    assert "黄志强：补录了面积" in page
    assert "请经办人再办一次" not in page
    assert "标为已解决" not in page


def test_the_clerk_learns_what_happened_and_keeps_what_he_wrote(counter: desk.Counter) -> None:
    counter.raises = lambda command: ProcessFault(CAUSE)
    clerk = counter.browser(CLERK)
    answer = counter.post(clerk, "/work/tasks/t-accept/complete", outcome="accepted", opinion="材料齐全", version="1")
    assert answer.status_code == 500
    assert CAUSE in answer.text
    assert "办件保持原样" in answer.text
    assert "材料齐全" in answer.text
    assert re.search(r'value="accepted"[^>]* checked', answer.text)


def test_the_clerk_learns_it_from_the_preview_too(counter: desk.Counter) -> None:
    counter.raises = lambda command: ProcessFault(CAUSE)
    clerk = counter.browser(CLERK)
    answer = counter.post(clerk, "/work/tasks/t-accept/complete", outcome="supplement", opinion="缺少附图", preview="1")
    assert answer.status_code == 500
    assert "缺少附图" in answer.text
